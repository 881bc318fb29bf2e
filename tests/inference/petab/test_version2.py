"""Version 2 of the format: periods, placeholders by name, formulas in conditions, truncated priors."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from exodyn.errors import InputError
from exodyn.inference.petab import Compiled, evaluate, read_problem
from exodyn.inference.petab.objective import nominal

MODEL = Path(__file__).parents[2] / "data" / "petab" / "conversion" / "model.xml"
FILES = {
    "problem.yaml": """format_version: 2.0.0
model_files: {conversion: {location: model.xml, language: sbml}}
condition_files: [conditions.tsv]
experiment_files: [experiments.tsv]
observable_files: [observables.tsv]
measurement_files: [measurements.tsv]
parameter_files: [parameters.tsv]
""",
    "conditions.tsv": "conditionId\ttargetId\ttargetValue\n"
    "slow\tk1\tk1_slow\nfast\tk1\t2 * k1_slow + 0.1\nagain\tA\tdose\n",
    "experiments.tsv": "experimentId\ttime\tconditionId\ne\t-inf\tslow\ne\t0\tfast\ne\t2\tagain\n",
    "observables.tsv": "observableId\tobservableFormula\tnoiseFormula\tnoiseDistribution\t"
    "observablePlaceholders\tnoisePlaceholders\nobs\tscale * A\tsd\tlog-normal\tscale\tsd\n",
    "measurements.tsv": "observableId\texperimentId\ttime\tmeasurement\tobservableParameters\t"
    "noiseParameters\nobs\te\t1\t0.9\tfactor\t0.2\nobs\te\t3\t1.4\t2\tfactor / 4\nobs\t\t1\t0.8\t1\t0.2\n",
    "parameters.tsv": "parameterId\tlowerBound\tupperBound\tnominalValue\testimate\tpriorDistribution"
    "\tpriorParameters\nk1_slow\t0\t5\t0.4\ttrue\tlog-normal\t-1;0.5\nk2\t0\t5\t0.55\ttrue\t\t\n"
    "dose\t0\t5\t2.5\ttrue\tnormal\t2;1\nfactor\t\t\t1.2\tfalse\t\t\n",
}  # fmt: skip


@pytest.fixture
def problem(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    shutil.copy(MODEL, tmp_path / "model.xml")
    return tmp_path / "problem.yaml"


def relax(a: float, b: float, k1: float, k2: float, t: float) -> tuple[float, float]:
    """A and B of A <-> B after t."""
    end = k2 / (k1 + k2) * (a + b)
    now = end + (a - end) * math.exp(-(k1 + k2) * t)
    return now, a + b - now


def test_periods_follow_each_other_as_the_closed_form_says(problem):
    a, b = relax(1.0, 0.5, 0.4, 0.55, 1e9)
    first, _ = relax(a, b, 0.9, 0.55, 1.0)
    _, b = relax(a, b, 0.9, 0.55, 2.0)
    third, _ = relax(2.5, b, 0.9, 0.55, 1.0)  # k1 stays as the period before set it, A is set again
    alone, _ = relax(1.0, 0.5, 0.8, 0.55, 1.0)  # without an experiment: the model as it is
    y, m, s = np.array([1.2 * first, 2 * third, alone]), np.array([0.9, 1.4, 0.8]), np.array([0.2, 0.3, 0.2])
    found = evaluate(problem)
    assert found["llh"] == pytest.approx(np.sum(stats.lognorm.logpdf(m, s, scale=y)), rel=1e-9)
    assert found["chi2"] == pytest.approx(np.sum((np.log(m / y) / s) ** 2), rel=1e-8)


def test_priors_are_cut_off_at_the_bounds(problem):
    slow = stats.lognorm(0.5, scale=math.exp(-1))
    dose = stats.norm(2, 1)
    expected = slow.logpdf(0.4) - math.log(slow.cdf(5) - slow.cdf(0)) - math.log(5)
    expected += dose.logpdf(2.5) - math.log(dose.cdf(5) - dose.cdf(0))
    assert evaluate(problem)["log_prior"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("stated", "exact"),
    [
        ("cauchy\t0.3;0.5", stats.cauchy(0.3, 0.5)),
        ("gamma\t2;0.4", stats.gamma(2, scale=0.4)),
        ("exponential\t0.7", stats.expon(scale=0.7)),
        ("chisquare\t3", stats.chi2(3)),
        ("rayleigh\t0.6", stats.rayleigh(scale=0.6)),
        ("log-uniform\t0.1;2", stats.loguniform(0.1, 2)),
    ],
)
def test_rarer_priors(problem, stated, exact):
    file = problem.parent / "parameters.tsv"
    file.write_text(file.read_text().replace("log-normal\t-1;0.5", stated))
    dose = stats.norm(2, 1)
    expected = exact.logpdf(0.4) - math.log(exact.cdf(5) - exact.cdf(0)) - math.log(5)
    expected += dose.logpdf(2.5) - math.log(dose.cdf(5) - dose.cdf(0))
    assert evaluate(problem)["log_prior"] == pytest.approx(expected, rel=1e-9)


def test_a_period_may_begin_with_what_the_state_before_makes_of_it(problem):
    """A doubles and takes a dose, B takes a third of A: both from where they were, in any order."""
    file = problem.parent / "conditions.tsv"
    jumps = "again\tA\t2 * A + dose\nagain\tB\tB + A / 3\n"
    file.write_text(file.read_text().replace("again\tA\tdose\n", jumps))
    a, b = relax(*relax(1.0, 0.5, 0.4, 0.55, 1e9), 0.9, 0.55, 2.0)
    third, _ = relax(2 * a + 2.5, b + a / 3, 0.9, 0.55, 1.0)
    read = read_problem(problem)
    values = nominal(read)
    outcome, slopes = Compiled(read, gradient=True).gradient(values)
    assert outcome.simulated[1] == pytest.approx(2 * third, rel=1e-9)
    plain = Compiled(read, rtol=1e-12)
    for i, parameter in enumerate(read.parameters):
        if parameter.estimated:
            step = np.zeros(len(values))
            step[i] = 1e-4
            found = (plain.outcome(values + step).llh - plain.outcome(values - step).llh) / 2e-4
            assert found == pytest.approx(slopes[i], rel=1e-5), parameter.name


def test_gradient_goes_through_formulas_and_periods(problem):
    read = read_problem(problem)
    values = nominal(read)
    _, slopes = Compiled(read, gradient=True).gradient(values)
    plain = Compiled(read, rtol=1e-12)
    for i, parameter in enumerate(read.parameters):
        if parameter.estimated:
            step = np.eye(len(values))[i] * 1e-3
            high, low = ([plain.outcome(values + k * s * step).llh for k in (1, 2)] for s in (1, -1))
            found = (8 * (high[0] - low[0]) - (high[1] - low[1])) / 12e-3
            assert found == pytest.approx(slopes[i], rel=1e-7), parameter.name


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("conditions.tsv", "\tdose\n", "\tA + C\n", r"sets 'A' to 'A \+ C': unknown id 'C'"),
        ("conditions.tsv", "fast\tk1\t2 * k1_slow + 0.1", "fast\tk1\tA", "only a state can follow"),
        ("conditions.tsv", "slow\tk1\tk1_slow", "slow\tB\tA", "no state before its first period"),
        ("measurements.tsv", "factor / 4", "A / 4", "'A' in 'A / 4' is not in the parameter table"),
        ("conditions.tsv", "again\tA", "again\tV", "the size of 'V' changes in a later period"),
        ("experiments.tsv", "\tagain", "\tagian", "there is no 'agian'; did you mean 'again'"),
        ("experiments.tsv", "e\t2", "e\t-2", "begin before 0"),
        (
            "parameters.tsv",
            "log-normal\t-1;0.5",
            "cauchy\t-1;-0.5",
            "cauchy prior: spread -0.5, expected more",
        ),
        ("parameters.tsv", "log-normal\t-1;0.5", "chisquare\t1;2", "'1;2', expected one number"),
        ("parameters.tsv", "log-normal\t-1;0.5", "beta\t1;2", "'beta'"),
        ("parameters.tsv", "true", "perhaps", "estimate: 'perhaps'"),
        ("measurements.tsv", "\t2\tfactor / 4", "\t2", "noiseParameters: 0 values for the 1 placeholders"),
        ("problem.yaml", "language: sbml", "language: pysb", "models in 'pysb' are not supported"),
        ("problem.yaml", "condition_files", "extensions: {foo: {}}\ncondition_files", "extension 'foo'"),
    ],
)
def test_what_is_not_read_is_refused_by_name(problem, file, old, new, message):
    path = problem.parent / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=message):
        evaluate(problem)
