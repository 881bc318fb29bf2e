"""Rows on assays and shelf life: dose-response, relative potency, certified fits, ICH Q1E."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
from tests.product.reference.row import Answer, Row, UnknownError, floats

from exodyn.product.statistics import dose_response, least_squares, potency, stability

_PARAMETERS = {
    r"b|slope|hill(?: slope)?": "b",
    r"c|lower(?: limit| asymptote)?|bottom": "c",
    r"d|upper(?: limit| asymptote)?|top": "d",
    r"e": "e",
    r"f|asymmetry": "f",
}


def sigmoid(row: Row) -> list[Answer]:
    """Four or five parameters to the two columns of a file."""
    table = row.table()
    if "preparation" in table:
        chosen = "test" if row.has("; test", " test ") and not row.has("standard") else "standard"
        keep = [name == chosen for name in table["preparation"]]
        x, y = floats(table["dose"])[keep], floats(table["response"])[keep]
    else:
        x, y = (floats(column) for column in list(table.values())[:2])
    five = row.area.startswith("5") or "ll.5" in row.asks
    four = dose_response.four_parameters(x, y)
    found = dose_response.five_parameters(x, y) if five else four
    asks = re.sub(r"\bll\.\d", "", row.asks)
    errors = re.search(r"standard errors?|\bse\b", asks) is not None
    interval = re.search(r"\b(?:confidence )?(?:interval|limits)\b", asks) is not None
    figures = {
        "residual standard error": found.residual_error,
        "(?:residual )?sum of squares|rss": found.rss,
        "(?:residual )?(?:df|degrees of freedom)": found.df,
        "log[- ]likelihood": found.log_likelihood,
        "aic": found.aic,
        "bic": found.bic,
        r"(?:extra[a-z- ]*)?f(?: test)?,? (?:of )?(?:five against four|5 against 4)[a-z ]*(?:and p)?"
        r"|f and p|f test,? five against four(?: parameters)?": lambda: least_squares.more_needed(
            four, found
        )[:2],
    }
    if any(re.search(name, asks) for name in figures):
        return row.pick(figures, re.sub(r"\(.*?\)", "", asks))

    def dose(percent: float) -> list[float]:
        place, error = dose_response.effective_dose(found, percent)
        if interval:
            return list(dose_response.effective_dose_interval(found, percent, row.confidence()))
        wanted = [place] if not errors or "and standard error" in asks or "and its" in asks else []
        return [*wanted, *([error] if errors else [])]

    doses = re.findall(r"\b(?:ed|ec|ic)\s?(\d+(?:\.\d+)?)", re.sub(r"\(.*?\)", "", asks))
    if doses:
        return [value for each in doses for value in dose(float(each))]
    asks = re.sub(r"\([^()]*\)", "", re.sub(r"standard errors?|confidence|interval|limits|95%|90%", "", asks))
    names = {word: name for word, name in _PARAMETERS.items() if name in found.names}

    def parameter(name: str) -> list[float]:
        if interval:
            return list(found.interval(name, row.confidence()))
        return [found.error(name) if errors else found[name]]

    return row.pick({word: parameter(name) for word, name in names.items()}, asks)


def nonlinear(row: Row) -> list[Answer]:
    """A formula y=... of parameters b1, b2, ... to the columns x and y."""
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
    if "sum of squares" in row.asks or re.search(r"\brss\b", row.asks):
        return [found.rss]
    if "residual standard" in row.asks:
        return [found.residual_error]
    through = re.search(r"\bb(\d+)\s*(?:\.\.|to|-)\s*b(\d+)\b", row.quantity)
    asked = (
        [f"b{i}" for i in range(int(through.group(1)), int(through.group(2)) + 1)]
        if through
        else re.findall(r"\bb\d+\b", row.quantity)
    ) or list(names)
    errors = re.search(r"standard (error|deviation)", row.asks) is not None
    return [found.error(name) if errors else found[name] for name in asked]


def relative_potency(row: Row) -> list[Answer]:
    if row.has("noise-free", "shifted curve"):
        dose, rho = np.geomspace(0.1, 100, 9), 0.7321
        both = [dose_response.curve(dose * shift, -1.3, 0.1, 2.2, 4.0) for shift in (1.0, rho)]
        is_test = np.repeat([False, True], len(dose))
        return [potency.relative_potency(np.tile(dose, 2), np.concatenate(both), is_test).potency / rho]
    table = row.table()
    test = [name == "test" for name in table["preparation"]]
    confidence = row.confidence(0.9 if row.area == "parallelism" else 0.95)
    found = potency.relative_potency(floats(table["dose"]), floats(table["response"]), test, confidence)
    asks = re.sub(r"\(.*?\)|\d+%|common .*|made data", "", row.asks)
    ratio = re.search(r"ratios?\b", asks) is not None
    interval = re.search(r"\b(?:confidence )?(?:interval|limits)\b", asks) is not None
    if ratio:
        name = "slope" if "slope" in asks else "range" if re.search(r"range|upper|asymptote", asks) else None
        if name is None:
            raise UnknownError("a ratio of slopes or of ranges only")
        middle, low, high = found.ratios[name]
        return (
            [low, high] if interval and "and" not in asks else [middle, low, high] if interval else [middle]
        )
    if interval:
        ends = [found.low, found.high]
        return [math.log(end) for end in ends] if re.search(r"\blog", asks) else ends
    each = {"of (?:the )?standard": found.standard, "of (?:the )?test": found.test}
    if re.search(r"\b(?:ed50|ec50|slope|lower|upper|b|c|d|e)\b", asks):
        chosen = [fit for word, fit in each.items() if re.search(word, asks)] or [found.common]
        letter = "e" if re.search(r"\b(?:ed50|ec50|e)\b", asks) else None
        letter = letter or ("b" if re.search(r"\b(?:slope|b)\b", asks) else None)
        letter = letter or ("c" if re.search(r"\b(?:lower|c)\b", asks) else "d")
        if letter == "e" and chosen == [found.common]:
            return [math.exp(found.common["log_e"])]
        return [fit[letter] for fit in chosen]
    if row.area == "parallelism" or re.search(r"\bf\b|\bp\b", asks):
        figures = {"f": found.f, "p": found.p, "df": [float(df) for df in found.df]}
        named = re.sub(r"(?:of the )?(?:extra[- ]sum[- ]of[- ]squares )?f test", "", asks)
        return row.pick(figures, named if re.search(r"\b(?:f|p|df)\b", named) else "f, p")
    return row.pick(
        {
            "residual standard error": found.common.residual_error,
            "(?:residual )?sum of squares|rss": found.common.rss,
            "log (?:relative )?potency,? (?:its )?standard error|standard error of (?:the )?log[a-z ]*": (
                found.common.error("log_rho")
            ),
            "log (?:relative )?potency": found.common["log_rho"],
            "(?:relative )?potency": found.potency,
        },
        asks,
    )


def ich_q1e(row: Row) -> list[Answer]:
    if "longest" in row.asks or "extrapol" in row.asks:
        return [_furthest(row)]
    table = row.table()
    batch, time, value = (list(column) for column in list(table.values())[:3])
    named = [name for name in dict.fromkeys(batch) if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", row.text)]
    kept = [name in named or not named for name in batch]
    names = [name for name, keep in zip(batch, kept, strict=True) if keep]
    x, y = floats(time)[kept], floats(value)[kept]
    alpha = row.get("alpha") or 0.25
    pool = stability.poolability(names, x, y, alpha)
    words = [word for word in stability.WORDS if _model_said(word, row.asks)]
    kind = words[0] if words else pool.model
    if "model chosen" in row.asks or "model selected" in row.asks:
        return [stability.WORDS[pool.model]]
    if "poolab" in row.asks or re.search(r"\bp\b", row.asks):
        both = {"slopes?": pool.p_slopes, "intercepts?": pool.p_intercepts}
        return row.pick(both) if re.search(r"slope|intercept", row.asks) else list(both.values())
    lines = stability.lines(names, x, y, kind)
    if "shelf life" not in row.asks and "worst" not in row.asks:
        return _of_lines(row, lines, names, x, y, kind, len(named) == 1)
    side = next((s for s in ("lower", "upper") if re.search(rf"\b{s}\b", row.text.casefold())), None)
    if side is None:
        side = "lower" if np.mean([line.slope for line in lines]) < 0 else "upper"
    found = stability.shelf_life(
        names, x, y, row.need("limit", "specification"), side, row.get("confidence") or 0.95, alpha, kind
    )
    if "worst batch" in row.asks and "shelf life" not in row.asks:
        return [str(found.worst)]
    asked = {r"alone|individual(?:ly)?|separate(?:ly)?|by itself": found.months_alone}
    asked |= {r"pooled m[a-z ]*": found.months}
    if any(re.search(name, row.asks) for name in asked):
        return row.pick(asked)
    return [found.months]


def _model_said(kind: str, asks: str) -> bool:
    common = {"common": r"common model|common intercept|cics"}
    other = {"different intercepts": r"different intercepts.*common slope|dics"}
    last = {"different slopes": r"different intercepts.*different slopes|dids"}
    return re.search((common | other | last)[kind], asks) is not None


def _of_lines(row: Row, lines, names, x, y, kind: str, single: bool) -> list[Answer]:
    error = stability.residual_error(names, x, y, kind)
    asks = re.sub(r"(?:common|different) (?:intercepts?|slopes?)", "", row.asks) or row.asks
    if not re.search(r"intercept|slope|residual|mean square|sigma|rmse", asks):
        asks = row.asks
    first = kind == "common" or single
    figures = {
        "intercepts?": [line.intercept for line in (lines[:1] if first else lines)],
        "slopes?": [line.slope for line in (lines[:1] if first else lines)],
        "residual standard error|sigma|rmse|root mean square error": error,
        "mean square(?: error)?|mse": error**2,
    }
    return row.pick(figures, asks)


def _furthest(row: Row) -> float:
    """What ICH Q1E lets one claim from so many months of data that would support any time."""
    storage = next((s for s in ("refrigerated", "frozen", "room") if s in row.text.casefold()), None)
    if storage is None and row.has("freezer"):
        storage = "frozen"
    months = row.get("data", "longest", "x") or row.before("months?", "mo")
    if storage is None or months is None:
        raise UnknownError("no storage or no months of data")
    return stability.furthest(months, storage)


AREAS: dict[str, Callable[[Row], list[Answer]]] = {
    "4pl_fit": sigmoid,
    "5pl_fit": sigmoid,
    "nonlinear_fit": nonlinear,
    "relative_potency": relative_potency,
    "parallelism": relative_potency,
    "ich_q1e": ich_q1e,
}
