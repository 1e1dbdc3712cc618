"""A fast logarithm, by a table and a polynomial, for loops that take most of their time in it.

The fraction of a number lies in one of 256 intervals; from the interval's middle c, log2 x is
exponent + log2 c + log2(1 + r) with |r| < 1/512, of which four terms leave less than 1e-14.
"""

from __future__ import annotations

import numpy as np

from octavo._numba import bits_of, compiled, float_of, inlined

INTERVAL_BITS, FRACTION_BITS = 8, 52
_middles = 1 + (np.arange(1 << INTERVAL_BITS) + 0.5) / (1 << INTERVAL_BITS)
TABLE = np.ascontiguousarray(np.stack([1 / _middles, np.log2(_middles)], axis=1))
INTERVALS, SHIFT = (1 << INTERVAL_BITS) - 1, FRACTION_BITS - INTERVAL_BITS
FRACTION, ONE = (1 << FRACTION_BITS) - 1, 1023 << FRACTION_BITS
LOG2_E = 1 / np.log(2)
TINY = 1e-300  # times its logarithm is nothing beside 1


@inlined
def log2(x):
    """The logarithm to the base 2 of a positive normal float64, within 1e-14 of x in (0, 2)."""
    bits = bits_of(x)
    place = (bits >> SHIFT) & INTERVALS
    r = float_of((bits & FRACTION) | ONE) * TABLE[place, 0] - 1.0
    series = LOG2_E * r * (1.0 + r * (-0.5 + r * (1 / 3 - 0.25 * r)))
    return float((bits >> FRACTION_BITS) - 1023) + (TABLE[place, 1] + series)


@inlined
def plogp(x):
    """The number times its logarithm to the base 2; 0 for what is below 0 by rounding."""
    x = max(x, TINY)
    return x * log2(x)


@compiled
def plogp_all(xs: np.ndarray) -> np.ndarray:
    """Each number times its logarithm to the base 2, float64; 0 for those of 0 and below.

    Example:
        >>> plogp_all(np.array([0.25, 0.5, 1.0])).round(9).tolist()
        [-0.5, -0.5, 0.0]
    """
    found = np.empty_like(xs)
    for place in range(len(xs)):
        found[place] = plogp(xs[place])
    return found
