"""Accumulated gradients: n batches are one n times as large, and what becomes of a last few."""

from __future__ import annotations

import warnings

import numpy as np
import optimizers_reference as reference
import pytest
from small_problem import apply, array, fit, make_model, values, variable, weights

from octavo._keras import keras
from octavo.optimizers import (
    Adam,
    GradientAccumulation,
    PiecewiseLinear,
    WeightDecay,
)

pytestmark = pytest.mark.keras_backend


@pytest.mark.parametrize("outside", [False, True])
def test_n_batches_are_one_batch_n_times_as_large(outside):
    def adam():
        return Adam(PiecewiseLinear(0.02, {3: 1.0}), global_clipnorm=0.5)

    large = WeightDecay(adam(), 0.1)
    if outside:
        small = WeightDecay(GradientAccumulation(adam(), 4), 0.1)
    else:
        small = GradientAccumulation(WeightDecay(adam(), 0.1), 4)
    by_small = fit(make_model(small), 24)
    by_large = fit(make_model(large), 24, batch_size=32)
    assert reference.difference(weights(by_small), weights(by_large)) < 1e-6
    assert int(small.iterations) == int(large.iterations) == 6


def test_a_last_short_window_is_kept_applied_or_dropped():
    by = {}
    for last in ("keep", "apply", "drop"):
        optimizer = WeightDecay(
            GradientAccumulation(keras.optimizers.SGD(0.1), 4, last_window=last), 0.1
        )
        by[last] = model = fit(make_model(optimizer), 6)
        assert int(optimizer.iterations) == {"keep": 1, "apply": 2, "drop": 1}[last]
        fit(model, 2, skip=6)
    whole = WeightDecay(GradientAccumulation(keras.optimizers.SGD(0.1), 4), 0.1)
    np.testing.assert_array_equal(weights(by["keep"])[0], weights(fit(make_model(whole), 8))[0])

    # Applied: batches 4 and 5 were a batch of 16, batches 6 and 7 another.
    large = make_model(WeightDecay(keras.optimizers.SGD(0.1), 0.1))
    fit(large, 4, batch_size=32)
    fit(large, 2, skip=4, batch_size=16)
    fit(large, 2, skip=6, batch_size=16)
    assert reference.difference(weights(by["apply"]), weights(large)) < 1e-6

    # Dropped: batches 4 to 7 never counted.
    first = fit(make_model(WeightDecay(keras.optimizers.SGD(0.1), 0.1)), 4, batch_size=32)
    assert reference.difference(weights(by["drop"]), weights(first)) < 1e-6


@pytest.mark.parametrize(("last", "what"), [("keep", "kept"), ("drop", "dropped")])
def test_training_without_an_update_is_said(last, what):
    model = make_model(GradientAccumulation(Adam(0.1), 9, last_window=last))
    with pytest.warns(UserWarning, match=rf"fit ended before .* every 9 batches; .* are {what}"):
        fit(model, 2)
    fit(model, 7)
    if last == "keep":
        assert int(model.optimizer.iterations) == 1


def test_gradients_that_come_and_go_count_as_zeros():
    def run(*gradients):
        optimizer = GradientAccumulation(keras.optimizers.SGD(1.0), 2)
        pair = [variable([0.0], "one"), variable([0.0], "other")]
        for one, other in gradients:
            grads = [None if g is None else array([g]) for g in (one, other)]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                apply(optimizer, grads, pair)
        return [values(v)[0] for v in pair]

    assert run((1, 1), (1, None)) == [-1.0, -0.5]
    assert run((1, 1), (1, 1), (1, None), (1, 1)) == [-2.0, -1.5]
    assert run((1, None), (1, 3)) == [-1.0, -1.5]
