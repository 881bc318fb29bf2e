"""What an SBML document says about each id, formulas over one raw symbol an id."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

import libsbml

from exodyn.errors import nearest
from exodyn.symbolic.expr import Expr, Symbol, const, where
from exodyn.symbolic.model import Event
from exodyn.symbolic.sbml.errors import ModelRefused, SBMLError
from exodyn.symbolic.sbml.math import Scope, condition, expression, number
from exodyn.symbolic.sbml.units import unit_text

Kind = Literal["species", "compartment", "parameter", "stoichiometry", "reaction"]

ZERO, ONE = const(0.0), const(1.0)


@dataclass
class Species:
    """A species before it is known what changes it."""

    id: str
    compartment: str
    only_substance: bool
    boundary: bool
    constant: bool
    amount: float = math.nan
    concentration: float = math.nan
    factor: str = ""
    reactions: list[tuple[Expr, str]] = field(default_factory=list)

    @property
    def given_as_amount(self) -> bool:
        return not math.isnan(self.amount) or math.isnan(self.concentration)


class Contents:
    """Variables, rules, reactions and events of a document.

    given: the value in the element itself; assigned, rates, initial: formulas of rules and of initial
    assignments; laws: reaction rates; targets: what events assign; points: compartments without a size.
    """

    def __init__(
        self,
        source: libsbml.Model,
        settable: Collection[str] = (),
        changing: Collection[str] = (),
        resized: Collection[str] = (),
    ) -> None:
        self.source = source
        self.raw: dict[str, Symbol] = {}
        self.kinds: dict[str, Kind] = {}
        self.given: dict[str, float] = {}
        self.units: dict[str, str] = {}
        self.meanings: dict[str, str] = {}
        self.species: dict[str, Species] = {}
        self.points: set[str] = set()
        self.rate_symbols: dict[str, Symbol] = {}
        self.assigned: dict[str, Expr] = {}
        self.rates: dict[str, Expr] = {}
        self.initial: dict[str, Expr] = {}
        self.laws: dict[str, Expr] = {}
        self.targets: set[str] = set()
        self.functions = {f.getId(): f for f in source.getListOfFunctionDefinitions()}
        self._read_variables()
        self._read_rules()
        self._read_reactions()
        self.events = [e for e in map(self._read_event, source.getListOfEvents()) if e is not None]
        self._check_determined_once()
        self._let_change(changing, {n for n in resized if self.kinds.get(n) == "compartment"})
        for name in settable:
            self._make_settable(name)

    def time_unit(self) -> str:
        if self.source.getLevel() > 2:
            return str(self.source.getTimeUnits())
        return "time" if self.source.getUnitDefinition("time") is not None else "second"

    def _declare(self, element: libsbml.SBase, kind: Kind, value: float, unit: str = "") -> str:
        name = str(element.getId())
        if name in self.raw:
            raise SBMLError(f"{_place(element)}: the id is defined twice")
        self.raw[name] = Symbol(name)
        self.kinds[name] = kind
        self.given[name] = value
        self.units[name] = unit_text(self.source, unit)
        self.meanings[name] = str(element.getName() or "")
        return name

    def _read_variables(self) -> None:
        source = self.source
        for c in source.getListOfCompartments():
            # Level 1 has a default size. A point has none: what is in it is counted, 1 keeps formulas right.
            size = c.getSize() if c.isSetSize() else math.nan
            if not c.isSetSize() and (source.getLevel() == 1 or _is_point(c)):
                size = 1.0
            name = self._declare(c, "compartment", size, c.getUnits())
            if _is_point(c) and not c.isSetSize():
                self.points.add(name)
        for s in source.getListOfSpecies():
            amount = s.getInitialAmount() if s.isSetInitialAmount() else math.nan
            concentration = s.getInitialConcentration() if s.isSetInitialConcentration() else math.nan
            name = self._declare(s, "species", amount if s.isSetInitialAmount() else concentration)
            self.species[name] = Species(
                name, s.getCompartment(),
                s.getHasOnlySubstanceUnits(), s.getBoundaryCondition(), s.getConstant(),
                amount, concentration, s.getConversionFactor() or source.getConversionFactor(),
            )  # fmt: skip
            if s.getCompartment() not in self.kinds:
                raise SBMLError(f"{_place(s)}: unknown compartment '{s.getCompartment()}'")
        for p in source.getListOfParameters():
            self._declare(p, "parameter", p.getValue() if p.isSetValue() else math.nan, p.getUnits())
        for r in source.getListOfReactions():
            for reference in (*r.getListOfReactants(), *r.getListOfProducts()):
                if reference.isSetId():
                    self._declare(reference, "stoichiometry", _stoichiometry(reference))
        for r in source.getListOfReactions():
            self._declare(r, "reaction", math.nan)

    def _scope(self, element: libsbml.SBase, local: Mapping[str, Expr] | None = None) -> Scope:
        names: Mapping[str, Expr] = {**self.raw, **local} if local else self.raw
        return Scope(_place(element), names, self.functions, self._rate_symbol)

    def _math(self, element: libsbml.SBase, local: Mapping[str, Expr] | None = None) -> Expr | None:
        """The formula of an element over raw symbols; None where it states none (allowed from L3V2 on)."""
        tree = element.getMath() if element is not None else None
        return expression(tree, self._scope(element, local)) if tree is not None else None

    def _rate_symbol(self, name: str) -> Expr:
        if name not in self.rate_symbols:
            self.rate_symbols[name] = Symbol(f"rateOf {name}")
        return self.rate_symbols[name]

    def _known(self, element: libsbml.SBase, name: str) -> str:
        if self.kinds.get(name, "reaction") == "reaction":
            raise SBMLError(f"{_place(element)}: no variable has the id '{name}'{nearest(name, self.raw)}")
        return name

    def _read_rules(self) -> None:
        for assignment in self.source.getListOfInitialAssignments():
            formula = self._math(assignment)
            if formula is not None:
                self.initial[self._known(assignment, assignment.getSymbol())] = number(formula)
        for rule in self.source.getListOfRules():
            formula = self._math(rule)
            if formula is None:
                continue
            if rule.isAlgebraic():
                raise ModelRefused(f"{_place(rule)}: algebraic rules are not supported")
            name = self._known(rule, rule.getVariable())
            if name in self.rates or name in self.assigned:
                raise SBMLError(f"{_place(rule)}: a second rule for '{name}'")
            (self.assigned if rule.isAssignment() else self.rates)[name] = number(formula)

    def _read_reactions(self) -> None:
        for reaction in self.source.getListOfReactions():
            if reaction.isSetFast() and reaction.getFast():
                raise ModelRefused(f"{_place(reaction)}: fast reactions are not supported")
            name = reaction.getId()
            law = reaction.getKineticLaw()
            formula = self._math(law, self._local_parameters(reaction)) if law is not None else None
            # Without a law nothing says that the reaction runs.
            self.laws[name] = number(formula) if formula is not None else ZERO
            for sign, references in (
                (-1.0, reaction.getListOfReactants()),
                (1.0, reaction.getListOfProducts()),
            ):
                for reference in references:
                    self._read_participant(reference, name, sign)

    def _local_parameters(self, reaction: libsbml.Reaction) -> dict[str, Expr]:
        law = reaction.getKineticLaw()
        listed = law.getListOfLocalParameters() if law.getLevel() > 2 else law.getListOfParameters()
        found: dict[str, Expr] = {}
        for p in listed:
            name = f"{reaction.getId()}.{p.getId()}"
            found[p.getId()] = self.raw[name] = Symbol(name)
            self.kinds[name] = "parameter"
            self.given[name] = p.getValue() if p.isSetValue() else math.nan
            self.units[name] = unit_text(self.source, p.getUnits())
        return found

    def _read_participant(self, reference: libsbml.SpeciesReference, reaction: str, sign: float) -> None:
        species = self.species.get(reference.getSpecies())
        if species is None:
            raise SBMLError(
                f"{_place(reference)}: unknown species '{reference.getSpecies()}'"
                f"{nearest(reference.getSpecies(), self.species)}"
            )
        if species.boundary or species.constant:
            return
        stoichiometry: Expr
        if reference.isSetStoichiometryMath() and reference.getStoichiometryMath().isSetMath():
            formula = self._math(reference.getStoichiometryMath())
            stoichiometry = number(formula) if formula is not None else ONE
        elif reference.isSetId():
            stoichiometry = self.raw[reference.getId()]
        else:
            # Level 3 has no default, and no way to give one later without an id: others take 1, so does this.
            stated = _stoichiometry(reference)
            stoichiometry = ONE if math.isnan(stated) else const(stated)
        species.reactions.append((sign * stoichiometry, reaction))

    def _read_event(self, event: libsbml.Event) -> Event | None:
        """The event over raw symbols; None where it can never do anything."""
        trigger = event.getTrigger()
        formula = self._math(trigger)
        if formula is None:
            return None
        assignments: list[tuple[Symbol, Expr]] = []
        for assignment in event.getListOfEventAssignments():
            value = self._math(assignment)
            if value is not None:
                name = self._known(assignment, assignment.getVariable())
                self.targets.add(name)
                assignments.append((self.raw[name], number(value)))
        if not assignments:
            return None
        delay, priority = self._math(event.getDelay()), self._math(event.getPriority())
        return Event(
            name=event.getId() or event.getName() or f"event on line {event.getLine()}",
            trigger=condition(formula),
            assignments=tuple(assignments),
            delay=number(delay) if delay is not None else ZERO,
            priority=number(priority) if priority is not None else None,
            initial=trigger.getInitialValue() if trigger.isSetInitialValue() else True,
            persistent=trigger.getPersistent() if trigger.isSetPersistent() else True,
            values_at_trigger=event.getUseValuesFromTriggerTime(),
        )

    def _check_determined_once(self) -> None:
        for name, species in self.species.items():
            if species.reactions and (name in self.rates or name in self.assigned):
                raise SBMLError(
                    f"species '{name}': changed both by a rule and by reaction '{species.reactions[0][1]}'"
                )
        for name in self.targets & self.assigned.keys():
            raise SBMLError(f"an event assigns '{name}', which an assignment rule already determines")

    def _let_change(self, changing: Collection[str], resized: Collection[str]) -> None:
        """Hold by states what the model itself may not change, with a size all concentrations in it."""
        within = [*changing, *resized]
        inside = [s.id for s in self.species.values() if s.compartment in within and not self.counts(s)]
        for name in (*within, *inside):
            if name not in self.assigned and self.kinds.get(name, "reaction") != "reaction":
                self.targets.add(name)

    def _make_settable(self, name: str) -> None:
        """Let the parameters ``NAME.set`` (0 or 1) and ``NAME.start`` decide on the value at the start.

        Not where a parameter has that value anyway, nor where a rule determines it at all times.
        """
        if name in self.assigned or self.kinds.get(name, "reaction") == "reaction":
            return
        if name not in self.species and name not in self.initial and not self.changes(name):
            return
        asked, start = Symbol(f"{name}.set"), Symbol(f"{name}.start")
        for symbol in (asked, start):
            self.raw[symbol.name], self.kinds[symbol.name] = symbol, "parameter"
            self.given[symbol.name] = 0.0
        stated = self.initial[name] if name in self.initial else self._stated(name)
        self.initial[name] = where(asked > 0.5, start, stated)

    def _stated(self, name: str) -> Expr:
        """The value in the element itself, in the meaning of the id."""
        value: Expr = const(self.given[name])
        species = self.species.get(name)
        if species is None or species.given_as_amount == self.counts(species):
            return value
        size = self.raw[species.compartment]
        return value / size if species.given_as_amount else value * size

    def changes(self, name: str) -> bool:
        """Whether the id is held by a state."""
        reactions = name in self.species and bool(self.species[name].reactions)
        return name in self.rates or name in self.targets or reactions

    def varies(self, compartment: str) -> bool:
        return self.changes(compartment) or compartment in self.assigned

    def counts(self, species: Species) -> bool:
        """Whether the symbol of the species means an amount."""
        return species.only_substance or species.compartment in self.points

    def held_as_amount(self, species: Species) -> bool:
        """Whether state or parameter hold the amount; otherwise they hold the concentration."""
        if not self.changes(species.id):
            return species.given_as_amount
        return species.only_substance or bool(species.reactions) or self.varies(species.compartment)


def _is_point(compartment: libsbml.Compartment) -> bool:
    return bool(compartment.getSpatialDimensionsAsDouble() == 0.0)


def _stoichiometry(reference: libsbml.SpeciesReference) -> float:
    if reference.getLevel() == 1:
        return float(reference.getStoichiometry()) / float(reference.getDenominator())
    if reference.getLevel() == 2:
        return float(reference.getStoichiometry())
    return float(reference.getStoichiometry()) if reference.isSetStoichiometry() else math.nan


def _place(element: libsbml.SBase) -> str:
    """What a message calls an element: line, kind and the ids of it and of what holds it."""
    words: list[str] = []
    current = element
    while current is not None and current.getTypeCode() not in (libsbml.SBML_MODEL, libsbml.SBML_DOCUMENT):
        if current.getTypeCode() != libsbml.SBML_LIST_OF:
            name = current.getIdAttribute() or getattr(current, "getVariable", str)()
            words.append(f"{current.getElementName()} '{name}'" if name else current.getElementName())
        current = current.getParentSBMLObject()
    line = f"line {element.getLine()}: " if element.getLine() else ""
    return line + " of ".join(words)
