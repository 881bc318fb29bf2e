"""What a record says was given: product, route, dose and times; what it does not say is assumed and told."""

from __future__ import annotations

import math
import re

from exodyn.errors import InputError
from exodyn.evidence import Record
from exodyn.evidence.words import names_in
from exodyn.indications import Indication
from exodyn.product.dose import Conversion, TooMuchError, convert
from exodyn.study import Dosing
from exodyn.validation.times import in_days
from exodyn.validation.words import lines

USUAL_START = {"human": 1.5}
"""Days after the injury of the first dose where none is stated; else the commonest, 24 h."""
USUAL_START_IN_CORD = 1.75 / 24
"""The same in animals with an injured cord: the median of four calibration designs (SCI022 to SCI025)."""

USUAL_HUMAN_DOSE = 1e12
"""Particles; registered doses are 5e11 to 2e12 in total."""

LEVEL_90 = 3.29  # standard deviations between the ends of a central 90% interval
UNSTATED_DOSE_SD = math.log(10) / 1.645
"""Sd of the log of a dose that is not stated: 90% within tenfold of the usual one."""
MOST_DOSES = 1000
LARGEST_DOSE = 1e17  # particles, or particles per kg
_DOSE_TIME = r"\d+(?:\.\d+)?"
_SCHEDULE = re.compile(
    rf"schedule: (?:days? )?(?P<times>{_DOSE_TIME}(?:(?:,| then| and) ?{_DOSE_TIME})+) ?(?P<unit>h|d)?\b"
)
_CELLS = re.compile(
    r"(?:million |1e\d |10\^\d )?cells?\b(?!.*(?:equivalent|eq\b|produc|donor))", re.IGNORECASE
)
LATEST = 36525.0  # days; a hundred years are a slip of the pen


def regimen(
    one: Record, indication: Indication, model: str, weight: float | None
) -> tuple[Dosing, float, tuple[str, ...]] | str:
    """What was given: regimen, doubt of its dose, and what was assumed; or why that cannot be modelled."""
    cells = one.fields
    product = product_of(cells.get("vesicle_source", ""))
    if isinstance(product, tuple):
        return product[0]
    if _CELLS.match(cells.get("dose_unit", "").strip()):
        return f"a dose in {cells['dose_unit']}: cells instead of vesicles"
    routes = indication.routes(model)
    words = names_in("route", cells.get("route", ""))
    route = next((word for word in words if word in routes), None)
    assumed: list[str] = []
    if route is None:
        if words:
            return f"route '{cells['route']}': no model of it"
        route = routes[0]
        assumed.append(f"route {route}")
    amount, unit, doubt = _amount(one, indication, model, weight)
    if doubt:
        assumed.append(f"dose {amount:.3g} {unit}, 90% within {math.exp(1.645 * doubt):.3g}-fold")
    start = in_days(_number(cells.get("first_dose_time", "")), cells.get("first_dose_unit", ""))
    if start is None:
        in_cord = indication.name == "spinal_cord_injury" and model != "human"
        start = USUAL_START_IN_CORD if in_cord else USUAL_START.get(model, 1.0)
        assumed.append(f"first dose at {24 * start:g} h")
    if start < 0:
        return "given before the injury: no therapy"
    count = _number(cells.get("n_doses", "")) or 1.0
    interval = _number(cells.get("interval_days", "")) or 1.0
    if not 1 <= count <= MOST_DOSES or interval <= 0 or start + count * interval > LATEST:
        return "a regimen that cannot be: number, interval or start of its doses"
    if not amount <= LARGEST_DOSE:
        return f"a dose that cannot be: {amount:.3g} {unit}"
    times = _schedule(one.note, start) or tuple(start + k * interval for k in range(int(count)))
    if times[-1] > LATEST or len(times) > MOST_DOSES:
        return "a regimen that cannot be: its schedule"
    return Dosing(product, route, amount, unit, times), doubt, tuple(assumed)


def _schedule(note: str, start: float) -> tuple[float, ...]:
    """Days of the doses where a note lists them; a first "day 0" is the start as stated."""
    found = _SCHEDULE.search(note)
    if found is None:
        return ()
    days = [in_days(float(number), found["unit"] or "d") for number in re.findall(_DOSE_TIME, found["times"])]
    times = sorted({day if day else start for day in days if day is not None})
    return tuple(time for time in times if time >= start)


def product_of(source: str) -> str | tuple[str]:
    """The product that a source stands for, or (why there is none,)."""
    for line in lines("sources"):
        if line.pattern.fullmatch(source):
            return line["product"] or (f"'{source}': {line['reason']}",)
    return (f"'{source}': no product of the program",) if source else "adipose_msc_exosomes"


def _amount(
    one: Record, indication: Indication, model: str, weight: float | None
) -> tuple[float, str, float]:
    """Amount, unit and doubt of one dose; the usual one of the species where none is stated.

    A dose in another unit than particles brings the variation between laboratories with it.
    """
    cells = one.fields
    particles = _number(cells.get("dose_particles", ""))
    if particles and particles > 0:
        return _per_weight(particles, 0.0, weight)
    found = _converted(
        cells.get("dose_value", ""), cells.get("dose_unit", ""), cells.get("vesicle_source", "")
    )
    if found is not None and found.particles.lo90 > 0:
        middle, doubt = (
            found.particles.median,
            math.log(found.particles.hi90 / found.particles.lo90) / LEVEL_90,
        )
        return (middle, "particles/kg", doubt) if found.dose.per_kg else _per_weight(middle, doubt, weight)
    if model == "human":
        return USUAL_HUMAN_DOSE, "particles", UNSTATED_DOSE_SD
    return indication.parameters(model)["usual_dose"].value * 1e9, "particles/kg", UNSTATED_DOSE_SD


def _converted(value: str, unit: str, source: str) -> Conversion | None:
    """A dose as a distribution over particles; None where it is not stated or its unit says nothing.

    Raises TooMuchError for a dose that cannot be, which is no dose that is not stated.
    """
    if not _number(value):
        return None
    for named in (source, ""):
        try:
            return convert(f"{value} {unit}", named)
        except TooMuchError:
            raise
        except InputError:
            continue
    return None


def _per_weight(particles: float, doubt: float, weight: float | None) -> tuple[float, str, float]:
    """A dose of an animal that another one's model stands for is given per body weight."""
    if weight is None:
        return particles, "particles", doubt
    return particles / weight, "particles/kg", doubt


def _number(text: str) -> float | None:
    try:
        return float(text) if text.strip() else None
    except ValueError:
        return None
