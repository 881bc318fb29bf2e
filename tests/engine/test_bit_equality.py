"""A patient's numbers depend on that patient alone: the same bits over threads, chunks and neighbours.

By default 30 random configurations of model, population, schedule, threads, chunks and failures; 1,000 with
the slow tests; any other number by the environment variable EXODYN_CONFIGURATIONS.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import numpy as np
import pytest
from networks import (
    Draw,
    Features,
    random_features,
    random_network,
    random_population,
    random_schedule,
    random_times,
)
from toy import Floats, flat_model, named

from exodyn.engine import Dose, Engine, EnsembleRun, Schedule
from exodyn.symbolic import TIME, ModelEvent, const

PER_MODEL = 3
WANTED = int(os.environ.get("EXODYN_CONFIGURATIONS", 1000))
QUICK = 10
MODELS = [
    pytest.param(k, marks=[pytest.mark.slow] if k >= QUICK else [])
    for k in range(max(1, WANTED // PER_MODEL))
]


@dataclass(frozen=True)
class Configuration:
    """Everything that is run; `parts` says how the patients are cut, in the order in which they are run."""

    engine: Engine
    table: Floats
    times: Floats
    schedules: list[Schedule]
    arms: Floats
    rtol: float
    seed: int

    def run(self, threads: int = 1, first: int = 0, last: int | None = None) -> EnsembleRun:
        here = slice(first, last)
        return self.engine.run(
            self.table[here],
            self.times,
            [part(s, here, len(self.table)) for s in self.schedules],
            self.arms[here],
            rtol=self.rtol,
            atol=self.rtol * 1e-3,
            threads=threads,
            seed=self.seed,
            first_patient=first,
            most_steps=20_000,
        )


def part(schedule: Schedule, here: slice, patients: int) -> Schedule:
    """The schedule of a chunk of the patients."""

    def cut(dose: Dose) -> Dose:
        own = {n: getattr(dose, n) for n in ("amount", "time", "rate", "duration", "lag", "bioavailability")}
        return replace(dose, **{n: v[here] if np.size(v) == patients > 1 else v for n, v in own.items()})

    return Schedule([cut(d) for d in schedule.doses], schedule.resets)


def random_engine(draw: Draw) -> tuple[Engine, Features]:
    features = random_features(draw)
    model = random_network(draw, int(draw.integers(1, 13)), features)
    outputs = [s.name for s in model.states] + ["sum"]
    precision = "single" if draw.random() < 0.25 else "double"
    return Engine(model, outputs, ["x0"], precision, optimise=bool(draw.random() < 0.5)), features  # type: ignore[arg-type]


def random_configuration(draw: Draw, engine: Engine, features: Features) -> Configuration:
    patients = int(draw.integers(2, 70))
    arms = int(draw.integers(1, 4))
    schedules = [random_schedule(draw, patients) for _ in range(arms)]
    autonomous = not (features.timed or features.conditions or features.events)
    if autonomous and draw.random() < 0.3:
        lag = draw.uniform(0.0, 0.9, patients)
        schedules[0] = Schedule([Dose("x0", 1.0, 0.0, lag=lag, interval=1.0, steady_state=True)])
    return Configuration(
        engine,
        random_population(draw, engine.model, patients),
        random_times(draw),
        schedules,
        draw.integers(0, arms, patients),
        float(10.0 ** -draw.integers(2, 4 if engine.precision == "single" else 7)),
        int(draw.integers(2**63)),
    )


def assert_same_bits(found: EnsembleRun, right: EnsembleRun, patients: slice = slice(None)) -> None:
    assert found.values.tobytes() == right.values[patients].tobytes()
    assert found.steps.tolist() == right.steps[patients].tolist()
    assert found.rejected.tolist() == right.rejected[patients].tolist()


@pytest.mark.parametrize("model", MODELS)
def test_random_configurations(model: int) -> None:
    draw = np.random.default_rng([20260711, model])
    engine, features = random_engine(draw)
    for _ in range(PER_MODEL):
        configuration = random_configuration(draw, engine, features)
        whole = configuration.run()
        assert_same_bits(configuration.run(threads=int(draw.integers(2, 5))), whole)
        in_chunks(draw, configuration, whole)
        with_failures(draw, configuration, whole)


def in_chunks(draw: Draw, configuration: Configuration, whole: EnsembleRun) -> None:
    """Cut anywhere, chunks in any order, each with threads of its own."""
    patients = len(configuration.table)
    cuts = np.sort(
        draw.choice(np.arange(1, patients), int(draw.integers(0, min(6, patients))), replace=False)
    )
    edges = [0, *cuts.tolist(), patients]
    failures = []
    for k in draw.permutation(len(edges) - 1):
        first, last = edges[k], edges[k + 1]
        chunk = configuration.run(int(draw.integers(1, 3)), first, last)
        assert_same_bits(chunk, whole, slice(first, last))
        failures.extend(chunk.failures)
    assert sorted(failures, key=lambda f: f.patient) == whole.failures


def with_failures(draw: Draw, configuration: Configuration, whole: EnsembleRun) -> None:
    """Patients with a parameter that is not a number fail; the others do not notice."""
    patients = len(configuration.table)
    ill = draw.random(patients) < 0.3
    table = configuration.table.copy()
    # Of the first parameters, which are rates of x0: every one of them spoils its patient.
    table[ill, draw.integers(0, 2, int(ill.sum()))] = np.nan
    run = replace(configuration, table=table).run(int(draw.integers(1, 3)))
    failed = np.array([f.patient for f in run.failures])
    assert set(np.flatnonzero(ill)) <= set(failed)
    assert run.values[~ill].tobytes() == whole.values[~ill].tobytes()
    assert np.all(np.isnan(run.values[ill][:, -1, 0]))


def test_lots_belong_to_the_patient() -> None:
    """Two events of one priority at one instant: who goes first is drawn by patient number and seed."""
    (x,) = named("x")
    tie = [
        ModelEvent("double", TIME >= 1.0, ((x, 2.0 * x),), priority=const(1.0)),
        ModelEvent("add", TIME >= 1.0, ((x, x + 1.0),), priority=const(1.0)),
    ]
    # Values are those at the execution, so the order matters: 2 (1 + 1) = 4 or 2 * 1 + 1 = 3.
    tie = [replace(e, values_at_trigger=False) for e in tie]
    engine = Engine(flat_model({x: 0.0}, {x: 1.0}, events=tie))

    def ends(patients: int, **how: int) -> list[float]:
        return engine.run(times=[2.0], patients=patients, **how).values[:, 0, 0].tolist()

    whole = ends(1000)
    assert sorted(set(whole)) == [3.0, 4.0]
    assert 430 <= whole.count(3.0) <= 570  # binomial, six standard deviations would be 405 to 595
    assert whole[300:500] == ends(200, first_patient=300)
    assert whole == ends(1000, threads=3)
    assert whole != ends(1000, seed=1)
    assert ends(1000, seed=2**64 - 1) != whole
