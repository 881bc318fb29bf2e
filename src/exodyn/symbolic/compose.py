"""Composition: processes, joined by the names they give and read, become one flat model."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exodyn.errors import nearest
from exodyn.symbolic import model as flat
from exodyn.symbolic import units
from exodyn.symbolic.expr import TIME, Expr, Symbol, const, substitute, symbols
from exodyn.symbolic.model import Model, ModelError, ParameterValue, Readout, StateVariable
from exodyn.symbolic.process import Adds, Member, Process, Quantity, Reads, State, events, members

if TYPE_CHECKING:
    from exodyn.symbolic.units import Unit


@dataclass(frozen=True)
class Part:
    """A process under other names, so that one process can stand in a model more than once.

    ``prefix`` goes before every name that the process gives. What it reads, and the records of its
    parameters, are looked up with the prefix first and then without. ``reads`` names what a Reads or Adds
    takes instead of its own name: ``Part(Organ, "liver_", {"blood": "portal_vein"})``.
    """

    process: type[Process]
    prefix: str = ""
    reads: Mapping[str, str] = field(default_factory=dict)


def compose(
    name: str,
    parts: Mapping[str, type[Process] | Part],
    parameters: Mapping[str, ParameterValue],
    time_unit: str,
    readouts: Iterable[str] | None = None,
) -> Model:
    """Join the parts into a flat model, every unit checked.

    parts: processes by the name that messages call them. Replace one by putting another under its name:
        ``compose("stroke", {**STROKE, "vasculature": Simpler}, ...)``.
    parameters: values by name, in any unit of the right dimension; more may be there than the parts need.
        What a process reads and no other gives may be a parameter too.
    time_unit: unit of the symbol TIME and, below a state's unit, of its rate.
    readouts: quantities to report, all of them where None.

    Raises ModelError with the place and the nearest name: a name unknown or given twice, a parameter
    without a value, quantities that need each other, units that do not fit.
    """
    return _Composition(name, parts, parameters, time_unit).model(readouts)


def override(model: Model, name: str, value: float, unit: str, *, status: str, source: str) -> Model:
    """The model with another value of a parameter, converted to the unit it has there.

    Raises ModelError for a name that is no parameter and UnitError for a unit of another dimension.
    """
    known = [p.name for p in model.parameters]
    if name not in known:
        raise ModelError(f"model '{model.name}' has no parameter '{name}'{nearest(name, known)}")
    old = model.parameter(name)
    new = dataclasses.replace(
        old, value=_converted(name, value, unit, old.unit), record="", status=status, source=source
    )
    return dataclasses.replace(model, parameters=tuple(new if p is old else p for p in model.parameters))


def copies(model: Model, n: int) -> Model:
    """A model of ``n`` copies side by side that share nothing; names end in ``_1`` to ``_n``."""
    if n < 1:
        raise ModelError(f"a model of {n} copies: expected 1 or more")
    every = [_renamed(model, f"_{i}") for i in range(1, n + 1)]
    return dataclasses.replace(
        model,
        name=f"{model.name}_{n}_copies",
        states=tuple(s for m in every for s in m.states),
        parameters=tuple(p for m in every for p in m.parameters),
        readouts=tuple(r for m in every for r in m.readouts),
        events=tuple(e for m in every for e in m.events),
    )


def _converted(name: str, value: float, unit: str, wanted: str) -> float:
    if not math.isfinite(value):
        raise ModelError(f"parameter '{name}': expected a finite number, not {value}")
    try:
        factor = units.factor(unit, wanted)
    except units.UnitError as error:
        raise units.UnitError(f"parameter '{name}': {error}") from None
    return float(value) * factor


def _symbols(model: Model) -> list[Symbol]:
    return [*(s.symbol for s in model.states), *(p.symbol for p in model.parameters)]


def _renamed(model: Model, suffix: str) -> Model:
    new: dict[Expr, Expr] = {s: Symbol(s.name + suffix) for s in _symbols(model)}

    def swap(expression: Expr) -> Expr:
        return substitute([expression], new)[0]

    def symbol(old: Symbol) -> Symbol:
        return new[old]  # type: ignore[return-value]

    return Model(
        name=model.name,
        states=tuple(
            dataclasses.replace(s, symbol=symbol(s.symbol), rate=swap(s.rate), initial=swap(s.initial))
            for s in model.states
        ),
        parameters=tuple(dataclasses.replace(p, symbol=symbol(p.symbol)) for p in model.parameters),
        readouts=tuple(
            dataclasses.replace(r, name=r.name + suffix, expression=swap(r.expression))
            for r in model.readouts
        ),
        events=tuple(
            dataclasses.replace(
                e,
                name=e.name + suffix,
                trigger=swap(e.trigger),
                assignments=tuple((symbol(s), swap(v)) for s, v in e.assignments),
                delay=swap(e.delay),
                priority=None if e.priority is None else swap(e.priority),
            )
            for e in model.events
        ),
        time_unit=model.time_unit,
    )


@dataclass(frozen=True)
class _Given:
    """A name of the flat model: the member behind it, and the part that gives it."""

    name: str
    member: Member
    part: str


class _Composition:
    """The tables of one composition; `model` reads as its steps."""

    def __init__(
        self,
        name: str,
        parts: Mapping[str, type[Process] | Part],
        records: Mapping[str, ParameterValue],
        time_unit: str,
    ) -> None:
        self.name = name
        self.parts = {k: p if isinstance(p, Part) else Part(p) for k, p in parts.items()}
        for part, use in self.parts.items():
            process: object = use.process
            if not (isinstance(process, type) and issubclass(process, Process)):
                raise ModelError(f"{part}: expected a Process class or a Part, not {process!r}")
        self.records = records
        self.time_unit = time_unit
        self.given: dict[str, _Given] = {}
        self.symbol: dict[str, Symbol] = {}  # the symbols of the flat model
        self.inlined: dict[str, Expr] = {}  # quantities as expressions of these
        self.event_parts: dict[str, str] = {}

    def model(self, readouts: Iterable[str] | None) -> Model:
        self._collect()
        self._check_units()
        for name, given in self.given.items():
            if not isinstance(given.member, Quantity):
                self.symbol[name] = Symbol(name)
        states = tuple(self._states())
        reported = tuple(self._readouts(readouts))
        happenings = tuple(self._events())
        return Model(self.name, states, tuple(self._parameters()), reported, happenings, self.time_unit)

    # -- names ---------------------------------------------------------------------------------

    def _collect(self) -> None:
        for part, use in self.parts.items():
            for member in members(use.process):
                if isinstance(member, Reads | Adds):
                    continue
                name = use.prefix + member.name
                if name == TIME.name:
                    raise ModelError(f"{part}: the name '{name}' is taken by the model's time")
                if name in self.given:
                    raise ModelError(
                        f"'{name}' is given by '{self.given[name].part}' and by '{part}'; "
                        "rename one, let one read it, or use a Part with prefix"
                    )
                self.given[name] = _Given(name, member, part)
            for event in events(use.process):
                name = use.prefix + event.name
                if self.event_parts.setdefault(name, part) != part:
                    raise ModelError(f"the event '{name}' is in '{self.event_parts[name]}' and in '{part}'")
            declared = [m.name for m in members(use.process) if isinstance(m, Reads | Adds)]
            for key in use.reads:
                if key not in declared:
                    raise ModelError(f"{part}: it reads no '{key}'{nearest(key, declared)}")

    def _target(self, part: str, member: Reads | Adds) -> str:
        """The name in the flat model of what a part reads; a parameter where only a record has it."""
        use = self.parts[part]
        wanted = use.reads.get(member.name, member.name)
        for name in (use.prefix + wanted, wanted):
            if name in self.given:
                return name
        for name in (use.prefix + wanted, wanted):
            if name in self.records:
                self.given[name] = _Given(name, member, part)
                self.symbol[name] = Symbol(name)
                return name
        known = [*self.given, *self.records]
        raise ModelError(f"{part}: it reads '{wanted}', which no part gives{nearest(wanted, known)}")

    # -- units ---------------------------------------------------------------------------------

    def _check_units(self) -> None:
        time = self._unit(self.time_unit, f"time unit of model '{self.name}'")
        if units.parse("s").dimensionality != time.dimensionality:
            raise units.UnitError(
                f"model '{self.name}': the time unit is '{self.time_unit}', expected a unit of time"
            )
        for part, use in self.parts.items():
            own: dict[Symbol, Unit] = {TIME: time}
            for member in members(use.process):
                own[member] = self._unit(member.unit, f"{part}.{member.name}")
            known: dict[Expr, Unit | None] = {}
            for place, expression, wanted, why in self._equations(part, own, time):
                for symbol in symbols([expression]):
                    if symbol not in own:
                        raise ModelError(
                            f"{place}: '{symbol.name}' belongs to another process; declare it here: "
                            f"{symbol.name} = Reads(unit, meaning)"
                        )
                if wanted is None:
                    units.unit_of(expression, own, place, known)
                else:
                    units.expect(expression, wanted, own, place, known, why)

    def _equations(
        self, part: str, own: Mapping[Symbol, Unit], time: Unit
    ) -> Iterator[tuple[str, Expr, Unit | None, str]]:
        """Every equation of a part: its place, the expression, the unit it must have and why."""
        process = self.parts[part].process
        for member in members(process):
            place = f"{part}.{member.name}"
            if isinstance(member, State | Adds):
                why = f"unit of {member.name} per model time '{self.time_unit}'"
                yield f"{place}.rate", member.rate, own[member] / time, why
            if isinstance(member, State) and member.start.op != "const":
                yield f"{place}.start", member.start, own[member], f"unit of {member.name}"
            if isinstance(member, Quantity):
                yield f"{place}.value", member.value, own[member], f"declared for {member.name}"
        for event in events(process):
            place = f"{part}.{event.name}"
            yield f"{place}.when", event.when, None, ""
            yield f"{place}.delay", event.delay, time, "the model's time unit"
            for target, value in event.then.items():
                if value.op != "const":
                    yield f"{place}.then[{target.name}]", value, own[target], f"unit of {target.name}"

    def _unit(self, text: str, place: str) -> Unit:
        try:
            return units.parse(text)
        except units.UnitError as error:
            raise units.UnitError(f"{place}: {error}") from None

    # -- expressions ---------------------------------------------------------------------------

    def _flat(self, part: str, expression: Expr, path: tuple[str, ...] = ()) -> Expr:
        """The expression in symbols of the flat model; `path` holds the quantities being inlined."""
        replace: dict[Expr, Expr] = {}
        for symbol in symbols([expression]):
            if symbol is not TIME:
                assert isinstance(symbol, Member)
                replace[symbol] = self._meaning(part, symbol, path)
        return substitute([expression], replace)[0]

    def _meaning(self, part: str, member: Member, path: tuple[str, ...]) -> Expr:
        if not isinstance(member, Reads | Adds):
            return self._named(self.parts[part].prefix + member.name, path)
        name = self._target(part, member)
        return self._named(name, path) * self._factor(part, member, name)

    def _named(self, name: str, path: tuple[str, ...]) -> Expr:
        if name in self.symbol:
            return self.symbol[name]
        if name not in self.inlined:
            if name in path:
                loop = " -> ".join((*path[path.index(name) :], name))
                raise ModelError(f"model '{self.name}': quantities need each other in a loop: {loop}")
            given = self.given[name]
            assert isinstance(given.member, Quantity)
            self.inlined[name] = self._flat(given.part, given.member.value, (*path, name))
        return self.inlined[name]

    def _factor(self, part: str, member: Reads | Adds, name: str, back: bool = False) -> float:
        """What turns the given quantity into the unit in which the part reads it, or back."""
        given = self.given[name]
        try:
            here, there = member.unit, given.member.unit
            return units.factor(here, there) if back else units.factor(there, here)
        except units.UnitError:
            raise units.UnitError(
                f"{part}.{member.name}: it is read in '{member.unit}', but '{given.part}' gives '{name}' "
                f"in '{given.member.unit}'"
            ) from None

    # -- what the flat model holds ---------------------------------------------------------------

    def _states(self) -> Iterator[StateVariable]:
        added: dict[str, list[Expr]] = {}
        for part, use in self.parts.items():
            for member in members(use.process):
                if isinstance(member, Adds):
                    name = self._target(part, member)
                    if not isinstance(self.given[name].member, State):
                        raise ModelError(f"{part}: it adds to the rate of '{name}', which is not a state")
                    term = self._flat(part, member.rate)
                    added.setdefault(name, []).append(term * self._factor(part, member, name, back=True))
        pending = {n: g for n, g in self.given.items() if isinstance(g.member, State)}
        initial = _Starts(self, pending)
        for name, given in pending.items():
            state = given.member
            assert isinstance(state, State)
            rate = self._flat(given.part, state.rate)
            for term in added.get(name, ()):
                rate = rate + term
            yield StateVariable(self.symbol[name], rate, initial(name), state.unit, state.meaning)

    def _parameters(self) -> Iterator[ParameterValue]:
        for name, given in self.given.items():
            if isinstance(given.member, State | Quantity):
                continue
            bare = given.member.name
            record = self.records.get(name) or self.records.get(bare)
            if record is None:
                known = list(self.records)
                raise ModelError(f"{given.part}: parameter '{name}' has no value{nearest(name, known)}")
            yield dataclasses.replace(
                record,
                symbol=self.symbol[name],
                value=_converted(name, record.value, record.unit, given.member.unit),
                unit=given.member.unit,
                meaning=given.member.meaning or record.meaning,
            )

    def _readouts(self, wanted: Iterable[str] | None) -> Iterator[Readout]:
        quantities = {n: g for n, g in self.given.items() if isinstance(g.member, Quantity)}
        for name in quantities if wanted is None else wanted:
            if name not in quantities:
                hint = nearest(name, quantities)
                raise ModelError(f"model '{self.name}': no quantity '{name}' to read out{hint}")
            member = quantities[name].member
            yield Readout(name, self._named(name, ()), member.unit, member.meaning)

    def _events(self) -> Iterator[flat.Event]:
        every = [
            (part, use.prefix, event) for part, use in self.parts.items() for event in events(use.process)
        ]
        for rank, (part, prefix, event) in enumerate(every):
            assignments = []
            for target, value in event.then.items():
                name = prefix + target.name if isinstance(target, State) else self._target(part, target)
                if not isinstance(self.given[name].member, State):
                    raise ModelError(f"{part}.{event.name}: it sets '{name}', which is not a state")
                scale = 1.0 if isinstance(target, State) else self._factor(part, target, name, back=True)
                assignments.append((self.symbol[name], self._flat(part, value) * scale))
            yield flat.Event(
                name=prefix + event.name,
                trigger=self._flat(part, event.when),
                assignments=tuple(assignments),
                delay=self._flat(part, event.delay),
                priority=const(len(every) - rank),
                values_at_trigger=False,
            )


class _Starts:
    """Initial values as expressions of parameters alone: states in them are replaced by their own."""

    def __init__(self, composition: _Composition, states: Mapping[str, _Given]) -> None:
        self.composition = composition
        self.states = states
        self.names = {composition.symbol[n]: n for n in states}
        self.known: dict[str, Expr] = {}

    def __call__(self, name: str, path: tuple[str, ...] = ()) -> Expr:
        if name in path:
            loop = " -> ".join((*path[path.index(name) :], name))
            model = self.composition.name
            raise ModelError(f"model '{model}': initial values need each other in a loop: {loop}")
        if name not in self.known:
            given = self.states[name]
            assert isinstance(given.member, State)
            start = self.composition._flat(given.part, given.member.start)
            replace: dict[Expr, Expr] = {TIME: const(0.0)}
            for symbol in symbols([start]):
                if symbol in self.names:
                    replace[symbol] = self(self.names[symbol], (*path, name))
            self.known[name] = substitute([start], replace)[0]
        return self.known[name]
