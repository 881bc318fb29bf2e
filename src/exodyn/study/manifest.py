"""What made a result: inputs, versions, seed. The hashed part decides the result, the rest describes it."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from exodyn import __version__
from exodyn.evidence import data_hash
from exodyn.study.population import DRAWS

if TYPE_CHECKING:
    from exodyn.study.study import Study

FORMAT = 2
"""Of the run directory. Goes up when a reader of the old one would misread the new one."""

LIBRARIES = ("numpy", "scipy", "llvmlite", "pyarrow")


def identity(study: Study, engine: dict[str, Any]) -> dict[str, Any]:
    """All that decides a result, as JSON values; two runs with one identity are equal to the last bit.

    engine: what the engine says of itself (version, vector width).
    """
    found = {
        "format": FORMAT,
        "exodyn": __version__,
        "draws": DRAWS,
        "data_sha256": data_hash(),
        "engine": engine,
        "libraries": {name: version(name) for name in LIBRARIES},
        "machine": {"architecture": platform.machine(), "python": platform.python_version()},
        "study": study.inputs(),
    }
    values: dict[str, Any] = json.loads(json.dumps(found))  # tuples become lists, as they will be when read
    return values


def manifest(study: Study, engine: dict[str, Any], timings: dict[str, float]) -> dict[str, Any]:
    """What `manifest.json` holds; `timings` in seconds stand apart from the hashed part."""
    hashed = identity(study, engine)
    text = json.dumps(hashed, sort_keys=True, ensure_ascii=False)
    return {
        "format": FORMAT,
        "notice": "A model prediction for research use only; not medical advice.",
        "title": study.title,
        "identity": hashed,
        "identity_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "study_file": study.text,
        "study_file_sha256": study.sha256,
        "records": records_used(study),
        "platform": platform.platform(),
        "timings_s": {name: round(seconds, 3) for name, seconds in timings.items()},
    }


def records_used(study: Study) -> list[str]:
    """Ids of the evidence records behind the study's parameters and traits, sorted."""
    found = {record for parameter in study.parameters.values() for record in parameter.records}
    found |= {
        one for model in study.models for parameter in model.parameters for one in parameter.record.split()
    }
    found |= {record for trait in study.population.traits for record in trait.records}
    return sorted(found)
