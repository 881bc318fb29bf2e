"""The page of the processes of repair: each alone, with its equations, numbers and a figure.

python -m exodyn.report.processes docs
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from numpy.typing import ArrayLike, NDArray

from exodyn import evidence
from exodyn.delivery import Barrier
from exodyn.engine import Dose, Engine, Schedule
from exodyn.evidence import ParameterRecord
from exodyn.indications.stroke import STROKE
from exodyn.repair import Inflammation, Neurogenesis, Plasticity, Survival, Vasculature, full
from exodyn.report import words
from exodyn.study import figures
from exodyn.symbolic import (
    Model,
    ParameterValue,
    Part,
    Process,
    Reads,
    Symbol,
    compose,
    equations,
    mathml_equation,
)
from exodyn.symbolic.process import Adds, members

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
Parts = Mapping[str, type[Process] | Part]
DAYS = np.linspace(0.0, 60.0, 241)


def alone(
    parts: Parts, known: Mapping[str, ParameterRecord], given: Mapping[str, float] | None = None
) -> Model:
    """A model of one or few processes, with what they read and no part gives held at `given`, else at 0.

    Names that these processes do not have are passed over: one size reads what the other does not.
    """
    values = {name: ParameterValue(Symbol(name), one.value, one.unit) for name, one in known.items()}
    units: dict[str, str] = {}
    for part in parts.values():
        for member in members(part.process if isinstance(part, Part) else part):
            units.setdefault(member.name, member.unit)
            if isinstance(member, Reads) and member.name not in values:
                values[member.name] = ParameterValue(Symbol(member.name), 0.0, member.unit)
    for name, value in (given or {}).items():
        if name in units or name in values:
            unit = units[name] if name in units else values[name].unit
            values[name] = ParameterValue(Symbol(name), value, unit)
    return compose("alone", parts, values, time_unit="d")


def course(model: Model, times: ArrayLike, doses: Schedule | None = None) -> dict[str, Floats]:
    """States and quantities of one patient over times, float64[times] by name."""
    outputs = [one.name for one in model.states] + [one.name for one in model.readouts]
    run = Engine(model, outputs=outputs).run(
        patients=1, times=times, doses=doses or Schedule(), rtol=1e-8, atol=1e-12
    )
    return {name: run.values[0, :, i] for i, name in enumerate(outputs)}


@dataclass(frozen=True)
class Page:
    """What the page shows of a process: both sizes, what drives it, and the curves drawn."""

    name: str
    process: type[Process]
    default: Parts
    full: Parts
    drawn: Mapping[str, tuple[str, ...]]
    given: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


PAGES = (
    Page(
        "survival",
        full.Survival,
        {"survival": Survival},
        {"survival": full.Survival},
        {"share of the region": ("rim", "committed", "dead")},
        {"inflammation": 0.05},
        "with phagocytes held at 0.05",
    ),
    Page(
        "inflammation",
        full.Inflammation,
        {"survival": Survival, "inflammation": Inflammation},
        {"survival": Survival, "inflammation": full.Inflammation},
        {
            "phagocytes": ("inflammation", "reparative"),
            "TNF, relative": ("tnf",),
            "IL-10, ng/mL": ("il10",),
            "TGF-b, intact = 1": ("tgfb",),
        },
        {},
        "with the dying tissue of the default process",
    ),
    Page(
        "vasculature",
        full.Vasculature,
        {"vasculature": Vasculature},
        {"vasculature": full.Vasculature, "barrier": Barrier},
        {
            "VEGF-A, ng/mL": ("vegf",),
            "DLL4 of neighbours": ("dll4", "dll4_next"),
            "vessels, intact = 1": ("vessels", "perfused"),
        },
    ),
    Page(
        "neurogenesis",
        full.Neurogenesis,
        {"neurogenesis": Neurogenesis},
        {"neurogenesis": full.Neurogenesis},
        {
            "dividing share": ("active",),
            "output, intact = 1": ("progenitors",),
            "newborn neurons": ("newborn",),
        },
        {"dead": 0.85, "inflammation": 0.0},
        "with 85% of the region dead",
    ),
    Page(
        "plasticity",
        full.Plasticity,
        {"plasticity": Plasticity},
        {"plasticity": full.Plasticity},
        {
            "connections remade": ("connectivity",),
            "synapses, intact = 1": ("synapses",),
            "deficit": ("deficit",),
        },
        {
            "silent": 0.85,
            "dead": 0.85,
            "vessels": 1.0,
            "perfusion": 1.0,
            "newborn": 1.0,
            "inflammation": 0.05,
        },
        "with phagocytes held at 0.05",
    ),
)


def known_of(species: str) -> Mapping[str, ParameterRecord]:
    """Every number of both sizes of the stroke model."""
    return evidence.parameters(species, "stroke", "full")


def figure(page: Page, species: str = "mouse") -> str:
    """The process alone over 60 days as SVG: full model drawn, default model dashed."""
    known = known_of(species)
    found = course(alone(page.full, known, page.given), DAYS)
    base = course(alone(page.default, known, page.given), DAYS)
    with mpl.rc_context(figures.STYLE):
        drawn, axes = _panels(len(page.drawn))
        for place, (title, names) in zip(axes, page.drawn.items(), strict=True):
            for name, colour in zip(names, cycle(figures.COLOURS)):
                place.plot(DAYS, found[name], color=colour, label=name.replace("_", " "))
                if name in base:
                    place.plot(DAYS, base[name], color=colour, linestyle=(0, (4, 2)), linewidth=1.2)
            place.set_title(title)
            place.set_xlabel("days after the injury")
            place.set_ylim(bottom=0)
            place.legend(loc="best")
        return figures.svg(drawn, f"process_{page.name}")


def section(page: Page, species: str = "mouse") -> str:
    """The process as a methods section: biology, equations with units, numbers with their sources, figure."""
    known = known_of(species)
    model = alone(page.full, known, page.given)
    own = members(page.process)
    names = {one.name for one in own}
    read = [one for one in own if isinstance(one, Reads | Adds)]
    used = [known[one.name] for one in own if one.name in known]
    lines = [
        f"## {page.name.capitalize()}",
        "",
        inspect.getdoc(page.process) or "",
        "",
        f"![{page.name} alone](figures/process_{page.name}.svg)",
        "",
        f"*Alone{', ' if page.note else ''}{page.note}: full model drawn, default model dashed ({species}).*",
        "",
        "| equation | unit | meaning |",
        "| --- | --- | --- |",
    ]
    for line in equations(model):
        if line.name in names and line.kind != "start":
            unit = f"{line.unit}/d" if line.kind == "rate" else line.unit
            lines.append(f"| {mathml_equation(line)} | {unit} | {line.meaning} |")
    lines += [
        "",
        "It reads " + ", ".join(f"{one.name.replace('_', ' ')} ({one.meaning})" for one in read) + ".",
    ]
    lines += [
        "",
        "| number | value | range | status | records | why |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in used:
        meaning = f"{one.symbol}: {one.meaning}"
        value = f"{words.plain(one.value)} {'' if one.unit == '1' else one.unit}".strip()
        cells = (
            meaning,
            value,
            words.bounds(one.low, one.high),
            one.status,
            " ".join(one.records),
            one.reason,
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    drawn = Figure(figsize=(3.4 * count, 3.0))
    FigureCanvasAgg(drawn)
    axes = [drawn.add_subplot(1, count, 1 + place) for place in range(count)]
    drawn.subplots_adjust(left=0.17 / count, right=0.99, bottom=0.17, top=0.9, wspace=0.3)
    return drawn, axes


def dose_response(species: str = "mouse") -> tuple[Floats, dict[str, Floats]]:
    """Effect of one dose at 24 h on the deficit of a typical animal at day 28, by what high doses may do.

    Doses in particles, float64[doses]; what the dose takes from the deficit, in points, by mechanism.
    """
    model = STROKE.full
    assert model is not None
    engine = Engine(model.model(species, "adipose_msc_exosomes", "intravenous"), outputs=["deficit"])
    doses = np.logspace(7, 14, 57)
    schedule = Schedule([Dose(state="blood", amount=np.append(0.0, doses / 1e9), time=1.0)])
    every = {name: model.mechanisms[name] for name in HIGH_DOSE}
    found = {}
    for name in ("none of them", *every, "all of them"):
        off = [p for one, p in every.items() if name not in (one, "all of them")]
        run = engine.run(
            dict.fromkeys(off, 0.0), patients=len(doses) + 1, times=[28.0], doses=schedule, rtol=1e-6
        )
        deficit = run.values[:, 0, 0]
        found[name] = deficit[0] - deficit[1:]
    return doses, found


def high_dose_figure() -> str:
    """What each mechanism at high dose does to the dose-response, as SVG."""
    doses, found = dose_response()
    with mpl.rc_context(figures.STYLE):
        drawn, (axes,) = _panels(1)
        drawn.set_size_inches(6.4, 3.4)
        drawn.subplots_adjust(left=0.1)
        axes.axvspan(1e9, 1e11, color=figures.CONTROL, alpha=0.12, linewidth=0)
        for (name, effect), colour in zip(found.items(), (figures.CONTROL, *figures.COLOURS), strict=False):
            axes.plot(doses, effect, color=colour, label=name)
        axes.set_xscale("log")
        axes.set_xticks(10.0 ** np.arange(7, 15), [f"1e{k}" for k in range(7, 15)])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("particles in one dose at 24 h (grey: the window that the article calls best)")
        axes.set_title("points of mNSS that a dose saves at day 28")
        axes.legend(loc="best")
        return figures.svg(drawn, "process_high_dose")


TEXT = """# Processes at full size

Made by `python -m exodyn.report.processes docs`. Research use only.

The **default** model of an indication has what published data identify, the **full** one is for scenarios: a
study asks for it by

```toml
[model]
size = "full"
without = ["complement"]   # mechanisms to leave out: {mechanisms}
```

and every output names it. Each process below takes the place of the default process of the same name
(`src/exodyn/repair/`) and gives the same names to others; the files in `src/exodyn/repair/full/` hold the
equations shown here. What the full model has more rests on published signs and assumed sizes, which the
tables say line by line. It is fitted to no outcome: three scales (TNF, IL-1b and newborn neurons are 1 in
the untreated course) are set by `python -m exodyn.calibration.full`.
"""

HIGH_DOSE = ("desensitisation", "complement", "clotting", "opposing cargo")

REST = (
    ("High dose", full.Desensitisation, full.Complement, full.Clotting, full.OpposingCargo),
    ("Named cargo", full.Released, full.KnockDown, full.Ligand, full.Arrows),
    ("Pathways", full.Heard, full.Joined),
)


def rest(title: str, *processes: type[Process]) -> str:
    """Smaller processes, in the words of their files."""
    lines = [f"## {title}", ""]
    for one in processes:
        lines += [f"**{one.__name__}.** {inspect.getdoc(one) or ''}", ""]
    return "\n".join(lines)


def main() -> None:
    """Write processes.md and its figures into the folder named."""
    if len(sys.argv) != 2:
        raise SystemExit("python -m exodyn.report.processes FOLDER")
    folder = Path(sys.argv[1])
    text = TEXT.format(mechanisms=", ".join(full.MECHANISMS))
    drawn = {page.name: figure(page) for page in PAGES} | {"high_dose": high_dose_figure()}
    for name, svg in drawn.items():
        (folder / "figures" / f"process_{name}.svg").write_text(svg, encoding="utf-8")
    for page in PAGES:
        text += "\n" + section(page)
    for title, *processes in REST:
        text += "\n" + rest(title, *processes)
        if title == "High dose":
            text += "\n![Effect by dose](figures/process_high_dose.svg)\n"
    (folder / "processes.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
