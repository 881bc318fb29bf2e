"""Random numbers addressed by patient: patient i draws the same numbers in whatever chunk, thread or order.

Philox4x64 is a keyed function of a counter (Salmon et al., SC'11, doi:10.1145/2063384.2063405). The key
holds the seed, the stream's name and the number of a block of four draws, the counter is the patient. So a
patient's draw d depends on (seed, stream, patient, d) and on nothing else: asking for more draws or for
other patients changes no number already drawn.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

SEED_LIMIT = 2**64
_WORDS = 4  # 64-bit words that Philox makes of one counter


def uniforms(seed: int, stream: str, first_patient: int, patients: int, draws: int) -> NDArray[np.float64]:
    """Uniform numbers strictly between 0 and 1, float64[patients, draws].

    seed: 0 to 2**64 - 1. stream: what the numbers are for ("traits"), so that no two uses share numbers.
    first_patient, patients: the range of patient numbers asked for, from 0 on.
    Raises ValueError for a negative argument or a seed out of range.
    """
    if not 0 <= seed < SEED_LIMIT:
        raise ValueError(f"seed {seed}: expected 0 to 2**64 - 1")
    if min(first_patient, patients, draws) < 0:
        raise ValueError("first_patient, patients and draws must not be negative")
    out = np.empty((patients, draws))
    name = int.from_bytes(blake2b(stream.encode(), digest_size=4).digest(), "little")
    for block in range(-(-draws // _WORDS)):
        key = np.array([seed, name << 32 | block], dtype=np.uint64)
        counter = np.array([first_patient, 0, 0, 0], dtype=np.uint64)
        raw = np.random.Philox(key=key, counter=counter).random_raw(patients * _WORDS)
        here = slice(block * _WORDS, min(draws, (block + 1) * _WORDS))
        # 52 bits and a half: the largest value is 1 - 2**-53, never 1
        numbers = ((raw >> np.uint64(12)) + 0.5) * 2.0**-52
        out[:, here] = numbers.reshape(patients, _WORDS)[:, : here.stop - here.start]
    return out
