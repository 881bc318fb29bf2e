"""The flat model of an SBML document, and how its variables are read off the states."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping, Sequence
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
    compartment: str = ""

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


def read_sbml(
    path: str | os.PathLike[str],
    settable: Collection[str] = (),
    changing: Collection[str] = (),
    resized: Collection[str] = (),
) -> SBMLModel:
    """The model in a file, hierarchical ones flattened.

    settable: ids whose value at the start is to be a parameter. What is no parameter of the flat model yet (a
    species, what rules or events change, what an initial assignment gives) gets two: ``ID.start``, in the
    meaning of the id, counts where ``ID.set`` is 1; else the document's own value does.
    changing: ids that something outside of the model may change while it runs, which makes them states;
    resized: ids of which those of compartments are so too.
    Raises SBMLError where the file is no valid SBML model, ModelRefused where it needs what is not supported
    (algebraic rules, delay equations, fast reactions, packages that change the mathematics).
    """
    try:
        document = read_document(path)
        return _Assembly(Contents(document.getModel(), settable, changing, resized)).assemble()
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
            species.compartment,
        )

    def _events(self) -> tuple[tuple[Event, ...], tuple[StateVariable, ...]]:
        """The events over states, and states that carry values from trigger to execution.

        A concentration that is fixed at the trigger becomes an amount by the size at the execution. Where the
        two may differ, the event only hands its values over, and one that follows at once assigns them.
        """
        finished: list[Event] = []
        carriers: list[StateVariable] = []
        for number, event in enumerate(self.contents.events):
            values = {s.name: self.resolver.resolve(formula) for s, formula in event.assignments}
            if not any(self._size_may_change_before(event, name) for name in values):
                finished.append(self._over_states(event, self._as_held(values)))
                continue
            carried = {name: Symbol(f"{event.name}.{number}.{name}") for name in values}
            flag = Symbol(f"{event.name}.{number}.executed")
            carriers += [StateVariable(symbol, ZERO, ZERO) for symbol in (*carried.values(), flag)]
            handed = [(carried[name], value) for name, value in values.items()]
            finished.append(self._over_states(event, [*handed, (flag, ONE)]))
            finished.append(_execution(flag, self._as_held(carried)))
        return tuple(finished), tuple(carriers)

    def _over_states(self, event: Event, assignments: Sequence[tuple[Symbol, Expr]]) -> Event:
        resolve = self.resolver.resolve
        return replace(
            event,
            trigger=resolve(event.trigger),
            assignments=tuple(assignments),
            delay=resolve(event.delay),
            priority=resolve(event.priority) if event.priority is not None else None,
        )

    def _as_held(self, values: Mapping[str, Expr]) -> list[tuple[Symbol, Expr]]:
        """Values of ids as values of the states that hold them: a concentration as an amount where need be.

        The size is the one before the event: where one event assigns a concentration and the size too, the
        amount follows from the old size and is kept when the size changes.
        """
        held: list[tuple[Symbol, Expr]] = []
        for name, value in values.items():
            size = self._size_to_multiply(name)
            held.append((self.resolver.states[name], value if size is None else value * size))
        return held

    def _size_to_multiply(self, name: str) -> Expr | None:
        """The size that makes an assigned concentration the amount that the state holds; None where none."""
        species = self.contents.species.get(name)
        if species is None or self.contents.counts(species) or not self.contents.held_as_amount(species):
            return None
        return self.resolver.now(species.compartment)

    def _size_may_change_before(self, event: Event, name: str) -> bool:
        """Whether a size may differ between the time that fixes the assigned value and the execution."""
        if not event.values_at_trigger or self._size_to_multiply(name) is None:
            return False
        varies = self.contents.varies(self.contents.species[name].compartment)
        return varies and (event.delay is not ZERO or len(self.contents.events) > 1)


def _execution(flag: Symbol, assignments: Sequence[tuple[Symbol, Expr]]) -> Event:
    """Assigns as soon as the flag is set, before any other event, and takes the flag back."""
    return Event(
        name=flag.name,
        trigger=flag > 0.5,
        assignments=(*assignments, (flag, ZERO)),
        priority=const(math.inf),
        initial=False,
        values_at_trigger=False,
    )
