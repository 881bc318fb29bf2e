"""Running all lanes of a problem: period after period, to steady states where they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exodyn.engine import Engine
from exodyn.inference.objective import Impossible
from exodyn.inference.petab.directions import Directions
from exodyn.inference.petab.lanes import Lane, Lanes
from exodyn.inference.petab.model import Observed
from exodyn.symbolic import Expr

Floats = NDArray[np.float64]

RTOL = (1e-12, 1e-10, 1e-8, 1e-6)
"""Each tried where the one before cannot be met. Tight, so that the difference of two likelihoods is that of
the parameters: others check gradients so."""
ROUGH = 1e-8
"""The tolerance at which the sizes of states are found."""
NOISE = 1e-3
"""A state is resolved to this part of the relative tolerance of its largest value."""
DECADES = 10.0 ** np.arange(13)
"""A steady state is looked for at these times after the last finite one (at these multiples of it)."""
STEADY = (1e-11, 1e-9, 1e-7)
"""A state is steady that changes by less than this part of it, or of its largest value, over a decade; the
first is asked for, the others where rounding does not allow it."""
SLOPE_CHANGE = 1e-8
"""Derivatives of a steady state may come to rest after the states: then they change by less than this part
from one decade to the next."""
STEADY_RTOL = 1e-9
"""Tight enough on the way to a steady state, which itself does not depend on the tolerance."""
MOST_STEPS = 100_000


@dataclass
class Course:
    """What a run found. rows: parts, then states, at all rows, f64[rows, parts + states].

    table: parameters of all lanes, with the states at which they begin; steady: for each lane that came to
    rest the number of the late time that was taken.
    """

    rows: Floats
    table: Floats
    steady: dict[int, int]


class Simulator:
    """The compiled model of a problem with its lanes.

    optimise: compile longer to faster code. typical: values of the parameter table, of which the first that
    can be simulated give the largest value of each state and so its absolute tolerance: found once, so that
    the likelihood is one function of the parameters.
    """

    def __init__(
        self,
        observed: Observed,
        lanes: Lanes,
        typical: Iterable[Floats],
        optimise: bool,
        rtol: float = RTOL[0],
        threads: int = 1,
        directions: Directions | None = None,
    ) -> None:
        self.lanes = lanes
        self.directions = directions
        self.rtol = rtol
        self.threads = threads
        self.parts = len(observed.parts)
        self.states = [s.name for s in observed.model.states]
        outputs: list[Expr | str] = [*observed.parts.values(), *self.states]
        self.engine = Engine(observed.model, outputs, optimise=optimise)
        chained = any(lane.parent >= 0 for lane in lanes.lanes)
        names = [f"{name}.before" for name in self.states] if chained else []
        self.before = [self.engine.parameters.index(name) for name in names]
        number = {symbol: k for k, symbol in enumerate(observed.parts)}
        self.armed = {self.engine.parameters.index(n): number[p] for n, p in observed.armed.items()}
        self.exact = None
        if directions is not None and directions.names:
            by = [*directions.names, *names]
            self.exact = Engine(observed.model, outputs, optimise=optimise, sensitivities=by)
        self.sizes = self._find_sizes(typical)

    def run(self, values: Floats) -> Course:
        """The course of all lanes for values of the parameter table. Raises Impossible where one fails."""
        return self._run(values, self.sizes, self.rtol)

    def back(self, course: Course, by_part: Floats) -> Floats:
        """From the derivative of something by all parts, f64[rows, parts], to that by each lane's directions.

        Batches from the last to the first: what a lane's start adds is handed to the end of its parent.
        """
        count = len(self.directions.names) if self.directions is not None else 0
        found = np.zeros((len(self.lanes.lanes), count))
        if self.exact is None:
            return found
        weights = np.zeros_like(course.rows)
        weights[:, : self.parts] = by_part
        for batch in reversed(self.lanes.batches):
            slopes = self._back(batch, course, weights, 0)
            for decades in range(1, len(DECADES) if batch[0].steady else 1):
                before, slopes = slopes, self._back(batch, course, weights, decades)
                scale = np.max(np.abs(slopes), axis=1, keepdims=True, initial=0.0)
                if not np.any(np.abs(slopes - before) > SLOPE_CHANGE * scale):
                    slopes = before
                    break
            found[[lane.number for lane in batch]] = slopes[:, :count]
            for lane, slope in zip(batch, slopes[:, count:], strict=True):
                if lane.parent >= 0:
                    weights[self._taken(lane), self.parts :] += slope
        return found

    def forward(self, course: Course, size: int) -> Floats:
        """Derivatives of all parts by the entries of a parameter table of this size, f64[rows, parts, size].

        Lane by lane from the first: what its parent's end owes to the parameters comes in by its start.
        """
        assert self.exact is not None and self.directions is not None
        entries, count = self.directions.entries, len(self.directions.names)
        slopes = np.zeros((*course.rows.shape, size))
        for batch in self.lanes.batches:
            times, finite, options = self._options(batch, self.sizes, self.rtol)
            found = self.exact.run(course.table[[lane.number for lane in batch]], times, **options)
            assert found.sensitivities is not None
            for lane, by in zip(batch, found.sensitivities, strict=True):
                places = self._places(lane, finite, self._rested(by[len(finite) :], course, lane))
                rows = slice(lane.row, lane.row + len(places))
                for k in np.flatnonzero(entries[lane.number] >= 0):
                    slopes[rows, :, entries[lane.number, k]] += by[places, :, k]
                if lane.parent >= 0:
                    start = slopes[self._taken(lane), self.parts :]
                    slopes[rows] += by[places][:, :, count:] @ start
        return slopes[:, : self.parts]

    def _rested(self, late: Floats, course: Course, lane: Lane) -> int:
        """The number of the late time at which derivatives f64[late, outputs, directions] rest too."""
        first = course.steady.get(lane.number, 0)
        for k in range(first + 1, len(late)):
            scale = np.max(np.abs(late[k]), initial=0.0)
            if np.all(np.abs(late[k] - late[k - 1]) <= SLOPE_CHANGE * scale):
                return k - 1
        return first

    def _back(self, batch: Sequence[Lane], course: Course, weights: Floats, decades: int) -> Floats:
        """The derivatives of one batch, with steady states so many decades after they were reached."""
        assert self.exact is not None
        times, finite, options = self._options(batch, self.sizes, self.rtol)
        late = {n: min(at + decades, len(DECADES) - 1) for n, at in course.steady.items()}
        places = [self._places(lane, finite, late.get(lane.number, 0)) for lane in batch]
        last = max(max(own) for own in places) + 1
        given = np.zeros((len(batch), last, course.rows.shape[1]))
        for k, lane in enumerate(batch):
            given[k, places[k]] = weights[lane.row : lane.row + len(lane.asked)]
        table = course.table[[lane.number for lane in batch]]
        return self.exact.gradient(given, table, times[:last], **options).gradient

    def _find_sizes(self, typical: Iterable[Floats]) -> Floats:
        """The largest values of the states; 1 for all where no run succeeds, which then says why itself."""
        for values in typical:
            try:
                return self._sizes_at(values)
            except Impossible:
                continue
        return np.ones(len(self.states))

    def _sizes_at(self, values: Floats) -> Floats:
        """A run tells the sizes of states, and is repeated until it had fitting tolerances."""
        sizes = np.ones(len(self.states))
        for _ in range(6):
            reached = np.abs(self._run(values, sizes, ROUGH).rows[:, self.parts :])
            found = np.max(reached, axis=0, where=np.isfinite(reached), initial=0.0)
            fits = (found >= 0.1 * sizes) | (found == 0.0)
            sizes = np.where(found > 0, found, sizes)
            if np.all(fits):
                break
        return sizes

    def _run(self, values: Floats, sizes: Floats, rtol: float) -> Course:
        rows = np.empty((self.lanes.rows, self.parts + len(self.states)))
        course = Course(rows, self.lanes.table(values), {})
        for batch in self.lanes.batches:
            for lane in batch:
                if lane.parent >= 0:
                    end = rows[self._taken(lane)]
                    course.table[lane.number, self.before] = end[self.parts :]
                    course.table[lane.number, list(self.armed)] = end[list(self.armed.values())]
            self._run_batch(batch, course, sizes, rtol)
        return course

    def _taken(self, lane: Lane) -> int:
        """The row of its parent at which a lane goes on."""
        parent = self.lanes.lanes[lane.parent]
        return parent.row + parent.times.index(lane.taken)

    def _options(
        self, batch: Sequence[Lane], sizes: Floats, rtol: float
    ) -> tuple[list[float], list[float], Any]:
        """Times to report, the finite ones that were asked for, and what else the engine is told."""
        start, last = batch[0].start, batch[0].last
        finite = sorted({t for lane in batch for t in lane.asked if np.isfinite(t)})
        late = last + max(1.0, last) * DECADES if batch[0].steady else np.empty(0)
        rtol = rtol if finite else max(rtol, STEADY_RTOL)
        options = {
            "start": start,
            "rtol": rtol,
            "atol": np.maximum(sizes * (rtol * NOISE), 1e-300),
            "threads": self.threads,
            "most_steps": MOST_STEPS,
        }
        return [*finite, *late.tolist()], finite, options

    def _places(self, lane: Lane, finite: Sequence[float], late: int) -> list[int]:
        """Where the times of a lane are among those of its batch; `late` stands for the steady state."""
        found = [finite.index(t) for t in lane.times if np.isfinite(t)]
        return [*found, len(finite) + late] if lane.steady else found

    def _run_batch(self, batch: Sequence[Lane], course: Course, sizes: Floats, rtol: float) -> None:
        times, finite, options = self._options(batch, sizes, rtol)
        run = self.engine.run(course.table[[lane.number for lane in batch]], times, **options)
        failures = {f.patient: f for f in run.failures}
        for k, lane in enumerate(batch):
            failed = failures.get(k)
            first = times[len(finite)] if lane.steady and not finite else lane.last
            if failed is not None and failed.time <= first:
                raise Impossible(f"the simulation failed at time {failed.time:g}: {failed.cause}")
            if lane.steady:
                course.steady[lane.number] = self._steady(run.values[k, len(finite) :, self.parts :], sizes)
            late = course.steady.get(lane.number, 0)
            places = self._places(lane, finite, late)
            course.rows[lane.row : lane.row + len(places)] = run.values[k, places]

    def _steady(self, states: Floats, sizes: Floats) -> int:
        """The first late time before which no state has changed over a decade.

        States that have no value throughout are left out.
        """
        valued = ~np.all(np.isnan(states), axis=0)
        moving = _change(states, sizes)[:, valued]
        worst = np.max(moving, axis=1, initial=0.0)
        for least in STEADY:
            still = worst <= least
            if np.any(still):
                return int(np.argmax(still)) + 1
        reached = np.flatnonzero(np.all(np.isfinite(moving), axis=1))
        if not reached.size:
            raise Impossible("no steady state is reached")
        name = np.array(self.states)[valued][np.argmax(moving[reached[-1]])]
        raise Impossible(f"no steady state is reached: '{name}' goes on changing")


def _change(course: Floats, size: Floats) -> Floats:
    """Relative change from each time to the next."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(np.diff(course, axis=0)) / np.maximum(np.abs(course[1:]), size))
