"""The YAML file of a problem and the files that it names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exodyn.errors import InputError, nearest


def read_yaml(file: Path) -> dict[str, Any]:
    """The document in a file. Raises InputError."""
    import yaml

    try:
        document = yaml.load(
            file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    except (UnicodeDecodeError, ValueError) as error:
        raise InputError(f"{file}: not UTF-8 text: {error}") from None
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise InputError(f"{file}{line}: not YAML: {getattr(error, 'problem', None) or error}") from None
    if not isinstance(document, dict):
        raise InputError(f"{file}: expected a PEtab problem: format_version, parameter_file and problems")
    return document


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | dict) else [] if value is None else [value]


def files(file: Path, document: Mapping[str, Any], key: str) -> list[Path]:
    """The files under a key, beside the problem's own; raises InputError where one is not there."""
    named = listed(document.get(key))
    if not named or not all(isinstance(name, str) and name for name in named):
        raise InputError(f"{file}: {key}: expected the name of a file")
    found = [file.parent / name for name in named]
    for name, path in zip(named, found, strict=True):
        if "://" in name:
            raise InputError(f"{file}: {key}: '{name}' is an address; files are read from this machine only")
        try:
            exists = path.is_file()
        except (OSError, ValueError):
            exists = False
        if not exists:
            raise InputError(f"{file}: {key}: no such file: {name}{nearest(Path(name).name, _beside(path))}")
    return found


def _beside(path: Path) -> list[str]:
    try:
        return [p.name for p in path.parent.iterdir()]
    except (OSError, ValueError):
        return []
