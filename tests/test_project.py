"""The project's files agree with each other."""

from __future__ import annotations

import re
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import exodyn

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKS = {
    "requirements.lock": PROJECT["dependencies"],
    "requirements-dev.lock": PROJECT["dependencies"] + EXTRAS["bench"] + EXTRAS["dev"],
}


def locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_holds_what_the_project_asks_for(name):
    versions = locked(name)
    for text in LOCKS[name]:
        wanted = Requirement(text)
        if wanted.name == PROJECT["name"]:
            continue
        version = versions[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version), f"{text}: run `make lock`"


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_pins_by_hash_and_names_no_host(name):
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index" not in text
    assert text.count("--hash=sha256:") >= len(locked(name)) > 20


def test_both_locks_hold_the_same_releases():
    run, develop = (locked(name) for name in LOCKS)
    assert run.items() <= develop.items()


def test_the_citation_names_this_version():
    text = (ROOT / "CITATION.cff").read_text()
    assert re.search(r"^version: (\S+)$", text, re.MULTILINE).group(1) == exodyn.__version__


def test_the_changelog_names_this_version():
    assert exodyn.__version__ in (ROOT / "CHANGELOG.md").read_text()


def test_every_decision_is_in_the_index():
    folder = ROOT / "docs" / "decisions"
    index = (folder / "index.md").read_text()
    assert [p.name for p in folder.glob("*.md") if p.name != "index.md" and f"({p.name})" not in index] == []


def test_the_wheel_holds_every_file_of_the_package(tmp_path):
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    package = ROOT / "src" / "exodyn"
    files = {p.relative_to(package.parent).as_posix() for p in package.rglob("*") if p.is_file()}
    held = {n for n in zipfile.ZipFile(wheel).namelist() if n.startswith("exodyn/")}
    assert held == {f for f in files if "__pycache__" not in f}
    assert "exodyn/py.typed" in held
