"""Reads a row of reference values (`area`, `quantity`, `inputs`) and computes what it asks for.

Rows are written for people: "n=10; content=0.95; confidence=0.95". A row that is not understood raises
`UnknownError`, which names what was missing, so that a file of other rows says what cannot be computed.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from exodyn.product import purity
from exodyn.product.process import centrifuge, columns, diffusion, filtration
from exodyn.product.response import coincidence
from exodyn.product.statistics import (
    capability,
    charts,
    dose_response,
    equivalence,
    least_squares,
    multivariate,
    outliers,
    potency,
    run_rules,
    stability,
    tolerance,
)

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"


class UnknownError(Exception):
    """The row asks for something that no function here is known to compute."""


class Row:
    """One row; numbers of its inputs by name."""

    def __init__(self, fields: dict[str, str], data: Path) -> None:
        self.id, self.area = fields["id"], fields["area"].strip()
        self.quantity, self.inputs = fields["quantity"].strip(), fields["inputs"].strip()
        self.expected, self.tolerance = fields["expected"].strip(), fields["tolerance"].strip()
        self.data = data
        self.asks = self.quantity.casefold()
        self.text = f"{self.inputs}; {self.quantity}"

    def get(self, *names: str) -> float | None:
        """The number that follows the first of these names, with or without an equals sign."""
        for name in names:
            found = re.search(rf"(?<![\w.]){name}\s*(?:=|:|\bof\b)?\s*({NUMBER})", self.text, re.IGNORECASE)
            if found:
                return float(found.group(1))
        return None

    def need(self, *names: str) -> float:
        value = self.get(*names)
        if value is None:
            raise UnknownError(f"no '{names[0]}' in the inputs")
        return value

    def before(self, *units: str) -> float | None:
        """The number in front of a unit."""
        for unit in units:
            found = re.search(rf"({NUMBER})\s*{unit}(?![\w/])", self.text)
            if found:
                return float(found.group(1))
        return None

    def needs_before(self, *units: str) -> float:
        value = self.before(*units)
        if value is None:
            raise UnknownError(f"no number in {units[0]} in the inputs")
        return value

    def has(self, *words: str) -> bool:
        return any(word in self.text.casefold() for word in words)

    def table(self) -> dict[str, list[str]]:
        """Columns of the data file that the inputs name."""
        found = re.search(r"[\w/.-]+\.csv", self.inputs)
        if not found:
            raise UnknownError("no data file in the inputs")
        path = self.data / Path(found.group()).name
        if not path.exists():
            raise UnknownError(f"no data file {path.name}")
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return {name: [row[name] for row in rows] for name in rows[0]}

    def numbers_in_inputs(self) -> list[float]:
        return [float(each) for each in re.findall(rf"(?<![\w.]){NUMBER}", self.inputs)]


def floats(column: list[str]) -> np.ndarray:
    return np.array(column, dtype=np.float64)


def alpha_of(row: Row, usual: float = 0.05) -> float:
    value = row.get("alpha")
    if value is None:
        found = re.search(rf"\bat ({NUMBER})", row.quantity)
        value = float(found.group(1)) if found else usual
    return value


def of_tolerance_factor(row: Row) -> list[float]:
    given = int(row.need("n")), row.need("content", "p", "coverage"), row.need("confidence", "gamma")
    if "one-sided" in row.asks:
        approximate = row.has("approx", "natrella")
        return [(tolerance.handbook_one_sided_factor if approximate else tolerance.one_sided_factor)(*given)]
    if "two-sided" in row.asks or "howe" in row.asks:
        return [(tolerance.howe_factor if row.has("howe") else tolerance.two_sided_factor)(*given)]
    raise UnknownError("neither one-sided nor two-sided")


def of_tolerance_interval(row: Row) -> list[float]:
    k = row.get("k")
    one = "one-sided" in row.asks or re.search(r"\b(lower|upper) limit", row.asks) is not None
    if k is None:
        given = int(row.need("n")), row.need("content"), row.need("confidence")
        k = tolerance.one_sided_factor(*given) if one else tolerance.two_sided_factor(*given)
    found = tolerance.around(row.need("mean"), row.need("sd"), int(row.get("n") or 0), k)
    if one:
        return [found.lower if "lower" in row.asks else found.upper]
    return [found.lower, found.upper]


def of_tolerance_nonparametric(row: Row) -> list[float]:
    sides = int(row.get("sides") or (1 if row.has("one-sided") else 2))
    if "confidence" in row.asks:
        return [tolerance.nonparametric_confidence(int(row.need("n")), row.need("content"), sides)]
    return [tolerance.smallest_n(row.need("content"), row.need("confidence"), sides)]


def of_control_chart_constant(row: Row) -> list[float]:
    known = charts.constants(int(row.need("n")))
    names = [name for name in re.findall(r"\b[A-Ec-d]\d?\b", row.quantity) if name in known]
    if not names:
        raise UnknownError("no constant of this name")
    return [known[name] for name in names]


def of_run_rules_arl(row: Row) -> list[float]:
    outside = re.sub(r"\(.*?\)", "", row.asks)
    outside = re.sub(r"\band (\d+)(?! (?:in a row )?on one side)", r",\1", outside)
    rules: list[run_rules.Rule] = []
    by_number = dict(enumerate(run_rules.WESTERN_ELECTRIC, start=1))
    named = re.search(r"rules?\s+([\d,\s–-]+)", outside)
    for part in re.split(r"[,\s]+", named.group(1).strip(" ,-")) if named else []:
        low, _, high = part.replace("–", "-").partition("-")
        rules += [by_number[i] for i in range(int(low), int(high or low) + 1)]
    for count in re.findall(r"\b(\d+) (?:in a row )?on one side", outside):
        rules.append(run_rules.Zone(f"{count} on one side", int(count), int(count), 0.0))
    inside = re.search(r"\b(\d+) on one side", row.asks)
    if inside and by_number[4] in rules:
        count = int(inside.group(1))
        rules[rules.index(by_number[4])] = run_rules.Zone(f"{count} on one side", count, count, 0.0)
    if "western electric" in row.asks and not rules:
        rules = list(run_rules.WESTERN_ELECTRIC)
    if not rules:
        raise UnknownError("no rules named")
    return [run_rules.average_run_length(rules, row.get("shift") or 0.0)]


def of_ewma(row: Row) -> list[float]:
    target, weight = row.need("target", "mean"), row.need("lambda", "weight")
    if ".csv" in row.inputs and not re.search(r"\bucl|\blcl|limit", row.asks):
        series = charts.ewma(floats(next(iter(row.table().values()))), target, weight)
        place = row.get("ewma", "point", "sample", "at", "value", "t", "i")
        if "largest" in row.asks or "max" in row.asks:
            return [float(series.max())]
        if "smallest" in row.asks or "min" in row.asks:
            return [float(series.min())]
        if "all" in row.asks or "values" in row.asks:
            return series.tolist()
        return [float(series[int(place) - 1] if place else series[-1])]
    found = charts.ewma_limits(
        target, row.need("sigma", "sd", "s"), weight, row.get("k", "L") or 3.0, row.get("t", "time", "i")
    )
    upper, lower = float(found.upper), float(found.lower)
    places = sorted((row.asks.find(n), v) for n, v in (("ucl", upper), ("lcl", lower)) if n in row.asks)
    return [value for _, value in places] or [upper, lower]


def of_outlier(row: Row) -> list[float]:
    if ".csv" in row.inputs:
        values = floats(next(iter(row.table().values())))
    else:
        values = np.array(row.numbers_in_inputs())
    if "esd" in row.asks or "rosner" in row.asks:
        return [len(outliers.rosner(values, int(row.get("r", "most") or 1), alpha_of(row)))]
    if "grubbs" not in row.asks:
        raise UnknownError("only Grubbs' and Rosner's tests")
    n = row.get("n")
    if n is not None and len(values) < 3:
        level = alpha_of(row) / (2 * n if row.has("two-sided") else n)
        return [outliers.grubbs_critical(int(n), level)]
    side = next((s for s in ("upper", "lower") if s in row.asks), "both")
    found = outliers.grubbs(values, alpha_of(row), side)
    asked = []
    if re.search(r"grubbs g\b|statistic", row.asks):
        asked.append(found.statistic)
    if "critical" in row.asks:
        asked.append(found.critical)
    return asked or [found.statistic]


def of_capability(row: Row) -> list[float]:
    found = capability.capability(
        row.need("mean"), row.need("sd", "sigma", "s"), row.get("LSL"), row.get("USL"), row.get("target", "T")
    )
    by_name = {"cp": found.cp, "cpk": found.cpk, "cpm": found.cpm, "cpu": found.cpu, "cpl": found.cpl}
    by_name |= {"pp": found.cp, "ppk": found.cpk, "cpkm": found.cpkm, "cpmk": found.cpkm}
    n = row.get("n")
    if "interval" in row.asks and n:
        name = "cpk" if "cpk" in row.asks else "cp"
        interval = capability.cpk_interval if name == "cpk" else capability.cp_interval
        return list(interval(by_name[name], int(n), row.get("confidence") or 0.95))
    names = [name for name in re.findall(r"\b[cp]p\w*", row.asks) if name in by_name]
    if not names:
        raise UnknownError("no index of this name")
    return [by_name[name] for name in names]


def of_fit(row: Row) -> list[float]:
    """Four and five parameters to the two columns of a file."""
    table = row.table()
    if "preparation" in table:
        chosen = "test" if row.has("; test", " test ") and not row.has("standard") else "standard"
        keep = [p == chosen for p in table["preparation"]]
        x, y = floats(table["dose"])[keep], floats(table["response"])[keep]
    else:
        x, y = (floats(column) for column in list(table.values())[:2])
    five = row.area.startswith("5") or "ll.5" in row.asks
    found = (dose_response.five_parameters if five else dose_response.four_parameters)(x, y)
    doses = re.findall(r"\bed\s?(\d+(?:\.\d+)?)", row.asks)
    if doses:
        places = [dose_response.effective_dose(found, float(each)) for each in doses]
        return [place[1] if "error" in row.asks else place[0] for place in places]
    if "residual standard error" in row.asks:
        return [found.residual_error]
    if "sum of squares" in row.asks or re.search(r"\brss\b", row.asks):
        return [found.rss]
    if "five against four" in row.asks or "f test" in row.asks:
        f, p, *_ = least_squares.more_needed(dose_response.four_parameters(x, y), found)
        return [f, p]
    names = re.findall(r"(?<![\w.])([bcdef])\b", re.sub(r"\(.*?\)", "", row.quantity.replace("LL.4", "")))
    if not names:
        words = {"slope": "b", "lower": "c", "upper": "d", "ed50": "e"}
        names = [words[word] for word in words if word in row.asks]
    if not names:
        raise UnknownError("no parameter named")
    return [found.error(name) if "standard error" in row.asks else found[name] for name in names]


def of_nonlinear_fit(row: Row) -> list[float]:
    table = row.table()
    x, y = floats(table["x"]), floats(table["y"])
    formula = re.search(r"y\s*=\s*([^;]+)", row.inputs)
    if not formula:
        raise UnknownError("no formula y=... in the inputs")
    text = re.sub(r"(\bb\d+)\s+(x\b|b\d+)", r"\1*\2", formula.group(1)).replace("^", "**")
    names = tuple(sorted(set(re.findall(r"\bb\d+\b", text))))
    if not re.fullmatch(r"[\sbx\d.+*/()\-exploginsqrt]*", text):
        raise UnknownError("a formula with other signs")
    code = compile(text, "formula", "eval")
    functions = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt}

    def curve(at: np.ndarray, *values: float) -> np.ndarray:
        return eval(code, {"__builtins__": {}}, functions | {"x": at} | dict(zip(names, values, strict=True)))

    top, rate = float(y.max()), 1 / float(np.ptp(x))
    starts = [[top, a, b * rate, 1.0][: len(names)] for a in (1.0, 3.0, 6.0) for b in (1.0, 4.0, 10.0)]
    found = least_squares.fit(curve, names, x, y, starts)
    if "sum of squares" in row.asks:
        return [found.rss]
    if "residual standard" in row.asks:
        return [found.residual_error]
    asked = re.findall(r"\bb\d+\b", row.quantity) or list(names)
    errors = re.search(r"standard (error|deviation)", row.asks) is not None
    return [found.error(name) if errors else found[name] for name in asked]


def of_potency(row: Row) -> list[float]:
    if row.has("noise-free", "shifted curve"):
        dose = np.geomspace(0.1, 100, 9)
        rho = 0.7321
        first = dose_response.curve(dose, -1.3, 0.1, 2.2, 4.0)
        second = dose_response.curve(dose * rho, -1.3, 0.1, 2.2, 4.0)
        found = potency.relative_potency(
            np.tile(dose, 2), np.concatenate([first, second]), np.repeat([False, True], len(dose))
        )
        return [found.potency / rho]
    table = row.table()
    test = [name == "test" for name in table["preparation"]]
    confidence = row.get("confidence") or (0.9 if "90%" in row.asks else 0.95)
    found = potency.relative_potency(floats(table["dose"]), floats(table["response"]), test, confidence)
    if row.area == "parallelism":
        return [found.f, found.p]
    if "interval" in row.asks or "limits" in row.asks:
        return [found.low, found.high]
    if "residual standard" in row.asks:
        return [found.common.residual_error]
    if "sum of squares" in row.asks:
        return [found.common.rss]
    if "log" in row.asks and "error" in row.asks:
        return [found.common.error("log_rho")]
    if "ed50" in row.asks:
        return [found.test["e"] if "test" in row.asks.split("ed50")[0] else found.standard["e"]]
    return [found.potency]


def of_ich_q1e(row: Row) -> list[float | str]:
    table = row.table()
    batch, time, value = (list(column) for column in list(table.values())[:3])
    named = [name for name in dict.fromkeys(batch) if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", row.text)]
    kept = [name in named or not named for name in batch]
    names = [name for name, keep in zip(batch, kept, strict=True) if keep]
    x, y = floats(time)[kept], floats(value)[kept]
    alpha = row.get("alpha") or 0.25
    pool = stability.poolability(names, x, y, alpha)
    kind = pool.model
    if "common model" in row.asks or "common intercept" in row.asks:
        kind = "common"
    elif "different intercepts" in row.asks and "common slope" in row.asks:
        kind = "different intercepts"
    elif "different intercepts" in row.asks and "different slopes" in row.asks:
        kind = "different slopes"
    if "model chosen" in row.asks:
        return [stability.WORDS[pool.model]]
    if "poolability" in row.asks or re.search(r"\bp\b", row.asks):
        both = {"slopes": pool.p_slopes, "intercepts": pool.p_intercepts}
        order = sorted((row.asks.find(n), p) for n, p in both.items() if n in row.asks)
        return [p for _, p in order] or list(both.values())
    lines = stability.lines(names, x, y, kind)
    if "shelf life" not in row.asks:
        both = {
            "intercept": "intercept" in row.asks,
            "slope": "slope" in row.asks.replace("common slope", ""),
        }
        if kind == "common" and all(both.values()):
            return [lines[0].intercept, lines[0].slope]
        found = [line.intercept if both["intercept"] else line.slope for line in lines]
        if "residual" in row.asks or "mean square" in row.asks:
            raise UnknownError("the residual error of a line")
        return found[:1] if kind == "common" or len(named) == 1 else found
    limit = row.need("limit", "specification")
    side = next((s for s in ("lower", "upper") if s in row.text.casefold()), None)
    if side is None:
        side = "lower" if np.mean([line.slope for line in lines]) < 0 else "upper"
    confidence = row.get("confidence") or 0.95
    found = stability.shelf_life(names, x, y, limit, side, confidence, alpha, kind)
    asked = sorted(
        (row.asks.find(word), months)
        for word, months in (("alone", found.months_alone), ("pooled m", found.months))
        if word in row.asks
    )
    return [months for _, months in asked] or [found.months]


def of_tost(row: Row) -> list[float]:
    bounds = re.search(rf"bounds ({NUMBER})\s*(?:,|and|to|\.\.)\s*({NUMBER})", row.text)
    if bounds:
        low, high = float(bounds.group(1)), float(bounds.group(2))
    elif re.search(r"interval|difference|\bdf\b", row.asks):
        low, high = -1.0, 1.0  # what is asked for does not depend on them
    else:
        raise UnknownError("no bounds in the inputs")
    alpha = alpha_of(row)
    if row.get("m1", "mean1") is not None:
        numbers = [row.need(f"{name}{i}") for i in (1, 2) for name in ("m", "s", "n")]
        equal = not row.has("welch", "unequal")
        found = equivalence.two_summaries(
            *numbers[:2], int(numbers[2]), *numbers[3:5], int(numbers[5]), low, high, alpha, equal
        )
    else:
        table = row.table()
        values, groups = floats(table["extra"]), np.array(table["group"])
        first, second = (values[groups == one] for one in dict.fromkeys(groups.tolist()))
        if row.has("paired"):
            found = equivalence.paired(first, second, low, high, alpha)
        else:
            equal = row.has("equal variance", "student", "pooled") and not row.has("unequal")
            found = equivalence.two_samples(first, second, low, high, alpha, equal)
    asks = row.asks
    if "max" in asks or "p (tost)" in asks:
        return [found.p]
    if "interval" in asks:
        return list(found.interval)
    if "lower" in asks and "upper" in asks and "lower and upper" not in asks:
        names = [name for name in ("t", "p") if re.search(rf"\b{name}\b", asks)]
        return [getattr(found, f"{name}_{side}") for side in ("lower", "upper") for name in names]
    if "lower and upper" in asks:
        with_p = [found.t_lower, found.p_lower, found.t_upper, found.p_upper]
        return with_p if re.search(r"\bp\b", asks) else with_p[::2]
    for side in ("lower", "upper"):
        if side in asks:
            both = {"t": getattr(found, f"t_{side}"), "p": getattr(found, f"p_{side}"), "df": found.df}
            return [both[name] for name in re.findall(r"\b(df|t|p)\b", asks)]
    zero = {"df": found.df, "t": found.t, "p": found.p_difference, "difference": found.difference}
    zero |= {"standard error": found.standard_error}
    asked = re.findall(r"\b(df|t|p|standard error)\b", asks) or (
        ["difference"] if "difference" in asks else []
    )
    if not asked:
        raise UnknownError("no figure of the test named")
    return [zero[name] for name in asked]


def of_tost_power(row: Row) -> list[float]:
    low, high = 0.8, 1.25
    limits = re.search(rf"limits ({NUMBER})\s*(?:-|–|to|,|\.\.)\s*(\d[\d.]*)", row.text)
    if limits:
        low, high = float(limits.group(1)), float(limits.group(2))
    designs = {"2x2x4": "2x2x4", "2x2x3": "2x2x3", "parallel": "parallel", "paired": "paired", "2x2": "2x2"}
    design = next((name for word, name in designs.items() if row.has(word)), "2x2")
    cv = row.need("CV")
    cv = cv / 100 if cv > 3 else cv
    given = row.get("true ratio", "ratio", "theta0") or 0.95, low, high, alpha_of(row), design
    if "sample size" in row.asks or "smallest n" in row.asks:
        return [equivalence.n_for_power(row.need("power"), cv, *given)]
    return [equivalence.power_of_ratio(cv, int(row.need("n")), *given)]


def of_hotelling(row: Row) -> list[float]:
    if ".csv" in row.inputs:
        table = row.table()
        x = np.column_stack([floats(column) for column in table.values()])
        against = re.search(r"\(([^)]*\d[^)]*)\)", row.quantity) or re.search(
            r"\(([^)]*\d[^)]*)\)", row.inputs
        )
        if not against:
            raise UnknownError("no vector of means")
        means = [float(each) for each in re.findall(NUMBER, against.group(1))]
        found = multivariate.mean_test(x, means, alpha_of(row))
        if "critical" in row.asks or "limit" in row.asks:
            return [found.critical]
        asked = [found.t2] if "t2" in row.asks else []
        asked += [found.f] if re.search(r"\bf\b", row.asks) else []
        asked += [found.p] if re.search(r"\bp\b", row.asks) else []
        return asked
    n, p, alpha = int(row.get("n") or 0), int(row.get("p") or 0), alpha_of(row)
    if "jackson" in row.asks or re.search(r"\bq\b|spe", row.asks):
        left = re.search(r"(?:eigenvalues?|variances?)[^\d]*([\d.,\s]+)", row.inputs)
        if not left:
            raise UnknownError("no eigenvalues")
        return [multivariate.q_limit([float(e) for e in re.findall(NUMBER, left.group(1))], alpha)]
    if "phase ii" in row.asks or "phase 2" in row.asks:
        return [multivariate.phase_two_limit(n, p, alpha)]
    if "phase i" in row.asks or "phase 1" in row.asks:
        return [multivariate.phase_one_limit(n, p, alpha)]
    if "chi" in row.asks:
        return [multivariate.chi2_limit(p, alpha)]
    scale = p * (n - 1) / (n - p)
    from scipy import stats

    return [scale * float(stats.f.isf(alpha, p, n - p))]


def of_centrifuge(row: Row) -> list[float]:
    named = next((name for name in centrifuge.rotors() if name.casefold() in row.text.casefold()), None)
    rotor = centrifuge.rotors()[named] if named else None
    rpm = row.before("rpm") or (rotor.max_rpm if rotor else None)
    r_max = row.get("rmax", "r_max") or (rotor.r_max if rotor else None)
    r_min = row.get("rmin", "r_min") or (rotor.r_min if rotor else None)
    if "rcf" in row.asks or "force" in row.asks:
        radius = (row.get("rmin") if "rmin" in row.asks else None) or row.before("mm") or r_max
        if rpm is None or radius is None:
            raise UnknownError("no speed or radius")
        return [centrifuge.relative_force(rpm, radius)]
    if "k factor" in row.asks or "k-factor" in row.asks:
        if None in (rpm, r_max, r_min):
            raise UnknownError("no speed or radii")
        return [centrifuge.k_factor(rpm, r_max, r_min)]
    density, fluid = row.get("rho"), row.get("rho_f", "rhof")
    viscosity = row.get("eta")
    if density is None or fluid is None or viscosity is None:
        raise UnknownError("no density or viscosity")
    viscosity *= 1e-3 if row.has("mpa") or viscosity > 0.1 else 1
    d = row.get("d", "diameter")
    s = None if d is None else float(centrifuge.sedimentation(d, density, fluid, viscosity))
    if "sedimentation" in row.asks:
        return [s / centrifuge.SVEDBERG]
    if "time" in row.asks and s:
        return [centrifuge.clearing_time(s, centrifuge.k_factor(rpm, r_max, r_min))]
    seconds = row.before("s") or (row.before("min") or 0) * 60 or (row.before("h") or 0) * 3600
    if "pelleted" in row.asks:
        return [float(centrifuge.pelleted(s, rpm, r_max, r_min, seconds))]
    if "cut-off" in row.asks or "cutoff" in row.asks:
        return [centrifuge.cut_off(density, fluid, viscosity, rpm, r_max, r_min, seconds)]
    raise UnknownError("no such figure of a spin")


def of_diffusion(row: Row) -> list[float]:
    viscosity = row.need("eta") * 1e-3
    kelvin = row.before("K") or 273.15 + row.needs_before("C")
    d = row.get("d") or row.needs_before("nm")
    scale = 1e12 if "um2" in row.asks or "µm2" in row.asks else 1e4 if "cm2" in row.asks else 1
    return [float(diffusion.diffusion_coefficient(d, kelvin, viscosity)) * scale]


def of_sieving(row: Row) -> list[float]:
    named = re.search(rf"lambda[^;]*?=\s*({NUMBER})\s*(?:;|,|$)", row.inputs) or re.search(
        rf"=\s*({NUMBER})", row.inputs
    )
    if not named:
        raise UnknownError("no lambda")
    ratio = float(named.group(1))
    if "steric" in row.asks:
        return [float(filtration.steric(ratio))]
    return [float(filtration.renkin(ratio))]


def of_diafiltration(row: Row) -> list[float]:
    volumes = row.need("N")
    if "sieving" in row.asks:
        return [filtration.sieving_from_left(row.need("left", "fraction left", "fraction"), volumes)]
    left = float(filtration.diafiltration_left(row.need("S"), volumes))
    return [1 - left if "removed" in row.asks else left]


def of_ultrafiltration(row: Row) -> list[float]:
    factor = row.need("VCF", "concentration factor", "volume concentration factor", "factor")
    return [float(filtration.concentration_recovery(row.need("retention", "R"), factor))]


def of_sec(row: Row) -> list[float]:
    if "ogston" in row.asks:
        return [float(columns.ogston(row.need("rs"), row.need("rf"), row.need("phi")))]
    if "plates" in row.asks and ("half" in row.text or "5.545" in row.text):
        return [columns.plates_from_half_width(row.need("Ve"), row.need("half width", "w_half", "w"))]
    if "plates" in row.asks:
        return [columns.plates_from_base_width(row.need("Ve"), row.need("W", "base width", "width"))]
    if "resolution" in row.asks:
        given = row.need("V1"), row.need("V2"), row.need("W1"), row.need("W2")
        return [columns.resolution(*given)]
    if "kav" in row.asks or "kd" in row.asks or "partition" in row.asks:
        return [columns.partition(row.need("Ve"), row.need("V0"), row.need("Vt"))]
    if "sigma" in row.asks:
        return [columns.peak_sd(row.need("Ve"), row.need("N"))]
    raise UnknownError("no such figure of a column")


def of_purity(row: Row) -> list[float]:
    if "protein per" in row.asks:
        return [purity.protein_per_particle(row.needs_before("particles/ug", "particles/µg"))]
    diameter, density = row.need("d"), row.before("g/mL")
    density = density or purity.DENSITY
    if "mass" in row.asks and "whole mass" not in row.asks:
        return [purity.particle_mass(diameter, density)]
    share = row.get("protein share", "share") or 1.0
    return [purity.most_particles_per_ug(diameter, density, share)]


def of_coincidence(row: Row) -> list[float]:
    per_ml, volume = row.needs_before("particles/mL"), row.before("pL") or (row.before("nL") or 0) * 1e3
    mean = coincidence.in_probe(per_ml, volume)
    if "probability" in row.asks or "share" in row.asks or "coincident" in row.asks:
        return [coincidence.share_coincident(mean)]
    return [mean]


AREAS: dict[str, Callable[[Row], list[float] | list[float | str]]] = {
    "tolerance_factor": of_tolerance_factor,
    "tolerance_interval": of_tolerance_interval,
    "tolerance_nonparametric": of_tolerance_nonparametric,
    "control_chart_constant": of_control_chart_constant,
    "run_rules_arl": of_run_rules_arl,
    "ewma": of_ewma,
    "outlier": of_outlier,
    "capability": of_capability,
    "4pl_fit": of_fit,
    "5pl_fit": of_fit,
    "nonlinear_fit": of_nonlinear_fit,
    "relative_potency": of_potency,
    "parallelism": of_potency,
    "ich_q1e": of_ich_q1e,
    "tost": of_tost,
    "tost_power": of_tost_power,
    "hotelling": of_hotelling,
    "centrifuge": of_centrifuge,
    "diffusion": of_diffusion,
    "sieving": of_sieving,
    "diafiltration": of_diafiltration,
    "ultrafiltration": of_ultrafiltration,
    "sec": of_sec,
    "purity": of_purity,
    "coincidence": of_coincidence,
}


def computed(row: Row) -> list[float] | list[float | str]:
    """What the row asks for; raises UnknownError."""
    if row.area not in AREAS:
        raise UnknownError(f"no area '{row.area}'")
    return AREAS[row.area](row)


def agrees(row: Row, found: list[float] | list[float | str]) -> str:
    """Empty if all figures agree within the row's tolerance, else what differs."""
    if found and isinstance(found[0], str):
        return "" if found[0] == row.expected else f"found {found[0]!r}, expected {row.expected!r}"
    if "exactly" in row.expected:
        wanted = [1.0]
    else:
        wanted = [float(each) for each in re.findall(NUMBER, row.expected)]
    if len(wanted) != len(found):
        return f"found {len(found)} figures, expected {len(wanted)}"
    number = re.search(NUMBER, row.tolerance)
    within = float(number.group()) if number else 0.0
    for one, other in zip(found, wanted, strict=True):
        room = within * abs(other) if "relative" in row.tolerance else within
        # a figure on the edge of its last digit: half a unit of rounding of the double itself
        if not math.isfinite(one) or abs(one - other) > room + 1e-12 * abs(other):
            return f"found {one!r}, expected {other!r} within {room:g}"
    return ""
