"""The schedule against NumPy's interpolation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo._keras import keras
from octavo.optimizers import PiecewiseLinear, warmup_stable_decay

pytestmark = pytest.mark.keras_backend
POINTS = st.dictionaries(
    st.integers(0, 10_000), st.floats(0, 2, width=32), min_size=1, max_size=5
).map(lambda points: dict(sorted(points.items())))


@given(POINTS, st.lists(st.integers(0, 12_000), min_size=1, max_size=4))
@settings(max_examples=40)
def test_lines_between_the_points(points, steps):
    schedule = PiecewiseLinear(0.5, points)
    whole = {0: 0.0} | points
    for step in steps:
        expected = 0.5 * np.interp(step, list(whole), list(whole.values()))
        assert float(schedule(step)) == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_long_runs_keep_their_precision():
    schedule = PiecewiseLinear(1.0, {16_000_000: 1.0, 16_000_010: 0.0})
    assert float(schedule(16_000_001)) == pytest.approx(0.9)


def test_pairs_serve_as_well_and_survive_their_config():
    schedule = PiecewiseLinear(0.5, [(10, 1.0), (20, 0.25)])
    assert schedule.points == PiecewiseLinear(0.5, {10: 1, 20: 0.25}).points
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert (again.points, again.learning_rate) == (schedule.points, 0.5)


def test_schedules_by_name():
    assert warmup_stable_decay(1.0, 10, 20, 30).points == ((10, 1.0), (30, 1.0), (60, 0.0))
    assert warmup_stable_decay(1.0, 10, 0, 30, 0.1).points == ((10, 1.0), (40, 0.1))
    assert warmup_stable_decay(1.0, 0, 5, 0).points == ((0, 1.0), (5, 1.0))
