"""Errors that a user can mend, and the words that help to mend them."""

from __future__ import annotations

from collections.abc import Iterable


class InputError(Exception):
    """The input is wrong: one message that names the place, what was expected and the nearest valid value.

    The command line prints it without a traceback and exits with status 2.
    """


class MachineError(Exception):
    """The machine failed (disk full, no permission): one message; the command line exits with status 1."""


def nearest(word: str, valid: Iterable[str]) -> str:
    """The end of a message, ``; did you mean 'stroke'?`` with the word most like it, or the list of all.

    Of a long list only the beginning is given.
    """
    from difflib import get_close_matches

    words = sorted(valid)
    close = get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return f"; did you mean '{close[0]}'?"
    if len(words) > 30:
        words[20:] = ["..."]
    return f"; valid are {', '.join(words)}" if words else ""
