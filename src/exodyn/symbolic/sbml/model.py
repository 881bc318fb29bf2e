"""The flat model of an SBML document, and how its variables are read off the states.

What a species' symbol means in a formula, an amount or a concentration, and what happens to it when its compartment
changes size is the heart of the matter: SBML Level 3 Version 2, sections 4.6 and 4.9. Here a species is a state
in amount wherever reactions act on it or its compartment may change (the amount is what a change of size
leaves alone), and in the meaning of its symbol otherwise.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import Literal

import libsbml

from exodyn.errors import nearest
from exodyn.symbolic.derivative import gradients
from exodyn.symbolic.expr import TIME, Expr, Symbol, const, substitute, symbols, total
from exodyn.symbolic.model import Event, Model, ParameterValue, Readout, StateVariable
from exodyn.symbolic.sbml.document import read_document
from exodyn.symbolic.sbml.errors import ModelRefused, SBMLError
from exodyn.symbolic.sbml.math import Scope, condition, expression, number
from exodyn.symbolic.sbml.units import unit_text

Kind = Literal["species", "compartment", "parameter", "stoichiometry", "reaction"]
Quantity = Literal["amount", "concentration", "value"]

ZERO, ONE = const(0.0), const(1.0)


@dataclass(frozen=True)
class Variable:
    """A variable of the SBML model as expressions of states, parameters and time.

    `value` is what its id means in a formula; a species has an amount and a concentration besides.
    """

    id: str
    kind: Kind
    value: Expr
    amount: Expr | None = None
    concentration: Expr | None = None
    only_substance: bool = False

    @property
    def quantity(self) -> Quantity:
        """What `value` is."""
        if self.kind != "species":
            return "value"
        return "amount" if self.only_substance else "concentration"

    def readout(self, quantity: Quantity) -> Readout:
        found = {"amount": self.amount, "concentration": self.concentration, "value": self.value}[quantity]
        if found is None:
            raise ValueError(f"'{self.id}' is a {self.kind}: it has no {quantity}")
        return Readout(self.id, found)


@dataclass(frozen=True)
class SBMLModel:
    """A model read from SBML: the flat model, and its variables under their SBML ids."""

    model: Model
    variables: Mapping[str, Variable]


def read_sbml(path: str | os.PathLike[str]) -> SBMLModel:
    """The model in a file, hierarchical ones flattened.

    Raises SBMLError where the file is no valid SBML model, ModelRefused where it needs what is not supported
    (algebraic rules, delay equations, fast reactions, packages that change the mathematics).
    """
    try:
        return _Assembly(read_document(path).getModel()).assemble()
    except SBMLError as error:
        raise type(error)(f"{os.fspath(path)}: {error}") from None
    except RecursionError:
        raise SBMLError(f"{os.fspath(path)}: definitions nested too deeply") from None


@dataclass
class _Species:
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


class _Assembly:
    """Collects what the document says about each id, then resolves it.

    A formula is first read over raw symbols, one an id; resolving replaces them by what they stand for: during
    the run (`now`: states, parameters, rules put in) or at its start (`first`: parameters only).
    """

    def __init__(self, source: libsbml.Model) -> None:
        self.source = source
        self.raw: dict[str, Symbol] = {}
        self.kinds: dict[str, Kind] = {}
        self.given: dict[str, float] = {}
        self.units: dict[str, str] = {}
        self.meanings: dict[str, str] = {}
        self.species: dict[str, _Species] = {}
        self.dimensionless: set[str] = set()
        self.rate_symbols: dict[str, Symbol] = {}
        self.assigned: dict[str, Expr] = {}
        self.rates: dict[str, Expr] = {}
        self.initial: dict[str, Expr] = {}
        self.laws: dict[str, Expr] = {}
        self.targets: set[str] = set()
        self.parameters: dict[str, Symbol] = {}
        self.states: dict[str, Symbol] = {}
        self.current: dict[str, Expr] = {}
        self.starting: dict[str, Expr] = {}
        self.slopes: dict[str, Expr] = {}
        self.open: list[str] = []
        self.events_in_all = 0
        self.functions = {f.getId(): f for f in source.getListOfFunctionDefinitions()}

    # ---------------------------------------------------------------- reading

    def assemble(self) -> SBMLModel:
        self._read_variables()
        self._read_rules()
        self._read_reactions()
        events = [e for e in map(self._read_event, self.source.getListOfEvents()) if e is not None]
        self._check_determined_once()
        self._make_symbols()
        self._resolve_in_order()
        self.events_in_all = len(events)
        finished, carriers = self._finish_events(events)
        states = tuple(self._state(name) for name in self.states)
        variables = {name: self._variable(name) for name in self.raw if "." not in name}
        model = Model(
            name=self.source.getId() or self.source.getName() or "model",
            states=(*states, *carriers),
            parameters=tuple(
                ParameterValue(
                    symbol, self.given[name], self.units.get(name, ""), self.meanings.get(name, "")
                )
                for name, symbol in self.parameters.items()
            ),
            readouts=tuple(
                Readout(name, self.now(name), self.units.get(name, ""), self.meanings.get(name, ""))
                for name in self.assigned
            ),
            events=finished,
            time_unit=unit_text(self.source, self._time_unit()),
        )
        return SBMLModel(model, variables)

    def _time_unit(self) -> str:
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
            # Level 1 has a default size. A point has no size: what is in it is counted, so 1 keeps formulas right.
            size = c.getSize() if c.isSetSize() else math.nan
            if not c.isSetSize() and (source.getLevel() == 1 or _is_point(c)):
                size = 1.0
            name = self._declare(c, "compartment", size, c.getUnits())
            if _is_point(c) and not c.isSetSize():
                self.dimensionless.add(name)
        for s in source.getListOfSpecies():
            amount = s.getInitialAmount() if s.isSetInitialAmount() else math.nan
            concentration = s.getInitialConcentration() if s.isSetInitialConcentration() else math.nan
            name = self._declare(s, "species", amount if s.isSetInitialAmount() else concentration)
            self.species[name] = _Species(
                name, s.getCompartment(), s.getHasOnlySubstanceUnits(), s.getBoundaryCondition(), s.getConstant(),
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
            for sign, references in ((-1.0, reaction.getListOfReactants()), (1.0, reaction.getListOfProducts())):
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
            stoichiometry = const(_stoichiometry(reference))
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
                raise SBMLError(f"species '{name}': changed both by a rule and by reaction '{species.reactions[0][1]}'")
        for name in self.targets & self.assigned.keys():
            raise SBMLError(f"an event assigns '{name}', which an assignment rule already determines")

    # ---------------------------------------------------------------- what changes, and how it is held

    def _changes(self, name: str) -> bool:
        """Whether the id is held by a state."""
        reactions = name in self.species and bool(self.species[name].reactions)
        return name in self.rates or name in self.targets or reactions

    def _varies(self, compartment: str) -> bool:
        return self._changes(compartment) or compartment in self.assigned

    def _held_as_amount(self, species: _Species) -> bool:
        """Whether state or parameter hold the amount; otherwise they hold the concentration."""
        if not self._changes(species.id):
            return species.given_as_amount
        return species.only_substance or bool(species.reactions) or self._varies(species.compartment)

    def _make_symbols(self) -> None:
        for name, kind in self.kinds.items():
            if kind == "reaction" or name in self.assigned:
                continue
            if self._changes(name):
                self.states[name] = Symbol(name)
            elif name not in self.initial:
                self.parameters[name] = Symbol(name)

    def _resolve_in_order(self) -> None:
        """Resolve each id after those that it is made of, so that no chain of rules is followed in depth."""
        self._follow(self.now, {**self.assigned, **self.laws})
        self._follow(self.first, {**self.initial, **self.assigned})

    def _follow(self, resolve: Callable[[str], Expr], formulas: Mapping[str, Expr]) -> None:
        graph = {
            name: [s.name for s in symbols([formula]) if s.name in formulas] for name, formula in formulas.items()
        }
        try:
            order = list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            raise SBMLError(f"defined through each other: {', '.join(error.args[1])}") from None
        for name in order:
            resolve(name)

    def _guarded(self, name: str, found: dict[str, Expr], find: Callable[[str], Expr]) -> Expr:
        """`find(name)`, kept; an id that is needed to find itself is an error."""
        if name not in found:
            if name in self.open:
                raise SBMLError(f"defined through each other: {', '.join(self.open[self.open.index(name) :])}")
            self.open.append(name)
            found[name] = find(name)
            self.open.pop()
        return found[name]

    # ---------------------------------------------------------------- during the run

    def now(self, name: str) -> Expr:
        """What the id means in a formula."""
        return self._guarded(name, self.current, self._find_now)

    def _find_now(self, name: str) -> Expr:
        if name in self.laws:
            return self.resolve(self.laws[name])
        if name in self.assigned:
            return self.resolve(self.assigned[name])
        if name in self.species:
            species = self.species[name]
            return self.amount(species) if self._counts(species) else self.concentration(species)
        if name in self.states:
            return self.states[name]
        return self.parameters[name] if name in self.parameters else self.first(name)

    def resolve(self, formula: Expr) -> Expr:
        meaning: dict[Expr, Expr] = {}
        for symbol in symbols([formula]):
            if symbol is self.rate_symbols.get(symbol.name.removeprefix("rateOf ")):
                meaning[symbol] = self.slope(symbol.name.removeprefix("rateOf "))
            elif symbol is not TIME:
                meaning[symbol] = self.now(symbol.name)
        return substitute([formula], meaning)[0]

    def _counts(self, species: _Species) -> bool:
        """Whether the symbol of the species means an amount."""
        return species.only_substance or species.compartment in self.dimensionless

    def amount(self, species: _Species) -> Expr:
        size = self.now(species.compartment)
        if species.id in self.assigned:
            value = self.now(species.id)
            return value if self._counts(species) else value * size
        if species.id in self.states:
            held: Expr = self.states[species.id]
            return held if self._held_as_amount(species) else held * size
        return self.first_amount(species)

    def concentration(self, species: _Species) -> Expr:
        size = self.now(species.compartment)
        if species.id in self.assigned and not self._counts(species):
            return self.now(species.id)
        if species.id in self.states and not self._held_as_amount(species):
            return self.states[species.id]
        if species.id in self.states or species.id in self.assigned or self._varies(species.compartment):
            return self.amount(species) / size
        return self.first_concentration(species)

    def slope(self, name: str) -> Expr:
        """d/dt of what the id means."""
        return self._guarded(f"rateOf {name}", self.slopes, lambda _: self._find_slope(name))

    def _find_slope(self, name: str) -> Expr:
        if name in self.assigned or name in self.laws:
            return self._total_derivative(self.assigned[name] if name in self.assigned else self.laws[name])
        if name in self.rates:
            return self.resolve(self.rates[name])
        if name not in self.species:
            return ZERO
        species = self.species[name]
        if self._counts(species):
            return self._amount_rate(species)
        size = self.now(species.compartment)
        growth = self.slope(species.compartment)
        change = self._amount_rate(species) / size
        if growth is ZERO:
            return change
        return change - self.concentration(species) * growth / size

    def _total_derivative(self, formula: Expr) -> Expr:
        """By the chain rule over the ids in the formula."""
        inner = symbols([formula])
        if any(s.name.startswith("rateOf ") for s in inner):
            raise ModelRefused("the rate of a quantity that itself contains 'rateOf' is not supported")
        (partials,) = gradients([formula], inner)
        terms = (
            self.resolve(partial) if s is TIME else self.resolve(partial) * self.slope(s.name)
            for s, partial in partials.items()
            if s is TIME or self.slope(s.name) is not ZERO
        )
        return total(terms)

    def _amount_rate(self, species: _Species) -> Expr:
        """d amount / dt."""
        if species.id in self.rates:
            rate = self.resolve(self.rates[species.id])
            if self._counts(species):
                return rate
            growth = self.slope(species.compartment)
            moved = rate * self.now(species.compartment)
            return moved if growth is ZERO else moved + self.now(species.id) * growth
        rate = total(self.resolve(by) * self.now(reaction) for by, reaction in species.reactions)
        if species.factor and species.reactions:
            if species.factor not in self.kinds:
                raise SBMLError(f"species '{species.id}': unknown conversion factor '{species.factor}'")
            rate = rate * self.now(species.factor)
        return rate

    # ---------------------------------------------------------------- at the start

    def first(self, name: str) -> Expr:
        """What the id means at time 0, as an expression of parameters."""
        return self._guarded(f"initial {name}", self.starting, lambda _: self._find_first(name))

    def _find_first(self, name: str) -> Expr:
        if name in self.laws:
            return self.resolve_first(self.laws[name])
        if name in self.assigned:
            return self.resolve_first(self.assigned[name])
        if name in self.species:
            species = self.species[name]
            return self.first_amount(species) if self._counts(species) else self.first_concentration(species)
        if name in self.initial:
            return self.resolve_first(self.initial[name])
        return self.parameters[name] if name in self.parameters else const(self.given[name])

    def resolve_first(self, formula: Expr) -> Expr:
        meaning: dict[Expr, Expr] = {TIME: ZERO}
        for symbol in symbols([formula]):
            if symbol is self.rate_symbols.get(symbol.name.removeprefix("rateOf ")):
                meaning[symbol] = self.at_start(self.slope(symbol.name.removeprefix("rateOf ")))
            elif symbol is not TIME:
                meaning[symbol] = self.first(symbol.name)
        return substitute([formula], meaning)[0]

    def at_start(self, running: Expr) -> Expr:
        """An expression of states, parameters and time, at time 0."""
        meaning: dict[Expr, Expr] = {TIME: ZERO}
        meaning.update((s, self._first_held(s.name)) for s in symbols([running]) if s is self.states.get(s.name))
        return substitute([running], meaning)[0]

    def _first_held(self, name: str) -> Expr:
        """The initial value of a state."""
        species = self.species.get(name)
        if species is None:
            return self.first(name)
        return self.first_amount(species) if self._held_as_amount(species) else self.first_concentration(species)

    def _first_stated(self, species: _Species) -> tuple[Expr, bool]:
        """The initial value as the document states it, and whether that is an amount."""
        name = species.id
        formula = self.assigned.get(name, self.initial.get(name))
        if formula is not None:
            return self.resolve_first(formula), self._counts(species)
        value: Expr = self.parameters[name] if name in self.parameters else const(self.given[name])
        return value, species.given_as_amount or species.compartment in self.dimensionless

    def first_amount(self, species: _Species) -> Expr:
        value, is_amount = self._first_stated(species)
        return value if is_amount else value * self.first(species.compartment)

    def first_concentration(self, species: _Species) -> Expr:
        value, is_amount = self._first_stated(species)
        return value / self.first(species.compartment) if is_amount else value

    # ---------------------------------------------------------------- the result

    def _state(self, name: str) -> StateVariable:
        species = self.species.get(name)
        rate = self.slope(name)
        if species is not None and self._held_as_amount(species):
            rate = self._amount_rate(species)
        return StateVariable(
            self.states[name], rate, self._first_held(name), self.units.get(name, ""), self.meanings.get(name, "")
        )

    def _variable(self, name: str) -> Variable:
        species = self.species.get(name)
        if species is None:
            return Variable(name, self.kinds[name], self.now(name))
        return Variable(
            name, "species", self.now(name), self.amount(species), self.concentration(species), self._counts(species)
        )

    def _finish_events(self, events: list[Event]) -> tuple[tuple[Event, ...], tuple[StateVariable, ...]]:
        """The events over states, and states that carry a value from trigger to execution (see `_carried`)."""
        finished: list[Event] = []
        carriers: list[StateVariable] = []
        for event in events:
            assignments: list[tuple[Symbol, Expr]] = []
            late: list[tuple[Symbol, Expr]] = []
            for symbol, formula in event.assignments:
                name, value = symbol.name, self.resolve(formula)
                size = self._size_to_multiply(name)
                if size is None:
                    assignments.append((self.states[name], value))
                elif not self._size_may_change_before(event, self.species[name].compartment):
                    assignments.append((self.states[name], value * size))
                else:
                    carrier = Symbol(f"{event.name}.{name}")
                    carriers.append(StateVariable(carrier, ZERO, ZERO))
                    assignments.append((carrier, value))
                    late.append((self.states[name], carrier * size))
            if late:
                flag = Symbol(f"{event.name}.executed")
                carriers.append(StateVariable(flag, ZERO, ZERO))
                assignments.append((flag, ONE))
                finished.append(_carry(event.name, flag, late))
            finished.append(
                replace(
                    event,
                    trigger=self.resolve(event.trigger),
                    assignments=tuple(assignments),
                    delay=self.resolve(event.delay),
                    priority=self.resolve(event.priority) if event.priority is not None else None,
                )
            )
        return tuple(finished), tuple(carriers)

    def _size_to_multiply(self, name: str) -> Expr | None:
        """The size that turns an assigned concentration into the amount that the state holds; None where none does.

        It is the size before the event: where one event assigns a concentration and the size too, the amount
        follows from the old size and is kept when the size changes.
        """
        species = self.species.get(name)
        if species is None or self._counts(species) or not self._held_as_amount(species):
            return None
        return self.now(species.compartment)

    def _size_may_change_before(self, event: Event, compartment: str) -> bool:
        """Whether the size may differ between the time that fixes the assigned value and the execution."""
        if not event.values_at_trigger or not self._varies(compartment):
            return False
        return event.delay is not ZERO or self.events_in_all > 1


def _carry(name: str, flag: Symbol, late: list[tuple[Symbol, Expr]]) -> Event:
    """What an event does at its execution with values fixed at its trigger: runs right after it, before any other."""
    return Event(
        name=f"{name}.executed",
        trigger=flag > 0.5,
        assignments=(*late, (flag, ZERO)),
        priority=const(math.inf),
        initial=False,
        values_at_trigger=False,
    )


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
