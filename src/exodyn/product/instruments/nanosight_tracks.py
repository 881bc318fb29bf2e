"""NanoSight NTA (3.x): particle data and all tracks, plain CSV with a row a particle or a row a frame."""

from __future__ import annotations

import numpy as np

from exodyn.product.instruments.measurement import Histogram, Measurement, Replicate
from exodyn.product.instruments.source import Format, Source, plain, shown

_SIZE, _USED, _NAME = "size/nm", "included in distribution?", "particle id"


def recognises(source: Source) -> bool:
    """Whether the content is of this format."""
    return source.starts_with(r"^[^\n]*\bsize/nm\b[^\n]*included in distribution\?", 1)


def read(source: Source) -> Measurement:
    """Counts in bins of 1 nm of the particles that the instrument used; how many per mL it does not say."""
    delimiter = source.delimiter_after("size/nm")
    rows = source.rows(delimiter)
    place = source.places(rows[0], (_SIZE, _USED, _NAME))
    size, used, name = place[_SIZE], place[_USED], place[_NAME]
    particles: dict[str, tuple[int, str]] = {}
    seen: set[str] = set()
    for line, row in enumerate(rows[1:], start=1):
        if not any(row):
            continue
        if len(row) < len(rows[0]):
            source.refuse(line, f"expected {len(rows[0])} cells, found {len(row)}; the line is cut short")
        seen.add(row[name])
        if plain(row[used]) not in ("true", "false"):
            source.refuse(line, f"'{rows[0][used]}' must be True or False, found {shown(row[used])}")
        if plain(row[used]) == "true":
            # All frames of one particle carry its size.
            particles.setdefault(row[name], (line, row[size]))
    if not particles:
        source.refuse(None, "no particle is included in the distribution")
    sizes = source.numbers(
        [line for line, _ in particles.values()], [cell for _, cell in particles.values()], delimiter, "size"
    )
    if sizes.min() <= 0 or sizes.max() > 1e5:
        source.refuse(None, f"sizes must lie in 0 to 100000 nm, found {sizes.min():g} to {sizes.max():g}")
    edges = np.arange(np.floor(sizes.max()) + 2)
    counts = np.histogram(sizes, edges)[0].astype(np.float64)
    histogram = Histogram(edges, (edges[1:] + edges[:-1]) / 2, counts, "particles")
    reported = {"particles_used": float(len(particles)), "particles_tracked": float(len(seen))}
    replicate = Replicate(source.name, source.name, histogram, reported=reported)
    return Measurement(FORMAT.name, source.sha256, (replicate,), header=source.lines[0])


FORMAT = Format("NanoSight NTA particle data", recognises, read, "Particle ID")
