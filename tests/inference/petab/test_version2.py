"""Version 2 of the format: periods, placeholders by name, formulas in conditions, truncated priors."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from exodyn.cli import main
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
    assert Compiled(read).outcome(values).simulated[1] == pytest.approx(2 * third, rel=1e-9)
    check_gradient(problem)


def test_concentrations_stay_where_a_period_changes_the_size(problem):
    before = evaluate(problem, gradient=True)
    file = problem.parent / "conditions.tsv"
    file.write_text(file.read_text() + "again\tV\t7.5\n")
    resized = evaluate(problem, gradient=True)
    assert resized["llh"] == pytest.approx(before["llh"], rel=1e-10)
    for name, slope in before["gradient"].items():
        assert resized["gradient"][name] == pytest.approx(slope, rel=1e-7), name


def test_a_parameter_may_follow_from_the_state(problem):
    """k1 becomes A + dose, and stays there in the period after."""
    file = problem.parent / "conditions.tsv"
    file.write_text(file.read_text().replace("2 * k1_slow + 0.1", "A + dose"))
    a, b = relax(1.0, 0.5, 0.4, 0.55, 1e9)
    first, _ = relax(a, b, a + 2.5, 0.55, 1.0)
    _, b = relax(a, b, a + 2.5, 0.55, 2.0)
    third, _ = relax(2.5, b, a + 2.5, 0.55, 1.0)
    outcome = Compiled(read_problem(problem)).outcome(nominal(read_problem(problem)))
    np.testing.assert_allclose(outcome.simulated[:2], [1.2 * first, 2 * third], rtol=1e-9)
    check_gradient(problem)


def test_periods_may_begin_before_time_0(problem):
    expected = evaluate(problem)["llh"]
    for name, old, new in (
        ("experiments.tsv", "e\t0\tfast\ne\t2\tagain", "e\t-3\tfast\ne\t-1\tagain"),
        ("measurements.tsv", "obs\te\t1\t0.9", "obs\te\t-2\t0.9"),
        ("measurements.tsv", "obs\te\t3\t1.4", "obs\te\t0\t1.4"),
    ):
        file = problem.parent / name
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
    assert evaluate(problem)["llh"] == pytest.approx(expected, rel=1e-10)


def test_a_nominal_value_that_a_prior_excludes_has_a_likelihood_still(problem, capsys):
    file = problem.parent / "parameters.tsv"
    file.write_text(file.read_text().replace("dose\t0\t5", "dose\t3\t5"))
    expected = evaluate(problem)
    assert expected["log_prior"] == -math.inf
    assert main(["objective", str(problem), "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {**expected, "log_prior": None}
    assert "excludes the nominal" in printed.err


def test_gradient_goes_through_formulas_and_periods(problem):
    check_gradient(problem)


def check_gradient(problem):
    """Against five-point differences."""
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
        ("conditions.tsv", "slow\tk1\tk1_slow", "slow\tB\tA", "no state before its first period"),
        ("measurements.tsv", "factor / 4", "A / 4", "'A' in 'A / 4' is not in the parameter table"),
        ("experiments.tsv", "\tagain", "\tagian", "there is no 'agian'; did you mean 'again'"),
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


WITH_EVENTS = """<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">
<model id="m">
<listOfCompartments><compartment id="V" spatialDimensions="3" size="4" constant="false"/></listOfCompartments>
<listOfSpecies><species id="S" compartment="V" initialConcentration="3" hasOnlySubstanceUnits="false"
 boundaryCondition="false" constant="false"/></listOfSpecies>
<listOfParameters><parameter id="p" value="1" constant="true"/>
<parameter id="count" value="0" constant="false"/></listOfParameters>
<listOfRules><rateRule variable="S"><math xmlns="http://www.w3.org/1998/Math/MathML"><piecewise><piece>
<ci> p </ci><apply><lt/><ci> S </ci><cn> 20 </cn></apply></piece>
<otherwise><cn> 0 </cn></otherwise></piecewise>
</math></rateRule></listOfRules>
<listOfEvents>
<event id="doubles" useValuesFromTriggerTime="false"><trigger initialValue="true" persistent="true">
<math xmlns="http://www.w3.org/1998/Math/MathML"><apply><geq/>TRIGGER</apply></math></trigger>DELAY
<listOfEventAssignments>
<eventAssignment variable="V"><math xmlns="http://www.w3.org/1998/Math/MathML">
<apply><times/><cn> 2 </cn><ci> V </ci></apply></math></eventAssignment>
<eventAssignment variable="count"><math xmlns="http://www.w3.org/1998/Math/MathML">
<apply><plus/><cn> 1 </cn><ci> count </ci></apply></math></eventAssignment></listOfEventAssignments></event>
</listOfEvents></model></sbml>"""
TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time"> t </csymbol>'


def with_events(folder, trigger, periods, conditions, times, delay=""):
    """Concentration, amount and number of events at some times of an experiment."""
    files = {
        **FILES,
        "model.xml": WITH_EVENTS.replace("TRIGGER", trigger).replace("DELAY", delay),
        "conditions.tsv": "conditionId\ttargetId\ttargetValue\n" + "\n".join(conditions) + "\n",
        "experiments.tsv": "experimentId\ttime\tconditionId\n" + "\n".join(periods) + "\n",
        "observables.tsv": "observableId\tobservableFormula\tnoiseFormula\n"
        "conc\tS\t1\namount\tS * V\t1\nevents\tcount\t1\n",
        "measurements.tsv": "observableId\texperimentId\ttime\tmeasurement\n"
        + "".join(f"{o}\te\t{t}\t0\n" for t in times for o in ("conc", "amount", "events")),
        "parameters.tsv": "parameterId\tlowerBound\tupperBound\tnominalValue\testimate\np\t0\t5\t1\ttrue\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    check_gradient(folder / "problem.yaml")
    problem = read_problem(folder / "problem.yaml")
    return Compiled(problem).outcome(nominal(problem)).simulated.reshape(-1, 3).tolist()


AT_10 = f"{TIME}<cn> 10 </cn>"
AT_14 = "<ci> S </ci><cn> 14 </cn>"


@pytest.mark.parametrize("trigger", [AT_10, AT_14])
def test_an_event_at_the_start_of_a_period_acts_on_what_the_period_set(tmp_path, trigger):
    """S and V become 16 and 8 together, then V doubles: an event keeps the amount, a condition does not."""
    seen = with_events(
        tmp_path, trigger, ["e\t0\tfirst", "e\t10\tthen"], ["first\tS\t2", "then\tS\tV + S", "then\tV\t8"],
        [0, 5, 10, 12],
    )  # fmt: skip
    expected = [[2, 8, 0], [7, 28, 0], [8, 128, 1], [10, 160, 1]]
    np.testing.assert_allclose(seen, expected, rtol=1e-9)


def test_an_event_that_happened_does_not_happen_again_in_the_next_period(tmp_path):
    periods = ["e\t0\tfirst", "e\t12.5\tthen", "e\t13\tback"]
    conditions = ["first\tS\t2", "then\tp\t0.5", "back\tS\t13"]
    seen = with_events(tmp_path, AT_10, periods, conditions, [11, 12, 14])
    assert [count for *_, count in seen] == [1, 1, 1]
    seen = with_events(tmp_path, AT_14, periods, conditions, [11, 12.5, 14, 16])
    # At 12 S is 14 for the first time; set to 13 it passes 14 once more.
    assert [count for *_, count in seen] == [0, 1, 1, 2]


def test_events_happen_on_the_way_to_a_steady_state(tmp_path):
    """V doubles at 10 of the way; with its time the trigger begins anew after that."""
    seen = with_events(
        tmp_path, AT_10, ["e\t-inf\tstill", "e\t0\tthen"], ["still\tp\t0", "then\tp\t1"], [0, 9, 11]
    )
    np.testing.assert_allclose(seen, [[1.5, 12, 1], [10.5, 84, 1], [6.75, 108, 2]], rtol=1e-9)


def test_what_waits_when_a_period_ends_is_refused(tmp_path):
    delay = "<delay><math xmlns='http://www.w3.org/1998/Math/MathML'><cn> 2 </cn></math></delay>"
    with pytest.raises(InputError, match="event 'doubles' has a delay"):
        with_events(tmp_path, AT_14, ["e\t0\tfirst", "e\t10\tfirst"], ["first\tS\t2"], [11], delay)
