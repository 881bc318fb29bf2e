"""Files to batches: which belong together, what counts, what does not and why, and the batch's figures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from exodyn.errors import InputError, nearest
from exodyn.product import purity
from exodyn.product.instruments import zetaview_positions
from exodyn.product.quality.assay import Assay, read_assay
from exodyn.product.quality.examine import GRID, SIZES, FileReport, Sample, in_order
from exodyn.product.quality.spec import UNITS, Spec
from exodyn.product.response import linearity
from exodyn.product.statistics.mixture import Population, mixture

# In the order in which they are shown.
ATTRIBUTES = tuple(UNITS)
# What programs put before and after a sample's name, and how people mark repeats. A bare number at the end
# stays: it may be the batch's own.
_BEGINNING = re.compile(r"^\d{8}_\d{4}_")  # ZetaView: day and number of the measurement
_ENDINGS = re.compile(
    r"([ _-]+\d{4}-\d\d-\d\d[ _]\d\d-\d\d-\d\d"  # NanoSight: when it was measured
    r"|[ _-]+(ExperimentSummary|Summary|ParticleData|AllTracks)"
    r"|_(size|prof)_\d{3}|_\d+pos"  # ZetaView: kind of file, laser
    r"|[ _-]+(rep|run|replicate|capture|repeat)[ _-]?\d+|(?<=\d)R\d*)+$",
    re.IGNORECASE,
)
# Wald limits of a mixture need many particles; fewer than this draw populations from noise.
_ENOUGH = 200


@dataclass(frozen=True)
class Attribute:
    """One figure of a batch: mean over its samples, sd between them (None for one), and how many.

    sources: the file of each value; "" where a laboratory entered it.
    """

    name: str
    values: tuple[float, ...]
    inside: bool | None
    sources: tuple[str, ...]

    @property
    def mean(self) -> float:
        """Over the values."""
        return float(np.mean(self.values))

    @property
    def sd(self) -> float | None:
        """Between the values; None for one."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else None

    def as_json(self) -> dict[str, Any]:
        """As it stands in the results."""
        sd, mean = self.sd, self.mean
        return {
            "n": len(self.values),
            "mean": mean,
            "sd": sd,
            "cv_percent": 100 * sd / mean if sd is not None and mean else None,
            "inside_limits": self.inside,
        }


@dataclass(frozen=True)
class Batch:
    """Files of one batch.

    excluded: (file, sample, reason); a reason may be for one attribute alone. unmeasured: attributes that
    have limits and no figure.
    """

    name: str
    files: tuple[str, ...]
    attributes: dict[str, Attribute]
    excluded: tuple[tuple[str, str, str], ...]
    particles: float
    distribution: tuple[float, ...]
    flags: tuple[str, ...]
    populations: tuple[Population, ...] = ()
    sterile: bool | None = None
    assay: Assay | None = None
    unmeasured: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """How it stands to its limits, in words; empty where nothing was asked."""
        inside = "inside where measured" if self.unmeasured else "inside"
        return {None: "", True: inside, False: "OUTSIDE"}[self.inside]

    @property
    def inside(self) -> bool | None:
        """Whether all that was measured of its limits lies in them and it is sterile; None if nothing was."""
        asked = [one.inside for one in self.attributes.values() if one.inside is not None]
        asked += [] if self.sterile is None else [self.sterile]
        return all(asked) if asked else None

    def as_json(self) -> dict[str, Any]:
        """As it stands in the results."""
        return {
            "batch": self.name,
            "files": list(self.files),
            "inside_limits": self.inside,
            "unmeasured": list(self.unmeasured),
            "attributes": {name: one.as_json() for name, one in self.attributes.items()},
            "populations": [asdict(one) for one in self.populations],
            "sterile": self.sterile,
            "potency_assay": self.assay.as_json() if self.assay else None,
            "excluded": [{"path": f, "sample": s, "reason": r} for f, s, r in self.excluded],
            "flags": list(self.flags),
        }


def batches(reports: Sequence[FileReport], spec: Spec) -> tuple[Batch, ...]:
    """Batches in the order of the specification's lists, then of their first file."""
    members: dict[str, list[tuple[FileReport, Sample | None]]] = {name: [] for name in spec.files.values()}
    for report in reports:
        if not report.samples:
            members.setdefault(batch_of(report, None, spec), []).append((report, None))
        for sample in report.samples:
            members.setdefault(batch_of(report, sample, spec), []).append((report, sample))
    assays = {name: read_assay(path) for name, path in spec.assays.items()}
    for where, named in (("results", spec.results), ("potency", assays), ("protein_ug_per_ml", spec.protein)):
        for name in named:
            if name not in members:
                raise InputError(
                    f"specification: [{where}] names '{name}', which is no batch here{nearest(name, members)}"
                )
    first: dict[str, str] = {}
    twice: dict[int, str] = {}
    for report in reports:
        if report.sha256 is not None and report.sha256 in first:
            twice[id(report)] = first[report.sha256]
        elif report.sha256 is not None:
            first[report.sha256] = report.path
    # A count in the cell does not compare with one of a sample, be it in the same batch or in another.
    known = {
        sample.dilution is not None
        for report in reports
        for sample in report.samples
        if sample.particles_per_ml is not None and _reason(report, sample, spec) is None
    }
    found = [_batch(name, them, spec, assays, twice, known) for name, them in members.items() if them]
    fitted = in_order(_populations, [(one.distribution, one.particles) for one in found])
    return tuple(replace(one, populations=each) for one, each in zip(found, fitted, strict=True))


def check_names(paths: Sequence[str], spec: Spec) -> None:
    """A name in the specification that no file has is a slip of the pen; raises InputError."""
    names = {Path(path).name for path in paths}
    for where, table in (
        ("batches.files", spec.files),
        ("dilution", spec.dilution),
        ("days", spec.days),
        ("instruments", spec.instruments),
        ("exclude", spec.exclude),
    ):
        for name in table:
            if name not in names:
                raise InputError(
                    f"specification: [{where}] names '{name}', which is no file here{nearest(name, names)}"
                )


def batch_of(report: FileReport, sample: Sample | None, spec: Spec) -> str:
    """By the specification's list, its pattern, or else the name without what programs append.

    A file with several samples is grouped by the names of its samples.
    """
    if report.name in spec.files:
        return spec.files[report.name]
    several = len(report.samples) > 1 and sample is not None
    name = sample.name if several and sample is not None else report.name
    if spec.pattern is not None:
        found = re.search(spec.pattern, name)
        return found["batch"] if found and found["batch"] else "no batch (the pattern does not fit)"
    if several:
        return name
    stem = re.sub(r"\.(csv|txt|tsv|fcs|zmes)$", "", name, flags=re.IGNORECASE)
    return _ENDINGS.sub("", _BEGINNING.sub("", stem)) or stem


_Counted = Sequence[tuple[FileReport, Sample]]
_Values = dict[str, list[tuple[str, float]]]  # by attribute: file and value


def _batch(
    name: str,
    members: Sequence[tuple[FileReport, Sample | None]],
    spec: Spec,
    assays: Mapping[str, Assay],
    twice: Mapping[int, str],
    known: set[bool],
) -> Batch:
    counted, excluded = _counted(members, spec, twice)
    values, not_these = _measured(counted, known)
    excluded += not_these
    flags = (
        ["particles/mL are those measured, in the cell: no dilution is recorded"] if known == {False} else []
    )
    flags += _dilutions(counted)
    protein = spec.protein.get(name)
    if protein and values["particles_per_ml"] and True in known:
        values["particles_per_ug"] = [(path, value / protein) for path, value in values["particles_per_ml"]]
        flags += _purity(counted, values["particles_per_ml"], protein)
    for attribute, value in spec.results.get(name, {}).items():
        values[attribute].append(("", value))
    assay = assays.get(name)
    if assay is not None:
        doubt = assay.doubt()
        if doubt is None:
            values["potency"] = [(assay.path, assay.found.potency)]
        else:
            excluded.append((assay.path, "", f"potency: {doubt}"))
    if spec.sterile.get(name) is False:
        flags.append("not sterile")
    attributes = {attribute: _attribute(attribute, each, spec) for attribute, each in values.items() if each}
    unmeasured = tuple(one for one in spec.limits if one not in attributes) if counted else ()
    flags += [f"{one} has limits but no figure" for one in unmeasured]
    shares = [np.array(sample.distribution) for _, sample in counted if sample.distribution]
    return Batch(
        name,
        tuple(dict.fromkeys(report.path for report, _ in members)),
        attributes,
        tuple(excluded),
        sum(sample.counted or 0.0 for _, sample in counted),
        tuple(np.mean(shares, axis=0).tolist()) if shares else (),
        tuple(flags),
        sterile=spec.sterile.get(name),
        assay=assay,
        unmeasured=unmeasured,
    )


def _counted(
    members: Sequence[tuple[FileReport, Sample | None]], spec: Spec, twice: Mapping[int, str]
) -> tuple[_Counted, list[tuple[str, str, str]]]:
    """The samples that count, and the others with their reasons."""
    counted, excluded = [], []
    for report, sample in members:
        reason = _reason(report, sample, spec)
        if reason is None and id(report) in twice:
            reason = f"the same bytes as {twice[id(report)]}"
        if reason is not None:
            excluded.append((report.path, sample.name if sample else "", reason))
        elif sample is not None:
            counted.append((report, sample))
    return counted, excluded


def _measured(counted: _Counted, known: set[bool]) -> tuple[_Values, list[tuple[str, str, str]]]:
    """Values by attribute, and why some files have none; known: whether dilutions are, of all batches."""
    values: _Values = {attribute: [] for attribute in ATTRIBUTES}
    excluded = []
    for report, sample in counted:
        if sample.particles_per_ml is not None:
            if known == {True, False} and sample.dilution is None:
                reason = "particles/mL: the dilution is not recorded, others' are"
                excluded.append((report.path, sample.name, reason))
            else:
                values["particles_per_ml"].append((report.path, sample.particles_per_ml))
        if sample.weighting == "number":
            for attribute in SIZES:
                values[attribute].append((report.path, getattr(sample, attribute)))
        elif sample.weighting is not None:
            reason = f"sizes: weighted by {sample.weighting}, not by number"
            excluded.append((report.path, sample.name, reason))
    return values, excluded


def _dilutions(counted: _Counted) -> list[str]:
    """Whether counts follow the dilutions, where there are several."""
    series = [
        (one.dilution, one.particles_per_ml / one.dilution)
        for _, one in counted
        if one.dilution is not None and one.particles_per_ml
    ]
    if len(series) < 3 or len({dilution for dilution, _ in series}) < 2:
        return []
    line = linearity([one[0] for one in series], [one[1] for one in series])
    low, high = line.interval
    return [f"dilutions: {line.reason} (slope {line.slope:.2f}, 90% {low:.2f} to {high:.2f})"]


def _purity(counted: _Counted, per_ml: Sequence[tuple[str, float]], protein: float) -> list[str]:
    """The check of particles per microgram by mass."""
    cubes = [sample.mean_cube for _, sample in counted if sample.mean_cube]
    if not cubes:
        return []
    found = purity.purity(float(np.mean([value for _, value in per_ml])), protein, float(np.mean(cubes)))
    return [f"particles per ug of protein: {found.verdict} ({found.reason})"]


def _attribute(name: str, found: Sequence[tuple[str, float]], spec: Spec) -> Attribute:
    sources, values = zip(*found, strict=True)
    limits = spec.limits.get(name)
    inside = None if limits is None else limits.holds(float(np.mean(values)))
    return Attribute(name, values, inside, sources)


def _reason(report: FileReport, sample: Sample | None, spec: Spec) -> str | None:
    """Why a sample does not count for its batch; each rule is stated, none looks at whether a value suits."""
    if report.error is not None:
        return f"not read: {report.error}"
    if report.name in spec.exclude:
        return f"specification: {spec.exclude[report.name]}"
    if report.format == zetaview_positions.FORMAT.name:
        return "positions of a measurement whose file of sizes counts"
    if sample is not None and sample.particles_per_ml is None and sample.weighting is None:
        return "no concentration and no sizes in the file"
    if sample is not None and sample.particles_per_ml == 0:
        return "an empty measurement: no particle was traced"
    return None


def _populations(of: tuple[tuple[float, ...], float]) -> tuple[Population, ...]:
    distribution, particles = of
    if not distribution or particles < _ENOUGH:
        return ()
    return mixture(GRID, distribution, particles).populations
