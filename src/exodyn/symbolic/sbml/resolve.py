"""What each id stands for while the model runs, and at its start.

What a species' symbol means in a formula, an amount or a concentration, and what happens to it when its
compartment changes size is the heart of the matter: SBML Level 3 Version 2, sections 4.6 and 4.9. Here a
species is a state in amount wherever reactions act on it or its compartment may change (the amount is what a
change of size leaves alone), and in the meaning of its symbol otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from graphlib import CycleError, TopologicalSorter

from exodyn.symbolic.derivative import gradients
from exodyn.symbolic.expr import TIME, Expr, Symbol, const, substitute, symbols, total
from exodyn.symbolic.sbml.contents import ZERO, Contents, Species
from exodyn.symbolic.sbml.errors import ModelRefused, SBMLError


class Resolver:
    """Replaces raw symbols by expressions of states and parameters.

    `now` is what an id means in a formula during the run, `first` at time 0 (by parameters alone), `slope`
    its rate of change.
    """

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.parameters: dict[str, Symbol] = {}
        self.states: dict[str, Symbol] = {}
        self.current: dict[str, Expr] = {}
        self.starting: dict[str, Expr] = {}
        self.slopes: dict[str, Expr] = {}
        self.open: list[str] = []
        self._make_symbols()
        self._resolve_in_order()

    def _make_symbols(self) -> None:
        for name, kind in self.contents.kinds.items():
            if kind == "reaction" or name in self.contents.assigned:
                continue
            if self.contents.changes(name):
                self.states[name] = Symbol(name)
            elif name not in self.contents.initial:
                self.parameters[name] = Symbol(name)

    def _resolve_in_order(self) -> None:
        """Resolve each id after those that it is made of, so that no chain of rules is followed in depth."""
        self._follow(self.now, {**self.contents.assigned, **self.contents.laws})
        self._follow(self.first, {**self.contents.initial, **self.contents.assigned})

    def _follow(self, resolve: Callable[[str], Expr], formulas: Mapping[str, Expr]) -> None:
        graph = {
            name: [s.name for s in symbols([formula]) if s.name in formulas]
            for name, formula in formulas.items()
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
                raise SBMLError(
                    f"defined through each other: {', '.join(self.open[self.open.index(name) :])}"
                )
            self.open.append(name)
            found[name] = find(name)
            self.open.pop()
        return found[name]

    # ---------------------------------------------------------------- during the run

    def now(self, name: str) -> Expr:
        """What the id means in a formula."""
        return self._guarded(name, self.current, self._find_now)

    def _find_now(self, name: str) -> Expr:
        if name in self.contents.laws:
            return self.resolve(self.contents.laws[name])
        if name in self.contents.assigned:
            return self.resolve(self.contents.assigned[name])
        if name in self.contents.species:
            species = self.contents.species[name]
            return self.amount(species) if self.contents.counts(species) else self.concentration(species)
        if name in self.states:
            return self.states[name]
        return self.parameters[name] if name in self.parameters else self.first(name)

    def resolve(self, formula: Expr) -> Expr:
        meaning: dict[Expr, Expr] = {}
        for symbol in symbols([formula]):
            if symbol is self.contents.rate_symbols.get(symbol.name.removeprefix("rateOf ")):
                meaning[symbol] = self.slope(symbol.name.removeprefix("rateOf "))
            elif symbol is not TIME:
                meaning[symbol] = self.now(symbol.name)
        return substitute([formula], meaning)[0]

    def amount(self, species: Species) -> Expr:
        size = self.now(species.compartment)
        if species.id in self.contents.assigned:
            value = self.now(species.id)
            return value if self.contents.counts(species) else value * size
        if species.id in self.states:
            held: Expr = self.states[species.id]
            return held if self.contents.held_as_amount(species) else held * size
        return self.first_amount(species)

    def concentration(self, species: Species) -> Expr:
        size = self.now(species.compartment)
        if species.id in self.contents.assigned and not self.contents.counts(species):
            return self.now(species.id)
        if species.id in self.states and not self.contents.held_as_amount(species):
            return self.states[species.id]
        if (
            species.id in self.states
            or species.id in self.contents.assigned
            or self.contents.varies(species.compartment)
        ):
            return self.amount(species) / size
        return self.first_concentration(species)

    def slope(self, name: str) -> Expr:
        """d/dt of what the id means."""
        return self._guarded(f"rateOf {name}", self.slopes, lambda _: self._find_slope(name))

    def _find_slope(self, name: str) -> Expr:
        if name in self.contents.assigned or name in self.contents.laws:
            return self._total_derivative(
                self.contents.assigned[name] if name in self.contents.assigned else self.contents.laws[name]
            )
        if name in self.contents.rates:
            return self.resolve(self.contents.rates[name])
        if name not in self.contents.species:
            return ZERO
        species = self.contents.species[name]
        if self.contents.counts(species):
            return self.amount_rate(species)
        size = self.now(species.compartment)
        growth = self.slope(species.compartment)
        change = self.amount_rate(species) / size
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

    def amount_rate(self, species: Species) -> Expr:
        """d amount / dt."""
        if species.id in self.contents.rates:
            rate = self.resolve(self.contents.rates[species.id])
            if self.contents.counts(species):
                return rate
            growth = self.slope(species.compartment)
            moved = rate * self.now(species.compartment)
            return moved if growth is ZERO else moved + self.now(species.id) * growth
        rate = total(self.resolve(by) * self.now(reaction) for by, reaction in species.reactions)
        if species.factor and species.reactions:
            if species.factor not in self.contents.kinds:
                raise SBMLError(f"species '{species.id}': unknown conversion factor '{species.factor}'")
            rate = rate * self.now(species.factor)
        return rate

    # ---------------------------------------------------------------- at the start

    def first(self, name: str) -> Expr:
        """What the id means at time 0, as an expression of parameters."""
        return self._guarded(f"initial {name}", self.starting, lambda _: self._find_first(name))

    def _find_first(self, name: str) -> Expr:
        if name in self.contents.laws:
            return self.resolve_first(self.contents.laws[name])
        if name in self.contents.assigned:
            return self.resolve_first(self.contents.assigned[name])
        if name in self.contents.species:
            species = self.contents.species[name]
            return (
                self.first_amount(species)
                if self.contents.counts(species)
                else self.first_concentration(species)
            )
        if name in self.contents.initial:
            return self.resolve_first(self.contents.initial[name])
        return self.parameters[name] if name in self.parameters else const(self.contents.given[name])

    def resolve_first(self, formula: Expr) -> Expr:
        meaning: dict[Expr, Expr] = {TIME: ZERO}
        for symbol in symbols([formula]):
            if symbol is self.contents.rate_symbols.get(symbol.name.removeprefix("rateOf ")):
                meaning[symbol] = self.at_start(self.slope(symbol.name.removeprefix("rateOf ")))
            elif symbol is not TIME:
                meaning[symbol] = self.first(symbol.name)
        return substitute([formula], meaning)[0]

    def at_start(self, running: Expr) -> Expr:
        """An expression of states, parameters and time, at time 0."""
        meaning: dict[Expr, Expr] = {TIME: ZERO}
        meaning.update(
            (s, self.first_held(s.name)) for s in symbols([running]) if s is self.states.get(s.name)
        )
        return substitute([running], meaning)[0]

    def first_held(self, name: str) -> Expr:
        """The initial value of a state."""
        species = self.contents.species.get(name)
        if species is None:
            return self.first(name)
        return (
            self.first_amount(species)
            if self.contents.held_as_amount(species)
            else self.first_concentration(species)
        )

    def _first_stated(self, species: Species) -> tuple[Expr, bool]:
        """The initial value as the document states it, and whether that is an amount."""
        name = species.id
        formula = self.contents.assigned.get(name, self.contents.initial.get(name))
        if formula is not None:
            return self.resolve_first(formula), self.contents.counts(species)
        value: Expr = self.parameters[name] if name in self.parameters else const(self.contents.given[name])
        return value, species.given_as_amount or species.compartment in self.contents.points

    def first_amount(self, species: Species) -> Expr:
        value, is_amount = self._first_stated(species)
        return value if is_amount else value * self.first(species.compartment)

    def first_concentration(self, species: Species) -> Expr:
        value, is_amount = self._first_stated(species)
        return value / self.first(species.compartment) if is_amount else value
