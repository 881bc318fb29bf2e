"""The likelihood of a mixed-effects model: the individual parameters integrated out, subject by subject.

    l_i(theta) = log int p(y_i | u, theta) N(u; 0, I) du

by Gauss-Hermite quadrature in the coordinates u = m + C z, where m is the mode of the integrand and C C' the
inverse of its curvature there (Pinheiro & Bates 1995). One node a dimension
is Laplace's approximation, and with the expected curvature it is what NONMEM calls FOCE with interaction
(Wang 2007). All subjects and nodes go through the engine together.

The gradient is that of the approximation itself, moving nodes included: m moves with theta by the implicit
function theorem, C by the derivative of the curvature's Cholesky factor (after Almquist et al. 2015).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError
from exodyn.inference.mixed.event_table import EventTable
from exodyn.inference.mixed.lanes import Lanes
from exodyn.inference.mixed.model import MixedModel
from exodyn.inference.mixed.quadrature import factor, grid, log_sum, sums, updated
from exodyn.inference.mixed.residual import Scatter, scatter
from exodyn.inference.objective import Impossible, Posterior
from exodyn.symbolic import Symbol, evaluate, gradients

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Method = Literal["quadrature", "laplace", "focei"]
METHODS: tuple[Method, ...] = ("quadrature", "laplace", "focei")
RTOL: dict[Method, float] = {"quadrature": 1e-8, "laplace": 1e-11, "focei": 1e-8}
"""Relative tolerances of the integration: Laplace's method differentiates slopes once more than others."""
MOST_NODES = 20_000
"""Nodes a subject: beyond this, a grid is the wrong method."""
MOST_STEPS = 100
SETTLED, BLURRED = 1e-7, 1e-4
"""A mode is found when the next step is shorter than the first, in standard deviations; below the second also
when it no longer climbs, which is then due to the tolerance of the integration."""
LONGEST, NEAR = 1.0, 0.3
"""The longest step, and the length below which the curvature is updated, in standard deviations."""
ROUNDING = 1e-13
SHIFT = 1e-4
"""Step of the differences of slopes, in u, and relative in theta."""


@dataclass(frozen=True)
class Individuals:
    """phi f64[replicates, segments, copies] (see `Lanes`) with its slopes by u and theta (last axis)."""

    phi: Floats
    by_u: Floats
    by_theta: Floats


@dataclass(frozen=True)
class Terms:
    """The log integrand of each subject, f64[replicates, subjects], with slopes by u and theta.

    information: the curvature expected of it in u, f64[replicates, subjects, u, u].
    """

    value: Floats
    by_u: Floats
    by_theta: Floats
    information: Floats


class MixedLikelihood:
    """log likelihood and gradient by theta, the values of `model.free` in their order.

    method: "quadrature" with `nodes` a dimension, "laplace", or "focei". Takes the place of the likelihood in
    `exodyn.inference.Posterior`; `objective()` makes one.
    Raises InputError where the table does not fit the model, and for a grid of too many nodes.
    """

    def __init__(
        self,
        model: MixedModel,
        table: EventTable,
        method: Method = "quadrature",
        nodes: int = 7,
        threads: int = 1,
        lanes: Lanes | None = None,
    ) -> None:
        self.model, self.table, self.method = model, table, method
        self.lanes = lanes or Lanes(model, table, RTOL[method], threads)
        self.names = tuple(one.name for one in model.free)
        self.written = self.lanes.written
        self._theta = [self.written.theta[name] for name in self.names]
        roots = [self.written.phi[name] for name in self.lanes.parameters]
        unknown = [*self.written.u, *self.written.occasions.values(), *self._theta]
        self._phi, self._slopes = roots, gradients(roots, unknown)
        self.dimensions = len(self.written.u) + len(self.written.occasions) * self.lanes.periods.occasions
        count = nodes if method == "quadrature" else 1
        if count**self.dimensions > MOST_NODES:
            raise InputError(
                f"{count} nodes for each of {self.dimensions} random effects are {count**self.dimensions:,} "
                f"a subject, expected at most {MOST_NODES:,}: take fewer, or the method 'focei'"
            )
        self.z, self.log_weight = grid(count, self.dimensions)
        self._by_subject = np.unique(table.observations.subject, return_index=True)
        self._by_segment = np.unique(table.observations.segment, return_index=True)
        self._segments_of = np.unique(self.lanes.subject_of, return_index=True)
        self.count = len(table.subjects)

    def objective(self) -> Posterior:
        """The log posterior density, on the scaled parameters, with the priors of the model."""
        return Posterior(self.model.free, self)

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Log likelihood and gradient; raises Impossible where no subject's integral exists."""
        value, gradient = self.scores(theta)
        return float(value.sum()), gradient.sum(axis=0)

    def scores(self, theta: Floats) -> tuple[Floats, Floats]:
        """The log likelihood of each subject, f64[subjects], and its gradient, f64[subjects, theta].

        Raises Impossible.
        """
        mode, curvature = self.modes(theta)
        spread = factor(curvature)
        u = mode + np.einsum("nij,qj->qni", spread, self.z)
        terms = self._terms(theta, u, curved=False)
        logs = terms.value + self.log_weight[:, None]
        value, share = log_sum(logs)
        value = value + np.log(np.diagonal(spread, axis1=1, axis2=2)).sum(axis=1)
        if not np.all(np.isfinite(value)):
            raise Impossible(self._why(theta, mode, int(np.argmin(value))))
        gradient = np.einsum("qn,qnt->nt", share, terms.by_theta)
        if self.dimensions:
            gradient = gradient + self._motion(theta, mode, curvature, spread, terms, share)
        return value, gradient

    def firsts(self) -> Integers:
        """The first period of each subject, or where subjects are studies of each of their members."""
        when = self.lanes.periods
        who = when.subject
        if self.table.members:
            who = np.array([self.table.segments[k].occasions[0] for k in when.segment], dtype=np.int64)
        return np.unique(who, return_index=True)[1]

    def by_subject(self, theta: Floats) -> Floats:
        """The log likelihood of each subject, f64[subjects]."""
        mode, curvature = self.modes(theta)
        spread = factor(curvature)
        u = mode + np.einsum("nij,qj->qni", spread, self.z)
        value, _ = log_sum(self._terms(theta, u, slopes=False).value + self.log_weight[:, None])
        return np.asarray(value + np.log(np.diagonal(spread, axis1=1, axis2=2)).sum(axis=1))

    def _why(self, theta: Floats, mode: Floats, subject: int) -> str:
        """What keeps a subject's likelihood from being computed."""
        name, seen = self.table.subjects[subject], self.table.observations
        f = self.lanes.predict(self.individuals(theta, mode[None]).phi)
        density = self._scatter(theta, f).log_density[0]
        bad = np.flatnonzero((seen.subject == subject) & ~np.isfinite(density))
        if not bad.size:
            return f"no likelihood for subject {name}"
        one = int(bad[0])
        if not np.isfinite(f[0, one]):
            return f"the model cannot be integrated for subject {name}"
        return (
            f"{self.table.file}, line {seen.line[one]}: {seen.value[one]:g} measured where {f[0, one]:g} is "
            "predicted has no likelihood with this residual error"
        )

    # -- modes

    def modes(self, theta: Floats) -> tuple[Floats, Floats]:
        """The mode of each subject's integrand, f64[subjects, u], and the curvature there.

        Newton steps with the expected information, at most one standard deviation long and damped (Levenberg)
        where they do not climb; once they are short the curvature is updated from them (BFGS), which the
        expected one alone would only approach slowly.
        """
        u = np.zeros((self.count, self.dimensions))
        if not self.dimensions:
            return u, np.zeros((self.count, 0, 0))
        terms = self._terms(theta, u[None])
        curvature = terms.information[0]
        damping = np.zeros(self.count)
        found = np.zeros(self.count, dtype=bool)
        identity = np.eye(self.dimensions)
        for _ in range(MOST_STEPS):
            matrix = curvature + damping[:, None, None] * identity
            step = np.linalg.solve(matrix, terms.by_u[0][:, :, None])[:, :, 0]
            length = np.sqrt(np.sum(step * step, axis=1))
            moving = (length >= SETTLED) & np.isfinite(terms.value[0]) & ~found
            if not np.any(moving):
                break
            step *= np.minimum(1.0, LONGEST / np.maximum(length, SETTLED))[:, None]
            tried = self._terms(theta, (u + step)[None], some=moving)
            better = moving & (tried.value[0] >= terms.value[0] - ROUNDING * np.abs(terms.value[0]))
            found |= moving & ~better & (length < BLURRED)
            learned = updated(curvature, step, terms.by_u[0] - tried.by_u[0])
            far = (length > NEAR)[:, None, None]
            u = np.where(better[:, None], u + step, u)
            damping = np.where(better, damping / 10, np.where(moving, np.maximum(10 * damping, 1.0), 0.0))
            damping = np.where(damping < 1e-2, 0.0, damping)
            curvature = np.where(
                better[:, None, None], np.where(far, tried.information[0], learned), curvature
            )
            terms = _chosen(better, tried, terms)
        return u, self._curvature(theta, u[None], terms)[0]

    def _curvature(self, theta: Floats, u: Floats, terms: Terms | None = None) -> Floats:
        """What places the nodes: expected information, or for Laplace the curvature as observed."""
        if self.method == "laplace":
            return self._observed(theta, u)
        return (terms or self._terms(theta, u)).information

    def _observed(self, theta: Floats, u: Floats) -> Floats:
        """Minus the second derivative by u, f64[replicates, subjects, u, u], by differences of slopes."""
        k, replicates = self.dimensions, len(u)
        shifts = SHIFT * np.concatenate([np.eye(k), -np.eye(k)])
        moved = (u[None] + shifts[:, None, None, :]).reshape(-1, self.count, k)
        repeated = np.tile(theta, (2 * k, 1)) if theta.ndim == 2 else theta
        slopes = self._terms(repeated, moved).by_u.reshape(2, k, replicates, self.count, k)
        second = -np.moveaxis(slopes[0] - slopes[1], 0, -1) / (2 * SHIFT)
        return np.asarray(0.5 * (second + np.swapaxes(second, -1, -2)))

    # -- the gradient

    def _motion(
        self, theta: Floats, mode: Floats, curvature: Floats, spread: Floats, terms: Terms, share: Floats
    ) -> Floats:
        """What the moving nodes add to the gradient, f64[subjects, theta]."""
        steps = SHIFT * np.maximum(np.abs(theta), 1e-2)
        shifted = np.concatenate([theta + np.diag(steps), theta - np.diag(steps)])
        count = len(theta)
        slopes = self._terms(shifted, np.broadcast_to(mode, (2 * count, *mode.shape))).by_u
        cross = (slopes[:count] - slopes[count:]) / (2 * steps[:, None, None])
        observed = curvature if self.method == "laplace" else self._observed(theta, mode[None])[0]
        by_theta = np.linalg.solve(observed[None], cross[..., None])[..., 0]  # [theta, subjects, u]
        along = steps[:, None, None] * by_theta
        bent = self._curvature(shifted, np.concatenate([mode + along, mode - along]))
        change = (bent[:count] - bent[count:]) / (2 * steps[:, None, None, None])
        # C = chol(H^-1): C^-1 dC is the lower half of -C' dH C, its diagonal halved.
        inner = -np.einsum("nji,tnjk,nkl->tnil", spread, change, spread)
        half = np.tril(inner) - 0.5 * inner * np.eye(self.dimensions)
        moved = np.einsum("nij,tnjk,qk->tqni", spread, half, self.z) + by_theta[:, None]
        direct = np.einsum("qn,qni,tqni->nt", share, terms.by_u, moved)
        volume = np.einsum("tnii->nt", half)
        return np.asarray(direct + volume)

    # -- the integrand

    def individuals(self, theta: Floats, u: Floats) -> Individuals:
        """The parameters that the lanes see, at theta (f64[theta] or f64[replicates, theta]) and u."""
        when = self.lanes.periods
        shape = len(u), len(when.segment)
        values: dict[Symbol, Floats] = {
            s: np.atleast_2d(theta)[:, k, None] for k, s in enumerate(self._theta)
        }
        values |= {s: when.covariates[name][None, :] for name, s in self.written.covariates.items()}
        count = len(self.written.u)
        everywhere = np.arange(len(when.segment))
        columns = {id(s): np.full(len(everywhere), k) for k, s in enumerate(self.written.u)}
        for k, s in enumerate(self.written.occasions.values()):
            columns[id(s)] = count + k * when.occasions + when.occasion
        for s in [*self.written.u, *self.written.occasions.values()]:
            values[s] = u[:, when.subject, columns[id(s)]]
        found = [by for slopes in self._slopes for by in slopes.values()]
        numbers = iter(evaluate([*self._phi, *found], values))
        phi, by_u, by_theta = (
            np.zeros((*shape, len(self._phi), *more))
            for more in ((), (self.dimensions,), (len(self._theta),))
        )
        for k in range(len(self._phi)):
            phi[:, :, k] = next(numbers)
        place = {id(s): k for k, s in enumerate(self._theta)}
        for k, slopes in enumerate(self._slopes):
            for symbol in slopes:
                if id(symbol) in place:
                    by_theta[:, :, k, place[id(symbol)]] = next(numbers)
                else:
                    by_u[:, everywhere, k, columns[id(symbol)]] = next(numbers)
        here = self.lanes.period_of, self.lanes.parameter_of
        return Individuals(phi[:, *here], by_u[:, *here], by_theta[:, *here])

    def _terms(
        self,
        theta: Floats,
        u: Floats,
        slopes: bool = True,
        curved: bool = True,
        some: NDArray[np.bool_] | None = None,
    ) -> Terms:
        """The integrand at u, f64[replicates, subjects, u], of all subjects or of some (others have -inf).

        slopes, curved: whether slopes and the information are wanted.
        """
        who = self.individuals(theta, u)
        if slopes:
            f, by_phi = self.lanes.slopes(who.phi, some)
        else:
            f, by_phi = self.lanes.predict(who.phi), np.zeros((*u.shape[:1], 0, 0))
        scattered = self._scatter(theta, f)
        value = self._sum(scattered.log_density) - 0.5 * np.sum(u * u, axis=2)
        value = np.where(np.isnan(value), -np.inf, value)
        if not slopes:
            nothing = np.zeros(0)
            return Terms(value, nothing, nothing, nothing)
        by_phi = np.nan_to_num(by_phi)
        through = sums(
            scattered.by_prediction[..., None] * by_phi, len(self.table.segments), self._by_segment
        )
        by_u = self._of_subjects(np.einsum("rsp,rspk->rsk", through, who.by_u)) - u
        by_theta = self._of_subjects(np.einsum("rsp,rspt->rst", through, who.by_theta))
        for name, by in scattered.by_parameter.items():
            by_theta[:, :, self.names.index(name)] += self._sum(by)
        if not curved:
            return Terms(value, by_u, by_theta, np.zeros(0))
        at = self.table.observations.segment
        along = np.einsum("rjp,rjpk->rjk", by_phi, who.by_u[:, at])
        information = self._sum(
            scattered.information[..., None, None] * along[..., :, None] * along[..., None, :]
        )
        return Terms(value, by_u, by_theta, information + np.eye(self.dimensions))

    def _scatter(self, theta: Floats, f: Floats) -> Scatter:
        """The residual errors of all observations."""
        table = np.atleast_2d(theta)
        values = {name: table[:, k, None] for k, name in enumerate(self.names)}
        seen = self.table.observations
        parts = []
        for k, error in enumerate(self.model.residuals):
            mine = np.flatnonzero(self.lanes.error_of == k)
            parts.append(
                (
                    mine,
                    scatter(
                        error, f[:, mine], seen.value[mine], seen.censoring[mine], seen.limit[mine], values
                    ),
                )
            )
        density, by, information = (np.zeros(f.shape) for _ in range(3))
        by_parameter: dict[str, Floats] = {}
        for mine, found in parts:
            density[:, mine], by[:, mine] = found.log_density, found.by_prediction
            information[:, mine] = found.information
            for name, slope in found.by_parameter.items():
                by_parameter.setdefault(name, np.zeros(f.shape))[:, mine] += slope
        return Scatter(density, by, information, by_parameter)

    def _sum(self, values: Floats) -> Floats:
        """Sums over the observations (second axis) of each subject."""
        return sums(values, self.count, self._by_subject)

    def _of_subjects(self, values: Floats) -> Floats:
        """Sums over the segments (second axis) of each subject."""
        return sums(values, self.count, self._segments_of)


def _chosen(better: NDArray[np.bool_], new: Terms, old: Terms) -> Terms:
    def pick(a: Floats, b: Floats) -> Floats:
        return np.where(better.reshape(1, -1, *(1,) * (a.ndim - 2)), a, b)

    return Terms(
        pick(new.value, old.value),
        pick(new.by_u, old.by_u),
        pick(new.by_theta, old.by_theta),
        pick(new.information, old.information),
    )
