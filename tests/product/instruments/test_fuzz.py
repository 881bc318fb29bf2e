"""Broken files of every format: a result or one clear line, no crash, no hang, no silent NaN, little memory.

EXODYN_FUZZ is the number of files, EXODYN_FUZZ_SEED where they start; the numbers of a failure repeat it.
"""

from __future__ import annotations

import math
import os
import resource
import signal
from collections import Counter

import numpy as np
import pytest
from tests.product.instruments.conftest import HERE
from tests.product.instruments.made import nanosight_rows, rows_as_text

from exodyn.errors import InputError
from exodyn.product.instruments import Source, describe, read_source

FILES = int(os.environ.get("EXODYN_FUZZ", "3000"))
SEED = int(os.environ.get("EXODYN_FUZZ_SEED", "1"))
ENCODINGS = ("utf-16", "utf-8", "utf-16-le", "utf-8-sig")
SECONDS = 10  # for one file, on a busy machine
MEGABYTES = 500
WORDS = (
    b"nan",
    b"inf",
    b"-1",
    b"1e999",
    b"1e308",
    b"-1e308",
    b"0",
    b"",
    b"\xb2",
    b"1,5",
    b"1.5",
    b'"',
    b"\0",
)
WORDS += (
    b"99999999999999999999",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r",
    b"\t",
    b";",
    b"Size / nm",
    b"[Size Data]",
    b"sep=;\r\n",
    b"\n\n",
    b'"1,000"',
    b"\x1a",
)


def short_zetaview() -> bytes:
    """Forty bins instead of 1200: mutations should hit what decides."""
    lines = (HERE / "zetaview/made_lognormal_120nm_size_488.txt").read_bytes().split(b"\n")
    start = next(i for i, line in enumerate(lines) if line.startswith(b"Size / nm"))
    end = next(i for i, line in enumerate(lines) if line.startswith(b"-1"))
    return b"\n".join([*lines[: start + 41], *lines[end : end + 31]]) + b"\n"


def seeds() -> list[bytes]:
    """A file of each format; the larger ones cut where their layout allows it."""
    other = HERE.parents[3].parent / "shared" / "instruments"
    other = type(other)(os.environ.get("EXODYN_INSTRUMENTS", other))
    found = [
        rows_as_text(nanosight_rows()).encode("latin-1"),
        short_zetaview(),
        b"Particle ID,Size/nm,Included in distribution?\n1,100.2,True\n2,100.9,True\n3,50.5,False\n",
        b"sample,size (nm),particles_per_ml,dilution\nA,50,1.5e6,10\nA,100,3e6,10\nB,50,1e6,\nB,150,1e6,\n",
        b"size (nm)\ta b\tc\n50.5\t1\t2\n100.5\t3\t4.5\n150.5\t1\t0\n",
        b"Use\tPosition\tConc. (p./mL)\tOrig. Conc. (p./cm^3)\tX50 (nm)\tRemoval\n"
        b"X\t0.10\t2.2E+8\t2.2E+11\t105.0\t\n",
        b"Original File:\ta\nZetaView S/N:\t1\nSample:\ts\nZeta Potential / mV:\t-22.2\n",
        b"\n".join((HERE / "trps_qnano/made_legacy_blockade_1.csv").read_bytes().split(b"\n")[:30]) + b"\n",
        (HERE / "dls_zetasizer/mxd_particleSize.txt").read_bytes(),
        (HERE / "fcs/variable_int_example.fcs").read_bytes(),
        (HERE / "fcs/data_start_offset_discrepancy_example.fcs").read_bytes(),
    ]
    database = other / "dls_zetasizer" / "test.zmes"
    return [*found, database.read_bytes()] if database.exists() else found


def mutated(data: bytes, seeds: list[bytes], random: np.random.Generator) -> bytes:
    """One to four blows of different kinds."""
    for _ in range(random.integers(1, 5)):
        kind = random.integers(12)
        size = max(len(data), 1)
        at, end = sorted(random.integers(0, size + 1, 2).tolist())
        lines = data.split(b"\n")
        line = int(random.integers(len(lines)))
        if kind == 0:
            data = data[:at]
        elif kind == 1:
            data = data[:at] + bytes([int(random.integers(256))]) + data[at + 1 :]
        elif kind == 2:
            data = data[:at] + data[min(end, at + 200) :]
        elif kind == 3:
            data = data[:at] + WORDS[random.integers(len(WORDS))] + data[at:]
        elif kind == 4:
            lines.insert(line, lines[int(random.integers(len(lines)))])
            data = b"\n".join(lines)
        elif kind == 5:
            del lines[line]
            data = b"\n".join(lines)
        elif kind == 6:
            mark = next((m for m in (b"\t", b",", b";") if m in lines[line]), b"\t")
            cells = lines[line].split(mark)
            cells[int(random.integers(len(cells)))] = WORDS[random.integers(len(WORDS))]
            lines[line] = mark.join(cells)
            data = b"\n".join(lines)
        elif kind == 7:
            data = data.replace(*((b"\t", b",") if random.random() < 0.5 else (b".", b",")))
        elif kind == 8:
            data = data + seeds[random.integers(len(seeds))]
        elif kind == 9:
            data = data.decode("latin-1").encode(str(random.choice(ENCODINGS)))
        elif kind == 10:
            flips = random.integers(0, size, 1 + size // 200)
            damaged = bytearray(data or b"x")
            for place in flips.tolist():
                damaged[place] ^= 1 << int(random.integers(8))
            data = bytes(damaged)
        else:
            data = data[:at] + data[at:end][:2000] * int(random.integers(2, 5)) + data[end:]
    return data


def outcome(data: bytes) -> str:
    """Whether the bytes were read or refused; anything else raises."""
    try:
        measurement = read_source(Source("f", data))
    except InputError as problem:
        said = str(problem)
        if "\n" in said or len(said) > 600:
            raise ValueError(f"no clear line: {said}") from None
        return "refused"
    for one in describe(measurement):
        figures = [one.particles_per_ml, one.standard_error, one.dilution, *one.instrument.values()]
        for sizes in (one.ours, one.pooled):
            figures += [] if sizes is None else [sizes.d10, sizes.d50, sizes.d90, sizes.mean, sizes.mode]
        assert all(value is None or math.isfinite(value) for value in figures), f"not finite: {one}"
    return "read"


@pytest.mark.slow
def test_broken_files():
    assert FILES > 0
    samples = seeds()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def hangs(*_: object) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    signal.signal(signal.SIGALRM, hangs)
    counts: Counter[tuple[int, str]] = Counter()
    for number in range(SEED, SEED + FILES):
        random = np.random.default_rng(number)
        which = number % len(samples)
        data = mutated(samples[which], samples, random)
        signal.alarm(SECONDS)
        try:
            counts[which, outcome(data)] += 1
        except Exception as problem:
            raise AssertionError(
                f"file {number}, format {which}: {type(problem).__name__}: {problem}"
            ) from problem
        finally:
            signal.alarm(0)
    # every format's mutations must reach its reader as well as its refusals
    for which in range(len(samples)):
        assert counts[which, "read"] and counts[which, "refused"], f"format {which}: {counts}"
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < MEGABYTES, f"{grown:.0f} MB more memory"
    read = sum(many for (_, result), many in counts.items() if result == "read")
    print(f"{FILES} files: {read} read, {FILES - read} refused; {grown:.0f} MB more memory")
