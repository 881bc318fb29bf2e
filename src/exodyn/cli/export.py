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
        help="write a study's model as SBML, LaTeX or Markdown",
        description="Write the model of one arm of a study: the typical patient, its doses in the equations.",
    )
    parser.add_argument("study", metavar="STUDY.toml", help="the study file")
    parser.add_argument(
        "--to",
        required=True,
        choices=("sbml", "latex", "markdown"),
        help="SBML level 3 version 2, a LaTeX article, or a Markdown page",
    )
    parser.add_argument("-o", required=True, metavar="PATH", dest="file", help="file to write")
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
