"""Fit the coefficients of disposition to the calibration studies, and keep draws.

    python -m exodyn.delivery.calibrate [--write] [--draws 400]

Marginal maximum a posteriori: coefficients, what differs between studies, and the sizes of these differences
and of the residual, by turns of Gauss-Newton over coefficients and study differences (penalised least squares
of the logarithms) and of the exact update of the variances (expectation-maximisation with the Laplace
covariance). No record of a validation study is read. `--write` puts the draws and their manifest into
``data/``.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from exodyn.delivery.draws import Draws
from exodyn.delivery.kinds import NAMES, SCALED, STUDY, coefficients, design
from exodyn.delivery.kinetics import value
from exodyn.delivery.observe import Course
from exodyn.delivery.reading import reading
from exodyn.delivery.setting import Setting, described, setting
from exodyn.delivery.simulate import simulate
from exodyn.delivery.unread import UnreadError
from exodyn.delivery.words import lines
from exodyn.engine.random import uniforms
from exodyn.evidence import Record, is_validation, parameters, read_records, record, records

Floats = NDArray[np.float64]

DATA = Path(__file__).parent / "data"
PARAMETERS = Path(__file__).parents[1] / "evidence" / "data" / "parameters"
COMMAND = "python -m exodyn.delivery.calibrate"
LOOKED_AT = (
    "percent_ID",
    "percent_ID_per_g",
    "percent_ID_per_mL",
    "concentration_nmol_eq_per_L",
    "half_life",
    "organ_ratio_light",
    "organ_ratio_brightness",
)
"""Quantities that are fitted to. Peak times and ratios follow from them."""
NOT_FITTED = {
    "KimDH2019_ref22": "not consistent with itself",
    "ChenReview_MNP2022": "a review that names no study",
}
PRIOR_SD = 0.7
"""Believed sd between studies, with the weight of `PRIOR_STUDIES` studies."""
PRIOR_STUDIES = 3.0
STEP = 1e-3
LONGEST = 1.5
"""Longest step of an unknown, on its scale."""
TELLS = 1e-3
"""Sum of derivatives above which the numbers of a study say something of its difference."""
ROBUST = 4.0
"""Degrees of freedom of Student's t, as which residuals of single points are taken: a misread one pulls
little. A clearance (or time of residence) rests on a whole curve and is taken as normal.
"""
HUMAN = "human"
INFLUX_DAYS = 10 / 1440
INFLUX_SD = 0.7
"""Sd of the log of an influx or an uptake clearance, beside the residual: the time is assumed."""
CURVE_SD = 0.15
"""Sd of the log of a clearance or a time of residence, which many points of a curve give: in place of the
residual.
"""


@dataclass(frozen=True)
class Target:
    """A number to fit: its logarithm, and the sd of that from its own sampling.

    study: with its species, since two species in one paper differ by more than the scaling with weight, and
    one pair should not decide that.
    """

    record: Record
    study: str
    setting: Setting
    log: float
    sd: float
    quantity: str
    organ: str


@cache
def targets() -> tuple[Target, ...]:
    """All numbers of calibration studies in animals that the model reads after an intravenous dose."""
    found = []
    own = read_records(files("exodyn.delivery") / "data" / "calibration.csv")
    for one in (*(r for r in records("biodistribution") if not is_validation(r)), *own):
        if one.quantity not in LOOKED_AT or one.study in NOT_FITTED or not one.value:
            continue
        where = setting(one)
        if (
            isinstance(where, str)
            or where.route != "intravenous"
            or where.species == HUMAN
            or "first phase" in one.note
        ):
            continue
        try:
            reading(one, _example(where))
        except UnreadError:
            continue
        found.append(
            Target(
                one,
                f"{one.study}, {where.species}",
                where,
                float(np.log(one.value)),
                _sd(one),
                one.quantity,
                one.fields["organ"],
            )
        )
    for line in lines("kinetics"):
        one = record(line["id"])
        assert not is_validation(one) and one.value
        where = described({**line, "health": "", "size_nm": ""}, one.species, line["route"])
        assert isinstance(where, Setting)
        seen = one.value
        if line["quantity"] == "uptake":  # printed in mL/h of the whole organ of a mouse of 25 g
            seen *= 24 / (0.025 * parameters("mouse")[f"{line['organ']}_mass_per_weight"].value)
        if line["quantity"] == "influx":  # uL/g, taken in while vesicles circulate, some ten minutes
            seen *= 1e-3 / INFLUX_DAYS
        sd = CURVE_SD if line["quantity"] == "curve" else INFLUX_SD
        found.append(
            Target(
                one,
                f"{one.study}, {where.species}",
                where,
                float(np.log(seen)),
                sd,
                line["quantity"],
                line["organ"],
            )
        )
    return tuple(found)


@cache
def _example(where: Setting) -> Course:
    constant, A, _ = design(where)
    return simulate([(where, (constant + A @ means())[None, :])])[0]


def means() -> Floats:
    """What was believed of the coefficients before any fit."""
    return np.array([c.mean for c in coefficients()])


def _sd(one: Record) -> float:
    """Sd of the logarithm of a mean, from its printed spread; 0 where none is."""
    if not one.value or len(one.spread) != 1 or one.spread_kind not in ("sd", "sem", "unknown"):
        return 0.0
    n = 1.0 if one.spread_kind == "sem" else max(one.n or 3.0, 1.0)
    return float(np.log1p(one.spread[0] / one.value) / np.sqrt(n))


def predicted(target: Target, course: Course, scaled: Floats) -> Floats:
    """Logarithm of what the model has for a target, float64[lanes]."""
    if target.quantity in ("uptake", "influx"):
        return scaled[:, NAMES.index(f"{target.organ}_uptake")]
    if target.quantity == "curve":
        return np.log(value(target.record, course, np.zeros(len(scaled))))
    return np.log(np.maximum(reading(target.record, course), 1e-12))


@dataclass(frozen=True)
class Fit:
    """The fit. covariance: of the coefficients; differences: float64[studies, study]; between: their sds;
    told: how many studies say something of each; fitted: predictions of the targets.
    """

    coefficients: Floats
    covariance: Floats
    studies: tuple[str, ...]
    differences: Floats
    between: Floats
    residual: float
    fitted: Floats
    told: Floats
    n: int


class _Problem:
    """Residuals and their derivatives; the unknowns are coefficients, then differences study by study."""

    def __init__(self, found: Sequence[Target]) -> None:
        self.targets = tuple(found)
        self.studies = tuple(dict.fromkeys(t.study for t in found))
        self.settings = tuple(dict.fromkeys((t.study, t.setting) for t in found))
        self.observed = np.array([t.log for t in found])
        self.sd = np.array([t.sd for t in found])
        self.whole = np.array([t.quantity == "curve" for t in found])
        self.p, self.q = len(coefficients()), len(STUDY)
        self.prior_mean = means()
        self.prior_sd = np.array([c.sd for c in coefficients()])

    def evaluate(self, x: Floats) -> tuple[Floats, Floats]:
        """Predictions float64[targets] and their Jacobian float64[targets, unknowns]."""
        theta, u = x[: self.p], x[self.p :].reshape(len(self.studies), self.q)
        jobs = []
        for study, where in self.settings:
            constant, A, B = design(where)
            at = constant + A @ theta + B @ u[self.studies.index(study)]
            jobs.append((where, np.vstack([at, at + STEP * np.eye(len(NAMES))])))
        courses = simulate(jobs)
        values = np.empty(len(self.targets))
        jacobian = np.zeros((len(self.targets), len(x)))
        for i, target in enumerate(self.targets):
            k = self.settings.index((target.study, target.setting))
            s = self.studies.index(target.study)
            found = predicted(target, courses[k], jobs[k][1])
            values[i] = found[0]
            slope = (found[1:] - found[0]) / STEP
            _, A, B = design(target.setting)
            jacobian[i, : self.p] = slope @ A
            jacobian[i, self.p + s * self.q : self.p + (s + 1) * self.q] = slope @ B
        return values, jacobian


def fit(found: Sequence[Target], turns: int = 12) -> Fit:
    """Fit to these targets."""
    problem = _Problem(found)
    S, p, q = len(problem.studies), problem.p, problem.q
    between, residual = np.full(q, PRIOR_SD), 0.5
    x = np.concatenate([problem.prior_mean, np.zeros(S * q)])
    values, jacobian = problem.evaluate(x)
    for _ in range(turns):
        variance = np.where(problem.whole, 0.0, residual**2) + problem.sd**2
        squares = np.where(problem.whole, 1.0, (values - problem.observed) ** 2 / variance)
        weight = (ROBUST + 1) / (ROBUST + squares) / variance
        penalty = np.concatenate([problem.prior_sd**-2, np.tile(between**-2, S)])
        x, values, jacobian = _gauss_newton(problem, x, values, jacobian, weight, penalty)
        covariance = np.linalg.inv(jacobian.T * weight @ jacobian + np.diag(penalty))
        u = x[p:].reshape(S, q)
        second = u**2 + np.diag(covariance)[p:].reshape(S, q)
        told = np.abs(jacobian[:, p:]).sum(axis=0).reshape(S, q) > TELLS
        between = np.sqrt(
            ((second * told).sum(axis=0) + PRIOR_STUDIES * PRIOR_SD**2) / (told.sum(axis=0) + PRIOR_STUDIES)
        )
        spread = (values - problem.observed) ** 2 + np.einsum("ij,jk,ik->i", jacobian, covariance, jacobian)
        residual = float(
            np.sqrt(max(np.mean((weight * variance * spread - problem.sd**2)[~problem.whole]), 0.05**2))
        )
    return Fit(
        x[:p], covariance[:p, :p], problem.studies, u, between, residual, values, told.sum(axis=0), len(found)
    )


def _gauss_newton(
    problem: _Problem, x: Floats, values: Floats, jacobian: Floats, weight: Floats, penalty: Floats
) -> tuple[Floats, Floats, Floats]:
    """Four damped steps (Levenberg, Marquardt) on weighted squares and penalty: x, predictions, Jacobian."""
    center = np.concatenate([problem.prior_mean, np.zeros(len(x) - problem.p)])

    def cost(at: Floats, values: Floats) -> float:
        return float(weight @ (values - problem.observed) ** 2 + penalty @ (at - center) ** 2)

    damping, now = 1e-3, cost(x, values)
    for _ in range(4):
        hessian = jacobian.T * weight @ jacobian + np.diag(penalty)
        gradient = jacobian.T @ (weight * (problem.observed - values)) - penalty * (x - center)
        step = np.linalg.solve(hessian + damping * np.diag(np.diag(hessian)), gradient)
        step *= min(1.0, LONGEST / np.abs(step).max())
        there, slopes = problem.evaluate(x + step)
        if cost(x + step, there) < now:
            x, values, jacobian = x + step, there, slopes
            now, damping = cost(x, values), damping / 5
        else:
            damping *= 10
    return x, values, jacobian


def drawn(found: Fit, n: int, seed: int = 1) -> Draws:
    """Draws of a fit: coefficients normal with its covariance, variances between studies scaled inverse
    chi-squared (so many degrees of freedom as studies and prior have), the residual its own value.
    """
    p, q = len(found.coefficients), len(STUDY)
    numbers = uniforms(seed, "disposition", 0, n, p + q)
    root = np.linalg.cholesky(found.covariance + 1e-12 * np.eye(p))
    freedom = PRIOR_STUDIES + found.told
    return Draws(
        found.coefficients + norm.ppf(numbers[:, :p]) @ root.T,
        found.between * np.sqrt(freedom / chi2.ppf(numbers[:, p:], freedom)),
        np.full(n, found.residual),
    )


def write(found: Fit, sample: Draws) -> None:
    """Put draws, manifest and the values for vesicles into the data files of the source tree."""
    names = [*(c.name for c in coefficients()), *(f"sd_{name}" for name in STUDY), "sd_residual"]
    table = np.column_stack([sample.coefficients, sample.between, sample.residual])
    with (DATA / "draws.csv").open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([[f"{value:.4g}" for value in row] for row in table])
    sources = ("coefficients", "labels", "particles", "organs", "kinetics", "calibration")
    manifest = {
        "command": COMMAND,
        "draws": len(sample),
        "numbers": found.n,
        "studies": list(found.studies),
        "residual": round(found.residual, 4),
        "between": {name: round(float(v), 4) for name, v in zip(STUDY, found.between, strict=True)},
        "inputs": {
            f"{name}.csv": hashlib.sha256((DATA / f"{name}.csv").read_bytes()).hexdigest() for name in sources
        },
    }
    (DATA / "draws.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    _write_parameters(found)


def _write_parameters(found: Fit) -> None:
    """The values of a middle study of vesicles, into the parameters of the model."""
    constant, A, _ = design(Setting("mouse", "vesicle", False, 100.0, 1e10, "unstated"))
    scaled = constant + A @ found.coefficients
    sd = np.sqrt(np.einsum("ij,jk,ik->i", A, found.covariance, A))
    file = PARAMETERS / "disposition.csv"
    with file.open(encoding="utf-8", newline="") as text:
        lines_ = list(csv.DictReader(text))
    for line in lines_:
        if line["symbol"] not in NAMES or not line["reason"].startswith(COMMAND):
            continue
        k = NAMES.index(line["symbol"])
        ends = np.array([scaled[k] - 1.645 * sd[k], scaled[k], scaled[k] + 1.645 * sd[k]])
        values = np.exp(ends) if SCALED[line["symbol"]] == "log" else ends
        line["low"], line["value"], line["high"] = (f"{v:.4g}" for v in values)
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(lines_[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines_)


def show(found: Fit) -> None:
    """Print what the data said of each coefficient: an sd near that of before says nothing."""
    sd = np.sqrt(np.diag(found.covariance))
    print(f"{found.n} numbers of {len(found.studies)} studies; residual sd {found.residual:.2f}")
    print("| coefficient | before | after | share of the doubt removed |")
    print("| --- | --- | --- | --- |")
    for c, mean, after in zip(coefficients(), found.coefficients, sd, strict=True):
        told = 1 - (after / c.sd) ** 2
        print(f"| {c.name} | {c.mean:.2f} ± {c.sd:.2f} | {mean:.2f} ± {after:.2f} | {100 * told:.0f}% |")
    print(
        "| between studies, sd |",
        " | ".join(f"{n} {v:.2f}" for n, v in zip(STUDY, found.between, strict=True)),
        "|",
    )


def main() -> None:
    """Fit, show, and with --write keep."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="put draws and values into the data files")
    parser.add_argument("--draws", type=int, default=400)
    asked = parser.parse_args()
    found = fit(targets())
    show(found)
    if asked.write:
        write(found, drawn(found, asked.draws))


if __name__ == "__main__":
    main()
