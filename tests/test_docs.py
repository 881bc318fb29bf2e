"""The docs tell what the program does."""

from __future__ import annotations

import argparse
import re
import textwrap
from pathlib import Path

import pytest

from exodyn.cli import main, parser

ROOT = Path(__file__).resolve().parents[1]
COMMANDS_PAGE = ROOT / "docs" / "commands.md"


def documented() -> dict[str, set[str]]:
    """Each command of the page's table with its options."""
    usages = re.findall(r"^\| `exodyn (\w+)([^`]*)`", COMMANDS_PAGE.read_text(), re.MULTILINE)
    return {name: set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", usage)) for name, usage in usages}


def existing() -> dict[str, set[str]]:
    """Each command of the program with its options."""
    (commands,) = (a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))
    return {
        name: {o for action in command._actions for o in action.option_strings} - {"-h", "--help"}
        for name, command in commands.choices.items()
    }


def test_the_page_has_every_command():
    assert documented().keys() == existing().keys()


@pytest.mark.parametrize("command", sorted(existing()))
def test_the_page_has_every_option(command):
    assert documented()[command] == existing()[command]


@pytest.mark.parametrize("page", ["README.md", "docs/getting_started.md"])
def test_the_python_that_the_page_shows_runs(page, tmp_path, monkeypatch, capsys):
    (block,) = re.findall(
        r"(?:^    import exodyn.*\n(?:(?:    .*)?\n)*)", (ROOT / page).read_text(), re.MULTILINE
    )
    monkeypatch.chdir(tmp_path)
    assert main(["new", "stroke", "-o", "my_study.toml"]) == 0
    assert "patients=1000" in block
    exec(textwrap.dedent(block).replace("patients=1000", "patients=20"), {})
    assert "NIHSS" in capsys.readouterr().out
