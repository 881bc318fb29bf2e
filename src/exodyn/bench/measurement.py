"""The whole measurement: rows, ratios, host. Its result is the document that `exodyn bench --json` prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from exodyn.bench import ours, rows
from exodyn.bench.comparison import compare
from exodyn.bench.comparison import ratios as gradient_ratios
from exodyn.bench.delivery import compare_spread, whole_body
from exodyn.bench.host import describe_host, load
from exodyn.bench.matching import Series, alternate
from exodyn.bench.problem import REFERENCE_RTOL, Problem, stroke
from exodyn.bench.program import Floats, Program
from exodyn.bench.rows import rounded, spread
from exodyn.bench.scaling import four_copies, two_threads
from exodyn.bench.startup import first_results

PATIENTS = 128
REPETITIONS = 5
RADAU_PATIENTS = 2
RADAU_RTOL = 1e-10
PEERS = {
    "libroadrunner": ("roadrunner",),
    "scikit-sundae": ("sksundae", "numba"),
    "SciPy": ("numba",),
    "AMICI": ("amici", "pypesto"),
}
"""The peers and the modules that each needs (SciPy for compiled rates); they come with `exodyn[bench]`, but
AMICI, which needs a compiler and BLAS, with `exodyn[amici]`."""

RATIOS = {
    "libroadrunner_1e-3": ("exodyn double", "libroadrunner", 1e-3, "median"),
    "libroadrunner_1e-5": ("exodyn double", "libroadrunner", 1e-5, "median"),
    "libroadrunner_1e-3_single": ("exodyn single", "libroadrunner", 1e-3, "median"),
    "libroadrunner_1e-3_worst_patient": ("exodyn double", "libroadrunner", 1e-3, "worst"),
    "libroadrunner_1e-5_worst_patient": ("exodyn double", "libroadrunner", 1e-5, "worst"),
    "libroadrunner_1e-3_single_worst_patient": ("exodyn single", "libroadrunner", 1e-3, "worst"),
    "libroadrunner_1e-3_from_sbml": ("exodyn double, SBML", "libroadrunner", 1e-3, "median"),
    "libroadrunner_1e-5_from_sbml": ("exodyn double, SBML", "libroadrunner", 1e-5, "median"),
    "libroadrunner_1e-3_avx2": ("exodyn double, AVX2", "libroadrunner", 1e-3, "median"),
    "libroadrunner_1e-5_avx2": ("exodyn double, AVX2", "libroadrunner", 1e-5, "median"),
    "libroadrunner_1e-3_single_avx2": ("exodyn single, AVX2", "libroadrunner", 1e-3, "median"),
    "libroadrunner_rewritten_1e-3": ("exodyn double", "libroadrunner, rewritten", 1e-3, "median"),
    "libroadrunner_rewritten_1e-5": ("exodyn double", "libroadrunner, rewritten", 1e-5, "median"),
    "libroadrunner_rewritten_1e-3_single": ("exodyn single", "libroadrunner, rewritten", 1e-3, "median"),
    "scipy_1e-3": ("exodyn double", "SciPy LSODA", 1e-3, "median"),
    "scipy_1e-5": ("exodyn double", "SciPy LSODA", 1e-5, "median"),
    "scikit-sundae_1e-3": ("exodyn double", "scikit-sundae CVODE", 1e-3, "median"),
    "scikit-sundae_1e-5": ("exodyn double", "scikit-sundae CVODE", 1e-5, "median"),
}  # fmt: skip
"""How many times faster is (ours) than (a peer) at this error of the (median or worst) patient."""

Report = Callable[[str], None]


def measure(
    patients: int = PATIENTS, repetitions: int = REPETITIONS, report: Report = lambda message: None
) -> dict[str, Any]:
    """Measure everything.

    Returns "rows" (each program at each error), "ratios" and their "ranges", "points" (each program at each
    tolerance), "reference" (how far others agree with it), "missing" (peers not installed) and "host".
    """
    busy = load()
    missing = missing_peers()
    if missing:
        report(f"not installed and left out: {', '.join(missing)} (pip install 'exodyn[bench,amici]')")
    report("the reference solution")
    problem = stroke(patients)
    programs = all_programs(problem, missing)
    report(f"{len(programs)} programs, {repetitions} times in turn")
    series = {s.name: s for s in alternate(problem, programs, repetitions)}
    report("threads, model size, first results")
    threads = two_threads(problem, repetitions)
    alike, unlike = (four_copies(problem, repetitions, same) for same in (True, False))
    starts = first_results(problem, repetitions, "libroadrunner" not in missing)
    report("delivery")
    tissue, spread_series = compare_spread(repetitions, "SciPy" not in missing)
    body, body_states = whole_body(problem, repetitions)
    compared = list(compare(problem, repetitions, "AMICI" not in missing, report))
    report("the reference by other methods")
    ratios: dict[str, Floats] = {
        **speed_ratios(series),
        "two_threads": threads.ratio,
        "per_state_144_vs_36": alike.ratio,
        "per_state_144_vs_36_unlike_copies": unlike.ratio,
        "time_to_first_result_s": starts[0].cpu,
        **spread_ratios(spread_series),
        "delivery_per_state": body.ratio,
        **gradient_ratios(compared),
    }
    return {
        "rows": [
            *(row for s in series.values() for row in rows.matched(problem.name, s)),
            *rows.scaling(problem, threads, alike, unlike),
            *(row for s in spread_series for row in rows.matched(tissue.name, s)),
            rows.whole_body(body, body_states),
            *map(rows.start, starts),
            *(row for found in compared for row in rows.gradients(found)),
        ],
        "ratios": {name: rounded(np.median(values)) for name, values in ratios.items()},
        "ranges": {name: spread(values) for name, values in ratios.items()},
        "points": [row for s in series.values() for row in rows.points(problem, s)],
        "reference": agreement(problem, missing),
        "missing": missing,
        "host": describe_host(busy),
    }


def missing_peers() -> list[str]:
    """Peers that are not installed."""
    return [peer for peer, modules in PEERS.items() if not all(map(find_spec, modules))]


def all_programs(problem: Problem, missing: Sequence[str]) -> list[Program]:
    """This engine and the peers that are there."""
    found = ours.programs(problem)
    if "libroadrunner" not in missing:
        from exodyn.bench import libroadrunner

        found += libroadrunner.programs(problem)
    if "SciPy" not in missing:
        from exodyn.bench import callbacks

        found += callbacks.scipy_programs(problem)
        if "scikit-sundae" not in missing:
            found += callbacks.sundials_programs(problem)
    return found


def speed_ratios(series: Mapping[str, Series]) -> dict[str, Floats]:
    """The ratios of programs that were measured, f64[repetitions] each."""
    return {
        name: _costs(series[peer], target, kind) / _costs(series[own], target, kind)
        for name, (own, peer, target, kind) in RATIOS.items()
        if own in series and peer in series
    }


def spread_ratios(found: Sequence[Series]) -> dict[str, Floats]:
    """How many times faster the spread in tissue is than by the peer, if that is there."""
    ours_, *peers = found
    return {
        f"scipy_spread_{target:.0e}".replace("e-0", "e-"): peer.at(target, peer.median)
        / ours_.at(target, ours_.median)
        for peer in peers
        for target in (1e-3, 1e-5)
    }


def agreement(problem: Problem, missing: Sequence[str]) -> dict[str, Any]:
    """The reference beside other ways to it: the largest error of any patient."""
    others = {f"exodyn double, SBML, {REFERENCE_RTOL:g}": ours.from_file(problem)(REFERENCE_RTOL)[0]}
    if "libroadrunner" not in missing:
        from exodyn.bench import libroadrunner

        (exported, *_) = libroadrunner.programs(problem)
        others[f"libroadrunner, {REFERENCE_RTOL:g}"] = exported.load()(REFERENCE_RTOL)[0]
    if "SciPy" not in missing:
        from exodyn.bench import callbacks

        others[f"SciPy Radau, {RADAU_RTOL:g}"] = callbacks.radau(problem, RADAU_RTOL, RADAU_PATIENTS)
    return {
        "rtol": REFERENCE_RTOL,
        "others": [
            {"engine": name, "patients": len(values), "largest_error": rounded(problem.errors(values).max())}
            for name, values in others.items()
        ],
    }


def _costs(series: Series, target: float, kind: str) -> Floats:
    return series.at(target, series.median if kind == "median" else series.worst)
