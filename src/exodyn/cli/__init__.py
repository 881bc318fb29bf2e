"""The command line: one file a command, each with ``register(subparsers)`` and ``run(args) -> int``.

A command file is light at the top: what it computes with is imported inside ``run``, so that
``exodyn --help`` and short commands start at once.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import Any, Protocol

from exodyn import __version__
from exodyn.cli import (
    bench,
    cache,
    checklist,
    compare,
    convert,
    evidence,
    export,
    fit,
    list,
    new,
    objective,
    qc,
    run,
    schema,
    sensitivity,
    simulate,
    validate,
)  # fmt: skip
from exodyn.errors import InputError, MachineError


class Command(Protocol):
    """A command's module. `register` adds a parser and sets its default ``run`` to the function below."""

    def register(self, subparsers: Any, /) -> None: ...

    def run(self, args: argparse.Namespace, /) -> int: ...


COMMANDS: tuple[Command, ...] = (
    run, new, compare, list, evidence, convert, checklist, validate, qc,
    sensitivity, simulate, fit, objective, export, bench, cache, schema,
)  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = argparse.ArgumentParser(
        prog="exodyn",
        description="From vial to function: what an exosome product does to an injured nervous system.",
        epilog="Model predictions for research use only; not medical advice.",
    )
    top.add_argument("--version", action="version", version=f"exodyn {__version__}")
    subparsers = top.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.register(subparsers)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 2 the input is wrong, 1 anything else.

    Set EXODYN_DEBUG=1 to see the traceback of an error.
    """
    _open_streams()
    args = parser().parse_args(argv)
    try:
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # the reader (`head`) left: nothing more to say, and nothing may be written at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _fail("interrupted", 1)
    except InputError as error:
        return _fail(str(error), 2)
    except MachineError as error:
        return _fail(str(error), 1)
    except OSError as error:
        return _fail(_os_message(error), 1)
    except MemoryError:
        return _fail("out of memory", 1)
    except Exception as error:
        hint = "a fault of the program; EXODYN_DEBUG=1 shows where"
        return _fail(f"{type(error).__name__}: {error} ({hint})", 1)


def _open_streams() -> None:
    """What a terminal cannot show is written as an escape; a closed stream swallows what is written."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the shell closed it (`>&-`)
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fail(message: str, status: int) -> int:
    if os.environ.get("EXODYN_DEBUG"):
        import traceback

        traceback.print_exc()
    print(f"exodyn: error: {message}", file=sys.stderr)
    return status


def _os_message(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{(error.strerror or str(error)).lower()}"
