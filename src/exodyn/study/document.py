"""Read a study file: bytes to a checked document, every complaint with file, line and key.

The shape of the document is ``study.schema.json``, the one place that says which keys exist, what they
mean and which values they take. Editors use the same file (``exodyn schema`` prints it).
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from exodyn.errors import InputError, nearest

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Key = tuple[str | int, ...]

MOST_BYTES = 4_000_000  # a study file is a page; this stops /dev/zero and mistaken data files


@dataclass(frozen=True)
class Document:
    """A study file that fits the schema: where it came from, its text and its content."""

    path: str
    text: str
    content: dict[str, Any]

    def complain(self, key: Key, message: str) -> NoReturn:
        """Refuse the file because of what stands under `key`."""
        line = find_line(self.text, key)
        place = f"{self.path}:{line}" if line else self.path
        name = key_name(key)
        raise InputError(f"{place}: {name}: {message}" if name else f"{place}: {message}")


@cache
def schema() -> dict[str, Any]:
    """The JSON schema of a study file."""
    text = files("exodyn.study").joinpath("study.schema.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def read(path: str | Path, rules: Mapping[str, Any] | None = None) -> Document:
    """Read and check a study file, or another one by the JSON schema `rules`. Raises InputError."""
    return parse(_text(Path(path)), str(path), rules)


def parse(text: str, path: str = "study", rules: Mapping[str, Any] | None = None) -> Document:
    """Check the text of a study file, or of another one. Raises InputError; `path` stands in its messages."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(_syntax(path, str(error))) from None
    except (RecursionError, ValueError) as error:
        # nested a thousand deep, or an integer of more digits than Python converts
        raise InputError(f"{path}: not a study file: {error}") from None
    document = Document(path, text, content)
    _check_numbers(document, content, ())
    _check_schema(document, rules or schema())
    return document


def check_value(name: str, value: object) -> None:
    """Check a value that replaces one of the study file, such as --patients. Raises InputError."""
    import jsonschema

    rule = jsonschema.Draft202012Validator(schema()["properties"][name])
    for error in rule.iter_errors(value):
        raise InputError(f"{name}: {_explain(error, (name,))[1]}")


def key_name(key: Key) -> str:
    """How a reader finds a key: ``arms[2].dose`` is the dose of the second arm."""
    name = ""
    for part in key:
        name += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def find_line(text: str, key: Key) -> int | None:
    """The line on which a key stands, or of the nearest table around it; None if not found.

    tomllib gives no positions. Study files are flat, so headers and ``key =`` at the start of a line do.
    """
    here: Key = ()
    counts: dict[Key, int] = {}
    best: tuple[int, int] | None = None  # length of the agreeing key, line
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*(\[\[?)([^\]]+)\]", line):
            here = tuple(_parts(header[2]))
            if header[1] == "[[":
                counts[here] = counts.get(here, -1) + 1
                here += (counts[here],)
            found = here
        elif pair := re.match(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[\w-]+)*)\s*=""", line):
            found = here + tuple(_parts(pair[1]))
        else:
            continue
        agrees = found == key[: len(found)]
        if agrees and found and (best is None or len(found) > best[0]):
            best = len(found), number
    return best[1] if best else None


def _parts(dotted: str) -> Iterator[str]:
    for part in dotted.split("."):
        yield part.strip().strip("\"'")


def _text(path: Path) -> str:
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a directory, expected a study file (TOML)")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file{_sibling(path)}") from None
    except (OSError, ValueError) as error:
        # ValueError: a NUL in the name
        raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MOST_BYTES:
        raise InputError(f"{path}: more than {MOST_BYTES // 1_000_000} MB, expected a study file (TOML)")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}:{line}: byte 0x{data[error.start]:02x} is not UTF-8, expected UTF-8 text"
        ) from None


def _sibling(path: Path) -> str:
    try:
        others = [other.name for other in path.parent.glob("*.toml")]
    except OSError:
        return ""
    hint = nearest(path.name, others)
    return hint if hint.startswith("; did") else ""


def _syntax(path: str, message: str) -> str:
    at = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    if at is None:
        return f"{path}: not TOML: {message}"
    return f"{path}:{at[1]}: not TOML: {message[: at.start()]} (column {at[2]})"


def _check_numbers(document: Document, value: object, key: Key) -> None:
    """TOML knows nan and inf, JSON schema does not see them; dates it does not know at all."""
    if isinstance(value, dict):
        for name, part in value.items():
            _check_numbers(document, part, (*key, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            _check_numbers(document, part, (*key, index))
    elif isinstance(value, float) and not math.isfinite(value):
        document.complain(key, f"{value} is not a finite number")
    elif isinstance(value, date | time):
        document.complain(key, 'dates have no place in a study, times count from the injury: "36 h"')


def _check_schema(document: Document, rules: Mapping[str, Any]) -> None:
    import jsonschema

    validator = jsonschema.Draft202012Validator(rules)
    errors = sorted(validator.iter_errors(document.content), key=_urgency)
    if errors:
        error = errors[0]
        key = tuple(error.absolute_path)
        document.complain(*_explain(error, key))


def _urgency(error: ValidationError) -> tuple[bool, int]:
    """An unknown key first: it is often the misspelt one that is then found missing."""
    return error.validator != "additionalProperties", len(error.absolute_path)


def _explain(error: ValidationError, key: Key) -> tuple[Key, str]:
    rule: Any = error.validator_value
    value: Any = error.instance
    place: Any = error.schema
    match error.validator:
        case "additionalProperties":
            known: Sequence[str] = sorted(place["properties"])
            unknown = next(name for name in value if name not in known)
            return (*key, unknown), f"unknown key{nearest(unknown, known)}"
        case "required":
            missing = next(name for name in rule if name not in value)
            return key, f"'{missing}' is missing{_meaning(place, missing)}"
        case "enum":
            text = value if isinstance(value, str) else ""
            return key, f"{_show(value)} is not valid{nearest(text, rule)}"
        case "type":
            wanted = " or ".join(_KINDS[kind] for kind in ([rule] if isinstance(rule, str) else rule))
            return key, f"{_show(value)} is {_kind(value)}, expected {wanted}"
        case "minimum":
            return key, f"{_show(value)} is too small, expected {rule} or more"
        case "maximum":
            return key, f"{_show(value)} is too large, expected at most {rule}{_why(key)}"
        case "minItems" | "minLength":
            return key, f"is empty or too short, expected at least {rule}"
        case "pattern":
            return key, f"{_show(value)} holds a line break or another control character, expected one line"
        case "maxItems" | "maxLength":
            return key, f"is too long, expected at most {rule}"
    return key, error.message


_KINDS = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "array": "a list",
    "object": "a table",
}


def _kind(value: object) -> str:
    names = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "a table")


def _show(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _meaning(place: Any, name: str) -> str:
    about = place["properties"][name].get("description", "")
    return f": {about}" if about else ""


def _why(key: Key) -> str:
    if key == ("patients",):
        return ": with 10 million the Monte Carlo error is far below what any rater could tell"
    return ""
