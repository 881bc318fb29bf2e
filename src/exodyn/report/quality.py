"""The result of quality control, and its page: one HTML file that needs nothing else."""

from __future__ import annotations

import getpass
import hashlib
import json
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from exodyn import __version__
from exodyn.product.quality import (
    ATTRIBUTES,
    UNITS,
    Batch,
    Comparability,
    FileReport,
    Record,
    Sources,
    Spec,
    Trend,
    append,
    changes,
    compare,
    read_record,
    sources,
    together,
    trend,
)
from exodyn.report import quality_figures, words
from exodyn.report.template import template
from exodyn.study import BatchEffect

NOTICE = "For research use; no release decision rests on it alone."
LIBRARIES = ("numpy", "scipy", "flowio", "matplotlib")
TITLES = {
    "particles_per_ml": "Particles per mL",
    "d10": "D10, nm",
    "d50": "D50, nm",
    "d90": "D90, nm",
    "mean": "Mean, nm",
    "mode": "Mode, nm",
    "share_40_150": "Share in 40 to 150 nm",
    "particles_per_ug": "Particles per µg of protein",
    "potency": "Potency",
    "cargo_per_particle": "Cargo per particle",
    "endotoxin_eu_per_ml": "Endotoxin, EU/mL",
}


@dataclass(frozen=True)
class QualityResult:
    """What was found in the files; nothing in it depends on when or by whom."""

    spec: Spec
    files: tuple[FileReport, ...]
    batches: tuple[Batch, ...]
    trends: tuple[Trend, ...]
    comparability: tuple[Comparability, ...]
    together: dict[str, Any] | None
    sources: tuple[Sources, ...] = ()
    effects: tuple[BatchEffect, ...] = ()
    notice: str = NOTICE

    def as_json(self) -> dict[str, Any]:
        """Sizes in nm; null where a file does not say."""
        of_file = {path: batch.name for batch in self.batches for path in batch.files}
        return {
            "files": [{**one.as_json(), "batch": of_file.get(one.path)} for one in self.files],
            "batches": [one.as_json() for one in self.batches],
            "trends": [one.as_json() for one in self.trends],
            "comparability": [one.as_json() for one in self.comparability],
            "together": self.together,
            "variance_components": [one.as_json() for one in self.sources],
            "patients": [_effect(one) for one in self.effects],
            "spec_sha256": self.spec.sha256,
            "exodyn": __version__,
            "notice": self.notice,
        }

    def figures(self) -> dict[str, Any]:
        """The numbers that the record compares from run to run, by file and batch."""
        found: dict[str, Any] = {}
        for one in self.files:
            line = one.as_json()
            for name in ("error", *ATTRIBUTES):
                if line.get(name) is not None:
                    found[f"{one.path}: {name}"] = line[name]
        for batch in self.batches:
            for attribute in batch.attributes.values():
                found[f"batch {batch.name}: {attribute.name}"] = attribute.mean
        for effect in self.effects:
            found[f"patients: {effect.spread.attribute}"] = list(effect.band)
        return found


def _effect(one: BatchEffect) -> dict[str, Any]:
    low, high = one.in_units()
    return {
        "attribute": one.spread.attribute,
        "batches": one.spread.batches,
        "median": one.spread.median,
        "gsd": one.spread.gsd,
        "scale": one.scale,
        "unit": one.unit,
        "arm": one.arm,
        "visit_d": one.visit_d,
        "effect": dict(zip(("p05", "median", "p95"), one.band, strict=True)),
        "patients": dict(zip(("p05", "median", "p95"), one.patients, strict=True)),
        "factors": one.factors.tolist(),
        "effects": one.effects.tolist(),
        "mc_errors": one.errors.tolist(),
        "margin": one.margin,
        "limit_low": low,
        "limit_high": high,
        "share_of_batches_inside": one.share_inside,
    }


def quality_result(
    spec: Spec, files: Sequence[FileReport], batches: Sequence[Batch], effects: Sequence[BatchEffect] = ()
) -> QualityResult:
    """Trends, comparability, T² and sources of spread of the batches that have figures."""
    counted = [one for one in batches if one.attributes]
    return QualityResult(
        spec,
        tuple(files),
        tuple(batches),
        tuple(found for name in ATTRIBUTES if (found := trend(counted, name, spec)) is not None),
        compare(counted, spec),
        together(counted),
        sources(files, counted),
        tuple(effects),
    )


def write_quality(folder: Path, result: QualityResult, command: Sequence[str]) -> tuple[QualityResult, Path]:
    """A folder for this run (`0001`, `0002` ...) and a line in the record; what is there is not touched."""
    record = read_record(folder) if folder.exists() else Record(())
    figures = result.figures()
    entry: dict[str, Any] = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "user": _user(),
        "host": platform.node(),
        "command": list(command),
        "versions": {"exodyn": __version__, "python": platform.python_version()}
        | {name: version(name) for name in LIBRARIES},
        "spec_sha256": result.spec.sha256,
        "files": {one.path: one.sha256 for one in result.files},
        "assays": {batch.assay.path: batch.assay.sha256 for batch in result.batches if batch.assay},
        "bad_files": {one.path: one.error for one in result.files if one.error is not None},
        "excluded": [
            {"batch": batch.name, "path": path, "sample": sample, "reason": reason}
            for batch in result.batches
            for path, sample, reason in batch.excluded
        ],
        "figures": figures,
    }
    entry["changed"] = changes(record.entries[-1] if record.entries else None, entry)
    text = json.dumps(result.as_json(), ensure_ascii=False, indent=1)
    html = quality_page(result, record, entry)
    entry["results_sha256"] = hashlib.sha256(text.encode()).hexdigest()
    entry["report_sha256"] = hashlib.sha256(html.encode()).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    append(folder, record, entry)
    kept = folder / f"{record.next_run:04d}"
    kept.mkdir()
    (kept / "results.json").write_text(text, encoding="utf-8")
    (kept / "report.html").write_text(html, encoding="utf-8")
    if result.spec.text:
        (kept / "spec.toml").write_text(result.spec.text, encoding="utf-8", newline="")
    return result, kept


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _worded(text: str) -> str:
    """Attributes by their titles instead of their names in the specification."""
    names = [name for name in TITLES if name not in ("mean", "mode", "potency")]  # words of their own
    return re.sub("|".join(sorted(names, key=len, reverse=True)), lambda one: TITLES[one.group()], text)


def quality_page(result: QualityResult, record: Record, entry: dict[str, Any]) -> str:
    """The page's HTML; record: the runs before; entry: this one, as far as it is known."""
    of_file = {path: batch.name for batch in result.batches for path in batch.files}
    distributions, charts = quality_figures.drawn(result.batches, result.trends)
    return template("quality.html").render(
        result=result,
        spec=result.spec,
        entry=entry,
        runs=[*record.entries, {**entry, "run": record.next_run}],
        batches=result.batches,
        files=[{"report": one, **one.as_json(), "batch": of_file.get(one.path)} for one in result.files],
        bad=[one for one in result.files if one.error is not None],
        distributions=distributions,
        charts=charts,
        sketch=quality_figures.sketch,
        effects=[(one, quality_figures.effect(one)) for one in result.effects],
        attributes=[name for name in ATTRIBUTES if any(name in one.attributes for one in result.batches)],
        titles=TITLES,
        worded=_worded,
        units=UNITS,
        number=words.number,
        plain=words.plain,
    )
