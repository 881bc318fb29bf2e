"""Records of making and counting: what a process keeps, how pure it is, what a counter sees."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from exodyn.evidence import Record, table_family
from exodyn.product.process.chain import DRAWS, Product, processes, produce
from exodyn.product.process.feed import DIAMETERS, all_species, feed
from exodyn.product.response import INSTRUMENTS, light
from exodyn.validation.answers import Answer, Floats, Given, Number, Skipped

# How records name a process and a counter; the first that fits counts.
_PROCESSES = (
    ("TFF + SEC", r"(TFF|UF).*\bSEC|SEC.*(TFF|UF)"),
    ("UC + SEC", r"d?UC ?\+ ?SEC"),
    ("TFF", r"\bTFF|\bUF|ultrafiltration|diafiltration|tangential"),
    ("precipitation", r"\bkits?\b|\bPEG\b|precipitat"),
    ("SEC", r"\bSEC\b|size.exclusion"),
    ("UC", r"\bd?UC\b|ultracentrifug"),
)
_COUNTERS = (
    ("nanoflow", r"nFCM|nano.?flow"),
    ("mrps", r"MRPS|microfluidic resistive"),
    ("trps", r"TRPS|tunable"),
    ("nanosight", r"\bNTA\b|tracking"),
)
_MEASURES_OF = {"plasma": r"plasma|serum of|blood", "serum_medium": r"\bFBS|fetal|platelet lysate"}


class Production:
    """Rows of the parameter family that say at which step of a process they were found."""

    name = "production"

    def claims(self, one: Record) -> bool:
        """Whether the table has a column for the step."""
        return table_family(one) == "parameter" and "process_step" in one.fields

    def predict(self, wanted: Sequence[Record], given: Given) -> Mapping[str, Answer]:
        """Answers by id; the model was set by calibration records alone, so no study is left out here."""
        return {one.id: _answer(one) for one in wanted}


PRODUCTION = Production()


def _answer(one: Record) -> Answer:
    said = " ".join((one.fields.get("method", ""), one.fields.get("condition", ""), one.unit))
    if one.quantity == "detection_limit":
        return _limit(one, said)
    if one.quantity.startswith("lipoprotein_excess_log10"):
        return Number(
            _excess(), "linear", "lipoproteins over vesicles in the plasma that the model starts from"
        )
    if one.fields["process_step"] == "measurement":
        return _counts(one, said)
    name = _first(_PROCESSES, f"{one.fields.get('method', '')} {one.fields.get('condition', '')}")
    if one.fields["process_step"] not in ("isolation", "diafiltration") or name is None:
        return Skipped(
            f"'{one.quantity}' of {one.fields['process_step'] or 'no step'}: not in the process model"
        )
    made, basis = _made(name, _feed(said)), f"process {name} of {_feed(said).replace('_', ' ')}"
    if one.quantity == "recovery" and one.unit in ("percent", "%"):
        return Number(100 * made.recovery["vesicle"], "logit", basis)
    if one.quantity == "protein_removed" and one.unit in ("percent", "%"):
        return Number(100 * (1 - made.recovery["protein"]), "logit", basis)
    if not re.search(r"vs\.? .*\bUC\b", one.unit) or name == "UC":
        return Skipped(f"'{one.quantity}' in {one.unit or 'no unit'}: not in the process model")
    spins = _made("UC", _feed(said))
    match one.quantity:
        case "purity_ratio":
            return Number(made.particles_per_ug / spins.particles_per_ug, "log", f"{basis} over UC")
        case "yield_ratio":
            return Number(made.recovery["vesicle"] / spins.recovery["vesicle"], "log", f"{basis} over UC")
        case "APOB_to_CD81_ratio" if not np.all(spins.lipoproteins > 0):
            return Skipped(f"no lipoproteins are left of {_feed(said)} to compare with")
        case "APOB_to_CD81_ratio":
            return Number(made.lipoproteins / spins.lipoproteins, "log", f"{basis} over UC, all lipoproteins")
        case quantity if quantity.startswith("count_ratio_log10"):
            return Number(np.log10(made.counted / spins.counted), "linear", f"{basis} over UC, all particles")
    return Skipped(f"'{one.quantity}': not in the process model")


@cache
def _made(name: str, of: str) -> Product:
    return produce(processes()[name], of, seed=sum(map(ord, name)))


def _feed(said: str) -> str:
    return next(
        (name for name, words in _MEASURES_OF.items() if re.search(words, said, re.IGNORECASE)), "medium"
    )


def _excess() -> Floats:
    random = np.random.default_rng(1)
    amounts = {
        name: low * (high / low) ** random.random(DRAWS) for name, (low, high) in feed("plasma").items()
    }
    lipids = sum(each for name, each in amounts.items() if all_species()[name].kind == "lipoprotein")
    return np.asarray(np.log10(lipids / amounts["vesicle"]))


def _limit(one: Record, said: str) -> Answer:
    counter = _first(_COUNTERS, said)
    if counter is None or one.unit != "nm":
        return Skipped("no counter of this name in the model")
    found = INSTRUMENTS[counter]
    # A limit is also a matter of how it is read off a curve: 20%, assumed.
    sd = float(np.hypot(found.half_at_sd, 0.2))
    draws = found.limit(light.VESICLE) * np.exp(sd * np.random.default_rng(2).standard_normal(DRAWS))
    return Number(draws, "log", f"size of vesicles that {counter} detects half of the time")


def _counts(one: Record, said: str) -> Answer:
    first, second = _first(_COUNTERS, one.fields.get("method", "")), _first(_COUNTERS, one.unit)
    if not one.quantity.startswith("count_ratio_log10") or first is None or second is None or first == second:
        return Skipped(f"'{one.quantity}' of a measurement: not in the model of instruments")
    shares = all_species()["vesicle"].shares()
    random = np.random.default_rng(3)
    seen = []
    for counter in (INSTRUMENTS[first], INSTRUMENTS[second]):
        at = counter.half_at * np.exp(counter.half_at_sd * random.standard_normal(DRAWS))
        share = np.array([float(counter.detects(DIAMETERS, light.VESICLE, half) @ shares) for half in at])
        seen.append(np.log10(share) + counter.calibration_sd * random.standard_normal(DRAWS) / np.log(10))
    return Number(
        seen[0] - seen[1], "linear", f"vesicles that {first} and {second} detect, all of one size range"
    )


def _first(names: Sequence[tuple[str, str]], said: str) -> str | None:
    return next((name for name, words in names if re.search(words, said, re.IGNORECASE)), None)
