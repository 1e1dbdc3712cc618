"""Independent random streams from one seed, by name, so that adding a stream moves no other."""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(seed: int, *names: object) -> int:
    """A 31-bit seed for the stream called `names`, derived from `seed`.

    Example:
        >>> derive_seed(0, "masks", 3) == derive_seed(0, "masks", 3) != derive_seed(0, "masks", 4)
        True
    """
    text = repr((int(seed), *names)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "little") & 0x7FFFFFFF


def make_generator(seed: int, *names: object) -> np.random.Generator:
    """A NumPy generator for the stream called `names`."""
    return np.random.default_rng(derive_seed(seed, *names))
