"""The record of runs: JSON lines, each with the hash of the one before, only ever appended to.

A changed, removed or reordered line breaks the chain from there on. A chain cannot show that its end was cut
off: each run's folder carries its number, so a missing last line is found by the folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exodyn.errors import InputError

NAME = "audit.jsonl"
_START = "0" * 64


@dataclass(frozen=True)
class Record:
    """The runs so far, oldest first."""

    entries: tuple[dict[str, Any], ...]

    @property
    def last_hash(self) -> str:
        """Of the newest line; zeros for an empty record."""
        return str(self.entries[-1]["hash"]) if self.entries else _START

    @property
    def next_run(self) -> int:
        """The number of the run to come."""
        return len(self.entries) + 1


def read_record(folder: Path) -> Record:
    """Raises InputError where the chain is broken; no file is an empty record."""
    path = folder / NAME
    if not path.exists():
        return Record(())
    entries: list[dict[str, Any]] = []
    previous = _START
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
            sound = entry["previous"] == previous and entry["hash"] == _hash(entry) and entry["run"] == number
        except (ValueError, KeyError, TypeError):
            sound = False
        if not sound:
            raise InputError(
                f"{path}, line {number}: the record was changed after it was written; its chain is broken. "
                "Keep it as it is and name another directory with -o"
            )
        entries.append(entry)
        previous = entry["hash"]
    later = [one.name for one in folder.iterdir() if one.name.isdigit() and int(one.name) > len(entries)]
    if later:
        raise InputError(
            f"{path}: {len(entries)} runs, but there is a folder '{min(later)}': lines are missing"
        )
    return Record(tuple(entries))


def append(folder: Path, record: Record, entry: dict[str, Any]) -> dict[str, Any]:
    """Adds one line, written through to the disk; raises InputError if another run was quicker."""
    whole = {"run": record.next_run, **entry, "previous": record.last_hash}
    whole["hash"] = _hash(whole)
    with (folder / NAME).open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if read_record(folder).last_hash != record.last_hash:
            raise InputError(f"{folder}: another run has written here meanwhile; run again")
        file.write(json.dumps(whole, ensure_ascii=False, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return whole


def changes(before: dict[str, Any] | None, after: dict[str, Any], most: int = 200) -> list[str]:
    """What differs from the run before, in words; both hold `files`, `spec_sha256`, `versions`, `figures`."""
    if before is None:
        return []
    found = []
    old, new = ({**one.get("files", {}), **one.get("assays", {})} for one in (before, after))
    found += [f"file added: {name}" for name in new if name not in old]
    found += [f"file no longer there: {name}" for name in old if name not in new]
    found += [f"file changed: {name}" for name in new if name in old and new[name] != old[name]]
    if before.get("spec_sha256") != after.get("spec_sha256"):
        found.append("the specification changed")
    for name, version in after.get("versions", {}).items():
        if before.get("versions", {}).get(name) != version:
            found.append(f"version of {name}: {before.get('versions', {}).get(name)} to {version}")
    was, now = before.get("figures", {}), after.get("figures", {})
    for name in now:
        if name in was and was[name] != now[name]:
            found.append(f"{name}: {was[name]} to {now[name]}")
    if len(found) > most:
        found = [*found[:most], f"and {len(found) - most} more"]
    return found


def _hash(entry: dict[str, Any]) -> str:
    """Of all but the hash itself, in one fixed form."""
    body = {name: value for name, value in entry.items() if name != "hash"}
    return hashlib.sha256(json.dumps(body, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
