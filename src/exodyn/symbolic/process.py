"""A process written as a page of a methods section: a class body of symbols and equations.

    class Vasculature(Process):
        '''Ischaemic tissue calls for vessels, vessels answer within two weeks.'''

        hypoxia = Reads("1", "share of tissue short of oxygen")
        k_hif = Parameter("ng/mL/d", "VEGF-A made per hypoxia")
        k_loss = Parameter("1/d", "loss of VEGF-A")
        vegf = State("ng/mL", "VEGF-A in the tissue", start=0)

        vegf.rate = k_hif * hypoxia - k_loss * vegf

The body runs line by line, so a misspelled name fails where it stands, at import. Which syntax we
tried beside this one, and why it lost: ``docs/decisions/process_syntax.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from exodyn.symbolic.expr import Expr, Operand, Symbol, as_expr, const
from exodyn.symbolic.model import ModelError


class Member(Symbol):
    """A symbol of a process, with unit (text as the units library reads it) and meaning."""

    __slots__ = ("meaning", "unit")

    def __init__(self, unit: str, meaning: str) -> None:
        super().__init__()
        self.unit = unit
        self.meaning = meaning


class Parameter(Member):
    """Constant in time. Its value, record, status and source stand in a data file under its name."""

    __slots__ = ()


class Reads(Member):
    """A state, quantity or parameter that another process gives under this name.

    One that stands there in another unit of the same dimension is converted.
    """

    __slots__ = ()


class _Rated(Member):
    __slots__ = ("_rate",)

    _rate: Expr | None

    @property
    def rate(self) -> Expr:
        """Its change per time unit of the model, in its unit per that time unit."""
        if self._rate is None:
            raise ModelError(f"'{self.name}' has no rate yet: write `{self.name}.rate = ...` first")
        return self._rate

    @rate.setter
    def rate(self, rate: Operand) -> None:
        new = _equation(rate, f"{self.name}.rate")
        if self._rate is not None and not _extends(new, self._rate):
            raise ModelError(f"'{self.name}' has a rate already: use `{self.name}.rate += ...` to add a term")
        self._rate = new


class State(_Rated):
    """A quantity with a rate; any state can be dosed.

    ``start`` is its value at time 0: a number in its unit, or an expression of parameters, quantities
    and what the process reads (whose own values at time 0 count).
    """

    __slots__ = ("start",)

    def __init__(self, unit: str, meaning: str, *, start: Operand) -> None:
        super().__init__(unit, meaning)
        self.start = as_expr(start)
        self._rate = None


class Adds(_Rated):
    """A state of another process, to whose rate this one adds terms: ``plasma.rate -= k_uptake * plasma``.

    It can be read like any other.
    """

    __slots__ = ()

    def __init__(self, unit: str, meaning: str) -> None:
        super().__init__(unit, meaning)
        self._rate = const(0.0)


class Quantity(Member):
    """A named intermediate result, which others may read and a study may report."""

    __slots__ = ("_value",)

    _value: Expr | None

    def __init__(self, unit: str, meaning: str) -> None:
        # Not by Symbol.__init__: it sets `value`, which is an equation here.
        self.op, self.args, self.name = "symbol", (), ""
        self.unit, self.meaning, self._value = unit, meaning, None

    @property  # type: ignore[override]
    def value(self) -> Expr:
        """The expression that it stands for, in its unit."""
        if self._value is None:
            raise ModelError(f"'{self.name}' has no value yet: write `{self.name}.value = ...` first")
        return self._value

    @value.setter
    def value(self, value: Operand) -> None:
        if self._value is not None:
            raise ModelError(f"'{self.name}' has a value already")
        self._value = _equation(value, f"{self.name}.value")


class Event:
    """States jump when ``when`` turns from false to true: ``then`` maps each to its value after the jump.

    ``delay`` is the time from trigger to jump; the values are computed at the jump, all before any is
    assigned. Events due at one instant go in the order of the process; one that holds at time 0 does
    not fire then.
    """

    __slots__ = ("delay", "name", "then", "when")

    def __init__(self, *, when: Expr, then: Mapping[State | Adds, Operand], delay: Operand = 0.0) -> None:
        self.name = ""
        condition: object = when  # a comparison of two plain numbers would come as a bool
        if not (isinstance(condition, Expr) and condition.is_condition):
            raise ModelError(f"an event needs a condition such as `x > limit`, not `{when!r}`")
        for target in then:
            if not isinstance(target, _Rated):
                raise ModelError(f"an event can set a State or what is declared by Adds, not `{target!r}`")
        self.when = when
        self.then = {target: as_expr(value) for target, value in then.items()}
        self.delay = as_expr(delay)


class _Body(dict[str, Any]):
    """The names of a class body; a symbol knows its name from the line on in which it stands."""

    def __setitem__(self, name: str, value: Any) -> None:
        if isinstance(value, Member | Event):
            if name in self and self[name] is not value:
                raise ModelError(f"the name '{name}' is given twice in process '{self['__qualname__']}'")
            if not value.name:
                value.name = name
        super().__setitem__(name, value)


class _ProcessType(type):
    @classmethod
    def __prepare__(cls, name: str, bases: tuple[type, ...], /, **kwds: Any) -> _Body:
        return _Body()

    def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> None:
        super().__init__(name, bases, body)
        for base in bases:
            if members(base):
                raise ModelError(f"process '{name}' builds on '{base.__name__}': compose the two instead")
        for member in members(cls):
            if isinstance(member, State) and member._rate is None:
                raise ModelError(f"'{name}.{member.name}' has no rate: write `{member.name}.rate = ...`")
            if isinstance(member, Quantity) and member._value is None:
                raise ModelError(f"'{name}.{member.name}' has no value: write `{member.name}.value = ...`")


def members(process: type) -> list[Member]:
    """The symbols of a process in the order of the page."""
    return [m for name, m in vars(process).items() if isinstance(m, Member) and m.name == name]


def events(process: type) -> list[Event]:
    """The events of a process in the order of the page."""
    return [e for e in vars(process).values() if isinstance(e, Event)]


class Process(metaclass=_ProcessType):
    """Base of every process; see the head of this file. A process is never instantiated."""

    def __new__(cls) -> Self:
        raise ModelError(f"a process is not called: hand '{cls.__name__}' itself to compose()")


def _equation(value: Operand, name: str) -> Expr:
    if not isinstance(value, Expr | float | int):
        raise ModelError(f"{name}: expected an expression or a number, not {type(value).__name__}")
    result = as_expr(value)
    if result.is_condition:
        raise ModelError(f"{name}: `{result}` is true or false, not a number: use `where(condition, a, b)`")
    return result


def _extends(new: Expr, old: Expr) -> bool:
    """Whether the new rate is the old one with a term more, as `+=` and `-=` build it."""
    if new is old or (old.op == "const" and old.value == 0.0):
        return True
    if old.op == "neg" and new.op == "sub" and new.args[1] is old.args[0]:  # -a + b is b - a
        return True
    return new.op in ("add", "sub") and new.args[0] is old
