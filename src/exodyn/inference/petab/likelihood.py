"""The likelihood of the measurements, with its derivatives by what the engine computes and by parameters.

Residuals are on the observable's scale, lin, log or log10: m - y, ln m - ln y, log10 m - log10 y. With noise
sigma there, m the measurement, and j = 1, m, m ln 10 the Jacobian of the scale:

    normal    log L = -ln(2 pi sigma^2 j^2) / 2 - (residual / sigma)^2 / 2
    laplace   log L = -ln(2 sigma j) - |residual| / sigma
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exodyn.errors import InputError
from exodyn.inference.petab.lanes import Lanes
from exodyn.inference.petab.model import Observed, Reading
from exodyn.inference.petab.problem import Measurement, Problem, Value
from exodyn.symbolic import TIME, Expr, Symbol, const, evaluate, gradients, symbols

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LN10 = math.log(10.0)


@dataclass(frozen=True)
class Slot:
    """A symbol whose value each measurement has: constants f64[measurements], or, where entries i64 are not
    -1, the entry of the parameter table.
    """

    symbol: Symbol
    constants: Floats
    entries: Integers

    def values(self, table: Floats) -> Floats:
        return np.where(self.entries >= 0, np.append(table, np.nan)[self.entries], self.constants)


@dataclass(frozen=True)
class Group:
    """All measurements of one observable. which: their numbers; rows: where their parts are.

    parts: numbers of the parts in the formulas; roots: formula and noise, then their partial derivatives by
    the symbols of parts and slots (formula first), zeros included.
    """

    reading: Reading
    which: Integers
    rows: Integers
    measured: Floats
    parts: Integers
    part_symbols: tuple[Symbol, ...]
    slots: tuple[Slot, ...]
    roots: tuple[Expr, ...]


@dataclass
class Outcome:
    """Likelihood at one point. simulated, sigma, densities: f64[measurements], of each: what is simulated (as
    measured, not transformed), its noise, and its log density.

    by_part: d llh / d part, f64[rows, parts]; by_entry: d llh / d entry of the parameter table through
    formulas alone.
    """

    llh: float
    chi2: float
    simulated: Floats
    sigma: Floats
    densities: Floats
    by_part: Floats
    by_entry: Floats


def groups(problem: Problem, observed: Observed, lanes: Lanes) -> tuple[Group, ...]:
    """The measurements sorted by observable. Raises InputError where overrides and placeholders differ."""
    order: dict[str, list[int]] = {}
    for number, measurement in enumerate(problem.measurements):
        order.setdefault(measurement.observable, []).append(number)
    return tuple(
        _group(problem, observed, lanes, observed.readings[name], np.array(which))
        for name, which in order.items()
    )


def _group(problem: Problem, observed: Observed, lanes: Lanes, reading: Reading, which: Integers) -> Group:
    measurements = [problem.measurements[i] for i in which]
    entry = problem.entries()
    column = {p.symbol: i for i, p in enumerate(observed.model.parameters)}
    number = {symbol: i for i, symbol in enumerate(observed.parts)}
    placeholder = {symbol: key for key, symbol in reading.placeholders.items()}
    _check_overrides(reading, measurements)
    used = symbols([reading.formula, reading.noise])
    slots: list[Slot] = []
    for symbol in used:
        if symbol in placeholder:
            values = [_override(m, *placeholder[symbol]) for m in measurements]
            slots.append(_slot(symbol, values, entry))
        elif symbol is TIME:
            slots.append(_slot(symbol, [m.time for m in measurements], entry))
        elif symbol in column:
            at = lanes.lane_of[which], column[symbol]
            slots.append(Slot(symbol, lanes.constants[at], lanes.entries[at]))
        elif symbol not in number:
            slots.append(_slot(symbol, [symbol.name] * len(measurements), entry))
    part_symbols = tuple(s for s in used if s in number)
    by = [*part_symbols, *(s.symbol for s in slots)]
    partials = gradients([reading.formula, reading.noise], by)
    roots = [reading.formula, reading.noise]
    roots += [partial.get(s, const(0.0)) for partial in partials for s in by]
    return Group(
        reading, which, lanes.row_of[which],
        np.array([m.value for m in measurements]),
        np.array([number[s] for s in part_symbols], dtype=np.int64), part_symbols, tuple(slots), tuple(roots),
    )  # fmt: skip


def _slot(symbol: Symbol, values: Sequence[Value], entry: Mapping[str, int]) -> Slot:
    constants = np.array([math.nan if isinstance(v, str) else v for v in values])
    entries = np.array([entry[v] if isinstance(v, str) else -1 for v in values], dtype=np.int64)
    return Slot(symbol, constants, entries)


def _override(measurement: Measurement, kind: str, number: int) -> Value:
    given = {"observable": measurement.observable_parameters, "noise": measurement.noise_parameters}[kind]
    return given[number - 1]


def _check_overrides(reading: Reading, measurements: Sequence[Measurement]) -> None:
    """As many overrides in every measurement as the formulas have placeholders."""
    for kind, column in (("observable", "observableParameters"), ("noise", "noiseParameters")):
        wanted = max((n for k, n in reading.placeholders if k == kind), default=0)
        for m in measurements:
            given = len(m.observable_parameters if kind == "observable" else m.noise_parameters)
            if given != wanted:
                raise InputError(
                    f"{m.place}, {column}: {given} values for the {wanted} placeholders in the formulas "
                    f"of '{m.observable}'"
                )


def likelihood(
    of: Sequence[Group], parts: Floats, table: Floats, count: int, gradient: bool = True
) -> Outcome:
    """Log-likelihood of all measurements.

    parts: f64[rows, parts] from the simulation; table: values of the parameter table; count: of measurements.
    """
    simulated_all, sigma_all, densities, squares = (np.empty(count) for _ in range(4))
    by_part, by_entry = np.zeros_like(parts), np.zeros_like(table)
    for group in of:
        simulated, sigma, *slopes = _formulas(group, parts, table, gradient)
        with np.errstate(all="ignore"):
            density, square, by_value, by_sigma = _density(group, simulated, sigma)
        simulated_all[group.which], sigma_all[group.which] = simulated, sigma
        densities[group.which], squares[group.which] = density, square
        if gradient:
            _add_slopes(group, by_value, by_sigma, slopes, by_part, by_entry)
    return Outcome(_sum(densities), _sum(squares), simulated_all, sigma_all, densities, by_part, by_entry)


def information(of: Sequence[Group], parts: Floats, table: Floats, slopes: Floats) -> Floats:
    """The Fisher information of all measurements about the entries of the table, f64[entries, entries].

    slopes: derivatives of the parts by the entries, f64[rows, parts, entries]. With y the transformed
    observable, sigma its noise, and a sum over measurements:

        normal    dy dy' / sigma^2 + 2 dsigma dsigma' / sigma^2
        laplace   dy dy' / sigma^2 +   dsigma dsigma' / sigma^2
    """
    found = np.zeros((len(table), len(table)))
    for group in of:
        simulated, sigma, *by = _formulas(group, parts, table, gradient=True)
        half = len(by) // 2
        with np.errstate(all="ignore"):
            by_value = (
                _by_entries(group, by[:half], slopes) * (_transformed(group, simulated) / sigma)[:, None]
            )
            by_sigma = _by_entries(group, by[half:], slopes) / sigma[:, None]
        known = 2.0 if group.reading.observable.distribution == "normal" else 1.0
        found += by_value.T @ by_value + known * by_sigma.T @ by_sigma
    return found


def _by_entries(group: Group, by: Sequence[Floats], slopes: Floats) -> Floats:
    """Derivatives of a group's formula, f64[measurements, entries], by those by its parts and slots."""
    found = np.zeros((len(group.which), slopes.shape[2]))
    for part, weight in zip(group.parts, by, strict=False):
        found += weight[:, None] * slopes[group.rows, part]
    for slot, weight in zip(group.slots, by[len(group.parts) :], strict=True):
        tabled = np.flatnonzero(slot.entries >= 0)
        found[tabled, slot.entries[tabled]] += weight[tabled]
    return found


def _formulas(group: Group, parts: Floats, table: Floats, gradient: bool) -> list[Floats]:
    """Observable and noise of each measurement, and with `gradient` their partial derivatives."""
    known = dict(zip(group.part_symbols, parts[group.rows][:, group.parts].T, strict=True))
    known |= {s.symbol: s.values(table) for s in group.slots}
    roots = group.roots if gradient else group.roots[:2]
    return [np.broadcast_to(v, group.which.shape) for v in evaluate(roots, known)]


def _transformed(group: Group, simulated: Floats) -> Floats:
    """The derivative of the observable on its own scale by its value."""
    unit = {"lin": 0.0, "log": 1.0, "log10": LN10}[group.reading.observable.transformation]
    return 1.0 / (simulated * unit) if unit else np.ones_like(simulated)


def _sum(terms: Floats) -> float:
    return math.fsum(terms) if np.all(np.isfinite(terms)) else math.nan


def _density(group: Group, simulated: Floats, sigma: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Log density, squared residual over sigma, and the derivatives of the density by value and by sigma."""
    measured, scale = group.measured, group.reading.observable.transformation
    slope = _transformed(group, simulated)
    if scale == "lin":
        residual, jacobian = measured - simulated, np.ones_like(measured)
    else:
        unit = 1.0 if scale == "log" else LN10
        residual, jacobian = (np.log(measured) - np.log(simulated)) / unit, measured * unit
    z = residual / sigma
    if group.reading.observable.distribution == "normal":
        density = -0.5 * np.log(2 * math.pi * (sigma * jacobian) ** 2) - 0.5 * z * z
        by_transformed, by_sigma = z / sigma, (z * z - 1.0) / sigma
    else:
        density = -np.log(2 * sigma * jacobian) - np.abs(z)
        by_transformed, by_sigma = np.sign(z) / sigma, (np.abs(z) - 1.0) / sigma
    density = np.where(sigma > 0, density, math.nan)
    return density, z * z, by_transformed * slope, by_sigma


def _add_slopes(
    group: Group,
    by_value: Floats,
    by_sigma: Floats,
    slopes: Sequence[Floats],
    by_part: Floats,
    by_entry: Floats,
) -> None:
    """Add a group's derivatives, through observable and noise, to those by part and by entry."""
    half = len(slopes) // 2
    with np.errstate(all="ignore"):
        through = [by_value * a + by_sigma * b for a, b in zip(slopes[:half], slopes[half:], strict=True)]
    for part, weight in zip(group.parts, through, strict=False):
        np.add.at(by_part[:, part], group.rows, weight)
    for slot, weight in zip(group.slots, through[len(group.parts) :], strict=True):
        tabled = slot.entries >= 0
        np.add.at(by_entry, slot.entries[tabled], weight[tabled])
