"""The memory of a group of lanes, and how generated functions reach it.

Every lane array holds one value a lane in each of its rows. A kernel sees all lanes of a row at once
(`vector`), the service of one lane a single number (`get`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from exodyn.engine.codes import FLOATS, INTEGERS, JOB, WAITING_EVENTS
from exodyn.engine.emit import F64, I8, I64, PTR, Function, Module, Type, Value
from exodyn.engine.program import Program
from exodyn.engine.rodas import Tableau
from exodyn.engine.tangent import Tangent
from exodyn.symbolic.expr import Symbol

ALIGN = 64
TAPE_HEAD = 3
"""What a row of the tape begins with: start, end and length of a step."""


@dataclass
class Layout:
    """Where each array of the lanes' memory starts, in bytes from its base."""

    size: int = 0
    offsets: dict[str, int] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, kind: Type, count: int) -> None:
        self.offsets[name], self.types[name], self.counts[name] = self.size, kind, count
        self.size += -(-kind.bytes * count // ALIGN) * ALIGN


@dataclass(frozen=True)
class Lanes:
    """What every part of the generator needs: the program, the vector type and the lanes' memory."""

    module: Module
    program: Program
    tableau: Tableau
    kind: Type
    attributes: str
    layout: Layout = field(init=False)
    places: dict[Symbol, tuple[str, int]] = field(init=False)
    factor_places: dict[tuple[int, int], int] = field(init=False)

    def __post_init__(self) -> None:
        p = self.program
        groups = [("parameter", p.parameters), ("prepared", p.prepared), ("infusion", p.infusions)]
        for derivatives in (p.tangent, p.adjoint):
            if derivatives:
                groups.append(("prepared_tangent", derivatives.prepared))
        places = {s: (name, i) for name, group in groups for i, s in enumerate(group)}
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "factor_places", p.plan.places())
        object.__setattr__(self, "layout", lane_layout(p, self.tableau, self.kind))

    @property
    def wide(self) -> Type:
        """As many lanes of f64: time and step size are kept so in single precision too."""
        return self.kind.of("double")

    def kernel(self, name: str, *extra: tuple[str, Type]) -> LaneFunction:
        """A function of the lanes' memory."""
        return LaneFunction(self, name, [("lanes", PTR), *extra])

    def service(
        self, name: str, *extra: tuple[str, Type], result: Type | None = None, internal: bool = True
    ) -> LaneFunction:
        """A function of the job and the lanes' memory."""
        return LaneFunction(self, name, [("job", PTR), ("lanes", PTR), *extra], result, internal)


class LaneFunction(Function):
    """A function under construction that reads and writes the lanes' memory by name."""

    def __init__(
        self,
        lanes: Lanes,
        name: str,
        arguments: Sequence[tuple[str, Type]],
        result: Type | None = None,
        internal: bool = True,
    ) -> None:
        super().__init__(
            lanes.module, name, arguments, result, internal=internal, attributes=lanes.attributes
        )
        self._lanes = lanes

    def address(self, name: str, row: Value | int = 0) -> Value:
        """The address of a row of a lane array."""
        layout = self._lanes.layout
        kind, base = layout.types[name], self["lanes"]
        if isinstance(row, int):
            return self.at(base, layout.offsets[name] + row * kind.bytes, I8)
        return self.at(self.at(base, layout.offsets[name], I8), row, kind)

    def vector(self, name: str, row: Value | int = 0) -> Value:
        """A row of a lane array: all lanes."""
        return self.load(self._lanes.layout.types[name], self.address(name, row))

    def set_vector(self, name: str, value: Value, row: Value | int = 0) -> None:
        self.store(value, self.address(name, row))

    def get(self, name: str, lane: Value, row: Value | int = 0) -> Value:
        """One lane's value, as f64 or i64."""
        element = self._lanes.layout.types[name].element
        value = self.load(element, self.address(name, row), lane)
        return value.convert(F64) if element.is_float else value

    def set(self, name: str, lane: Value, value: Value | float | int, row: Value | int = 0) -> None:
        element = self._lanes.layout.types[name].element
        given = self.coerce(value, F64 if element.is_float else element)
        self.store(given.convert(element), self.address(name, row), lane)

    def stage(self, stage: int) -> Value:
        """The address of a stage's vector u."""
        return self.address("u", stage * self._lanes.program.moving)

    def job(self, name: str) -> Value:
        """A word of the job."""
        kind = I64 if name in INTEGERS else F64 if name in FLOATS else PTR
        return self.load(kind, self["job"], JOB.index(name))

    def kernel(self, name: str, *extra: Value) -> None:
        """Call a kernel."""
        self.call(None, name, self["lanes"], *extra)

    def serve(self, name: str, *extra: Value) -> None:
        """Call a service."""
        self.call(None, name, self["job"], self["lanes"], *extra)


def lane_layout(program: Program, tableau: Tableau, kind: Type) -> Layout:
    """The memory of one group of lanes; what a step touches comes first and together."""
    n, wide = program.moving, kind.of("double")
    layout = Layout()
    for name, count in (
        ("inverse_h_gamma", 1),
        ("inverse_h", 1),
        ("h_d", 1),
        ("stage_time", 1),
        ("theta", 1),
        ("y", len(program.states)),
        ("stage", n),
        ("u", n * tableau.stages),
        ("factors", program.plan.entries),
        ("by_time", len(program.rates_by_time)),
        ("infusion", len(program.infusions)),
        ("parameter", len(program.parameters)),
        ("prepared", len(program.prepared)),
        ("y_new", n),
        ("dense", n * len(tableau.H)),
        ("output", len(program.outputs)),
        ("scratch", max(len(program.states), len(program.breakpoints))),
        ("trigger", len(program.triggers)),
        ("trigger_before", len(program.triggers)),
        ("delay", len(program.delays)),
        ("priority", len(program.priorities)),
        ("assigned", len(program.assigned)),
    ):
        layout.add(name, kind, count)
    for name in ("t", "h", "t_new", "t_stop", "t_next_output"):
        layout.add(name, wide, 1)
    _add_memory_of_service(layout, program, tableau, kind)
    return layout


def _add_memory_of_service(layout: Layout, program: Program, tableau: Tableau, kind: Type) -> None:
    """What is remembered of each lane between steps."""
    wide, words = kind.of("double"), kind.of("i64")
    for name in ("growth", "proposed_h", "first_h", "remembered_h", "after_jump"):
        layout.add(name, wide, 1)
    for name in (
        "patient",
        "phase",
        "next_output",
        "next_action",
        "end_action",
        "steps",
        "rejected",
        "in_a_row",
    ):
        layout.add(name, words, 1)
    if program.tangent:
        _add_memory_of_directions(layout, program, program.tangent, tableau, kind)
    if program.adjoint:
        _add_memory_of_adjoint(layout, program, program.adjoint, tableau, kind)
    if program.events:
        layout.add("changed_at", kind, 1)
        layout.add("waiting", words, 1)
        layout.add("draws", words, 1)
        layout.add("waiting_time", wide, WAITING_EVENTS)
        layout.add("waiting_event", words, WAITING_EVENTS)
        layout.add("waiting_value", wide, WAITING_EVENTS * max(1, len(program.assigned)))


def _add_memory_of_directions(
    layout: Layout, program: Program, tangent: Tangent, tableau: Tableau, kind: Type
) -> None:
    """The derivatives by parameters: of one direction while it is worked on, of all between steps."""
    n, states, directions = program.moving, len(program.states), len(tangent.directions)
    _add_partials(layout, tangent, tableau, n, kind)
    for name, count in (
        ("stage_dot", n),
        ("jacobian_dot", len(tangent.jacobian.dependent)),
        ("by_time_dot", len(tangent.by_time.dependent)),
        ("s", states * directions),
        ("s_new", n * directions),
        ("dense_dot", n * directions * len(tableau.H)),
        ("infusion_dot", len(program.infusions) * directions),
        ("output_dot", len(program.outputs) * directions),
        ("slope", n),
        ("slopes_of_lane", 2 * n),
        ("instant_dot", directions),
        ("breakpoint_partial", tangent.breakpoints.count),
    ):
        layout.add(name, kind, count)
    if tangent.switches:
        for name in ("switch", "switch_before", "switch_turned", "switch_change"):
            layout.add(name, kind, len(tangent.switches))
        layout.add("switch_partial", kind, tangent.switch_sides.count)
        layout.add("switch_jump", kind, len(tangent.switch_jumps))
        layout.add("jump_theta", kind, 1)
        layout.add("s_jump", kind, n * directions)
    layout.add("arrived", kind.of("i64"), 1)
    if program.events:
        _add_memory_of_events(layout, program, tangent, kind)


def _add_memory_of_events(layout: Layout, program: Program, tangent: Tangent, kind: Type) -> None:
    """The derivatives of triggers, and of what waiting executions will assign and when."""
    directions, assigned = len(tangent.directions), len(program.assigned)
    for name, part in (
        ("crossing", tangent.conditions),
        ("delay", tangent.delays),
        ("assigned", tangent.assigned),
    ):
        layout.add(f"{name}_partial", kind, part.count)
        layout.add(f"{name}_slope", kind, part.rows)
        layout.add(f"{name}_dot", kind, part.rows * directions)
    layout.add("trigger_last", kind, len(program.triggers))
    layout.add("value_dot", kind, assigned * directions)
    layout.add("waiting_dot", kind, WAITING_EVENTS * directions)
    layout.add("waiting_value_dot", kind, WAITING_EVENTS * assigned * directions)


def _add_partials(layout: Layout, tangent: Tangent, tableau: Tableau, moving: int, kind: Type) -> None:
    """Partial derivatives, and a vector for each stage."""
    for name, count in (
        ("v", moving * tableau.stages),
        ("second", tangent.jacobian.count),
        ("by_time_partial", tangent.by_time.count),
        ("rate_partial", tangent.rates.count * tableau.stages),
        ("prepared_tangent", len(tangent.prepared)),
        ("output_partial", tangent.outputs.count),
        ("initial_dot", tangent.initial.count),
    ):
        layout.add(name, kind, count)


def _add_memory_of_adjoint(
    layout: Layout, program: Program, adjoint: Tangent, tableau: Tableau, kind: Type
) -> None:
    """Derivatives of the weighted sum by what a step computes (`lambda`: by the states after it)."""
    n = program.moving
    _add_partials(layout, adjoint, tableau, n, kind)
    for name, count in (
        ("lambda", len(program.states)),
        ("start_back", n),
        ("argument_back", n * tableau.stages),
        ("dense_back", n * len(tableau.H)),
        ("jacobian_back", len(adjoint.jacobian.dependent)),
        ("by_time_back", len(adjoint.by_time.dependent)),
        ("infusion_back", len(program.infusions)),
        ("gradient", len(adjoint.directions)),
        ("weight", len(program.outputs)),
    ):
        layout.add(name, kind, count)
    layout.add("row", kind.of("i64"), 1)
