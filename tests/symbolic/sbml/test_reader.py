"""What each construct of SBML does to a time course, worked out by hand."""

# ruff: noqa: E501 (XML reads best in one piece)
from __future__ import annotations

import numpy as np
import pytest

from exodyn.symbolic.sbml import read_sbml

AT = np.array([0.0, 1.0, 2.0])
BOX = '<listOfCompartments><compartment id="V" size="2" spatialDimensions="3" constant="true"/></listOfCompartments>'
GROWING = BOX.replace('constant="true"', 'constant="false"')


def species(name: str, start: str = 'initialAmount="4"', **flags: bool) -> str:
    flags = {"hasOnlySubstanceUnits": False, "boundaryCondition": False, "constant": False, **flags}
    listed = " ".join(f'{key}="{str(value).lower()}"' for key, value in flags.items())
    return f'<species id="{name}" compartment="V" {start} {listed}/>'


def several(kind: str, *items: str) -> str:
    return f"<listOf{kind}>{''.join(items)}</listOf{kind}>"


def parameter(name: str, value: str = "", constant: bool = False) -> str:
    stated = f'value="{value}"' if value else ""
    return f'<parameter id="{name}" {stated} constant="{str(constant).lower()}"/>'


def side(kind: str, *references: str) -> str:
    return several(kind, *references) if references else ""


def participant(name: str, stoichiometry: str = "1", extra: str = 'constant="true"') -> str:
    return f'<speciesReference species="{name}" stoichiometry="{stoichiometry}" {extra}/>'


def reaction(law: str, gone: tuple[str, ...] = (), made: tuple[str, ...] = (), local: str = "") -> str:
    return (
        '<reaction id="J" reversible="false">' + side("Reactants", *gone) + side("Products", *made)
        + f"<kineticLaw>{{{{{law}}}}}{local}</kineticLaw></reaction>"
    )  # fmt: skip


def event(
    trigger: str, *assignments: tuple[str, str], delay: str = "", priority: str = "", initial: bool = True,
    persistent: bool = True, early: bool = True, name: str = "e",
) -> str:  # fmt: skip
    late = f"<delay>{{{{{delay}}}}}</delay>" if delay else ""
    rank = f"<priority>{{{{{priority}}}}}</priority>" if priority else ""
    done = "".join(
        f'<eventAssignment variable="{target}">{{{{{value}}}}}</eventAssignment>'
        for target, value in assignments
    )
    return (
        f'<event id="{name}" useValuesFromTriggerTime="{str(early).lower()}">'
        f'<trigger initialValue="{str(initial).lower()}" persistent="{str(persistent).lower()}">'
        f"{{{{{trigger}}}}}</trigger>{rank}{late}<listOfEventAssignments>{done}</listOfEventAssignments></event>"
    )


# ---------------------------------------------------------------- amounts, concentrations, sizes


def test_a_law_reads_concentrations_and_gives_amounts(course):
    """S = 4 in a volume of 2: the law 0.5 [S] takes 0.25 S per time."""
    body = (
        BOX
        + several("Species", species("S"))
        + several("Reactions", reaction("0.5 * S", (participant("S"),)))
    )
    decay = 4 * np.exp(-0.25 * AT)
    np.testing.assert_allclose(course(body, amount="S")["S"], decay, rtol=1e-8)
    np.testing.assert_allclose(course(body, concentration="S")["S"], decay / 2, rtol=1e-8)
    np.testing.assert_allclose(course(body)["S"], decay / 2, rtol=1e-8)
    np.testing.assert_allclose(course(body)["J"], 0.25 * decay, rtol=1e-8)


def test_only_substance_units_mean_the_amount(course):
    body = (
        BOX
        + several("Species", species("S", hasOnlySubstanceUnits=True))
        + several("Reactions", reaction("0.5 * S", (participant("S"),)))
    )
    np.testing.assert_allclose(course(body)["S"], 4 * np.exp(-0.5 * AT), rtol=1e-8)


def test_a_species_keeps_its_amount_while_its_compartment_grows(course):
    body = (
        GROWING
        + several("Species", species("S", 'initialConcentration="3"'), species("C", constant=True))
        + several("Rules", '<rateRule variable="V">{{0.5}}</rateRule>')
    )
    size = 2 + 0.5 * AT
    np.testing.assert_allclose(course(body)["V"], size, rtol=1e-12)
    np.testing.assert_allclose(course(body)["S"], 6 / size, rtol=1e-12)
    np.testing.assert_allclose(course(body)["C"], 4 / size, rtol=1e-12)


@pytest.mark.parametrize(
    "size",
    [
        '<rateRule variable="V">{{V}}</rateRule>',
        '<assignmentRule variable="V">{{2 * exp(time)}}</assignmentRule>',
    ],
)
def test_a_rate_rule_sets_the_rate_of_the_concentration_also_in_a_growing_compartment(course, size):
    body = (
        GROWING
        + several("Species", species("S"))
        + several("Rules", size, '<rateRule variable="S">{{1}}</rateRule>')
    )
    np.testing.assert_allclose(course(body)["S"], 2 + AT, rtol=1e-8)
    np.testing.assert_allclose(course(body, amount="S")["S"], (2 + AT) * 2 * np.exp(AT), rtol=1e-8)


def test_an_event_that_changes_the_size_keeps_the_amount(course):
    body = (
        GROWING
        + several("Species", species("S"), species("R", boundaryCondition=True))
        + several("Rules", '<rateRule variable="R">{{1}}</rateRule>')
        + several("Events", event("time >= 0.5", ("V", "8")))
    )
    values = course(body)
    np.testing.assert_allclose(values["S"], [2, 0.5, 0.5], rtol=1e-9)
    np.testing.assert_allclose(values["R"], [2, 2.5 / 4 + 0.5, 2.5 / 4 + 1.5], rtol=1e-9)


def test_a_concentration_assigned_with_the_size_counts_in_the_old_size(course):
    """As the SBML Test Suite has it (cases 1506 to 1508, 1780)."""
    body = (
        GROWING
        + several("Species", species("S"))
        + several("Events", event("time >= 0.5", ("V", "8"), ("S", "3")))
    )
    np.testing.assert_allclose(course(body, amount="S")["S"], [4, 6, 6], rtol=1e-12)
    np.testing.assert_allclose(course(body)["S"], [2, 6 / 8, 6 / 8], rtol=1e-12)


def test_a_concentration_fixed_at_the_trigger_is_assigned_in_the_size_at_execution(course):
    """[S] = 2 at the trigger (t = 0.25); when assigned at t = 1.25 the volume is 2 + 1.25."""
    body = (
        GROWING
        + several("Species", species("S"))
        + several("Parameters", parameter("p", "7"))
        + several("Rules", '<rateRule variable="V">{{1}}</rateRule>')
        + several("Events", event("time >= 0.25", ("S", "10 * time"), ("p", "1"), delay="1"))
    )
    values = course(body, amount="S")
    np.testing.assert_allclose(values["S"], [4, 4, 2.5 * 3.25], rtol=1e-8)
    np.testing.assert_allclose(values["p"], [7, 7, 1])
    assert set(values) == {"V", "S", "p"}


def test_conversion_factors_turn_extent_into_substance(course):
    body = (
        BOX
        + several(
            "Species",
            species("S"),
            species("T").replace("/>", ' conversionFactor="k"/>'),
            species("P", boundaryCondition=True),
        )
        + several("Parameters", parameter("f", "10", True), parameter("k", "100", True))
        + several("Reactions", reaction("1", (participant("P"),), (participant("S"), participant("T", "2"))))
    )
    values = course(body, attributes='conversionFactor="f"', amount="S T P")
    np.testing.assert_allclose(values["S"], 4 + 10 * AT, rtol=1e-12)
    np.testing.assert_allclose(values["T"], 4 + 200 * AT, rtol=1e-12)
    np.testing.assert_allclose(values["P"], 4 + 0 * AT, rtol=1e-12)


def test_in_a_point_everything_is_counted(course):
    body = (
        '<listOfCompartments><compartment id="V" spatialDimensions="0"/></listOfCompartments>'
        '<listOfSpecies><species id="S" compartment="V" initialAmount="4"/></listOfSpecies>'
        '<listOfReactions><reaction id="J" reversible="false"><listOfReactants><speciesReference species="S"/>'
        "</listOfReactants><kineticLaw>{{0.5 * S}}</kineticLaw></reaction></listOfReactions>"
    )
    values = course(body, level=(2, 4), amount="S")
    np.testing.assert_allclose(values["S"], 4 * np.exp(-0.5 * AT), rtol=1e-8)


def test_what_has_no_value_is_not_a_number(course):
    body = (
        BOX.replace('size="2"', "")
        + several(
            "Species",
            species("S"),
            species("T", "", hasOnlySubstanceUnits=True),
            species("U", hasOnlySubstanceUnits=True),
        )
        + several("Reactions", reaction("0.5 * S + U", (participant("U"),), (participant("T"),)))
    )
    values = course(body)
    assert np.isnan(values["V"]).all() and np.isnan(values["S"]).all() and np.isnan(values["T"]).all()
    np.testing.assert_array_equal(values["U"], [4, np.nan, np.nan])
    np.testing.assert_array_equal(course(body, amount="S")["S"], [4, 4, 4])


# ---------------------------------------------------------------- rules, initial values, scopes


def test_initial_assignments_and_rules_depend_on_each_other_in_any_order(course):
    body = (
        several(
            "Parameters",
            parameter("a"),
            parameter("b"),
            parameter("c", "3", True),
            parameter("d"),
            parameter("x"),
        )
        + several(
            "InitialAssignments",
            '<initialAssignment symbol="a">{{b + 1}}</initialAssignment>',
            '<initialAssignment symbol="x">{{a * 2 + time}}</initialAssignment>',
        )
        + several(
            "Rules",
            '<assignmentRule variable="d">{{b + x}}</assignmentRule>',
            '<assignmentRule variable="b">{{c * 2 + time}}</assignmentRule>',
            '<rateRule variable="x">{{b}}</rateRule>',
        )
    )
    values = course(body)
    x = 14 + 6 * AT + AT**2 / 2
    np.testing.assert_allclose(values["a"], 7)
    np.testing.assert_allclose(values["x"], x, rtol=1e-10)
    np.testing.assert_allclose(values["d"], 6 + AT + x, rtol=1e-10)


def test_a_local_parameter_hides_the_global_one(course):
    local = '<listOfLocalParameters><localParameter id="k" value="0.5"/></listOfLocalParameters>'
    body = (
        BOX
        + several("Species", species("S"))
        + several("Parameters", parameter("k", "9", True))
        + several("Reactions", reaction("k", (participant("S"),), local=local))
    )
    values = course(body, amount="S")
    np.testing.assert_allclose(values["S"], 4 - 0.5 * AT, rtol=1e-12)
    np.testing.assert_allclose(values["k"], 9)


def test_rate_of_a_concentration_counts_the_growth_of_the_compartment(course):
    """S = 4 / (2 + t): its rate is -4 / (2 + t)^2."""
    body = (
        GROWING
        + several("Species", species("S"))
        + several("Parameters", parameter("r"), parameter("q"))
        + several(
            "Rules",
            '<rateRule variable="V">{{1}}</rateRule>',
            '<assignmentRule variable="r">{{rateOf(S)}}</assignmentRule>',
            '<assignmentRule variable="q">{{rateOf(V) + rateOf(r)}}</assignmentRule>'.replace(
                " + rateOf(r)", ""
            ),
        )
    )
    values = course(body)
    np.testing.assert_allclose(values["r"], -4 / (2 + AT) ** 2, rtol=1e-8)
    np.testing.assert_allclose(values["q"], 1)


def test_stoichiometries_are_variables(course):
    references = (participant("S", "1", 'id="n" constant="false"'), participant("S", "3"))
    body = (
        BOX
        + several("Species", species("S"))
        + several("Rules", '<assignmentRule variable="n">{{2 * time}}</assignmentRule>')
        + several("Reactions", reaction("1", made=references))
    )
    values = course(body, amount="S")
    np.testing.assert_allclose(values["S"], 4 + 3 * AT + AT**2, rtol=1e-10)
    np.testing.assert_allclose(values["n"], 2 * AT)


def test_level_2_stoichiometry_as_a_formula(course):
    body = (
        '<listOfCompartments><compartment id="V" size="2"/></listOfCompartments>'
        '<listOfSpecies><species id="S" compartment="V" initialAmount="4"/></listOfSpecies>'
        '<listOfReactions><reaction id="J"><listOfProducts><speciesReference species="S"><stoichiometryMath>'
        "{{2 * t}}</stoichiometryMath></speciesReference></listOfProducts><kineticLaw>{{1}}</kineticLaw></reaction>"
        "</listOfReactions>"
    ).replace("{{2 * t}}", "{{2 * time}}")
    np.testing.assert_allclose(course(body, level=(2, 4), amount="S")["S"], 4 + AT**2, rtol=1e-10)


def test_level_1_has_denominators_and_a_default_size(course):
    body = (
        '<listOfCompartments><compartment name="V"/></listOfCompartments>'
        '<listOfSpecies><species name="S" compartment="V" initialAmount="4"/></listOfSpecies>'
        '<listOfReactions><reaction name="J"><listOfReactants><speciesReference species="S" stoichiometry="1" '
        'denominator="2"/></listOfReactants><kineticLaw formula="k*S"><listOfParameters>'
        '<parameter name="k" value="0.5"/></listOfParameters></kineticLaw></reaction></listOfReactions>'
    )
    np.testing.assert_allclose(course(body, level=(1, 2), amount="S")["S"], 4 * np.exp(-0.25 * AT), rtol=1e-8)


def test_lists_without_mathematics_do_nothing(course):
    """Level 3 Version 2 lets everything stand empty."""
    body = (
        BOX
        + "<listOfFunctionDefinitions/>"
        + several("Species", species("S"))
        + several("Parameters", parameter("p", "3"))
        + several("InitialAssignments", '<initialAssignment symbol="p"/>')
        + several("Rules", "<algebraicRule/>", '<rateRule variable="p"/>')
        + several(
            "Reactions",
            '<reaction id="J" reversible="false"><listOfReactants><speciesReference species="S" stoichiometry="1" '
            'constant="true"/></listOfReactants><kineticLaw/></reaction>',
        )
        + several(
            "Events",
            '<event id="e" useValuesFromTriggerTime="true"/>',
            '<event id="f" useValuesFromTriggerTime="true"><trigger initialValue="false" persistent="true">{{true}}</trigger>'
            '<priority/><delay/><listOfEventAssignments><eventAssignment variable="p"/></listOfEventAssignments></event>',
        )
    )
    values = course(body, amount="S")
    np.testing.assert_array_equal(values["S"], [4, 4, 4])
    np.testing.assert_array_equal(values["p"], [3, 3, 3])


# ---------------------------------------------------------------- events

HELD = several("Parameters", parameter("p", "1"), parameter("q", "10"))


def test_an_event_fires_when_its_trigger_turns_true_and_not_before(course):
    body = HELD + several("Events", event("time > 0.5 && time < 1.5", ("p", "p + 1")))
    np.testing.assert_array_equal(course(body)["p"], [1, 2, 2])


@pytest.mark.parametrize(("initial", "first"), [(True, 1), (False, 2)])
def test_a_trigger_that_holds_at_the_start(course, initial, first):
    body = HELD + several("Events", event("time >= 0", ("p", "2"), initial=initial))
    np.testing.assert_array_equal(course(body)["p"], [first] * 3)


def test_a_jump_at_an_output_time_shows_the_value_after_it(course):
    body = HELD + several("Events", event("time >= 1", ("p", "2")))
    np.testing.assert_array_equal(course(body)["p"], [1, 2, 2])


def test_assignments_of_one_event_are_simultaneous(course):
    body = HELD + several("Events", event("time >= 1", ("p", "q"), ("q", "p")))
    values = course(body)
    np.testing.assert_array_equal(values["p"], [1, 10, 10])
    np.testing.assert_array_equal(values["q"], [10, 1, 1])


@pytest.mark.parametrize(("early", "expected"), [(True, 0.5), (False, 1.5)])
def test_values_are_those_at_the_trigger_or_at_the_execution(course, early, expected):
    body = HELD + several("Events", event("time >= 0.5", ("p", "time"), delay="1", early=early))
    np.testing.assert_allclose(course(body)["p"], [1, 1, expected], rtol=1e-9)


@pytest.mark.parametrize(("persistent", "expected"), [(True, 2), (False, 1)])
def test_a_waiting_event_is_cancelled_if_it_is_not_persistent(course, persistent, expected):
    body = HELD + several(
        "Events", event("time > 0.5 && time < 1", ("p", "2"), delay="1", persistent=persistent)
    )
    np.testing.assert_array_equal(course(body)["p"], [1, 1, expected])


def test_the_higher_priority_goes_first(course):
    body = HELD + several(
        "Events",
        event("time >= 1", ("p", "p * 2"), priority="1", name="low", early=False),
        event("time >= 1", ("p", "p + 5"), priority="2", name="high", early=False),
    )
    np.testing.assert_array_equal(course(body)["p"], [1, 12, 12])


def test_one_event_triggers_another_at_the_same_instant(course):
    body = HELD + several(
        "Events", event("q > 11", ("p", "3"), name="second"), event("time >= 1", ("q", "12"), name="first")
    )
    np.testing.assert_array_equal(course(body)["p"], [1, 3, 3])


def test_a_state_resets_itself(course):
    """x' = 1, reset to 0 whenever it reaches 0.75: 2 - 2 * 0.75 is left at the end."""
    body = (
        several("Parameters", parameter("x", "0"))
        + several("Rules", '<rateRule variable="x">{{1}}</rateRule>')
        + several("Events", event("x >= 0.75", ("x", "0")))
    )
    np.testing.assert_allclose(course(body)["x"], [0, 0.25, 0.5], rtol=1e-8)


# ---------------------------------------------------------------- hierarchy

COMP = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"
  xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" comp:required="true">
  <model id="outer">
    <listOfParameters><parameter id="k" value="3" constant="true">
      <comp:listOfReplacedElements><comp:replacedElement comp:submodelRef="A" comp:idRef="k"/></comp:listOfReplacedElements>
    </parameter></listOfParameters>
    <comp:listOfSubmodels>
      <comp:submodel comp:id="A" comp:modelRef="{inner}"/><comp:submodel comp:id="B" comp:modelRef="{inner}"/>
    </comp:listOfSubmodels>
  </model>
  {definitions}
</sbml>"""
INNER = """<listOfParameters><parameter id="k" value="1" constant="true"/><parameter id="x" value="0" constant="false"/>
  </listOfParameters><listOfRules><rateRule variable="x"><math xmlns="http://www.w3.org/1998/Math/MathML"><ci>k</ci></math>
  </rateRule></listOfRules>"""


def test_submodels_are_flattened_and_replaced(tmp_path):
    definitions = (
        f'<comp:listOfModelDefinitions><comp:modelDefinition id="inner">{INNER}</comp:modelDefinition>'
        "</comp:listOfModelDefinitions>"
    )
    path = tmp_path / "outer.xml"
    path.write_text(COMP.format(inner="inner", definitions=definitions))
    model = read_sbml(path)
    assert set(model.variables) == {"k", "A__x", "B__k", "B__x"}
    assert model.model.parameter("k").value == 3
    assert str(model.model.state("A__x").rate) == "k"


def test_a_submodel_may_lie_in_a_file_beside(tmp_path):
    (tmp_path / "inner.xml").write_text(
        f'<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="part">{INNER}'
        "</model></sbml>"
    )
    definitions = (
        '<comp:listOfExternalModelDefinitions><comp:externalModelDefinition comp:id="inner" comp:source="inner.xml"/>'
        "</comp:listOfExternalModelDefinitions>"
    )
    path = tmp_path / "outer.xml"
    path.write_text(COMP.format(inner="inner", definitions=definitions))
    assert set(read_sbml(path).variables) == {"k", "A__x", "B__k", "B__x"}


def test_units_are_read_as_text(write):
    body = (
        '<listOfUnitDefinitions><unitDefinition id="nM"><listOfUnits><unit kind="mole" exponent="1" scale="-9" '
        'multiplier="1"/><unit kind="litre" exponent="-1" scale="0" multiplier="1"/></listOfUnits></unitDefinition>'
        '<unitDefinition id="min"><listOfUnits><unit kind="second" exponent="1" scale="0" multiplier="60"/>'
        "</listOfUnits></unitDefinition></listOfUnitDefinitions>"
        '<listOfParameters><parameter id="p" value="1" units="nM" constant="true" name="a level"/></listOfParameters>'
    )
    model = read_sbml(write(body, attributes='timeUnits="min"')).model
    assert (model.time_unit, model.parameter("p").unit, model.parameter("p").meaning) == (
        "minute",
        "nanomole/liter",
        "a level",
    )


def test_a_waiting_event_that_assigns_concentration_and_size_counts_in_the_size_before_it(course):
    """[S] = 3 fixed at t = 0.25; at t = 1.25 the volume is 3.25, and only then becomes 8."""
    body = (
        GROWING
        + several("Species", species("S"))
        + several("Rules", '<rateRule variable="V">{{1}}</rateRule>')
        + several("Events", event("time >= 0.25", ("V", "8"), ("S", "3"), delay="1"))
    )
    values = course(body, amount="S")
    np.testing.assert_allclose(values["S"], [4, 4, 3 * 3.25], rtol=1e-8)
    np.testing.assert_allclose(values["V"], [2, 3, 8.75], rtol=1e-8)


def test_an_event_whose_trigger_is_false_stays_out_when_a_delayed_one_is_executed(course):
    """Holds from the start until t = 0.75, so it never turns true; libroadrunner 2.10 fires it at t = 1.5."""
    body = HELD + several(
        "Events",
        event("time >= 0.5", ("q", "5"), delay="1", name="late"),
        event("p > 0 && time < 0.75", ("p", "9"), name="never"),
    )
    values = course(body)
    np.testing.assert_array_equal(values["p"], [1, 1, 1])
    np.testing.assert_array_equal(values["q"], [10, 10, 5])


def test_values_are_those_at_the_trigger_also_where_the_event_may_be_cancelled(course):
    body = HELD + several("Events", event("time >= 0.5", ("p", "time"), delay="1", persistent=False))
    np.testing.assert_allclose(course(body)["p"], [1, 1, 0.5], rtol=1e-9)


def test_one_species_on_both_sides_of_a_reaction(course):
    """Two are used up and n(t) = 3 t made."""
    body = (
        BOX
        + several("Species", species("S"))
        + several("Rules", '<assignmentRule variable="n">{{3 * time}}</assignmentRule>')
        + several(
            "Reactions",
            reaction("1", (participant("S", "2"),), (participant("S", "1", 'id="n" constant="false"'),)),
        )
    )
    np.testing.assert_allclose(course(body, amount="S")["S"], 4 - 2 * AT + 1.5 * AT**2, rtol=1e-10)
