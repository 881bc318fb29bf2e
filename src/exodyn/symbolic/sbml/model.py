"""The flat model of an SBML document, and how its variables are read off the states."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from exodyn.symbolic.expr import Expr, Symbol, const
from exodyn.symbolic.model import Event, Model, ParameterValue, Readout, StateVariable
from exodyn.symbolic.sbml.contents import ONE, ZERO, Contents, Kind
from exodyn.symbolic.sbml.document import read_document
from exodyn.symbolic.sbml.errors import SBMLError
from exodyn.symbolic.sbml.resolve import Resolver
from exodyn.symbolic.sbml.units import unit_text

Quantity = Literal["amount", "concentration", "value"]


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
        document = read_document(path)
        return _Assembly(Contents(document.getModel())).assemble()
    except SBMLError as error:
        raise type(error)(f"{os.fspath(path)}: {error}") from None
    except RecursionError:
        raise SBMLError(f"{os.fspath(path)}: definitions nested too deeply") from None


class _Assembly:
    """Puts the flat model together from what the document says and what its ids stand for."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.resolver = Resolver(contents)

    def assemble(self) -> SBMLModel:
        contents, resolver = self.contents, self.resolver
        events, carriers = self._events()
        model = Model(
            name=contents.source.getId() or contents.source.getName() or "model",
            states=(*map(self._state, resolver.states), *carriers),
            parameters=tuple(
                ParameterValue(symbol, contents.given[name], *self._labels(name))
                for name, symbol in resolver.parameters.items()
            ),
            readouts=tuple(
                Readout(name, resolver.now(name), *self._labels(name)) for name in contents.assigned
            ),
            events=events,
            time_unit=unit_text(contents.source, contents.time_unit()),
        )
        variables = {name: self._variable(name) for name in contents.raw if "." not in name}
        return SBMLModel(model, variables)

    def _labels(self, name: str) -> tuple[str, str]:
        """Unit and meaning."""
        return self.contents.units.get(name, ""), self.contents.meanings.get(name, "")

    def _state(self, name: str) -> StateVariable:
        species = self.contents.species.get(name)
        rate = self.resolver.slope(name)
        if species is not None and self.contents.held_as_amount(species):
            rate = self.resolver.amount_rate(species)
        return StateVariable(
            self.resolver.states[name],
            rate,
            self.resolver.first_held(name),
            self.contents.units.get(name, ""),
            self.contents.meanings.get(name, ""),
        )

    def _variable(self, name: str) -> Variable:
        species = self.contents.species.get(name)
        if species is None:
            return Variable(name, self.contents.kinds[name], self.resolver.now(name))
        return Variable(
            name,
            "species",
            self.resolver.now(name),
            self.resolver.amount(species),
            self.resolver.concentration(species),
            self.contents.counts(species),
        )

    def _events(self) -> tuple[tuple[Event, ...], tuple[StateVariable, ...]]:
        """The events over states, and states that carry a value from trigger to execution."""
        finished: list[Event] = []
        carriers: list[StateVariable] = []
        for event in self.contents.events:
            assignments: list[tuple[Symbol, Expr]] = []
            late: list[tuple[Symbol, Expr]] = []
            for symbol, formula in event.assignments:
                name, value = symbol.name, self.resolver.resolve(formula)
                size = self._size_to_multiply(name)
                if size is None:
                    assignments.append((self.resolver.states[name], value))
                elif not self._size_may_change_before(event, self.contents.species[name].compartment):
                    assignments.append((self.resolver.states[name], value * size))
                else:
                    carrier = Symbol(f"{event.name}.{name}")
                    carriers.append(StateVariable(carrier, ZERO, ZERO))
                    assignments.append((carrier, value))
                    late.append((self.resolver.states[name], carrier * size))
            if late:
                flag = Symbol(f"{event.name}.executed")
                carriers.append(StateVariable(flag, ZERO, ZERO))
                assignments.append((flag, ONE))
                finished.append(_carry(event.name, flag, late))
            finished.append(
                replace(
                    event,
                    trigger=self.resolver.resolve(event.trigger),
                    assignments=tuple(assignments),
                    delay=self.resolver.resolve(event.delay),
                    priority=self.resolver.resolve(event.priority) if event.priority is not None else None,
                )
            )
        return tuple(finished), tuple(carriers)

    def _size_to_multiply(self, name: str) -> Expr | None:
        """The size that makes an assigned concentration the amount that the state holds; None where none.

        It is the size before the event: where one event assigns a concentration and the size too, the amount
        follows from the old size and is kept when the size changes.
        """
        species = self.contents.species.get(name)
        if species is None or self.contents.counts(species) or not self.contents.held_as_amount(species):
            return None
        return self.resolver.now(species.compartment)

    def _size_may_change_before(self, event: Event, compartment: str) -> bool:
        """Whether the size may differ between the time that fixes the assigned value and the execution."""
        if not event.values_at_trigger or not self.contents.varies(compartment):
            return False
        return event.delay is not ZERO or len(self.contents.events) > 1


def _carry(name: str, flag: Symbol, late: list[tuple[Symbol, Expr]]) -> Event:
    """What an event does at its execution with values fixed at its trigger: runs before any other event."""
    return Event(
        name=f"{name}.executed",
        trigger=flag > 0.5,
        assignments=(*late, (flag, ZERO)),
        priority=const(math.inf),
        initial=False,
        values_at_trigger=False,
    )
