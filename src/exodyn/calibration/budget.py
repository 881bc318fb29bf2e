"""The complexity budget: in how many directions published data identify the default models.

python -m exodyn.calibration.budget

Posterior draws, each parameter in units of what is known without data (the middle 90% of its record, on a
logarithmic scale where it cannot be 0), have a covariance whose eigenvalues are 1 where data say nothing. A
direction counts as identified where data took away at least half of the variance. Parameters without draws
are not identified: they are measured elsewhere, or assumed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exodyn.evidence import ParameterRecord, draws_of
from exodyn.indications import INDICATIONS, Indication

Floats = NDArray[np.float64]

NORMAL_90 = 1.6448536269514722
LEARNED = 0.5


@dataclass(frozen=True)
class Budget:
    """A model's numbers by status, and the eigenvalues of the posterior covariance in units of the prior's.

    fitted: parameters that draws move. eigenvalues: float64[fitted], smallest first.
    """

    model: str
    states: int
    statuses: dict[str, int]
    fitted: tuple[str, ...]
    eigenvalues: Floats

    @property
    def identified(self) -> int:
        """Directions in which data took away half of the variance or more."""
        return int(np.sum(self.eigenvalues <= LEARNED))


def budget(indication: Indication, species: str) -> Budget:
    """The budget of one model, at its first product and route."""
    product, route = indication.products(species)[0], indication.routes(species)[0]
    model = indication.model(species, product, route)
    draws = draws_of(indication.name, species) if indication.size == "default" else None
    known = indication.parameters(species)
    columns = {}
    for name, values in (draws.values if draws else {}).items():
        record = known.get(name)
        if record is not None and (column := _standard(record, values)) is not None:
            columns[name] = column
    eigenvalues = (
        np.linalg.eigvalsh(np.atleast_2d(np.cov(np.array(list(columns.values())))))
        if columns
        else np.empty(0)
    )
    statuses = Counter(parameter.status for parameter in model.parameters)
    return Budget(model.name, len(model.states), dict(statuses), tuple(columns), eigenvalues)


def _standard(record: ParameterRecord, values: Floats) -> Floats | None:
    """Draws in standard deviations of what is known without data; None where no range is on file."""
    low, high = record.low, record.high
    if low is None or high is None or low >= high:
        return None
    if low > 0:
        values, low, high = np.log(values), float(np.log(low)), float(np.log(high))
    return np.asarray(values / ((high - low) / (2 * NORMAL_90)))


def main() -> None:
    """Print the table of docs/mechanisms.md."""
    print("| model | states | measured, reported, fitted, assumed | with draws | identified directions |")
    print("| --- | --- | --- | --- | --- |")
    for one in INDICATIONS.values():
        for sized in (one, one.full):
            for species in sized.species if sized else ():
                assert sized is not None
                b = budget(sized, species)
                counts = ", ".join(
                    str(b.statuses.get(s, 0)) for s in ("measured", "reported", "fitted", "assumed")
                )
                known = f"{b.identified}" if b.fitted else "0: nothing was sampled"
                print(f"| {b.model} | {b.states} | {counts} | {len(b.fitted)} | {known} |")
    found = budget(INDICATIONS["stroke"], "human")
    print("\nstroke_human, variance left by data, by direction:", *(f"{x:.2g}" for x in found.eigenvalues))


if __name__ == "__main__":
    main()
