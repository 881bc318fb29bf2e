"""Tables that a run keeps: traits by patient; readouts and scales by arm, patient and time.

Units stand in the metadata of each column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]


def by_patient(first: int, traits: Mapping[str, Floats], units: Mapping[str, str]) -> pa.Table:
    """One row for each patient from number `first` on, a column for each trait, float64[patients]."""
    import pyarrow as pa

    patients = len(next(iter(traits.values())))
    fields = [pa.field("patient", pa.int64()), *(_field(name, units[name]) for name in traits)]
    columns = [np.arange(first, first + patients), *traits.values()]
    return pa.table([pa.array(column) for column in columns], schema=pa.schema(fields))


def by_time(
    first: int,
    arms: Sequence[str],
    times: Sequence[float],
    columns: Mapping[str, Floats],
    units: Mapping[str, str],
) -> pa.Table:
    """One row for each arm, patient and time (days); columns are float64[arms, patients, times] by name."""
    import pyarrow as pa

    patients = next(iter(columns.values())).shape[1]
    rows = patients * len(times)
    arm = pa.DictionaryArray.from_arrays(
        pa.array(np.repeat(np.arange(len(arms), dtype=np.int32), rows)), pa.array(list(arms))
    )
    patient = np.tile(np.repeat(np.arange(first, first + patients), len(times)), len(arms))
    time = np.tile(np.asarray(times, dtype=np.float64), len(arms) * patients)
    fields = [pa.field("arm", arm.type), pa.field("patient", pa.int64()), _field("time", "d")]
    fields += [_field(name, units[name]) for name in columns]
    arrays = [
        arm,
        pa.array(patient),
        pa.array(time),
        *(pa.array(column.ravel()) for column in columns.values()),
    ]
    return pa.table(arrays, schema=pa.schema(fields))


def _field(name: str, unit: str) -> pa.Field:
    import pyarrow as pa

    return pa.field(name, pa.float64(), metadata={"unit": unit})
