"""Fit the parameters of the stroke model that are marked `fitted`, and print what the fit hits and misses.

    python -m exodyn.indications.calibrate_stroke {scale,untreated,effect,compare} [--write]

scale      levels that are 1 by definition: maxima of TNF and leak, newborn neurons at day 90; the baseline
untreated  recovery, death and mRS of untreated patients (calibration cohorts only)
effect     the common scale of all effects of vesicles, from the pooled effect in rodents
compare    no fit: every target beside the model, validation cohorts too

--write puts the fitted values into the parameter files of the source tree. Without it nothing changes.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.optimize import brentq, least_squares
from scipy.special import expit, logit

from exodyn.engine import Dose, Engine, Schedule
from exodyn.engine.random import uniforms
from exodyn.evidence import ParameterRecord, parameters, record
from exodyn.indications import stroke
from exodyn.indications.stroke_cohorts import Known, compare
from exodyn.scales import MNSS, FloatArray

PRODUCT, ROUTE = "adipose_msc_exosomes", "intravenous"
Fitted = dict[tuple[str, str], float]
"""(symbol, species as in the file) -> value."""


def scale() -> Fitted:
    """Levels that are 1 by definition, in the untreated model at its default parameters."""
    days = np.linspace(0.0, 90.0, 1801)
    fitted: Fitted = {}
    for species in stroke.SPECIES:
        known = parameters(species)
        engine = Engine(stroke.model(species, PRODUCT, ROUTE), outputs=["tnf", "leak", "newborn", "deficit"])
        tnf, _, newborn, deficit = engine.run(patients=1, times=days, rtol=1e-7).values[0].T
        k_tnf = known["k_tnf"].value / tnf.max()
        leak = engine.run({"k_tnf": k_tnf}, patients=1, times=days, rtol=1e-7).values[0, :, 1]
        fitted["k_tnf", "any"] = k_tnf
        fitted["k_open", "any"] = known["k_open"].value / leak.max()
        fitted["k_open_tnf", "any"] = known["k_open_tnf"].value / leak.max()
        fitted["k_settle", species] = known["k_settle"].value / newborn[-1]
        if species == "human":
            fitted["baseline_share", "human"] = float(np.interp(1.0, days, deficit) / deficit[0])
    return fitted


SHARES = ("shock_share", "worst_share", "slow_share", "fast_share")
POSITIVE = ("mrs_age", "reserve_sd", "k_shock", "mrs_person_sd", "early_hazard", "late_hazard")
SLOPES = (
    "residue_mean",
    "reserve_shift",
    "poor_logit",
    "poor_slope",
    "early_slope",
    "late_slope",
    "deficit_center",
)
CUTS = tuple(f"mrs_cut_{k}" for k in range(1, 6))
UNTREATED = (*SHARES, *POSITIVE, *SLOPES, *CUTS)


def untreated(patients: int = 500, starts: int = 4) -> Fitted:
    """Recovery, death and mRS of untreated patients: least squares on the calibration cohorts.

    Each residual is (predicted - observed) / sd of the observation's sampling error. Each parameter adds
    ((x - middle of its stated range) / half the range)^2: a weak pull that decides where no cohort speaks.
    No value leaves its range. The sum has several valleys: the fit starts from the values on file and from
    places drawn in the ranges, and keeps the lowest.
    """
    known = parameters("human")
    center, width = _pull(known)
    inner = 0.98 * width  # where a start must lie

    def misses(x: FloatArray) -> FloatArray:
        found = compare(_with(known, _decode(x)), ("fit",), patients)
        residuals = [(c.predicted - c.target.value) / c.target.se for c in found]
        return np.array([*residuals, *(x - center) / width])

    on_file = _encode({name: known[name].value for name in UNTREATED})
    places = uniforms(1, "starts", 0, starts, len(on_file))
    best = None
    for k, place in enumerate(places):
        # Cut points have no range: they start from their values on file.
        drawn = np.where(np.isfinite(width), center + (place - 0.5) * np.minimum(width, 10.0), on_file)
        found = least_squares(
            misses,
            np.clip(drawn if k else on_file, center - inner, center + inner),
            bounds=(center - width, center + width),
            diff_step=[0.02] * len(on_file),
            max_nfev=30,
            x_scale=np.minimum(width, 1.0),
        )
        print(f"untreated, start {k}: sum of squares {2 * found.cost:.1f}, {found.nfev} evaluations")
        best = found if best is None or found.cost < best.cost else best
    assert best is not None
    return {(name, "human"): value for name, value in _decode(best.x).items()}


def effect(animals: int = 4000) -> Fitted:
    """The scale of all effects that gives the pooled mNSS effect in mice: one dose at 24 h, read at day 28.

    The dose per kg is the usual one of rats (100 ug, 3.75e11 particles, in 0.3 kg).
    """
    wanted = _value("STR046")
    known = parameters("mouse")
    engine = Engine(stroke.model("mouse", PRODUCT, ROUTE), outputs=list(MNSS.reads))
    traits = _draw(animals)
    own = stroke.person("mouse", traits)
    raters = uniforms(1, "effect", 0, 2 * animals, MNSS.draws(1))
    amount = known["usual_dose"].value * known["weight"].value
    schedules = (Schedule(), Schedule([Dose(state="blood", amount=amount, time=1.0)]))

    def smd(efficacy: float) -> float:
        arms = []
        for arm, schedule in enumerate(schedules):
            changed = own | {"efficacy": np.array(efficacy)}
            values = engine.run(changed, patients=animals, times=[28.0], doses=schedule).values
            readouts = {name: values[:, :, i] for i, name in enumerate(MNSS.reads)}
            arms.append(MNSS.observe(readouts, raters[arm * animals : (arm + 1) * animals])[:, 0])
        spread = np.sqrt((np.nanvar(arms[0]) + np.nanvar(arms[1])) / 2)
        return float((np.nanmean(arms[1]) - np.nanmean(arms[0])) / spread)

    for efficacy in (0.3, 1.0, 3.0, 10.0, 30.0):
        print(f"effect: mNSS SMD at efficacy {efficacy}: {smd(efficacy):.2f}")
    return {("efficacy", "any"): float(brentq(lambda e: smd(e) - wanted, 0.01, 1000.0, xtol=1e-2))}


def show(known: Known | None = None, uses: tuple[str, ...] = ("fit", "check", "validation")) -> None:
    """Print every target beside the model."""
    print("| target | records | use | observed | 95% interval | predicted | |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for c in compare(known or parameters("human"), uses, patients=2000):
        t = c.target
        ids = t.records[0] if len(t.records) == 1 else f"{t.records[0]} and {len(t.records) - 1} more"
        digits = 2 if abs(t.value) <= 1 else 1
        print(
            f"| {t.name} | {ids} | {t.use} | {t.value:.{digits}f} "
            f"| {t.low:.{digits}f} to {t.high:.{digits}f} | "
            f"{c.predicted:.{digits}f} | {'inside' if c.inside else 'OUTSIDE'} |"
        )


def _draw(animals: int) -> dict[str, FloatArray]:
    spread = stroke.population("mouse").traits
    draws = uniforms(1, "animals", 0, animals, len(spread))
    return {t.name: t.sample(draws[:, i]) for i, t in enumerate(spread)}


def _value(id: str) -> float:
    value = record(id).value
    assert value is not None
    return value


def _encode(values: Mapping[str, float]) -> FloatArray:
    cuts = [values[c] for c in CUTS]
    return np.array([
        *(logit(values[n]) for n in SHARES),
        *(np.log(values[n]) for n in POSITIVE),
        *(values[n] for n in SLOPES),
        cuts[0],
        *np.log(np.diff(cuts)),
    ])  # fmt: skip


def _decode(x: FloatArray) -> dict[str, float]:
    a, b, c = len(SHARES), len(SHARES) + len(POSITIVE), len(SHARES) + len(POSITIVE) + len(SLOPES)
    cuts = x[c] + np.concatenate([[0.0], np.cumsum(np.exp(x[c + 1 :]))])
    values = np.concatenate([expit(x[:a]), np.exp(x[a:b]), x[b:c], cuts])
    return dict(zip(UNTREATED, map(float, values), strict=True))


def _pull(known: Known) -> tuple[FloatArray, FloatArray]:
    """Middle and half width of the stated ranges, on the scale of the fit; cut points are free."""
    free = {name: (known[name].value, known[name].value) for name in CUTS}
    ranges = {name: (known[name].low, known[name].high) for name in UNTREATED} | free
    low = _encode({name: r[0] for name, r in ranges.items() if r[0] is not None})
    high = _encode({name: r[1] for name, r in ranges.items() if r[1] is not None})
    half = (high - low) / 2
    half[-len(CUTS) :] = np.inf
    return (low + high) / 2, half


def _with(known: Known, values: Mapping[str, float]) -> dict[str, ParameterRecord]:
    return {**known, **{name: replace(known[name], value=value) for name, value in values.items()}}


def write(fitted: Fitted) -> None:
    """Put values into the parameter files, four digits, nothing else changed."""
    folder = Path(__file__).parents[1] / "evidence" / "data" / "parameters"
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as text:
            lines = list(csv.DictReader(text))
        for line in lines:
            if (line["symbol"], line["species"]) in fitted:
                line["value"] = f"{fitted[line['symbol'], line['species']]:.4g}"
        with file.open("w", encoding="utf-8", newline="") as text:
            writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)


FITS: Mapping[str, Callable[[], Fitted]] = {
    "scale": scale,
    "untreated": untreated,
    "effect": effect,
}


def main() -> None:
    """Run one fit, or the comparison."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=[*FITS, "compare"])
    parser.add_argument("--write", action="store_true", help="put the values into the parameter files")
    asked = parser.parse_args()
    if asked.what == "compare":
        show()
        return
    fitted = FITS[asked.what]()
    for (name, species), value in fitted.items():
        print(f"{name} ({species}): {value:.4g}")
    if asked.what == "untreated":
        show(_with(parameters("human"), {name: value for (name, _), value in fitted.items()}))
    if asked.write:
        write(fitted)


if __name__ == "__main__":
    main()
