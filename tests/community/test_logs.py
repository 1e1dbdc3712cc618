"""The fast logarithm beside NumPy's."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from octavo.community.logs import plogp_all


@given(st.floats(1e-290, 4.0))
def test_plogp_is_numpys_within_its_bound(number):
    [found] = plogp_all(np.array([number]))
    assert abs(found - number * np.log2(number)) < 1e-13 * max(number, 1e-3)


def test_plogp_of_nothing_or_of_less_by_rounding_is_nothing():
    assert abs(plogp_all(np.array([0.0, -1e-18, 1e-310]))).max() < 1e-290


def test_every_interval_of_the_table():
    numbers = 2.0 ** np.linspace(-30, 1, 100_000)
    assert abs(plogp_all(numbers) - numbers * np.log2(numbers)).max() < 2e-14
