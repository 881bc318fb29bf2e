"""AMICI (gradients through CVODES) and pyPESTO (searches): the usual tools for such fits.

AMICI generates and compiles C++ for every model, which takes a minute; the result is kept beside our own
compiled code.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from exodyn.bench.gradients import ONE_BY_ONE, Fit, beside, petab_file, timed
from exodyn.bench.program import Floats, Program, Solve, ladder
from exodyn.bench.searches import SEARCH_RTOL, Searches
from exodyn.engine import cache

ABSOLUTE = 1e-3
"""The absolute tolerance over the relative one (states are near 1); others were no faster at an error."""
LADDERS = {"forward": ladder(-2, -7, 1), "adjoint": ladder(-3, -8, 1)}
PETAB_LADDERS = {"forward": ladder(-4, -10, 1), "adjoint": ladder(-4, -10, 1)}
PETAB_ABSOLUTE = 1e-4
MOST_STEPS = 100_000


def _folder(*content: str) -> Path:
    """Where AMICI's code for this content is kept."""
    import amici

    digest = hashlib.sha256("\0".join([amici.__version__, sys.version, *content]).encode()).hexdigest()[:16]
    base = cache.folder() or Path(tempfile.mkdtemp())
    return base / "amici" / digest


@contextlib.contextmanager
def _quiet() -> Any:
    """No messages, and the tools that AMICI brings (swig) found before others."""
    before = os.environ["PATH"], logging.root.manager.disable
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before[0]}"
    logging.disable(logging.ERROR)
    sys.stdout.flush()
    # The compiler writes to the process' own output, where only our document may be.
    output, nothing = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdout.flush()
        os.dup2(output, 1)
        os.close(output)
        os.close(nothing)
        os.environ["PATH"] = before[0]
        logging.disable(before[1])


def _stroke_model(fit: Fit) -> Any:
    import amici
    from amici.importers.sbml import SbmlImporter

    sbml = fit.problem.sbml
    folder = _folder(sbml)
    with _quiet():
        if not (folder / "exodyn_stroke" / "__init__.py").exists():
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / "model.xml"
            path.write_text(sbml, encoding="utf-8")
            measured = [
                amici.MeasurementChannel(id_=f"observed_{name}", formula=name, sigma=repr(float(peak)))
                for name, peak in zip(fit.problem.states, fit.problem.peak, strict=True)
            ]
            fixed = [p.name for p in fit.problem.model.parameters if p.name not in fit.varied]
            SbmlImporter(str(path)).sbml2amici(
                "exodyn_stroke", str(folder), fixed_parameters=fixed, observation_model=measured,
                verbose=False, compute_conservation_laws=False,
            )  # fmt: skip
        model = amici.import_model_module("exodyn_stroke", str(folder)).get_model()
    model.set_timepoints(fit.problem.times)
    return model


def _solver(model: Any, way: str, rtol: float, quadratures: bool = False) -> Any:
    import amici.sim.sundials as sim

    solver = model.create_solver()
    solver.set_sensitivity_order(sim.SensitivityOrder_first)
    method = {"forward": sim.SensitivityMethod_forward, "adjoint": sim.SensitivityMethod_adjoint}[way]
    solver.set_sensitivity_method(method)
    solver.set_return_data_reporting_mode(sim.RDataReporting_likelihood)
    solver.set_max_steps(MOST_STEPS)
    solver.set_relative_tolerance(rtol)
    solver.set_absolute_tolerance(rtol * ABSOLUTE)
    if quadratures:
        solver.set_relative_tolerance_quadratures(rtol)
        solver.set_absolute_tolerance_quadratures(rtol * ABSOLUTE)
    return solver


def _case(fit: Fit, model: Any, row: Floats, data: Floats) -> tuple[Any, list[int]]:
    """Set a patient's parameters; its data, and our order of the parameters that vary."""
    import amici.sim.sundials as sim

    names = [p.name for p in fit.problem.model.parameters]
    free = list(model.get_free_parameter_ids())
    model.set_free_parameters([float(row[names.index(n)]) for n in free])
    model.set_fixed_parameters([float(row[names.index(n)]) for n in model.get_fixed_parameter_ids()])
    measured = sim.ExpData(model)
    measured.set_timepoints(fit.problem.times)
    measured.set_measurements(data.ravel())
    measured.set_noise_scales(np.tile(fit.problem.peak, len(fit.problem.times)))
    return measured, [free.index(n) for n in fit.varied]


def stroke_programs(fit: Fit) -> list[Program]:
    """Adjoint, adjoint with looser quadratures (AMICI's default is 1e-8), and forward."""
    import amici.sim.sundials as sim

    def program(name: str, way: str, quadratures: bool) -> Program:
        def load() -> Solve:
            model = _stroke_model(fit)

            def solve(rtol: float) -> tuple[Floats, float]:
                solver, found, seconds = _solver(model, way, rtol, quadratures), [], 0.0
                with _quiet():
                    for row, data in zip(fit.problem.parameters[:ONE_BY_ONE], fit.data, strict=False):
                        measured, order = _case(fit, model, row, data)
                        began = time.thread_time()
                        result = sim.run_simulation(model, solver, measured)
                        seconds += time.thread_time() - began
                        found.append(-np.array(result.sllh)[order] * row[fit.columns])
                return np.array(found), seconds / len(found)

            return solve

        return Program(name, load, LADDERS[way])

    return [
        program("AMICI adjoint", "adjoint", False),
        program("AMICI adjoint, looser quadratures", "adjoint", True),
        program("AMICI forward", "forward", False),
    ]


def stroke_searches(fit: Fit, places: Floats) -> Searches:
    """pyPESTO's fides with AMICI's adjoint gradient (BFGS, since it gives no Hessian)."""
    import amici.sim.sundials as sim
    import pypesto

    model = _stroke_model(fit)
    solver = _solver(model, "adjoint", SEARCH_RTOL)
    row, data = fit.problem.parameters[0], fit.problem.reference[0]
    measured, order = _case(fit, model, row, data)
    free = list(model.get_free_parameter_ids())
    norm = float(np.sum(np.log(2.0 * np.pi * fit.problem.peak**2)) * len(fit.problem.times) / 2.0)

    def down(x: Floats) -> tuple[float, Floats]:
        values = np.empty(len(free))
        values[order] = np.exp(x)
        model.set_free_parameters(values.tolist())
        result = sim.run_simulation(model, solver, measured)
        if result.status != 0:
            return np.inf, np.full(len(x), np.nan)
        return -(result.llh + norm), -np.array(result.sllh)[order] * np.exp(x)

    low, high = np.log(row[fit.columns] / 4.0), np.log(row[fit.columns] * 4.0)
    problem = pypesto.Problem(pypesto.Objective(fun=down, grad=True), lb=low, ub=high)
    return _searches(problem, places, bfgs=True)


def _petab(name: str) -> Any:
    import pypesto.petab

    folder = _folder(*(p.read_text(encoding="utf-8") for p in sorted(petab_file(name).parent.iterdir())))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _quiet():
        importer = pypesto.petab.PetabImporter.from_yaml(
            str(petab_file(name)), output_folder=str(folder), model_name=name
        )
        problem = importer.create_problem(importer.create_objective_creator().create_objective())
    names = [problem.x_names[k] for k in problem.x_free_indices]
    return problem, names, np.array(importer.petab_problem.x_nominal_free_scaled)


def _set(problem: Any, way: str, rtol: float) -> None:
    import amici.sim.sundials as sim

    solver = problem.objective.amici_solver
    method = {"forward": sim.SensitivityMethod_forward, "adjoint": sim.SensitivityMethod_adjoint}[way]
    solver.set_sensitivity_method(method)
    solver.set_relative_tolerance(rtol)
    solver.set_absolute_tolerance(rtol * PETAB_ABSOLUTE)
    solver.set_max_steps(MOST_STEPS)


def petab_programs(name: str) -> list[Program]:
    """AMICI through pyPESTO's objective, forward and adjoint."""

    def program(way: str) -> Program:
        def load() -> Solve:
            problem, _, middle = _petab(name)
            place = beside(middle)

            def solve(rtol: float) -> tuple[Floats, float]:
                _set(problem, way, rtol)
                with _quiet():
                    return timed(lambda: -np.asarray(problem.objective(place, sensi_orders=(0, 1))[1]))

            return solve

        return Program(f"AMICI {way}", load, PETAB_LADDERS[way])

    return [program("forward"), program("adjoint")]


def petab_searches(name: str, places: Floats) -> Searches:
    """pyPESTO's fides with AMICI's forward sensitivities, which give it the Fisher information as Hessian.

    At AMICI's own tolerance (1e-8): at 1e-6 searches end early and short of the optimum.
    """
    problem, _, _ = _petab(name)
    return _searches(problem, places, bfgs=False)


def _searches(problem: Any, places: Floats, bfgs: bool) -> Searches:
    import fides
    from pypesto.optimize import FidesOptimizer

    update: Callable[[], Any] = fides.BFGS if bfgs else lambda: None
    seconds, ended = [], []
    for k, place in enumerate(places):
        options = {"maxiter": 1000, "fatol": 1e-9, "frtol": 0.0, "gatol": 1e-6, "xtol": 0.0}
        optimizer = FidesOptimizer(hessian_update=update(), options=options, verbose=logging.CRITICAL)
        with _quiet():
            began = time.thread_time()
            result = optimizer.minimize(problem=problem, x0=place, id=str(k))
        seconds.append(time.thread_time() - began)
        ended.append(-float(result.fval) if result.fval is not None else -np.inf)
    return Searches("AMICI + pyPESTO", np.array(seconds), np.array(ended))
