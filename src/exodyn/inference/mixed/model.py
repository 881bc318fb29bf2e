"""A nonlinear mixed-effects model: one structure, parameters that vary between subjects, residual error.

    parameters of subject i    phi_i = typical(theta, covariates_i) * exp(eta_i)          log-normal
                                     = typical + eta_i                                    normal
                                     = low + (high - low) expit(logit(...) + eta_i)       logit
    variation                  eta_i = L(theta) u_i,  u_i standard normal,  Omega = L L'
    measurement                y_ij = f(t_ij, phi_i) with residual error

The standard normal u takes the place of eta throughout, so that all of theta acts through phi: a variance
that goes to zero is then no special case, and every derivative is one of phi's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from exodyn.errors import InputError, nearest
from exodyn.inference.mixed.residual import ResidualError
from exodyn.inference.parameters import Free
from exodyn.symbolic import Expr, Model, Symbol, const, exp, log, sqrt, substitute, symbols

Variation = Literal["lognormal", "normal", "logit"]
VARIATIONS: tuple[Variation, ...] = ("lognormal", "normal", "logit")


@dataclass(frozen=True)
class Individual:
    """A parameter of subjects.

    typical: of fixed effects, covariates and, where nothing varies, other individual parameters.
    variation: its distribution between subjects, None where subjects differ by covariates alone.
    sd: the name of the standard deviation of eta, a fixed effect. low, high: the ends of a logit scale.
    occasion_sd: that of what is added to eta anew on each occasion, empty where nothing is. Where the table's
    subjects are studies, sd is that between studies (empty where they are alike) and occasion_sd that
    between the subjects of a study.
    """

    name: str
    typical: Expr
    variation: Variation | None = None
    sd: str = ""
    low: float = 0.0
    high: float = 1.0
    occasion_sd: str = ""


@dataclass(frozen=True)
class Correlated:
    """Parameters whose etas are correlated.

    partial[i][j]: the fixed effect that holds the correlation of parameters i and j (j < i) given those
    before j; for two parameters this is the plain correlation.
    """

    parameters: tuple[str, ...]
    partial: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Dosing:
    """What happens to doses into a state; each is the name of an individual parameter, or None.

    rate, duration: of infusions whose RATE is -1 or -2 in the table.
    """

    state: str
    lag: str | None = None
    bioavailability: str | None = None
    rate: str | None = None
    duration: str | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(p for p in (self.lag, self.bioavailability, self.rate, self.duration) if p is not None)


@dataclass(frozen=True)
class MixedModel:
    """See the head of this file.

    structure: its parameters take the individual parameters of their names, others keep their values.
    scale: what an individual parameter is multiplied with to be in the structure's unit.
    free: fixed effects, standard deviations, correlations and residual errors, by the names used elsewhere.
    fixed: those of them that keep a value (but not residual errors).
    compartments: the state that each text of CMT stands for.
    """

    structure: Model
    free: tuple[Free, ...]
    individuals: tuple[Individual, ...]
    residuals: tuple[ResidualError, ...]
    covariates: tuple[str, ...] = ()
    correlated: tuple[Correlated, ...] = ()
    dosing: tuple[Dosing, ...] = ()
    compartments: Mapping[str, str] = field(default_factory=dict)
    scale: Mapping[str, float] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {one.name for one in self.free} | self.fixed.keys()
        needed = [one.sd for one in self.individuals if one.sd]
        needed += [one.occasion_sd for one in self.individuals if one.occasion_sd]
        needed += [name for block in self.correlated for row in block.partial for name in row]
        needed += [name for error in self.residuals for name in error.parameters]
        for name in needed:
            if name not in known:
                raise InputError(f"'{name}' is no fixed effect{nearest(name, known)}")
        varying = set(self.varying)
        taken: set[str] = set()
        for block in self.correlated:
            for name in block.parameters:
                if name not in varying:
                    raise InputError(
                        f"'{name}' does not vary, so it has no correlation{nearest(name, varying)}"
                    )
                if name in taken:
                    raise InputError(f"'{name}' is correlated twice: put all it goes with into one group")
                taken.add(name)

    @property
    def varying(self) -> tuple[str, ...]:
        """The parameters that vary between subjects, in the order of u."""
        return tuple(one.name for one in self.individuals if one.sd)

    def individual(self, name: str) -> Individual:
        """Raises StopIteration for a name that there is not."""
        return next(one for one in self.individuals if one.name == name)


@dataclass(frozen=True)
class Subjects:
    """The individual parameters as expressions of theta, u and covariates.

    phi: by name. theta, u, covariates: the symbols in them. occasions: by parameter, the standard normal
    number of the occasion at hand. eta: between subjects alone.
    """

    phi: Mapping[str, Expr]
    theta: Mapping[str, Symbol]
    u: tuple[Symbol, ...]
    covariates: Mapping[str, Symbol]
    eta: Mapping[str, Expr]
    occasions: Mapping[str, Symbol]


def subjects(model: MixedModel) -> Subjects:
    """Write out the individual parameters. Raises InputError where they need each other in a loop."""
    theta = {one.name: Symbol(one.name) for one in model.free}
    u = {name: Symbol(f"u({name})") for name in model.varying}
    covariates = {name: Symbol(name) for name in model.covariates}
    effects: dict[str, Expr] = {**theta, **{name: const(value) for name, value in model.fixed.items()}}
    eta = _etas(model, effects, u)
    occasions = {one.name: Symbol(f"occasion({one.name})") for one in model.individuals if one.occasion_sd}
    total = dict(eta)
    for one in model.individuals:
        if one.occasion_sd:
            total[one.name] = eta.get(one.name, 0.0) + effects[one.occasion_sd] * occasions[one.name]
    phi: dict[str, Expr] = {}
    waiting = {one.name: one for one in model.individuals}
    while waiting:
        # A fixed effect may have the name of the parameter that it is the typical value of.
        ready = [
            one
            for one in waiting.values()
            if not waiting.keys() & {s.name for s in symbols([one.typical])} - {one.name}
        ]
        if not ready:
            raise InputError(f"individual parameters need each other in a loop: {', '.join(waiting)}")
        for one in ready:
            names = {**effects, **covariates, **{n: e for n, e in phi.items() if n != one.name}}
            phi[one.name] = _varied(one, _named(one, names), total.get(one.name))
            del waiting[one.name]
    return Subjects(phi, theta, tuple(u.values()), covariates, eta, occasions)


def _named(one: Individual, names: Mapping[str, Expr]) -> Expr:
    replace: dict[Expr, Expr] = {}
    for symbol in symbols([one.typical]):
        if symbol.name not in names:
            raise InputError(f"parameter '{one.name}': no '{symbol.name}'{nearest(symbol.name, names)}")
        replace[symbol] = names[symbol.name]
    return substitute([one.typical], replace)[0]


def _varied(one: Individual, typical: Expr, eta: Expr | None) -> Expr:
    if eta is None:
        return typical
    if one.variation == "lognormal":
        return typical * exp(eta)
    if one.variation == "normal":
        return typical + eta
    share = (typical - one.low) / (one.high - one.low)
    return one.low + (one.high - one.low) / (1.0 + exp(-(log(share / (1.0 - share)) + eta)))


def _etas(model: MixedModel, theta: Mapping[str, Expr], u: Mapping[str, Symbol]) -> dict[str, Expr]:
    """eta = L u; the rows of a group's L follow from its partial correlations (Lewandowski et al. 2009)."""
    sd = {one.name: theta[one.sd] for one in model.individuals if one.sd}
    eta: dict[str, Expr] = {name: sd[name] * u[name] for name in model.varying}
    for block in model.correlated:
        for i, name in enumerate(block.parameters):
            left: Expr = const(1.0)
            sum_: Expr = const(0.0)
            for j in range(i):
                r = theta[block.partial[i][j]]
                sum_ = sum_ + left * r * u[block.parameters[j]]
                left = left * sqrt(1.0 - r * r)
            eta[name] = sd[name] * (sum_ + left * u[name])
    return eta


def correlated(parameters: Sequence[str]) -> Correlated:
    """A group of parameters with the usual names of their correlations."""
    rows = tuple(
        tuple(f"correlation({parameters[j]}, {name})" for j in range(i)) for i, name in enumerate(parameters)
    )
    return Correlated(tuple(parameters), rows)
