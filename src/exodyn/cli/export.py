"""``exodyn export STUDY.toml``: a study's model for other programs and for papers."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from exodyn.errors import InputError, MachineError, nearest


def register(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = subparsers.add_parser(
        "export",
        help="write a study's model as SBML, PEtab, LaTeX or Markdown",
        description="Write the model of a study's typical patient, the doses in the equations: of one arm, "
        "or with PEtab of all arms.",
    )
    parser.add_argument("study", metavar="STUDY.toml", help="the study file")
    parser.add_argument(
        "data", metavar="DATA.csv", nargs="?", help="PEtab: measurements, for a study with a [fit] table"
    )
    parser.add_argument(
        "--to",
        required=True,
        choices=("sbml", "petab", "latex", "markdown"),
        help="SBML level 3 version 2, a PEtab problem (a directory), a LaTeX article, or a Markdown page",
    )
    parser.add_argument("-o", required=True, metavar="PATH", dest="file", help="file or directory to write")
    parser.add_argument("--arm", metavar="NAME", help="which arm (default: the first that is treated)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    from exodyn.study import Study, standalone
    from exodyn.symbolic import latex_document, markdown

    path = Path(args.file)
    if os.path.lexists(path):
        raise InputError(f"{path}: exists and is not overwritten; choose another -o")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: no such directory")
    if args.to == "petab":
        return _petab(args.study, args.data, path, args.arm)
    if args.data is not None:
        raise InputError(f"{args.data}: only a PEtab problem holds data")
    study = Study.load(args.study)
    names = [arm.name for arm in study.arms]
    treated = [arm.name for arm in study.arms if arm.dosing]
    name = args.arm or (treated or names)[0]
    if name not in names:
        raise InputError(f"--arm: no arm is called '{name}'{nearest(name, names)}")
    model = standalone(study, names.index(name))
    if args.to == "latex":
        text = latex_document(model)
    elif args.to == "markdown":
        text = markdown(model)
    else:
        from exodyn.symbolic.sbml import sbml_text

        text = sbml_text(model)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        path.unlink(missing_ok=True)
        raise MachineError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    return 0


def _petab(study: str, data: str | None, target: Path, arm: str | None) -> int:
    """A directory, which appears when it is whole and the format's own library accepts it."""
    import shutil
    import tempfile

    from exodyn.inference.petab import export
    from exodyn.study import Study

    files = export.with_data(study, data, arm) if data else export.tables(Study.load(study), arm=arm)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        made = Path(folder) / "problem"
        made.mkdir()
        export.write(files, made)
        wrong = export.complaints(made / "problem.yaml")
        if wrong:
            raise MachineError(f"{target}: the PEtab library refuses the problem: {wrong[0]}")
        shutil.move(made, target)
    return 0
