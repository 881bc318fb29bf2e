"""Studies of the toy indication and data that its own model gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.study import toy

from exodyn.inference.study import posterior, read, settings_of
from exodyn.study import Study
from exodyn.study.document import parse
from exodyn.study.reading import study_of
from exodyn.study.uncertainty import with_parameters

FIT = """
[fit]
estimate = ["k_out", "effect"]
patients = 64
starts = 3

[fit.priors.k_out]
kind = "lognormal"
center = 2.0
spread = 0.5

[fit.priors.effect]
kind = "lognormal"
center = 1e-11
spread = 0.7
"""
UNITS = {"k_out": "1/d", "effect": "1/particles"}


def load(fit: str = FIT, text: str = toy.STUDY):
    """The document and the study."""
    source = parse(text + fit, "toy.toml")
    return source, study_of(source, toy.find)


def objective(csv: str, folder: Path, fit: str = FIT, text: str = toy.STUDY):
    """The posterior, its likelihood and the data."""
    source, study = load(fit, text)
    file = folder / "data.csv"
    file.write_text(csv)
    data = read(file, study)
    return (*posterior(study, data, settings_of(source, study, data)), data)


def slopes(objective, x, h: float = 1e-5):
    """The gradient by central differences."""
    return np.array([(objective(x + s) - objective(x - s)) / (2 * h) for s in np.eye(len(x)) * h])


def subjects(study: Study, values: dict[str, float], noise: float, count: int, seed: int) -> str:
    """CSV of subjects with known severity and healing, read in both arms."""
    rng = np.random.default_rng(seed)
    lines = ["subject,arm,time,readout,value,severity,healing,weight,age"]
    result = with_parameters(study, values, UNITS, "truth").with_(patients=count).run(threads=1)
    readouts = result.to_xarray()
    traits = result.table("patients").to_pandas()
    for arm in ("none", "vesicles"):
        for i in range(count):
            own = traits.iloc[i]
            for t in readouts.time.values.tolist():
                value = float(readouts["deficit"].sel(arm=arm, time=t)[i]) + noise * rng.normal()
                known = ",".join(repr(float(own[name])) for name in ("severity", "healing", "weight", "age"))
                lines.append(f"{arm}{i},{arm},{t},deficit,{value!r},{known}")
    return "\n".join(lines) + "\n"


def without_covariates(csv: str) -> str:
    """The same readings of subjects of whom nothing is known."""
    return "\n".join(",".join(line.split(",")[:5]) for line in csv.splitlines()) + "\n"
