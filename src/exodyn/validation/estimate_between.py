"""Estimate what differs between studies for reasons that the model does not have, from calibration records.

    python -m exodyn.validation.estimate_between [--write]

share, death, mean, time: every calibration record is predicted without that term. Of each, the difference
of observed value and predicted median, where they are compared, is held to be normal, with the variance
of the prediction (sampling, who was in the study) plus the square of the term; every study weighs the same,
however many records it has. The term is the maximum of that likelihood.

effect_function, effect_tissue: pooled effects of treatments in animals against the model's, by indication
where it has pools of its own. Their mean ratio is the factor; their spread is that between pools
(effect_pools), and the spread of studies within a pool follows from the interval and number of its
comparisons (k se^2 less the sampling variance), the median over pools, less what the model's own studies
differ by.

On tissue the mechanism has next to no effect of its own, so the mean there is a floor instead: what studies
find where the mechanism has less. effect_relative is the floor of percent by which therapies of `translation`
made infarcts of animals smaller.

--write puts the values into `between_studies.csv` of the source tree. Without it nothing changes.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from exodyn.evidence import Record, select
from exodyn.evidence.meta import effect_of, pool
from exodyn.evidence.table import DATA, rows
from exodyn.validation.answers import Given
from exodyn.validation.asking import asks
from exodyn.validation.contrasts import comparisons, contrast, says_comparisons
from exodyn.validation.describe import indication_of
from exodyn.validation.follow import follow
from exodyn.validation.predictors import PREDICTORS
from exodyn.validation.quantity import quantity_of
from exodyn.validation.validate import Scored, validate

COURSE = ("share", "death", "mean", "time")
EFFECTS = ("effect_function", "effect_tissue")
MAIN = "stroke"
"""The indication with pools enough to tell how pools differ; its families stand for others without pools."""
LEAST_SD = 0.3  # of a standard deviation: no set of pools shows that studies differ by nothing else
GROUP = 8.0  # animals in a group of the usual study
LEVEL_90 = 3.2897072539029444


@dataclass(frozen=True)
class Residual:
    """Observed less predicted, where they are compared; its variance without the term; its study."""

    record: str
    study: str
    value: float
    variance: float


def residuals(found: Sequence[Scored], family: str) -> list[Residual]:
    """Of the calibration records of a family."""
    residual = []
    for one in found:
        if one.family != family or one.band is None or one.observed is None or one.split != "calibration":
            continue
        quantity = quantity_of(one.record)
        low, middle, high = (quantity.to(x) for x in (one.band.low, one.band.median, one.band.high))
        value = quantity.to(one.observed) - middle
        residual.append(Residual(one.record.id, one.record.study, value, ((high - low) / LEVEL_90) ** 2))
    return residual


def spread(found: Sequence[Residual]) -> float:
    """The standard deviation of the term by maximum likelihood, every study weighing the same."""
    sizes = Counter(one.study for one in found)
    weight = np.array([1 / sizes[one.study] for one in found])
    square = np.array([one.value**2 for one in found])
    variance = np.array([one.variance for one in found])

    def misfit(log_sd: float) -> float:
        total = variance + math.exp(2 * log_sd)
        return float(weight @ (np.log(total) + square / total))

    return math.exp(float(minimize_scalar(misfit, bounds=(-6.0, 3.0), method="bounded").x))


@dataclass(frozen=True)
class Effects:
    """What pooled effects of treatments find, towards benefit: their mean as text, and their spread."""

    mean: str
    sd: float
    records: tuple[str, ...]
    between_pools: float = 0.0
    within: float = 0.0


def effects(found: Sequence[Scored], family: str, given: Given, main: Effects | None = None) -> Effects:
    """Mean and spread of a family of effects, from pooled standardised differences: of function relative to
    the mechanism's, of tissue as they are.
    """
    about = family.partition(":")[2] or MAIN
    pools = [
        one
        for one in found
        if one.family == family and _is_pool(one.record) and indication_of(one.record) == about
    ]
    observed, variances, own, mechanism = [], [], [], []
    for one in pools:
        assert one.band is not None and one.observed is not None
        known = effect_of(one.record)
        assert known is not None
        benefit = math.copysign(1.0, one.observed)  # every pool of a treatment that was published finds one
        observed.append(benefit * one.observed)
        mechanism.append(benefit * one.band.median)
        variances.append(known[1])
        own.append(_spread_of_model(one.record, given))
    mean, tau2 = observed[0], main.between_pools**2 if main else 0.0
    if len(observed) > 1:
        pooled = pool(observed, variances, method="REML")
        mean, tau2 = pooled.estimate[0], tau2 if main else pooled.tau2
    within = [value for one in pools if (value := _within(one.record)) is not None]
    inside = float(np.median(within)) if within else main.within if main else 0.0
    if family.startswith("effect_function"):
        mean /= float(np.mean(mechanism))
        tau2 = max(tau2, _beyond_sampling(np.array(observed) - mean * np.array(mechanism), variances))
        own = [mean**2 * variance for variance in own]
    else:
        own = [0.0]
    sd = math.sqrt(max(tau2 + inside - float(np.median(own)), LEAST_SD**2))
    ids = tuple(one.record.id for one in pools)
    return Effects(f"{mean:.3g}", sd, ids, math.sqrt(tau2), inside)


def _beyond_sampling(residual: NDArray[np.float64], variances: Sequence[float]) -> float:
    """Variance of pools about the mechanism times its factor, less that of sampling."""
    spare = len(residual) - 1
    return float(residual @ residual / spare - np.mean(variances)) if spare else 0.0


def _spread_of_model(one: Record, given: Given) -> float:
    """Variance between the model's own studies of a pool's kind of effect."""
    asked = asks(one)
    assert not isinstance(asked, str)
    return float(np.var(contrast(asked, follow(asked.study, (asked.time,), given))))


def _is_pool(one: Record) -> bool:
    return one.unit == "SMD" and one.split in ("", "calibration") and effect_of(one) is not None and (
        "against nat" not in one.quantity
    )  # fmt: skip


def _within(one: Record) -> float | None:
    """Variance of true effects between the comparisons of a pool; None where their number is not printed."""
    known = effect_of(one)
    if known is None or not says_comparisons(one):
        return None
    sampling = 2 / GROUP + known[0] ** 2 / (4 * GROUP)
    return max(comparisons(one) * known[1] - sampling, 0.0)


def estimate() -> list[dict[str, str]]:
    """The lines of `between_studies.csv` that this estimates."""
    records = select("outcomes") + select("natural")
    found = validate(records, PREDICTORS, Given(file=records, threads=2, between_studies=False))
    lines = []
    for family in _fitted():
        known = residuals(found, family)
        studies = len({one.study for one in known})
        print(f"{family}: {len(known)} records of {studies} studies")
        if studies < 3:
            continue
        lines.append(_line(family, spread(known), str(studies - 1), [one.record for one in known]))
    given = Given(file=records, threads=2, between_studies=False)
    main: dict[str, Effects] = {}
    for name in (MAIN, *sorted({one.family.partition(":")[2] for one in found} - {""})):
        for kind in EFFECTS:
            family = kind if name == MAIN else f"{kind}:{name}"
            if not any(one.family == family and _is_pool(one.record) for one in found):
                continue
            effect = effects(found, family, given, main.get(kind))
            main.setdefault(kind, effect)
            factor, floor = (effect.mean, "") if kind == "effect_function" else ("", effect.mean)
            lines.append(_line(family, effect.sd, "", effect.records, factor, floor))
            if name != MAIN and kind == "effect_function":
                lines.append(_line(f"effect_pools:{name}", effect.between_pools, "", effect.records))
    ids = [id for line in lines if line["family"] in EFFECTS for id in line["records"].split()]
    lines.append(
        _line(
            "effect_pools",
            math.sqrt(float(np.mean([one.between_pools**2 for one in main.values()]))),
            "",
            ids,
        )
    )
    relative = relative_effects()
    lines.append(_line("effect_relative", relative.sd, "", relative.records, floor=relative.mean))
    return lines


def _fitted() -> list[str]:
    """Families of untreated courses whose line says that this command fits it."""
    known = [cells for _, cells in rows(DATA / "validation" / "between_studies.csv")]
    return [
        cells["family"]
        for cells in known
        if cells["status"] == "fitted" and cells["family"].partition(":")[0] in COURSE
    ]


def relative_effects() -> Effects:
    """Percent reductions of infarcts in animals, pooled over therapies."""
    known = [
        (one, effect)
        for one in select("translation", "stroke")
        if one.fields["side"] == "animal" and "infarct" in one.quantity and one.unit.startswith("percent")
        and (effect := effect_of(one)) is not None
    ]  # fmt: skip
    pooled = pool([effect[0] for _, effect in known], [effect[1] for _, effect in known], method="REML")
    within = [float(one.fields["n_studies"]) * effect[1] for one, effect in known if one.fields["n_studies"]]
    sd = math.sqrt(pooled.tau2 + float(np.median(within)))
    return Effects(f"{pooled.estimate[0]:.3g}", sd, tuple(one.id for one, _ in known))


def _line(
    family: str, sd: float, df: str, records: Sequence[str], factor: str = "", floor: str = ""
) -> dict[str, str]:
    return {
        "family": family,
        "factor": factor,
        "floor": floor,
        "sd": f"{sd:.3g}",
        "df": df,
        "records": " ".join(records),
        "status": "fitted",
        "reason": "python -m exodyn.validation.estimate_between",
    }


def write(lines: Sequence[dict[str, str]]) -> None:
    """Put the values into the file, nothing else changed."""
    file = Path(str(DATA / "validation" / "between_studies.csv"))
    with file.open(encoding="utf-8", newline="") as text:
        known = list(csv.DictReader(text))
    new = {line["family"]: line for line in lines}
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(known[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(line | new.get(line["family"], {}) for line in known)


def main() -> None:
    """Estimate, print, and write where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="put the values into the file")
    asked = parser.parse_args()
    lines = estimate()
    for line in lines:
        print(", ".join(f"{name} {line[name] or '-'}" for name in ("family", "factor", "floor", "sd", "df")))
    if asked.write:
        write(lines)


if __name__ == "__main__":
    main()
