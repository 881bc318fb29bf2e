"""Draws from the posterior by Hamiltonian Monte Carlo; what has not converged is refused.

The sampler is nutpie's NUTS (Hoffman and Gelman 2014, JMLR 15:1593). It sees no
bounds and no correlations: a bounded parameter is mapped to the whole line (its Jacobian added), and the line
is turned and stretched by the curvature of the posterior at its optimum, which saves most of the gradients
(docs/decisions/inference.md).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from exodyn.engine.random import uniforms
from exodyn.errors import InputError
from exodyn.inference.objective import Objective
from exodyn.inference.optimise import multistart
from exodyn.inference.parameters import Free, values

Floats = NDArray[np.float64]
InferenceData: TypeAlias = Any
"""arviz.InferenceData, whose groups (posterior, sample_stats: xarray datasets) its types do not name."""
Progress = Callable[[int, int], None]
"""Told how many draws are done of how many, over all chains, the warm-up included."""

LARGEST_R_HAT = 1.01
LEAST_ESS = 100.0
"""Effective draws a chain, of the bulk and of both tails (Vehtari and others 2021, doi:10.1214/20-BA1221)."""
MOST_DIVERGENT = 0.01
"""Share of draws whose trajectory may break off: more say that part of the posterior was not seen."""

WIDEST = 3.0
"""Standard deviation on the whole line beyond which a flat direction is not stretched."""


class Unconverged(Exception):  # noqa: N818, the sampler's state, not the user's fault
    """The chains do not agree: there is no posterior to report. `complaints`: a line for each parameter."""

    def __init__(self, complaints: Sequence[str], draws: InferenceData | None = None) -> None:
        super().__init__("the posterior has not converged: " + "; ".join(complaints))
        self.complaints = tuple(complaints)
        self.draws = draws


def sample(
    objective: Objective,
    draws: int = 1000,
    chains: int = 4,
    seed: int = 0,
    *,
    warmup: int = 500,
    threads: int = 1,
    start: Floats | None = None,
    correlated: bool = False,
    progress: Progress = lambda done, of: None,
    strict: bool = True,
) -> InferenceData:
    """Draws of the parameters' values (not scaled), by name, with dimensions chain and draw.

    start: scaled parameters near the optimum; None searches for them. The draws depend on the seed alone, not
    on threads. correlated: correlations that the curvature at the start did not tell are learnt (a low-rank
    mass matrix beside the diagonal), which takes a longer warm-up. strict: False returns what has not
    converged, for diagnosis; it must not be reported.
    Raises `Unconverged`, with each parameter's R-hat and effective sample size; InputError if nothing can be
    computed.
    """
    if min(draws, chains, warmup) < 1:
        raise InputError(f"draws {draws}, chains {chains}, warmup {warmup}: expected 1 or more of each")
    if start is None:
        start = multistart(objective, starts=4, seed=seed, threads=threads).best.x
    line = Line.at(objective, start)
    found = _run(objective, line, draws, chains, seed, warmup, threads, correlated, progress)
    if strict:
        complaints = unconverged(found)
        if complaints:
            raise Unconverged(complaints, found)
    return found


def unconverged(draws: InferenceData) -> list[str]:
    """What says that the chains have not converged, a line each; empty if nothing does."""
    found = []
    for name, row in convergence(draws).items():
        said = []
        least = LEAST_ESS * draws.posterior.sizes["chain"]
        if not row["r_hat"] <= LARGEST_R_HAT:
            said.append(f"R-hat {row['r_hat']:.3f} (at most {LARGEST_R_HAT})")
        for which in ("ess_bulk", "ess_tail"):
            if not row[which] >= least:
                said.append(f"{which.replace('_', ' ')} {row[which]:.0f} (at least {least:.0f})")
        if said:
            found.append(f"{name}: {', '.join(said)}")
    share = float(draws.sample_stats["diverging"].mean()) if "sample_stats" in draws.groups() else 0.0
    if share > MOST_DIVERGENT:
        found.append(f"{100 * share:.1f}% of draws diverged (at most {100 * MOST_DIVERGENT:g}%)")
    return found


def convergence(draws: InferenceData) -> dict[str, dict[str, float]]:
    """R-hat and effective sample sizes of each parameter: r_hat, ess_bulk, ess_tail.

    NaN where nothing moved.
    """
    arviz = library()
    r_hat = arviz.rhat(draws.posterior)
    bulk, tail = (arviz.ess(draws.posterior, method=method) for method in ("bulk", "tail"))
    return {
        str(name): {"r_hat": float(r_hat[name]), "ess_bulk": float(bulk[name]), "ess_tail": float(tail[name])}
        for name in draws.posterior.data_vars
    }


@dataclass(frozen=True)
class Line:
    """The map from the sampler's coordinates z, on the whole line, to scaled parameters within their bounds.

    x = inside(middle + turn @ z). middle: float64[parameters]; turn: float64[parameters, parameters].
    """

    low: Floats
    high: Floats
    middle: Floats
    turn: Floats

    @staticmethod
    def at(objective: Objective, start: Floats) -> Line:
        """Turned and stretched by the curvature of the objective at `start`."""
        low, high = np.array([one.bounds for one in objective.free], dtype=np.float64).reshape(-1, 2).T
        straight = Line(low, high, np.zeros(len(low)), np.eye(len(low)))
        middle = straight.outside(start)
        curvature = -hessian(lambda u: straight.density(objective, u), middle)
        size, axes = np.linalg.eigh(curvature)
        spread = np.minimum(1 / np.sqrt(np.maximum(size, 1e-12)), WIDEST)
        return Line(low, high, middle, axes * spread)

    def inside(self, u: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Scaled parameters of places on the line; d x / d u; the log of it, and its derivative by u."""
        x, slope = u.copy(), np.ones_like(u)
        log_slope, its_slope = np.zeros_like(u), np.zeros_like(u)
        for i, (low, high, at) in enumerate(zip(self.low, self.high, u, strict=True)):
            if math.isfinite(low) and math.isfinite(high):
                share = expit(at)
                x[i] = low + (high - low) * share
                log_slope[i] = math.log(high - low) - abs(at) - 2 * math.log1p(math.exp(-abs(at)))
                its_slope[i] = 1 - 2 * share
                slope[i] = math.exp(log_slope[i])
            elif math.isfinite(low) or math.isfinite(high):
                x[i] = low + math.exp(at) if math.isfinite(low) else high - math.exp(at)
                slope[i] = math.exp(at) if math.isfinite(low) else -math.exp(at)
                log_slope[i], its_slope[i] = at, 1.0
        return x, slope, log_slope, its_slope

    def outside(self, x: Floats) -> Floats:
        """Places on the line of scaled parameters; those at a bound are put a little inside."""
        u = np.array(x, dtype=np.float64)
        for i, (low, high) in enumerate(zip(self.low, self.high, strict=True)):
            if math.isfinite(low) and math.isfinite(high):
                u[i] = logit(np.clip((u[i] - low) / (high - low), 1e-3, 1 - 1e-3))
            elif math.isfinite(low):
                u[i] = math.log(max(u[i] - low, 1e-3))
            elif math.isfinite(high):
                u[i] = math.log(max(high - u[i], 1e-3))
        return u

    def scaled(self, z: Floats) -> Floats:
        """Scaled parameters at the sampler's coordinates."""
        return self.inside(self.middle + self.turn @ z)[0]

    def density(self, objective: Objective, z: Floats) -> tuple[float, Floats]:
        """The log density of the sampler's coordinates and its gradient."""
        with np.errstate(over="ignore"):
            x, slope, log_slope, its_slope = self.inside(self.middle + self.turn @ z)
        if not np.all(np.isfinite(x)):
            return -math.inf, np.zeros_like(z)
        value, gradient = objective.gradient(x)
        return value + float(np.sum(log_slope)), self.turn.T @ (gradient * slope + its_slope)


def hessian(density: Callable[[Floats], tuple[float, Floats]], at: Floats, step: float = 1e-4) -> Floats:
    """Second derivatives by central differences of the gradient, float64[parameters, parameters]."""
    rows = []
    for each in np.eye(len(at)) * step:
        above, below = density(at + each), density(at - each)
        both = math.isfinite(above[0]) and math.isfinite(below[0])
        rows.append((above[1] - below[1]) / (2 * step) if both else np.zeros(len(at)))
    found = np.array(rows).reshape(len(at), len(at))
    return 0.5 * (found + found.T)


def _run(
    objective: Objective,
    line: Line,
    draws: int,
    chains: int,
    seed: int,
    warmup: int,
    threads: int,
    correlated: bool,
    progress: Progress,
) -> InferenceData:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # arviz announces its next release on import
        import nutpie
        from nutpie.compiled_pyfunc import from_pyfunc

    free = objective.free
    size = len(free)

    def make_density() -> Callable[[Floats], tuple[float, Floats]]:
        return lambda z: line.density(objective, z)

    done, total = 0, chains * (draws + warmup)

    def make_expand(*_: Any) -> Callable[[Floats], Mapping[str, Floats]]:
        def expand(z: Floats) -> Mapping[str, Floats]:
            nonlocal done
            done += 1
            if done % 20 == 0 or done == total:
                progress(done, total)
            found = values(free, line.scaled(z))
            return {one.name: np.array(value) for one, value in zip(free, found, strict=True)}

        return expand

    def start(its_seed: int) -> Floats:
        """Twice as wide as the posterior would be if it were normal, so that R-hat means something."""
        for row in uniforms(its_seed % 2**64, "chain", 0, 100, size):
            z: Floats = 2 * ndtri(row)
            if math.isfinite(line.density(objective, z)[0]):
                return z
        return np.zeros(size)

    model = from_pyfunc(
        size,
        make_density,
        make_expand,
        [np.dtype(np.float64)] * size,
        [()] * size,
        [one.name for one in free],
        make_initial_point_fn=start,
    )
    running: Any = nutpie.sample(
        model,
        draws=draws,
        tune=warmup,
        chains=chains,
        cores=min(threads, chains),
        seed=seed,
        low_rank_modified_mass_matrix=correlated,
        save_warmup=False,
        progress_bar=False,
        blocking=False,
    )
    try:
        return _with_units(running.wait(), free)
    except BaseException:
        running.cancel()
        raise


def _with_units(draws: InferenceData, free: Sequence[Free]) -> InferenceData:
    for one in free:
        draws.posterior[one.name].attrs = {"unit": one.unit, "meaning": one.meaning}
    return draws


def library() -> Any:
    """ArviZ, without the notice of its next release."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        import arviz
    return arviz
