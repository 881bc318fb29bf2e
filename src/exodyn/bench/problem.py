"""The problem that all programs solve: the human stroke model, four weekly boluses, a varied population."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exodyn.engine import Dose, Engine, Schedule
from exodyn.engine.random import uniforms
from exodyn.indications import Indication, get_indication
from exodyn.symbolic import TIME, Model, ModelEvent
from exodyn.symbolic.sbml import sbml_text

Floats = NDArray[np.float64]

DAYS = 90
DOSE_TIMES = (1.0, 8.0, 15.0, 22.0)
DOSE_PARTICLES = 1e11
VARIED = 41
"""Parameters that differ between patients: what the indication varies, and others beside it."""
VARIATION = 0.3
"""Standard deviation of the log of those others."""
REFERENCE_RTOL = 1e-11
NOISE = 1e-3
"""Below this part of a state's peak over all patients an error counts as one of that size."""
SEED = 1


@dataclass(frozen=True)
class Problem:
    """A model, its doses and its patients, and what the solution is.

    parameters: f64[patients, parameters]; reference: f64[patients, points, states], by this engine at
    `REFERENCE_RTOL`. peak: f64[states], the largest size of each state in any patient.
    sbml: the model with its doses as events, as another program reads it.
    """

    name: str
    model: Model
    dosed: str
    amount: float
    parameters: Floats
    times: Floats
    sbml: str
    reference: Floats
    peak: Floats

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(s.name for s in self.model.states)

    @property
    def schedule(self) -> Schedule:
        return Schedule([Dose(self.dosed, self.amount, time=t) for t in DOSE_TIMES])

    @property
    def varied(self) -> tuple[int, ...]:
        """Columns of `parameters` that differ between patients."""
        return tuple(np.flatnonzero(np.ptp(self.parameters, axis=0) > 0).tolist())

    def atol(self, rtol: float) -> Floats:
        """The absolute tolerances that every program is given with this relative one, f64[states]."""
        return rtol * NOISE * self.peak

    def errors(self, values: Floats) -> Floats:
        """Each patient's largest error, relative to the state or to `NOISE` of its peak, f64[patients].

        The dosed state at the instants of doses is left out: programs differ in which of its two values
        they report there. values: f64[patients, points, states], of the first patients or of all.
        """
        exact = self.reference[: len(values)]
        off = np.abs(values - exact) / np.maximum(np.abs(exact), NOISE * self.peak)
        at_doses = np.isin(self.times, DOSE_TIMES)
        off[:, at_doses, self.states.index(self.dosed)] = 0.0
        return np.asarray(off.max(axis=(1, 2)))


def stroke(patients: int) -> Problem:
    """The human stroke model with exosomes into a vein, this many patients."""
    indication = get_indication("stroke")
    (product, *_), (route, *_) = indication.products("human"), indication.routes("human")
    model = indication.model("human", product, route)
    dosed, amount = indication.dose("human", product, route, DOSE_PARTICLES, "particles")
    parameters = _population(indication, model, patients)
    times = np.linspace(0.0, DAYS, DAYS + 1)
    schedule = Schedule([Dose(dosed, amount, time=t) for t in DOSE_TIMES])
    tight = Engine(model).run(parameters, times, schedule, rtol=REFERENCE_RTOL, atol=NOISE * REFERENCE_RTOL)
    peak = np.abs(tight.values).max(axis=(0, 1))
    return Problem(
        "stroke", model, dosed, amount, parameters, times,
        sbml_text(with_doses(model, dosed, amount)),
        tight.values, np.where(peak > 0, peak, 1.0),
    )  # fmt: skip


def with_doses(model: Model, state: str, amount: float) -> Model:
    """The model with each dose as an event; readouts, which nobody asked for here, left out."""
    symbol = model.state(state).symbol
    doses = tuple(
        ModelEvent(f"dose_{k}", TIME >= t, ((symbol, symbol + amount),)) for k, t in enumerate(DOSE_TIMES)
    )
    return replace(model, events=(*model.events, *doses), readouts=())


def _population(indication: Indication, model: Model, patients: int) -> Floats:
    """Parameters by patient: what the indication says of a person, others log-normal about their value."""
    traits = indication.population("human").traits
    shares = uniforms(SEED, "bench", 0, patients, len(traits))
    person = indication.person("human", {t.name: t.sample(shares[:, k]) for k, t in enumerate(traits)})
    names = [p.name for p in model.parameters]
    table = np.tile([p.value for p in model.parameters], (patients, 1))
    # Rates, volumes and thresholds; a share or an exponent (no unit) would leave its range.
    others = [
        k for k, p in enumerate(model.parameters) if p.value > 0 and p.unit != "1" and p.name not in person
    ]
    spread = np.linspace(0, len(others) - 1, VARIED - len(person)).astype(int)
    chosen = [others[k] for k in spread]
    table[:, chosen] *= np.exp(
        VARIATION * np.random.default_rng(SEED).standard_normal((patients, len(chosen)))
    )
    for name, values in person.items():
        table[:, names.index(name)] = values
    return table
