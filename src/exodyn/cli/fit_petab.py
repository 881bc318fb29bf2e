"""``exodyn fit PROBLEM.yaml``: the parameters of a PEtab problem."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from exodyn.errors import InputError


def run(
    problem: str, directory: str | None, starts: int, draws: int, seed: int, threads: int, as_json: bool
) -> int:
    """Search, write the directory and print the estimates."""
    from exodyn import __version__
    from exodyn.inference.petab import output, read_problem
    from exodyn.inference.petab.fit import fit
    from exodyn.inference.sample import Unconverged
    from exodyn.study.directory import PartialDirectory, check_free

    if starts < 1 or draws < 0 or threads < 1:
        raise InputError(
            f"--starts {starts} --draws {draws} --threads {threads}: expected 1, 0 and 1 or more"
        )
    read = read_problem(problem)
    target = Path(directory) if directory else Path(Path(problem).stem + "_fit")
    check_free(target)
    files = {str(path.name): hashlib.sha256(path.read_bytes()).hexdigest() for path in read.files}
    identity = {"exodyn": __version__, "files_sha256": files, "starts": starts, "draws": draws, "seed": seed}
    print(
        f"exodyn: {len(read.measurements)} measurements, "
        f"{sum(p.estimated for p in read.parameters)} parameters, {starts} starts",
        file=sys.stderr,
    )
    try:
        found = fit(read, starts, seed, threads, draws, _tell(starts))
    except Unconverged as error:
        raise InputError(f"{error}; ask for more --draws, or fix what is not identified") from None
    printed = {"directory": str(target), **output.summary(found)}
    with PartialDirectory(target, identity) as partial:
        manifest = {"notice": output.NOTICE, "identity": identity, "result": printed}
        partial.write("manifest.json", json.dumps(manifest, indent=1).encode())
        output.write_all(found, partial.write)
        partial.complete()
    if as_json:
        print(json.dumps(printed))
    else:
        _print(printed)
    return 0


def _tell(starts: int) -> Any:
    def tell(done: int) -> None:
        if sys.stderr.isatty():
            print(f"\rexodyn: {done} of {starts} starts", end="\n" if done == starts else "", file=sys.stderr)

    return tell


def _print(printed: dict[str, Any]) -> None:
    width = max(map(len, printed["estimates"]))
    for name, one in printed["estimates"].items():
        note = ", at its bound" if one["at_bound"] else ""
        print(f"{name:{width}}  {one['value']:<12.6g} {one['verdict']}{note}")
    print(f"log-likelihood {printed['llh']:.6g}, log prior {printed['log_prior']:.6g}", end="; ")
    print(f"{printed['agreeing']} of {printed['starts']} starts reached it")
    for line in printed["identifiability"]:
        print(line)
    print(f"{printed['directory']} has tables and figures. {printed['notice']}")
