"""Diameters from signals by beads of known size."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from exodyn.errors import InputError
from exodyn.product.instruments import trps
from exodyn.product.instruments.measurement import Floats, Histogram, Measurement, Replicate

_NANOLITRES_PER_ML = 1e6


@dataclass(frozen=True)
class Beads:
    """Populations of beads in one channel: diameters in nm and the median signal of each, both rising."""

    channel: str
    diameters: tuple[float, ...]
    signals: tuple[float, ...]

    def __post_init__(self) -> None:
        for name, values in (("diameters", self.diameters), ("signals", self.signals)):
            if (
                not values
                or not np.all(np.isfinite(values))
                or values[0] <= 0
                or np.any(np.diff(values) <= 0)
            ):
                raise InputError(
                    f"beads in {self.channel}: {name} must be above zero and rise, found {values}"
                )
        if len(self.diameters) != len(self.signals):
            raise InputError(
                f"beads in {self.channel}: {len(self.diameters)} diameters but {len(self.signals)} signals"
            )


def calibrated(measurement: Measurement, beads: Beads) -> Measurement:
    """The measurement with diameters; only events between the smallest and largest beads are sized.

    Between beads, log diameter is linear in log signal. One population is enough for TRPS, whose signal goes
    with volume. The diameter is that of a bead with the same signal: in light scatter, vesicles (refractive
    index near 1.39) are larger than the polystyrene (1.59) or silica (1.46) that scatters as much.
    """
    if len(beads.diameters) == 1 and measurement.format != trps.FORMAT.name:
        raise InputError("beads: expected two populations or more; one is enough for resistive pulses only")
    replicates = tuple(_sized(each, beads) for each in measurement.replicates)
    return replace(measurement, replicates=replicates)


def _sized(replicate: Replicate, beads: Beads) -> Replicate:
    if replicate.events is None:
        raise InputError(f"{replicate.name}: no events to calibrate")
    if beads.channel not in replicate.events.channels:
        raise InputError(
            f"{replicate.name}: no channel '{beads.channel}'; it has {', '.join(replicate.events.channels)}"
        )
    signals = replicate.events.channel(beads.channel)
    if any("logarithmic" in flag and beads.channel in flag for flag in replicate.flags):
        raise InputError(f"{replicate.name}: '{beads.channel}' is stored on a logarithmic scale")
    inside = signals > 0
    if len(beads.signals) > 1:
        inside = (signals >= beads.signals[0]) & (signals <= beads.signals[-1])
    if not np.any(inside):
        raise InputError(f"{replicate.name}: no event lies between the beads' signals")
    diameters = _diameters(signals[inside], beads)
    edges = np.arange(np.floor(diameters.min()), np.floor(diameters.max()) + 2)
    counts = np.histogram(diameters, edges)[0].astype(np.float64)
    histogram = Histogram(edges, (edges[1:] + edges[:-1]) / 2, counts, "particles")
    flags = [
        f"checked here: diameters are those of beads; {np.sum(~inside)} of {len(signals)} events not sized"
    ]
    volume = replicate.reported.get("volume_nl")
    if volume is not None:
        factor = _NANOLITRES_PER_ML / volume
        histogram = Histogram(edges, histogram.centres, counts * factor, "particles/mL")
    return replace(
        replicate,
        histogram=histogram,
        particles_per_ml=None if volume is None else histogram.total,
        flags=(*(flag for flag in replicate.flags if flag not in trps.UNCALIBRATED), *flags),
    )


def _diameters(signals: Floats, beads: Beads) -> Floats:
    if len(beads.signals) == 1:
        return np.asarray(beads.diameters[0] * np.cbrt(signals / beads.signals[0]))
    return np.asarray(np.exp(np.interp(np.log(signals), np.log(beads.signals), np.log(beads.diameters))))
