"""Rows on batches: tolerance, charts, outliers, capability, equivalence, several attributes, components."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from scipy import stats
from tests.product.reference.row import NUMBER, Answer, Row, UnknownError, floats

from exodyn.product.statistics import (
    capability,
    charts,
    equivalence,
    multivariate,
    outliers,
    run_rules,
    tolerance,
    variance,
)


def _one_sided(row: Row) -> bool:
    return row.get("sides") == 1 or row.has("one-sided", "one sided")


def tolerance_factor(row: Row) -> list[Answer]:
    given = int(row.need("n")), row.need("content", "p", "coverage"), row.need("confidence", "gamma")
    if _one_sided(row):
        approximate = row.has("approx", "natrella")
        return [(tolerance.handbook_one_sided_factor if approximate else tolerance.one_sided_factor)(*given)]
    if row.has("two-sided", "two sided", "howe") or row.get("sides") == 2:
        return [(tolerance.howe_factor if row.has("howe") else tolerance.two_sided_factor)(*given)]
    raise UnknownError("neither one-sided nor two-sided")


def tolerance_interval(row: Row) -> list[Answer]:
    lower, upper = (re.search(rf"\b{side}\b", row.asks) is not None for side in ("lower", "upper"))
    one = _one_sided(row) or lower != upper
    k = row.get("k")
    if ".csv" in row.inputs:
        values = row.values()
        n, mean, sd = len(values), float(values.mean()), float(values.std(ddof=1))
    else:
        n, mean, sd = int(row.get("n") or 0), row.need("mean"), row.need("sd", "s", "sigma")
    if k is None:
        given = n or int(row.need("n")), row.need("content", "p", "coverage"), row.need("confidence", "gamma")
        two = tolerance.howe_factor if row.has("howe") else tolerance.two_sided_factor
        k = tolerance.one_sided_factor(*given) if one else two(*given)
    found = tolerance.around(mean, sd, n, k)
    if lower and upper:
        return row.pick({"lower": found.lower, "upper": found.upper})
    return [found.lower if lower else found.upper] if one else [found.lower, found.upper]


def tolerance_nonparametric(row: Row) -> list[Answer]:
    sides = int(row.get("sides") or (1 if row.has("one-sided", "one sided") else 2))
    content = row.need("content", "p", "coverage")
    if "confidence" in row.asks or row.get("confidence", "gamma") is None:
        return [tolerance.nonparametric_confidence(int(row.need("n")), content, sides)]
    discarded = int(row.get("discarded") or 0)
    return [tolerance.smallest_n(content, row.need("confidence", "gamma"), sides, discarded)]


def control_chart_constant(row: Row) -> list[Answer]:
    known = charts.constants(int(row.need("n")))
    names = [name for name in re.findall(r"\b[A-Ec-d]\d?\b", row.quantity) if name in known]
    if not names:
        raise UnknownError("no constant of this name")
    return [known[name] for name in names]


def control_chart(row: Row) -> list[Answer]:
    """Limits of individuals and moving ranges of a series."""
    of_values, of_ranges = charts.individuals(row.values())
    chart = of_ranges if re.search(r"moving range|\bmr\b", row.asks) else of_values
    return row.pick(
        {
            "ucl|upper control limit|upper limit": float(chart.upper),
            "lcl|lower control limit|lower limit": float(chart.lower),
            "cl|centre|center|centre line|mean": chart.centre,
        }
    )


def run_rules_arl(row: Row) -> list[Answer]:
    outside = re.sub(r"\(.*?\)", "", row.asks)
    # "rule 1 and 9 on one side": the 9 is a count, not a rule
    outside = re.sub(r"\band (\d+)(?! (?:in a row )?on one side)", r",\1", outside)
    rules: list[run_rules.Rule] = []
    by_number = dict(enumerate(run_rules.WESTERN_ELECTRIC, start=1))
    named = re.search(r"rules?\s+([\d,\s–-]+)", outside)
    for part in re.split(r"[,\s]+", named.group(1).strip(" ,-")) if named else []:
        low, _, high = part.replace("–", "-").partition("-")
        for number in range(int(low), int(high or low) + 1):
            if number not in by_number:
                raise UnknownError(f"no rule {number} of Western Electric")
            rules.append(by_number[number])
    for count in re.findall(r"\b(\d+) (?:in a row )?on one side", outside):
        rules.append(run_rules.Zone(f"{count} on one side", int(count), int(count), 0.0))
    inside = re.search(r"\b(\d+) on one side", row.asks)
    if inside and by_number[4] in rules:
        count = int(inside.group(1))
        rules[rules.index(by_number[4])] = run_rules.Zone(f"{count} on one side", count, count, 0.0)
    if not rules and row.has("western electric", "all four"):
        rules = list(run_rules.WESTERN_ELECTRIC)
    if not rules:
        raise UnknownError("no rules named")
    length = run_rules.average_run_length(rules, row.get("shift") or 0.0)
    if re.search(r"false.alarm (rate|probability)|alarms per", row.asks):
        return [1 / length]
    if not row.has("run length", "arl"):
        raise UnknownError("neither a run length nor a rate of false alarms")
    return [length]


def ewma(row: Row) -> list[Answer]:
    target, weight = row.need("target", "mean"), row.need("lambda", "weight", "r")
    if ".csv" in row.inputs and not re.search(r"\bucl|\blcl|limit", row.asks):
        series = charts.ewma(row.values(), target, weight)
        place = row.get(r"ewma[_ ]?", "point", "sample", "at", "value", "t", "i", "time", "period")
        if place is not None and 1 <= int(place) <= len(series):
            return [float(series[int(place) - 1])]
        words = {"first": series[0], "last|final": series[-1]}
        words |= {"largest|maximum|max": series.max(), "smallest|minimum|min": series.min()}
        asked = {name: float(value) for name, value in words.items()} | {"all|values": series.tolist()}
        return row.pick(asked) if any(re.search(name, row.asks) for name in asked) else [float(series[-1])]
    found = charts.ewma_limits(
        target, row.need("sigma", "sd", "s"), weight, row.get("k", "L") or 3.0, row.get("t", "time", "i")
    )
    limits = {"ucl|upper": float(found.upper), "lcl|lower": float(found.lower)}
    return row.pick(limits) if re.search(r"ucl|lcl|upper|lower", row.asks) else list(limits.values())


def cusum(row: Row) -> list[Answer]:
    allowance = row.get("k", "allowance") or 0.5
    sums = charts.cusum(
        row.values(), row.need("target", "mean"), row.get("sigma", "sd", "s") or 1.0, allowance
    )
    place = row.get("point", "sample", "at", "value", "t", "i")
    upper, lower = (float(each[int(place) - 1]) if place else float(each.max()) for each in sums)
    return row.pick({"upper|c\\+|high": upper, "lower|c-|low": lower})


def outlier(row: Row) -> list[Answer]:
    values = row.values()
    if re.search(r"\besd\b|rosner", row.asks):
        return [len(outliers.rosner(values, int(row.get("r", "most") or 1), row.alpha()))]
    if row.has("dixon"):
        if row.get("n") is not None and len(values) < 3:
            return [outliers.dixon_critical(int(row.need("n")), row.alpha())]
        found = outliers.dixon(values, row.alpha())
        return row.pick(
            {r"dixon|q|r10|statistic|ratio": found.statistic, "critical(?: value)?": found.critical}
        )
    if not row.has("grubbs"):
        raise UnknownError("only the tests of Grubbs, Rosner and Dixon")
    n = row.get("n")
    if n is not None and len(values) < 3:
        level = row.alpha() / (n if row.has("one-sided", "upper", "lower") else 2 * n)
        return [outliers.grubbs_critical(int(n), level)]
    side = next((s for s in ("upper", "lower") if s in row.asks), "both")
    test = outliers.grubbs(values, row.alpha(), side)
    asks = re.sub(r"grubbs'?(?= (?:g\b|test|critical|statistic))", "", row.asks)
    return row.pick(
        {r"g|statistic|grubbs": test.statistic, "critical(?: value)?": test.critical},
        re.sub(r"\(.*?\)", "", asks),
    )


def of_capability(row: Row) -> list[Answer]:
    given = row.get("LSL", "lower"), row.get("USL", "upper"), row.get("target", "T")
    if ".csv" in row.inputs:
        values = row.values()
        mean, sd, n = float(values.mean()), float(values.std(ddof=1)), len(values)
    else:
        mean, sd, n = row.need("mean"), row.need("sd", "sigma", "s"), int(row.get("n") or 0)
    found = capability.capability(mean, sd, *given)
    if re.search(r"\binterval|\blimits?\b", row.asks):
        if not n:
            raise UnknownError("no n in the inputs")
        if re.search(r"[cp]pk", row.asks):
            return list(capability.cpk_interval(found.cpk, n, row.confidence()))
        return list(capability.cp_interval(found.cp, n, row.confidence()))
    return row.pick(
        {
            "cp|pp": found.cp,
            "cpk|ppk": found.cpk,
            "cpm": found.cpm,
            "cpkm|cpmk": found.cpkm,
            "cpu|ppu": found.cpu,
            "cpl|ppl": found.cpl,
            "(?:share|fraction) (?:outside|out of specification|nonconforming)": found.outside,
            r"(?:expected )?(?:share outside,? )?ppm(?: outside)?|dpmo": 1e6 * found.outside,
        }
    )


def _equivalence(row: Row) -> equivalence.Equivalence:
    bounds = re.search(rf"bounds? (?:of )?({NUMBER})\s*(?:,|and|to|\.\.)\s*({NUMBER})", row.text)
    around = re.search(rf"(?:bounds?|margin|delta)\s*(?:\+-|\+/-|±|=)\s*({NUMBER})", row.text)
    if bounds:
        low, high = float(bounds.group(1)), float(bounds.group(2))
    elif around:
        high = abs(float(around.group(1)))
        low = -high
    elif re.search(r"interval|difference|\bdf\b", row.asks):
        low, high = -1.0, 1.0  # what is asked for does not depend on them
    else:
        raise UnknownError("no bounds in the inputs")
    alpha = row.alpha()
    if row.get("m1", "mean1") is not None:
        m1, s1, n1, m2, s2, n2 = (
            row.need(f"{name}{i}") for i in (1, 2) for name in ("m(?:ean)?", "s[dD]?", "n")
        )
        equal = not row.has("welch", "unequal")
        return equivalence.two_summaries(m1, s1, int(n1), m2, s2, int(n2), low, high, alpha, equal)
    if row.get("m", "mean") is not None:
        values = row.need("mean", "m"), row.need("sd", "s"), int(row.need("n"))
        return equivalence.one_summary(*values, low, high, alpha)
    table = row.table()
    numbers, groups = table.get("extra"), table.get("group")
    if numbers is None or groups is None:
        groups, *_, numbers = table.values()
    values, of = floats(numbers), np.array(groups)
    first, second = (values[of == one] for one in dict.fromkeys(of.tolist()))
    if row.has("paired"):
        return equivalence.paired(first, second, low, high, alpha)
    equal = row.has("equal variance", "student", "pooled") and not row.has("unequal", "welch")
    return equivalence.two_samples(first, second, low, high, alpha, equal)


def tost(row: Row) -> list[Answer]:
    found = _equivalence(row)
    asks = re.sub(r"\((?:max of (?:the )?two|tost)[^)]*\)", "tost", row.asks)
    asks = re.sub(r"\(.*?\)|with bounds.*|paired|summary data|\d+%", "", asks)
    sides = [side for side in ("lower", "upper") if re.search(rf"\b{side}\b", asks)]
    if sides and "interval" not in asks and "limit" not in asks:
        names = re.findall(r"\b(df|t|p)\b", asks) or ["t", "p"]
        return [
            found.df if name == "df" else getattr(found, f"{name}_{side}")
            for side in sides
            for name in dict.fromkeys(names)
        ]
    return row.pick(
        {
            "p tost|max(?:imum)? p|tost p|p of the tost": found.p,
            "(?:confidence )?(?:interval|limits)(?: of the difference)?": list(found.interval),
            "df|degrees of freedom": found.df,
            "t": found.t,
            "p": found.p_difference,
            "(?:mean )?difference": found.difference,
            "standard error|se": found.standard_error,
        },
        asks,
    )


def tost_power(row: Row) -> list[Answer]:
    low, high = 0.8, 1.25
    limits = re.search(rf"limits ({NUMBER})\s*(?:-|–|to|,|\.\.)\s*(\d[\d.]*)", row.text)
    if limits:
        low, high = float(limits.group(1)), float(limits.group(2))
    designs = {"2x2x4": "2x2x4", "2x2x3": "2x2x3", "parallel": "parallel", "paired": "paired"}
    design = next((name for word, name in designs.items() if row.has(word)), "2x2")
    cv = row.need("CV")
    cv = cv / 100 if cv > 3 else cv
    given = row.get("true ratio", "ratio", "theta0") or 0.95, low, high, row.alpha(), design
    if re.search(r"sample size|smallest n|\bn for\b|number of (?:subjects|batches)", row.asks):
        wanted = row.get("power", "wanted power") or row.before("power")
        percent = re.search(rf"({NUMBER})\s?%", row.text)
        if wanted is None and percent is None:
            raise UnknownError("no wanted power")
        n = equivalence.n_for_power(wanted or float(percent.group(1)) / 100, cv, *given)  # type: ignore[union-attr]
        return row.pick(
            {
                "sample size|smallest n|n for|number of (?:subjects|batches)": n,
                "(?:achieved|its|exact|and its) power": lambda: equivalence.power_of_ratio(
                    cv, n or 0, *given
                ),
            }
        )
    return [equivalence.power_of_ratio(cv, int(row.need("n")), *given)]


def hotelling(row: Row) -> list[Answer]:
    if ".csv" in row.inputs:
        columns = [floats(column) for column in row.table().values()]
        found = multivariate.mean_test(np.column_stack(columns), row.vector("against", "means?"), row.alpha())
        figures = {"t2|t²": found.t2, "f": found.f, "p": found.p}
        asks = re.sub(r"\b(?:of|for) t2", "", re.sub(r"\(.*?\)|against.*|mean vector.*", "", row.asks))
        return row.pick(figures | {"critical(?: value)?|limit": found.critical}, asks)
    alpha = row.alpha()
    if re.search(r"jackson|mudholkar|\bq\b|\bspe\b", row.asks):
        return [multivariate.q_limit(row.vector("eigenvalues?[a-z ]*", "variances?[a-z ]*"), alpha)]
    n, p = int(row.get("n") or 0), int(row.need("p"))
    if re.search(r"phase (ii|2)\b", row.asks):
        return [multivariate.phase_two_limit(n, p, alpha)]
    if re.search(r"phase (i|1)\b", row.asks):
        return [multivariate.phase_one_limit(n, p, alpha)]
    if "chi" in row.asks:
        return [multivariate.chi2_limit(p, alpha)]
    if not n or not re.search(r"critical|limit|\bf\b", row.asks):
        raise UnknownError("no such limit of T2")
    return [p * (n - 1) / (n - p) * float(stats.f.isf(alpha, p, n - p))]


def variance_components(row: Row) -> list[Answer]:
    """Columns of labels, the value last; by REML, or by the mean squares of a one-way layout."""
    table = row.table()
    *labels, value = table
    numbers = floats(table[value])
    if len(labels) == 1 and row.has("anova", "mean square"):
        one = variance.one_way(table[labels[0]], numbers)
        found = {"between|" + re.escape(labels[0].casefold()): one.between, "f": one.f, "p": one.p}
        return row.pick(found | {"within|residual|repeat": one.within, "intraclass[a-z ]*": one.intraclass})
    fitted = variance.components([(name, table[name]) for name in labels], numbers)
    named = {re.escape(n.casefold()): v for n, v in zip(fitted.names, fitted.variances, strict=True)}
    if row.has("standard deviation", " sd"):
        named = {name: float(np.sqrt(each)) for name, each in named.items()}
    return row.pick(named | {"residual|within": named["repeat"]})


AREAS: dict[str, Callable[[Row], list[Answer]]] = {
    "tolerance_factor": tolerance_factor,
    "tolerance_interval": tolerance_interval,
    "tolerance_nonparametric": tolerance_nonparametric,
    "control_chart_constant": control_chart_constant,
    "control_chart": control_chart,
    "run_rules_arl": run_rules_arl,
    "ewma": ewma,
    "cusum": cusum,
    "outlier": outlier,
    "capability": of_capability,
    "tost": tost,
    "tost_power": tost_power,
    "hotelling": hotelling,
    "variance_components": variance_components,
}
