"""What decides the predictions of every indication: the table of docs/sensitivity.md.

    python -m exodyn.calibration.decides [--samples 256]

Each line is a question of `exodyn sensitivity` to the study that `exodyn new` writes; of cord injury in man
the patient is named, since the median of the grades and levels is nobody.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from exodyn.indications import INDICATIONS
from exodyn.inference.sensitivity import questions, sensitivity
from exodyn.inference.sobol import Indices
from exodyn.study import Study
from exodyn.study.starter import starter

SHOWN = 5
PATIENTS = {
    ("spinal_cord_injury", "human"): {
        "AIS A, tetraplegia": {"ais": 1, "paraplegia": 0},
        "AIS C, tetraplegia": {"ais": 3, "paraplegia": 0},
    }
}
CONSTANT = '\n[population.{name}]\nkind = "constant"\ncenter = {center}\nreason = "the patient asked about"\n'


def studies() -> dict[str, Study]:
    """The study of each indication and species, of cord injury in man of each patient, by its name."""
    found = {}
    for one in INDICATIONS.values():
        for species in one.species:
            who = f"{one.title.lower()}, {species}"
            text = starter(one, species)
            for patient, traits in PATIENTS.get((one.name, species), {"": {}}).items():
                more = "".join(CONSTANT.format(name=name, center=center) for name, center in traits.items())
                found[f"{who}, {patient}".removesuffix(", ")] = Study.parse(text + more)
    return found


def says(found: Indices) -> str:
    """The largest total indices."""
    if found.spread == 0:
        return "nothing moves it in this patient"
    if not found.told:
        return "a few samples carry it: none can be told"
    pairs = zip(found.names[:SHOWN], found.total[:SHOWN], strict=True)
    return ", ".join(f"{name.removeprefix('population.')} {total:.2f}" for name, total in pairs)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=256, help="a power of 2")
    asked = parser.parse_args(arguments)
    print("| who | prediction | sd | parameters | largest total indices |\n| --- | --- | --- | --- | --- |")
    for who, study in studies().items():
        print(who, file=sys.stderr)
        for one in questions(study):
            found = sensitivity(study, one, asked.samples)
            print(f"| {who} | {one.says(study)} | {found.spread:.3g} | {len(found.names)} | {says(found)} |")


if __name__ == "__main__":
    main()
