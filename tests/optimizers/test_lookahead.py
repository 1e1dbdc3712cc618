"""Lookahead: its slow weights start with those that training starts with."""

from __future__ import annotations

import optimizers_reference as reference
import pytest
from small_problem import fit, make_model, weights

from octavo._keras import keras
from octavo.optimizers import (
    Lookahead,
)

pytestmark = pytest.mark.keras_backend


def test_slow_weights_start_where_training_starts():
    optimizer = Lookahead(keras.optimizers.SGD(0.1), 2, 0.5)
    model = make_model(optimizer)
    optimizer.build(model.trainable_variables)
    loaded = [w + 1 for w in reference.first_weights()]
    model.set_weights(loaded)
    plain = make_model(keras.optimizers.SGD(0.1))
    plain.set_weights(loaded)
    fast = weights(fit(plain, 2))
    expected = [(a + b) / 2 for a, b in zip(loaded, fast, strict=True)]
    assert reference.difference(weights(fit(model, 2)), expected) < 1e-6
