"""A small therapy: a dose of vesicles that leave the body and speed the fall of a deficit while they last."""

from __future__ import annotations

import numpy as np

from exodyn.engine import Dose, Engine, Schedule
from exodyn.engine.random import uniforms
from exodyn.inference import Free, Impossible, Posterior, Prior
from exodyn.inference.likelihoods import combined, lognormal
from exodyn.symbolic import Model, Parameter, Process, Reads, State, compose
from exodyn.symbolic.model import ParameterValue


class Vesicles(Process):
    """Vesicles leave the body at one rate."""

    k_out = Parameter("1/d", "loss of vesicles")
    plasma = State("particles", "vesicles in the body", start=0)
    plasma.rate = -k_out * plasma


class Healing(Process):
    """A deficit falls; vesicles in the body speed that up."""

    plasma = Reads("particles", "vesicles in the body")
    k_heal = Parameter("1/d", "recovery without treatment")
    effect = Parameter("1/particles", "recovery added per vesicle")
    deficit = State("points", "deficit", start=12)
    deficit.rate = -k_heal * (1 + effect * plasma) * deficit


FREE = (
    Free("k_out", 1e-3, 1e3, "log", prior=Prior("lognormal", np.log(0.7), 0.5), unit="1/d"),
    Free("k_heal", 1e-4, 1e1, "log", prior=Prior("lognormal", np.log(0.05), 0.4), unit="1/d"),
    Free("effect", 0.0, 100.0, prior=Prior("halfnormal", 0.0, 4.0), unit="1/particles"),
    Free("error", 1e-3, 3.0, "log10", prior=Prior("lognormal", np.log(0.1), 0.3)),
)
PLASMA, DEFICIT = np.array([1.25, 2.0, 4.0]), np.array([0.5, 2.0, 4.0, 7.0, 14.0, 28.0])
TIMES = np.union1d(PLASMA, DEFICIT)
DOSE = Schedule([Dose("plasma", amount=1.0, time=1.0)])
ADDITIVE = 0.2


def model() -> Model:
    """The two processes composed; a vesicle count of 1 is the dose."""
    values = {
        "k_out": (Vesicles, 1.0, "1/d"),
        "k_heal": (Healing, 0.05, "1/d"),
        "effect": (Healing, 1.0, "1/particles"),
    }
    given = {
        name: ParameterValue(getattr(owner, name), value, unit, status="assumed", source="a test")
        for name, (owner, value, unit) in values.items()
    }
    return compose("small", {"vesicles": Vesicles, "healing": Healing}, given, "d")


class Experiment:
    """Vesicles in the body read with a lognormal error, the deficit with a combined one of the same size."""

    def __init__(self) -> None:
        self.engine = Engine(model(), ["plasma", "deficit"], sensitivities=("k_out", "k_heal", "effect"))
        self.at = [np.searchsorted(TIMES, times) for times in (PLASMA, DEFICIT)]

    def simulated(self, truth: np.ndarray, seed: int) -> Posterior:
        """The posterior of data simulated at these values of FREE."""
        names = self.engine.sensitivities
        values = self.engine.run(
            dict(zip(names, truth[:3], strict=True)), TIMES, DOSE, rtol=1e-6, patients=1
        ).values[0]
        rng = np.random.Generator(np.random.Philox(int(uniforms(9, "data", seed, 1, 1)[0, 0] * 2**52)))
        p, d = values[self.at[0], 0], values[self.at[1], 1]
        plasma = p * np.exp(truth[3] * rng.normal(size=len(p)))
        deficit = d + np.hypot(ADDITIVE, truth[3] * d) * rng.normal(size=len(d))
        return Posterior(FREE, self.likelihood(plasma, deficit))

    def likelihood(self, plasma: np.ndarray, deficit: np.ndarray):
        """Of these readings, with its gradient by the solver's adjoint."""

        def of(v: np.ndarray) -> tuple[float, np.ndarray]:
            found = []

            def weigh(values: np.ndarray) -> np.ndarray:
                if not np.all(np.isfinite(values)):
                    raise Impossible("the model could not be integrated")
                p, d = values[0, self.at[0], 0], values[0, self.at[1], 1]
                found.append(lognormal(plasma, plasma, np.maximum(p, 1e-12), v[3]))
                found.append(combined(deficit, deficit, d, v[3], ADDITIVE))
                weights = np.zeros_like(values)
                weights[0, self.at[0], 0] = found[0].by["median"]
                weights[0, self.at[1], 1] = found[1].by["mean"]
                return weights

            table = np.array([[v[self.engine.sensitivities.index(n)] for n in self.engine.parameters]])
            run = self.engine.gradient(weigh, table, TIMES, DOSE, rtol=1e-6)
            by_error = found[0].by["sd_log"].sum() + found[1].by["proportional"].sum()
            return found[0].total + found[1].total, np.array([*run.gradient[0], by_error])

        return of
