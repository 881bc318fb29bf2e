"""The polynomial coefficients of ``exodyn.engine.vectormath``, computed again from nothing.

Run ``python benchmarks/minimax.py`` and compare what it prints with the tuples in that file. Each polynomial
has the smallest largest weighted error (Remez's exchange in 60 digits). The weight turns the error of the
polynomial into the relative error of the function's result.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp

mp.mp.dps = 60

Real = mp.mpf
Function = Callable[[Real], Real]


def remez(f: Function, weight: Function, low: Real, high: Real, degree: int) -> tuple[list[Real], Real]:
    """The polynomial p of a degree with the smallest max of ``weight * (p - f)``, and that maximum."""
    count = degree + 2
    middle, half = (low + high) / 2, (high - low) / 2
    nodes = [middle - half * mp.cos(mp.pi * (2 * i + 1) / (2 * count)) for i in range(count)]
    for _ in range(30):
        rows = mp.matrix(count, count)
        right = mp.matrix(count, 1)
        for i, x in enumerate(nodes):
            for j in range(degree + 1):
                rows[i, j] = x**j
            rows[i, degree + 1] = (-1) ** i / weight(x)
            right[i] = f(x)
        solution = mp.lu_solve(rows, right)
        coefficients = [solution[j] for j in range(degree + 1)]

        def error(x: Real, c: list[Real] = coefficients) -> Real:
            return weight(x) * (mp.polyval(c[::-1], x) - f(x))

        nodes, errors = _extrema(error, low, high, count)
        largest, smallest = max(map(abs, errors)), min(map(abs, errors))
        if largest - smallest < largest * Real("1e-3"):
            break
    return coefficients, largest


def _extrema(error: Function, low: Real, high: Real, count: int) -> tuple[list[Real], list[Real]]:
    """The largest errors of alternating sign on a grid that is dense at the ends, refined by a parabola."""
    size = 40 * count
    grid = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * i / size) for i in range(size + 1)]
    values = [error(x) for x in grid]
    groups: list[tuple[Real, Real]] = []
    for i, (x, value) in enumerate(zip(grid, values, strict=True)):
        if 0 < i < size:
            x, value = _peak(error, grid[i - 1 : i + 2], values[i - 1 : i + 2])
        if groups and (groups[-1][1] > 0) == (value > 0):
            if abs(value) > abs(groups[-1][1]):
                groups[-1] = (x, value)
        else:
            groups.append((x, value))
    while len(groups) > count:
        groups.pop(0 if abs(groups[0][1]) < abs(groups[-1][1]) else -1)
    if len(groups) < count:
        raise ArithmeticError(f"{len(groups)} extrema where {count} are needed")
    return [x for x, _ in groups], [value for _, value in groups]


def _peak(error: Function, x: list[Real], y: list[Real]) -> tuple[Real, Real]:
    if not (abs(y[1]) >= abs(y[0]) and abs(y[1]) >= abs(y[2])):
        return x[1], y[1]
    a, b = (x[1] - x[0]) * (y[1] - y[2]), (x[1] - x[2]) * (y[1] - y[0])
    if a == b:
        return x[1], y[1]
    top = x[1] - ((x[1] - x[0]) * a - (x[1] - x[2]) * b) / (2 * (a - b))
    found = error(top)
    return (top, found) if abs(found) > abs(y[1]) else (x[1], y[1])


def series(term: Callable[[int], Real]) -> Real:
    """A quickly converging sum: differences would cancel near zero."""
    return mp.fsum(term(n) for n in range(40))


def exp_rest(r: Real) -> Real:
    """(exp(r) - 1 - r - r^2 / 2) / r^3"""
    return series(lambda n: r**n / mp.factorial(n + 3))


def exp2_tail(r: Real) -> Real:
    """(2^r - 1) / r"""
    return series(lambda n: mp.log(2) ** (n + 1) * r**n / mp.factorial(n + 1))


def exp_weight(r: Real) -> Real:
    """For exp(r) - 1 and, with twice that, 2 exp(r) - 1: the hardest results that the polynomial serves."""
    return abs(r) ** 3 * max(1 / abs(mp.expm1(r or TINY)), 2 / (2 * mp.exp(r) - 1)) + TINY


def log_tail(z: Real) -> Real:
    """(2 atanh(s) / s - 2) / z where z = s^2"""
    return series(lambda n: 2 * z**n / (2 * n + 3))


def log_rest(z: Real) -> Real:
    """(log_tail - 2/3) / z"""
    return series(lambda n: 2 * z**n / (2 * n + 5))


def sin_tail(z: Real) -> Real:
    """(sin(r) / r - 1) / z where z = r^2"""
    return series(lambda n: -((-z) ** n) / mp.factorial(2 * n + 3))


def cos_tail(z: Real) -> Real:
    """(cos(r) - 1 + z / 2) / z^2 where z = r^2"""
    return series(lambda n: (-z) ** n / mp.factorial(2 * n + 4))


HALF = Real("0.5")
HALF_LN2 = mp.log(2) / 2
LARGEST_S2 = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2
QUARTER_PI2 = (mp.pi / 4) ** 2 * Real("1.0001")
TINY = Real("1e-25")

POLYNOMIALS: dict[str, tuple[Function, Function, Real, Real, int]] = {
    "EXP double": (exp_rest, exp_weight, -HALF_LN2, HALF_LN2, 8),
    "EXP float": (exp_rest, exp_weight, -HALF_LN2, HALF_LN2, 3),
    "EXP2 double": (exp2_tail, lambda r: abs(r) / 2**r + TINY, -HALF, HALF, 10),
    "EXP2 float": (exp2_tail, lambda r: abs(r) / 2**r + TINY, -HALF, HALF, 5),
    "LOG double": (log_tail, lambda z: z / 2 + TINY, Real(0), LARGEST_S2, 6),
    "LOG float": (log_tail, lambda z: z / 2 + TINY, Real(0), LARGEST_S2, 2),
    "LOG_REST double": (log_rest, lambda z: z * z / 2 + TINY, Real(0), LARGEST_S2, 6),
    "SIN double": (sin_tail, lambda z: z + TINY, Real(0), QUARTER_PI2, 5),
    "COS double": (cos_tail, lambda z: z * z + TINY, Real(0), QUARTER_PI2, 5),
}
"""Function, weight, interval and degree of each."""


def main() -> None:
    for name, (f, weight, low, high, degree) in POLYNOMIALS.items():
        coefficients, worst = remez(f, weight, low, high, degree)
        print(f"{name}: error 2^{mp.nstr(mp.log(worst, 2), 5)}")
        for c in coefficients:
            print(f"    {float(c)!r},")


if __name__ == "__main__":
    main()
