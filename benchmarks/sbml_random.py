"""Random SBML models through `simulate` and libroadrunner: what differs, to find out who is right.

    python benchmarks/sbml_random.py FIRST LAST [--show]

A model of seed FIRST to LAST-1 mixes compartments that grow or jump, species in amount and concentration, rules,
initial assignments, variable stoichiometries, conversion factors, and events with delays, priorities and both
kinds of values. `--show` prints the document instead. Some of the peer's runs never end, hence a process a model.
"""

# ruff: noqa: E501 (XML reads best in one piece)
from __future__ import annotations

import os
import random
import re
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

import libsbml
import numpy as np

from exodyn.cli.simulate import simulate
from exodyn.errors import InputError

CORE = "http://www.sbml.org/sbml/level3/version2/core"
POINTS, END = 26, 5.11
"""Outputs at odd times: an event at the very instant of an output is shown before by one, after by the other."""
ALLOWED = 1e-4
SECONDS = 15


class Drawn:
    """A model drawn from a seed: `text`, and the ids of species, parameters and compartments."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        pick, chance = self.random.choice, self.random.random
        self.compartments = {
            f"C{i}": pick(["const", "const", "rate", "event"]) for i in range(pick([1, 1, 2]))
        }
        self.species = {
            f"S{i}": pick(["none", "rate", "assign", "event", "reactions"]) if chance() < 0.3 else "reactions"
            for i in range(self.random.randint(1, 4))
        }
        kinds = ["const", "rate", "assign", "event", "initial"]
        self.parameters = {f"p{i}": pick(kinds) if i else "const" for i in range(self.random.randint(2, 4))}
        self.free = [n for n, kind in {**self.species, **self.parameters}.items() if kind != "assign"]
        self.rules: list[str] = []
        self.starts: list[str] = []
        lists = {
            "Compartments": [self._compartment(c, kind) for c, kind in self.compartments.items()],
            "Species": [self._species(s, kind) for s, kind in self.species.items()],
            "Parameters": [_parameter("f", 1.7), _parameter("g", 0.6), *self._parameters()],
            "Reactions": [self._reaction(j) for j in range(self.random.randint(0, 3))],
            "Events": self._events(),
        }
        lists["InitialAssignments"], lists["Rules"] = self.starts, self.rules
        order = (
            "Compartments",
            "Species",
            "Parameters",
            "InitialAssignments",
            "Rules",
            "Reactions",
            "Events",
        )
        body = "\n".join(
            f"<listOf{kind}>\n" + "\n".join(lists[kind]) + f"\n</listOf{kind}>"
            for kind in order
            if lists[kind]
        )
        factor = 'conversionFactor="g"' if chance() < 0.15 else ""
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n<sbml xmlns="{CORE}" level="3" version="2">'
        self.text = f'{head}<model id="m" {factor}>\n{body}\n</model></sbml>'

    def number(self, low: float, high: float) -> float:
        return round(self.random.uniform(low, high), 3)

    def term(self, depth: int, names: list[str]) -> str:
        """A formula of moderate size whatever its ids are."""
        pick = self.random.choice
        if depth == 0 or self.random.random() < 0.3:
            return pick([pick(names), str(self.number(0.1, 2))])
        a, b = self.term(depth - 1, names), self.term(depth - 1, names)
        forms = (
            "({a} + {b})",
            "({a} * {b})",
            "({a} / (1 + abs({b})))",
            "piecewise({a}, time < {c}, {b})",
            "sin({a})",
        )
        form = pick([*forms, "max({a}, {b})", "exp(-abs({a}))", "({a} - {b})"])
        return form.format(a=a, b=b, c=self.number(0.5, 4))

    def _rule(self, kind: str, name: str, formula: str) -> None:
        self.rules.append(f'<{kind}Rule variable="{name}">{_math(formula)}</{kind}Rule>')

    def _start(self, name: str, formula: str) -> None:
        self.starts.append(f'<initialAssignment symbol="{name}">{_math(formula)}</initialAssignment>')

    def _slope(self) -> str:
        return f"0.3 * sin({self.term(2, [*self.species, *self.parameters])})"

    def _compartment(self, name: str, kind: str) -> str:
        if kind == "rate":
            self._rule("rate", name, f"0.1 * {name}")
        size, constant = self.number(0.5, 3), _flag(kind == "const")
        return f'<compartment id="{name}" spatialDimensions="3" size="{size}" constant={constant}/>'

    def _species(self, name: str, kind: str) -> str:
        pick, chance = self.random.choice, self.random.random
        if kind == "rate":
            self._rule("rate", name, self._slope())
        elif kind == "assign":
            self._rule("assignment", name, f"1 + abs({self.term(1, self.free)})")
        elif chance() < 0.15:
            self._start(name, f"1 + abs({self.term(1, ['p0'])})")
        given, factor = pick(["Amount", "Concentration"]), 'conversionFactor="f"' if chance() < 0.2 else ""
        return (
            f'<species id="{name}" compartment="{pick(list(self.compartments))}" initial{given}="{self.number(0.5, 5)}" '
            f"hasOnlySubstanceUnits={_flag(chance() < 0.4)} boundaryCondition={_flag(kind != 'reactions')} "
            f'constant="false" {factor}/>'
        )

    def _parameters(self) -> list[str]:
        for name, kind in self.parameters.items():
            if kind == "rate":
                self._rule("rate", name, self._slope())
            elif kind == "assign":
                self._rule("assignment", name, self.term(2, self.free))
            elif kind == "initial":
                self._start(name, self.term(2, ["p0", *(s for s in self.free if s in self.species)]))
        return [
            _parameter(name, self.number(0.1, 3), kind == "const") for name, kind in self.parameters.items()
        ]

    def _reaction(self, j: int) -> str:
        chance = self.random.random
        gone = [s for s, kind in self.species.items() if chance() < 0.5 and kind != "none"][:2]
        made = [s for s in self.species if chance() < 0.5 and s not in gone][:2]
        parameter = self.random.choice(list(self.parameters))
        law = " * ".join([f"0.2 * max(0.1, {parameter})", *(f"{s} / (1 + {s})" for s in gone)])
        if not gone:
            law = f"0.1 * abs({parameter}) / (1 + abs({parameter}))"
        local = ""
        if chance() < 0.2:
            law, local = (
                f"k * {law}",
                '<listOfLocalParameters><localParameter id="k" value="0.7"/></listOfLocalParameters>',
            )
        sides = "".join(
            f"<listOf{side}>{''.join(self._participant(s, f'n_{j}_{s}') for s in names)}</listOf{side}>"
            for side, names in (("Reactants", gone), ("Products", made))
            if names
        )
        return f'<reaction id="J{j}" reversible="false">{sides}<kineticLaw>{_math(law)}{local}</kineticLaw></reaction>'

    def _participant(self, species: str, name: str) -> str:
        if self.random.random() < 0.85:
            many = self.random.choice([1, 1, 2, 0.5])
            return f'<speciesReference species="{species}" stoichiometry="{many}" constant="true"/>'
        if self.random.random() < 0.5:
            self._rule("assignment", name, "1 + 0.3 * sin(time)")
        return f'<speciesReference id="{name}" species="{species}" stoichiometry="2" constant="false"/>'

    def _events(self) -> list[str]:
        held = {**self.species, **self.parameters, **self.compartments}
        targets = [n for n, kind in held.items() if kind not in ("assign", "const", "initial", "none")]
        if not targets:
            return []
        times = self.random.sample([0.37, 0.81, 1.23, 1.77, 2.31, 2.9, 3.33, 3.9, 4.4], 5)
        return [self._event(k, times[k], targets) for k in range(self.random.randint(0, 4))]

    def _event(self, k: int, time: float, targets: list[str]) -> str:
        pick, chance = self.random.choice, self.random.random
        trigger = f"time >= {time}" if chance() < 0.6 else f"{pick(self.free)} > {self.number(0.5, 4)}"
        if chance() < 0.2:
            trigger = f"({trigger}) && (time < {self.number(1, 5)})"
        chosen = self.random.sample(targets, min(len(targets), pick([1, 1, 2])))
        values = "".join(
            f'<eventAssignment variable="{n}">'
            f"{_math('0.5 + abs(' + pick([self.term(1, self.free), 'sin(3 * time)', n]) + ')')}</eventAssignment>"
            for n in chosen
        )
        delay = f"<delay>{_math(str(self.number(0.05, 1.5)))}</delay>" if chance() < 0.4 else ""
        return (
            f'<event id="E{k}" useValuesFromTriggerTime={_flag(chance() < 0.5)}>'
            f'<trigger initialValue={_flag(chance() < 0.67)} persistent="true">{_math(trigger)}</trigger>'
            f"<priority>{_math(str(k + 1))}</priority>{delay}<listOfEventAssignments>{values}</listOfEventAssignments></event>"
        )


def _flag(value: bool) -> str:
    return f'"{str(value).lower()}"'


def _parameter(name: str, value: float, constant: bool = True) -> str:
    return f'<parameter id="{name}" value="{value}" constant={_flag(constant)}/>'


def _math(formula: str) -> str:
    return re.sub(r"^<\?.*\?>\s*", "", str(libsbml.writeMathMLToString(libsbml.parseL3Formula(formula))))


def compare(seed: int, path: Path) -> str:
    """The outcome of one seed in a word or two."""
    import roadrunner

    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_CRITICAL)
    drawn = Drawn(seed)
    path.write_text(drawn.text)
    names = [*drawn.species, *drawn.parameters, *drawn.compartments]
    try:
        ours = simulate(str(path), f"0:{END}:{POINTS}", list(drawn.species))["values"]
    except InputError as error:
        return "refused" if "Circular" in str(error) else f"error {error}"
    try:
        peer = roadrunner.RoadRunner(str(path))
        peer.integrator.relative_tolerance, peer.integrator.absolute_tolerance = 1e-10, 1e-13
        peer.integrator.maximum_time_step = 1e-3
        peer.timeCourseSelections = names
        theirs = np.asarray(peer.simulate(0, END, POINTS))
    except RuntimeError:
        return "the peer failed"
    mine = np.column_stack([ours[name] for name in names])
    size = np.abs(theirs) + 1e-2 * np.maximum(np.abs(theirs).max(axis=0), 1e-3)
    off = ~(np.abs(mine - theirs) <= ALLOWED * size) & ~(np.isnan(mine) & np.isnan(theirs))
    if not off.any():
        return "same"
    i, k = np.argwhere(off)[0]
    return f"different: {names[k]} at {END * i / (POINTS - 1):.4f}: ours {mine[i, k]:.8g}, theirs {theirs[i, k]:.8g}"


def main() -> int:
    first, last = int(sys.argv[1]), int(sys.argv[2])
    if "--show" in sys.argv:
        print(*(Drawn(seed).text for seed in range(first, last)), sep="\n")
        return 0
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, last):
            outcome = _apart(seed, Path(folder) / "model.xml")
            counts[outcome.split(":")[0].split(" /")[0]] += 1
            if outcome.startswith(("different", "error")):
                print(seed, outcome, flush=True)
    print(dict(counts))
    return 0


def _apart(seed: int, path: Path) -> str:
    """`compare` in a process of its own, ended after a while."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        os.write(write, compare(seed, path).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        outcome = answer.read().decode()
    os.waitpid(child, 0)
    return outcome or "the peer did not end"


if __name__ == "__main__":
    sys.exit(main())
