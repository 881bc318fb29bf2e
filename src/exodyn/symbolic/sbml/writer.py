"""A flat model as SBML Level 3 Version 2: parameters with rate rules, assignment rules and events.

Written as text of our own: libsbml prints numbers with 15 digits, and a model that is read back must be the
same to the last bit. That the text is valid is tested with libsbml.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from html import escape

from exodyn.errors import MachineError
from exodyn.symbolic.expr import Expr, Symbol
from exodyn.symbolic.model import Event, Model, ParameterValue, StateVariable
from exodyn.symbolic.sbml.mathml import Formulas, plain_number
from exodyn.symbolic.sbml.units import unit_definition

CORE = "http://www.sbml.org/sbml/level3/version2/core"


def write_sbml(model: Model, path: str | os.PathLike[str]) -> None:
    """Write the model to a file; MachineError where that fails."""
    text = sbml_text(model)
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise MachineError(f"{os.fspath(path)}: cannot be written: {error.strerror or error}") from None


def sbml_text(model: Model) -> str:
    """The model as an SBML document.

    States, parameters and readouts become parameters under their names, as far as SBML allows such an id.
    What SBML cannot say (records, status and source of a parameter) stands in its notes.
    """
    return _Writer(model).text()


class _Writer:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.ids = _Ids()
        names: dict[Symbol, str] = {s.symbol: self.ids.make(s.name) for s in model.states}
        names.update((p.symbol, self.ids.make(p.name)) for p in model.parameters)
        self.readouts = [self.ids.make(r.name) for r in model.readouts]
        self.names = names
        self.formulas = Formulas(names, self._named(), self.ids.make, list(self._roots()))
        self.units: dict[str, str] = {}

    def _named(self) -> Mapping[Expr, str]:
        """Expressions that have a name of their own wherever they stand."""
        return {r.expression: name for r, name in zip(self.model.readouts, self.readouts, strict=True)}

    def _roots(self) -> Iterable[Expr]:
        for state in self.model.states:
            yield state.rate
        for readout in self.model.readouts:
            yield readout.expression
        for event in self.model.events:
            yield event.trigger
            yield event.delay
            yield from (value for _, value in event.assignments)
            if event.priority is not None:
                yield event.priority

    def text(self) -> str:
        model = self.model
        parameters = [
            *map(self._state, model.states),
            *map(self._parameter, model.parameters),
            *(
                self._variable(name, r.name, r.unit, r.meaning)
                for r, name in zip(model.readouts, self.readouts, strict=True)
            ),
            *(self._variable(name, name, "", "") for name in self.formulas.shared.values()),
        ]
        starts = [
            _assignment(self.names[s.symbol], self.formulas.plain(s.initial))
            for s in model.states
            if s.initial.op != "const"
        ]
        rules = [
            *(
                _rule("assignment", name, self.formulas.definition(e))
                for e, name in self.formulas.shared.items()
            ),
            *(
                _rule("assignment", name, self.formulas.definition(r.expression))
                for r, name in zip(model.readouts, self.readouts, strict=True)
            ),
            *(_rule("rate", self.names[s.symbol], self.formulas.math(s.rate)) for s in model.states),
        ]
        events = [*map(self._event, model.events)]
        time = f' timeUnits="{self._unit(model.time_unit)}"' if self._unit(model.time_unit) else ""
        model_id = _Ids().make(model.name)
        content = [
            f'<?xml version="1.0" encoding="UTF-8"?>\n<sbml xmlns="{CORE}" level="3" version="2">',
            f'  <model id="{model_id}" name="{escape(model.name)}"{time}>',
            *_list("UnitDefinitions", list(self.units.values())),
            *_list("Parameters", parameters),
            *_list("InitialAssignments", starts),
            *_list("Rules", rules),
            *_list("Events", events),
            "  </model>\n</sbml>\n",
        ]
        return "\n".join(content)

    def _unit(self, unit: str) -> str:
        """The id of the definition of a unit, empty where there is none."""
        if not unit:
            return ""
        name = "u_" + re.sub(r"\W", "_", unit.replace("/", " per ").replace("%", "percent")).strip("_")
        while name in self.units and f'name="{escape(unit)}"' not in self.units[name]:
            name += "_"
        if name not in self.units:
            self.units[name] = unit_definition(name, unit)
        return name

    def _variable(self, name: str, title: str, unit: str, meaning: str, value: float | None = None) -> str:
        return _element(name, title, self._unit(unit), meaning, value, constant=False)

    def _state(self, state: StateVariable) -> str:
        value = state.initial.value if state.initial.op == "const" else None
        return self._variable(self.names[state.symbol], state.name, state.unit, state.meaning, value)

    def _parameter(self, p: ParameterValue) -> str:
        name, unit = self.names[p.symbol], self._unit(p.unit)
        facts = {"record": p.record, "status": p.status, "source": p.source}
        notes = "; ".join(f"{word}: {fact}" for word, fact in facts.items() if fact)
        return _element(name, p.name, unit, p.meaning, p.value, constant=True, notes=notes)

    def _event(self, event: Event) -> str:
        math = self.formulas.math
        delayed = not (event.delay.op == "const" and event.delay.value == 0.0)
        parts = [
            f"<trigger initialValue={_flag(event.initial)} persistent={_flag(event.persistent)}>",
            f"{math(event.trigger)}</trigger>",
            f"<delay>{math(event.delay)}</delay>" if delayed else "",
            f"<priority>{math(event.priority)}</priority>" if event.priority is not None else "",
            "<listOfEventAssignments>",
            *(
                f'<eventAssignment variable="{self.names[symbol]}">{math(value)}</eventAssignment>'
                for symbol, value in event.assignments
            ),
            "</listOfEventAssignments></event>",
        ]
        name = self.ids.make(event.name)
        head = f'<event id="{name}" useValuesFromTriggerTime={_flag(event.values_at_trigger)}>'
        return head + "".join(parts)


class _Ids:
    """Ids that SBML allows, each given once."""

    def __init__(self) -> None:
        self.given: set[str] = set()

    def make(self, name: str) -> str:
        base = re.sub(r"[^A-Za-z0-9_]", "_", name) or "_"
        if base[0].isdigit():
            base = "_" + base
        found, count = base, 1
        while found in self.given:
            count += 1
            found = f"{base}_{count}"
        self.given.add(found)
        return found


def _flag(value: bool) -> str:
    return '"true"' if value else '"false"'


def _element(
    name: str, title: str, unit: str, meaning: str, value: float | None, *, constant: bool, notes: str = ""
) -> str:
    label = meaning or (title if title != name else "")
    attributes = [
        f'id="{name}"',
        f'name="{escape(label)}"' if label else "",
        f'value="{plain_number(value)}"' if value is not None else "",
        f'units="{unit}"' if unit else "",
        f"constant={_flag(constant)}",
    ]
    head = "<parameter " + " ".join(a for a in attributes if a)
    if not notes:
        return head + "/>"
    return f'{head}><notes><p xmlns="http://www.w3.org/1999/xhtml">{escape(notes)}</p></notes></parameter>'


def _assignment(name: str, math: str) -> str:
    return f'<initialAssignment symbol="{name}">{math}</initialAssignment>'


def _rule(kind: str, name: str, math: str) -> str:
    return f'<{kind}Rule variable="{name}">{math}</{kind}Rule>'


def _list(kind: str, items: list[str]) -> list[str]:
    if not items:
        return []
    return [f"    <listOf{kind}>", *(f"      {item}" for item in items), f"    </listOf{kind}>"]
