"""What a reader needs to know of a result: names, units, and what belongs into which figure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from exodyn.indications import Point
from exodyn.study.tally import Grid


@dataclass(frozen=True)
class Layout:
    """Everything of a result that its tables do not say.

    readouts: unit by name. figures: readout names by figure. stoichiometry: readout names by role.
    published: values to show beside the prediction. remarks: what every reader must be told. draws: posterior
    draws by which the patients lived, in turn; 0 if all lived by the same parameters.
    """

    arms: tuple[str, ...]
    control: int
    visits: tuple[float, ...]
    dose_times: tuple[float, ...]
    grids: Mapping[str, Grid]
    units: Mapping[str, str]
    readouts: Mapping[str, str]
    figures: Mapping[str, tuple[str, ...]]
    stoichiometry: Mapping[str, str]
    published: tuple[Point, ...]
    remarks: tuple[str, ...]
    draws: int = 0

    def as_json(self) -> dict[str, Any]:
        """JSON values, for the manifest."""
        content: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return content

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Layout:
        """The layout that `as_json` gave."""
        return cls(
            arms=tuple(content["arms"]),
            control=content["control"],
            visits=tuple(content["visits"]),
            dose_times=tuple(content["dose_times"]),
            grids={
                name: Grid(**{**grid, "levels": tuple(grid.get("levels", ()))})
                for name, grid in content["grids"].items()
            },
            units=content["units"],
            readouts=content["readouts"],
            figures={name: tuple(names) for name, names in content["figures"].items()},
            stoichiometry=content["stoichiometry"],
            published=tuple(
                Point(**{**point, "spread": tuple(point["spread"])}) for point in content["published"]
            ),
            remarks=tuple(content["remarks"]),
            draws=content.get("draws", 0),
        )
