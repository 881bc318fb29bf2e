"""Running all lanes of a problem: period after period, to steady states where they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exodyn.engine import Engine, EnsembleRun
from exodyn.inference.objective import Impossible
from exodyn.inference.petab.directions import Directions
from exodyn.inference.petab.lanes import Lane, Lanes
from exodyn.inference.petab.model import Observed

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
"""A state is steady that changes by less than this part of it, or of its largest value, over a decade, and so
are its derivatives; the first is asked for, the others where rounding does not allow it."""
STEADY_RTOL = 1e-9
"""Tight enough on the way to a steady state, which itself does not depend on the tolerance."""
MOST_STEPS = 100_000


class Simulator:
    """The compiled model of a problem with its lanes.

    optimise: compile longer to faster code. sizes: the largest value of each state, which sets the absolute
    tolerance; found at the first run and kept, so that the likelihood is one function of the parameters.
    """

    def __init__(
        self,
        observed: Observed,
        lanes: Lanes,
        optimise: bool,
        rtol: float = RTOL[0],
        threads: int = 1,
        directions: Directions | None = None,
    ) -> None:
        self.lanes = lanes
        self.directions = directions
        self.model = directions.model if directions is not None else observed.model
        self.rtol = rtol
        self.threads = threads
        self.parts = len(observed.parts)
        self.states = [s.name for s in self.model.states]
        self.engine = Engine(
            self.model,
            [*observed.parts.values(), *self.states],
            optimise=optimise,
            sensitivities=directions.names if directions is not None else (),
        )
        self.sizes: Floats | None = None
        place = {name: k for k, name in enumerate(self.engine.parameters)}
        chained = any(lane.parent >= 0 for lane in lanes.lanes)
        self.before = [place[f"{name}.before"] for name in self.states] if chained else []
        wide = range(len(directions.names)) if directions is not None and chained else range(0)
        self.at = [place[f"at.{j}"] for j in wide]
        self.slope = np.array(
            [[place[f"slope.{name}.{j}"] for j in wide] for name in self.states], dtype=np.int64
        )

    def run(self, values: Floats) -> tuple[Floats, Floats | None]:
        """Parts at all rows, f64[rows, parts], for values of the parameter table, and their derivatives by
        the directions of each row's lane, f64[rows, parts, directions].

        Raises Impossible where a simulation fails.
        """
        if self.sizes is None:
            self.sizes = self._find_sizes(values)
        rows, slopes = self._run(values, self.sizes, self.rtol)
        return rows[:, : self.parts], slopes[:, : self.parts] if slopes is not None else None

    def _find_sizes(self, values: Floats) -> Floats:
        """The largest values of the states: a run tells, and is repeated until it had fitting tolerances."""
        sizes = np.ones(len(self.states))
        for _ in range(6):
            reached = np.abs(self._run(values, sizes, ROUGH)[0][:, self.parts :])
            found = np.max(reached, axis=0, where=np.isfinite(reached), initial=0.0)
            fits = (found >= 0.1 * sizes) | (found == 0.0)
            sizes = np.where(found > 0, found, sizes)
            if np.all(fits):
                break
        return sizes

    def _run(self, values: Floats, sizes: Floats, rtol: float) -> tuple[Floats, Floats | None]:
        table = np.zeros((len(self.lanes.lanes), len(self.engine.parameters)))
        own = self.lanes.table(values)
        table[:, : own.shape[1]] = own
        rows = np.empty((self.lanes.rows, self.parts + len(self.states)))
        slopes = None
        if self.directions is not None:
            slopes = np.empty((*rows.shape, len(self.directions.names)))
            if self.at:
                table[:, self.at] = np.where(
                    self.directions.columns >= 0, own[:, self.directions.columns], 0.0
                )
        for batch in self.lanes.batches:
            for lane in batch:
                if lane.parent >= 0:
                    self._go_on(lane, table, rows, slopes)
            self._run_batch(batch, table, sizes, rtol, rows, slopes)
        return rows, slopes

    def _go_on(self, lane: Lane, table: Floats, rows: Floats, slopes: Floats | None) -> None:
        """Let a lane start where its parent was."""
        parent = self.lanes.lanes[lane.parent]
        row = parent.row + parent.times.index(lane.taken)
        table[lane.number, self.before] = rows[row, self.parts :]
        if slopes is not None and self.directions is not None:
            handed = self.directions.handed(lane.number, slopes[row, self.parts :], parent.number)
            table[lane.number, self.slope] = handed

    def _run_batch(
        self,
        batch: Sequence[Lane],
        table: Floats,
        sizes: Floats,
        rtol: float,
        rows: Floats,
        slopes: Floats | None,
    ) -> None:
        start, last, steady = batch[0].start, batch[0].last, batch[0].steady
        finite = sorted({t for lane in batch for t in lane.asked if np.isfinite(t)})
        late = last + max(1.0, last) * DECADES if steady else np.empty(0)
        rtol = rtol if finite else max(rtol, STEADY_RTOL)
        run = self.engine.run(
            table[[lane.number for lane in batch]],
            [*finite, *late],
            start=start,
            rtol=rtol,
            atol=np.maximum(sizes * (rtol * NOISE), 1e-300),
            threads=self.threads,
            most_steps=MOST_STEPS,
        )
        place = {t: i for i, t in enumerate(finite)}
        failures = {f.patient: f for f in run.failures}
        for k, lane in enumerate(batch):
            found = [place[t] for t in lane.times if np.isfinite(t)]
            failed = failures.get(k)
            if failed is not None and found and failed.time <= lane.last:
                raise Impossible(f"the simulation failed at time {failed.time:g}: {failed.cause}")
            if steady:
                found.append(len(finite) + self._steady(run, k, len(finite), sizes))
            rows[lane.row : lane.row + len(found)] = run.values[k, found]
            if slopes is not None and run.sensitivities is not None:
                slopes[lane.row : lane.row + len(found)] = run.sensitivities[k, found]

    def _steady(self, run: EnsembleRun, patient: int, first: int, sizes: Floats) -> int:
        """The first late time at which no state, nor its derivatives, has changed since the time before.

        States that have no value throughout are left out.
        """
        states = run.values[patient, first:, self.parts :]
        valued = ~np.all(np.isnan(states), axis=0)
        moving = _change(states, sizes)[:, valued]
        worst = np.max(moving, axis=1, initial=0.0)
        if run.sensitivities is not None:
            slopes = run.sensitivities[patient, first:, self.parts :][:, valued]
            largest = np.max(np.abs(slopes), axis=0, where=np.isfinite(slopes), initial=1e-300)
            worst = np.maximum(worst, np.max(_change(slopes, largest), axis=(1, 2), initial=0.0))
        for least in STEADY:
            if np.any(worst <= least):
                return int(np.argmax(worst <= least)) + 1
        reached = np.flatnonzero(np.all(np.isfinite(moving), axis=1))
        if not reached.size:
            raise Impossible("no steady state is reached")
        name = np.array(self.states)[valued][np.argmax(moving[reached[-1]])]
        raise Impossible(f"no steady state is reached: '{name}' goes on changing")


def _change(course: Floats, size: Floats) -> Floats:
    """Relative change from each time to the next."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(np.diff(course, axis=0)) / np.maximum(np.abs(course[1:]), size))
