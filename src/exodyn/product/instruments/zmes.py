"""Zetasizer (ZS XPLORER): `.zmes`, an SQLite file whose arrays are .NET double[] in blobs.

Each value of an array follows the same six bytes; a record is a tree of named parameters.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping

import numpy as np

from exodyn.product.instruments.measurement import (
    Floats,
    Histogram,
    Measurement,
    Replicate,
    logarithmic_edges,
)
from exodyn.product.instruments.source import Format, Source

_MAGIC = b"SQLite format 3\0"
_TABLE = b"RecordParameterData"
_BEFORE_VALUE = bytes.fromhex("060101010201")
_STEP = len(_BEFORE_VALUE) + 8
_STEPS = 5_000_000  # of SQLite's machine; the sample takes some thousands
_SIZES, _SHARES = "Sizes", "Particle Size Intensity Distribution"
_CUMULANTS = {"Z-Average (nm)": "z_average", "Polydispersity Index (PI)": "pdi", "Intercept": "intercept"}
_QUERY = """
    SELECT data.RecordId, node.ParameterPath, type.FriendlyName,
           coalesce(data.Data_Text, data.Data_Double, data.Data_Single, data.Data_Int32, data.Data_Int64),
           data.Data_Blob
    FROM RecordParameterData AS data
    JOIN RecordParameterTreeNodes AS node ON node.Id = data.ParameterTreeNodeId
    JOIN RecordParameterTypes AS type ON type.Id = data.ParameterTypeId
    ORDER BY data.RecordId, node.ParameterPath, data.Id
"""


def recognises(source: Source) -> bool:
    """Whether the content is of this format."""
    return source.data.startswith(_MAGIC) and _TABLE in source.data


def read(source: Source) -> Measurement:
    """The measurement; raises InputError that names the line where it can."""
    records: dict[int, tuple[dict[str, str], dict[str, bytes], dict[str, float]]] = {}
    cumulants: dict[int, str] = {}
    try:
        for record, path, name, value, blob in _rows(source.data):
            if not (isinstance(record, int) and isinstance(path, str) and isinstance(name, str)):
                source.refuse(None, "a parameter without record, path or name; the file is damaged")
            settings, arrays, figures = records.setdefault(record, ({}, {}, {}))
            # A record can hold a second, edited analysis below another path: the first stands.
            if isinstance(blob, bytes):
                arrays.setdefault(name, blob)
            elif value is not None:
                settings.setdefault(name, str(value))
            parent = path.rpartition("/")[0]
            if name == "Z-Average (nm)":
                cumulants.setdefault(record, parent)
            if name in _CUMULANTS and isinstance(value, float) and math.isfinite(value):
                figures.setdefault(f"{parent}/{name}", value)
    except (sqlite3.Error, ValueError, OverflowError) as problem:
        # SQLite quotes the file in its message, line ends included.
        said = " ".join(str(problem).split())[:100]
        source.refuse(None, f"damaged, or not the layout of ZS XPLORER ({said})")
    if not records:
        source.refuse(None, "no record in the file")
    replicates = []
    for record, (settings, arrays, figures) in records.items():
        reported = {
            figure: figures[key]
            for name, figure in _CUMULANTS.items()
            if (key := f"{cumulants.get(record)}/{name}") in figures
        }
        replicates.append(_replicate(source, record, settings, arrays, reported))
    return Measurement(FORMAT.name, source.sha256, tuple(replicates))


def _rows(data: bytes) -> list[tuple[object, ...]]:
    """The joined table; the file is opened in memory, cannot be written and cannot keep us busy."""
    # Bytes 18 and 19 ask for a write-ahead log, which a database in memory cannot have.
    data = data[:18] + b"\1\1" + data[20:]
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(data)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        connection.text_factory = lambda text: text.decode("utf-8", errors="replace")
        steps = iter(range(_STEPS // 1000))
        connection.set_progress_handler(lambda: next(steps, None) is None, 1000)
        return connection.execute(_QUERY).fetchall()
    finally:
        connection.close()


def _replicate(
    source: Source,
    record: int,
    settings: Mapping[str, str],
    arrays: Mapping[str, bytes],
    reported: Mapping[str, float],
) -> Replicate:
    name = settings.get("Sample Name", "") or source.name
    flags = []
    if "z_average" not in reported:
        flags.append("checked here: the record has no Z-average")
    quality = settings.get("Quality Indicator", "GoodData")
    if quality != "GoodData":
        flags.append(
            f"instrument: {quality}: {settings.get('Data Quality Improvement Instruction', '')}".rstrip(": ")
        )
    histogram = None
    if _SIZES in arrays and _SHARES in arrays:
        centres, shares = _array(source, arrays[_SIZES]), _array(source, arrays[_SHARES])
        if len(centres) != len(shares) or len(centres) < 2:
            source.refuse(None, f"record {record}: {len(centres)} sizes but {len(shares)} intensities")
        if centres[0] <= 0 or np.any(np.diff(centres) <= 0) or np.any(shares < 0):
            source.refuse(
                None, f"record {record}: sizes must be above zero and rise, intensities not below zero"
            )
        histogram = Histogram(logarithmic_edges(centres), centres, shares, "%", "intensity")
    repeat = settings.get("Repeat")
    return Replicate(
        f"{name} {repeat}" if repeat else name,
        name,
        histogram,
        reported=reported,
        settings=settings,
        flags=tuple(flags),
    )


def _array(source: Source, blob: bytes) -> Floats:
    """float64[n] of a serialised double[]."""
    start = blob.find(_BEFORE_VALUE)
    body = blob[start:] if start >= 0 else b""
    if len(body) % _STEP:
        source.refuse(None, "an array of numbers is damaged")
    cells = np.frombuffer(body, np.uint8).reshape(-1, _STEP)
    if np.any(cells[:, :6] != np.frombuffer(_BEFORE_VALUE, np.uint8)):
        source.refuse(None, "an array of numbers is damaged")
    values = np.ascontiguousarray(cells[:, 6:]).view("<f8").reshape(-1).astype(np.float64)
    if not np.all(np.isfinite(values)):
        source.refuse(None, "an array holds values that are no numbers")
    return values


FORMAT = Format("Zetasizer .zmes", recognises, read)
