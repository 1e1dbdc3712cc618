"""Variables whose gradient is their next value, as float8 layers have them."""

from __future__ import annotations

import numpy as np
import pytest

from octavo._keras import keras, ops
from octavo.optimizers import GradientAccumulation, Lookahead, WeightDecay

pytestmark = pytest.mark.keras_backend

SGD = keras.optimizers.SGD


@pytest.mark.parametrize(
    "make",
    [
        lambda: GradientAccumulation(SGD(1.0), 2),
        lambda: Lookahead(GradientAccumulation(SGD(1.0), 2)),
        lambda: WeightDecay(GradientAccumulation(SGD(1.0), 2), 0.0),
        lambda: WeightDecay(SGD(1.0, gradient_accumulation_steps=2), 0.0),
        lambda: SGD(1.0, gradient_accumulation_steps=2),
    ],
    ids=["alone", "inside", "twice", "of Keras", "Keras alone"],
)
def test_they_are_overwritten_at_updates_alone(make):
    weights, scale = keras.Variable([1.0]), keras.Variable([5.0])
    scale.overwrite_with_gradient = True
    optimizer, seen = make(), []
    for gradient in (0.5, 0.25, 0.125, 0.0625):
        optimizer.apply([ops.array([1.0]), ops.array([gradient])], [weights, scale])
        seen.append((float(weights[0]), float(scale[0])))
    np.testing.assert_allclose([value for _, value in seen], [5.0, 0.5, 0.5, 0.125])


def test_without_accumulation_they_are_overwritten_at_every_batch():
    weights, scale = keras.Variable([1.0]), keras.Variable([5.0])
    scale.overwrite_with_gradient = True
    optimizer = WeightDecay(SGD(1.0), 0.0)
    optimizer.apply([ops.array([1.0]), ops.array([0.5])], [weights, scale])
    assert float(scale[0]) == 0.5
    assert float(weights[0]) == 0.0
