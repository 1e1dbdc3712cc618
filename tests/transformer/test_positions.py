"""Extended positions against their formula."""

from __future__ import annotations

import numpy as np
import pytest

from octavo.errors import UsageError
from octavo.transformer import extend_positions

pytestmark = pytest.mark.keras_backend


def test_extended_positions_follow_their_formula():
    table, alpha = np.random.default_rng(0).normal(size=(4, 3)), 0.4
    base = [(row - alpha * table[0]) / (1 - alpha) for row in table]
    expected = [alpha * base[n // 4] + (1 - alpha) * base[n % 4] for n in range(16)]
    np.testing.assert_allclose(extend_positions(table, 16), expected)
    np.testing.assert_allclose(extend_positions(table, 16)[:4], table)


@pytest.mark.parametrize(("length", "alpha"), [(17, 0.4), (8, 0.0), (8, 1.0), (8, 0.5)])
def test_positions_that_cannot_be_extended(length, alpha):
    with pytest.raises(UsageError, match=r"Received: "):
        extend_positions(np.ones((4, 3)), length, alpha)
