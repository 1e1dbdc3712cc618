"""Weight decay as an attribute, and what would decay twice or not at all."""

from __future__ import annotations

import warnings

import pytest
from small_problem import array, values, variable

from octavo._keras import keras
from octavo.optimizers import (
    Adam,
    WeightDecay,
)

pytestmark = pytest.mark.keras_backend


def test_keras_way_to_exclude_is_refused():
    with pytest.raises(ValueError, match=r"exclude=patterns.* Received: .*'bias'"):
        WeightDecay(Adam(), 0.1).exclude_from_weight_decay(var_names=["bias"])


def test_weight_decay_can_be_read_and_set():
    optimizer = WeightDecay(keras.optimizers.SGD(0.5), 0.25)
    assert optimizer.weight_decay == 0.25
    optimizer.weight_decay = 1.0
    weight = variable([1.0])
    optimizer.apply([array([0.0])], [weight])
    assert values(weight) == [0.5]


def test_two_decays_are_said():
    with pytest.warns(UserWarning, match=r"AdamW decays .* weight_decay=0\.25"):
        WeightDecay(keras.optimizers.AdamW(1.0, weight_decay=0.25), 0.25)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        WeightDecay(keras.optimizers.AdamW(1.0, weight_decay=0.0), 0.25)
