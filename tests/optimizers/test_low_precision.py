"""bfloat16 and float16 weights, and scaled losses."""

from __future__ import annotations

import numpy as np
import optimizers_reference as reference
import pytest
from small_problem import apply, array, fit, make_model, state, values, variable, weights

from octavo._keras import keras, ops
from octavo.optimizers import (
    Adam,
    GradientAccumulation,
    LayerAdaptation,
    Lookahead,
    WeightAverage,
    WeightDecay,
    lamb,
)

pytestmark = pytest.mark.keras_backend


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_small_adapted_steps_add_up_in_low_precision(dtype):
    weight = variable(np.ones(64), dtype=dtype)
    optimizer = LayerAdaptation(keras.optimizers.SGD(1e-4))
    for _ in range(100):
        optimizer.apply([array(np.full(64, 1e-3), dtype)], [weight])
    assert values(weight)[0] == pytest.approx((1 - 1e-4) ** 100, abs=2**-8)
    assert values(weight)[0] < 1.0

    alone = variable(np.ones(64), dtype=dtype)
    plain = keras.optimizers.SGD(0.1)  # a step of 1e-4 as well
    for _ in range(100):
        plain.apply([array(np.full(64, 1e-3), dtype)], [alone])
    assert values(alone)[0] == 1.0  # what rounding loses without the float32 copy


def test_an_average_of_bfloat16_weights_is_float32():
    weight = variable(np.full(4, 1.0), dtype="bfloat16")
    optimizer = WeightAverage(keras.optimizers.SGD(1.0), 0.999)
    optimizer.apply([array(np.zeros(4), "bfloat16")], [weight])
    for _ in range(50):
        optimizer.apply([array(np.full(4, -0.0078125), "bfloat16")], [weight])
    seen = 1 + 0.0078125 * np.arange(51)
    parts = 0.999 ** np.arange(50, -1, -1)
    expected = float((parts * seen).sum() / parts.sum())
    assert float(ops.convert_to_numpy(optimizer._averages[0])[0]) == pytest.approx(expected, 1e-6)


@pytest.mark.parametrize("outside", [lambda o: o, lambda o: GradientAccumulation(o, 1)])
def test_the_average_of_a_low_precision_model_is_put_in_place(outside):
    average = WeightAverage(keras.optimizers.SGD(1.0), 0.5)
    optimizer, weight = outside(average), variable([4.0], dtype="bfloat16")
    for _ in range(2):
        optimizer.apply([array([1.0], "bfloat16")], [weight])
    with average.averaged():
        assert values(weight)[0] == pytest.approx((3 * 0.25 + 2 * 0.5) / 0.75, rel=2**-8)
    assert values(weight) == [2.0]


def test_weights_loaded_into_a_low_precision_model_are_taken_over():
    weight = variable([1.0], dtype="bfloat16")
    optimizer = WeightDecay(keras.optimizers.SGD(0.5), 0.0)
    optimizer.apply([array([0.001], "bfloat16")], [weight])
    weight.assign(array([4.0]))
    optimizer.apply([array([2.0], "bfloat16")], [weight])
    assert values(weight) == [3.0]


def test_a_bfloat16_model_trains_is_saved_and_goes_on(tmp_path):
    def make():
        return make_model(lamb(0.02, 0.1), dtype="bfloat16")

    whole = fit(make(), 10)
    model = fit(make(), 5)
    model.save(tmp_path / "model.keras")
    loaded = fit(keras.models.load_model(tmp_path / "model.keras"), 5, skip=5)
    for a, b in zip(state(whole), state(loaded), strict=True):
        np.testing.assert_array_equal(a.astype("float32"), b.astype("float32"))


# Loss scaling.


@pytest.mark.parametrize("inside", [False, True])
def test_loss_scaling_inside_and_outside(inside):
    def make():
        plain = keras.optimizers.SGD(0.5)
        if inside:
            return WeightDecay(keras.optimizers.LossScaleOptimizer(plain, 4.0), 0.5)
        return keras.optimizers.LossScaleOptimizer(WeightDecay(plain, 0.5), 4.0)

    optimizer, weight = make(), variable([2.0])
    optimizer.build([weight])
    assert float(optimizer.scale_loss(array(1.0))) == 4.0
    apply(optimizer, [array([4.0])], [weight])
    assert values(weight) == [1.0]  # 2 - 0.5 * 1 - 0.5 * 0.5 * 2
    apply(optimizer, [array([np.inf])], [weight])
    assert values(weight) == [1.0]
    assert int(optimizer.iterations) == 1


def fit_mixed(optimizer):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = make_model(optimizer)
    finally:
        keras.config.set_dtype_policy("float32")
    return fit(model, 12)


@pytest.mark.parametrize("factor", [None, 1024.0])
def test_mixed_precision_scales_once(factor):
    def make():
        sgd = keras.optimizers.SGD(0.2, loss_scale_factor=factor)
        return Lookahead(GradientAccumulation(sgd, 2), 2)

    model = fit_mixed(make())
    assert type(model.optimizer).__name__ == "LossScaleOptimizer"
    plain = fit(make_model(make()), 12)
    moved, expected = (
        reference.difference(weights(m), reference.first_weights()) for m in (model, plain)
    )
    assert 0.5 < moved / expected < 1.5  # a first scale too high costs steps


def test_a_loss_scaled_twice_is_refused():
    inner = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
    with pytest.raises(ValueError, match=r"scaled twice.*auto_scale_loss=False.*Received: "):
        fit_mixed(Lookahead(WeightDecay(inner, 0.1)))


def test_accumulation_around_loss_scaling():
    inner = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5), 4.0)
    model = fit(make_model(GradientAccumulation(inner, 2), auto_scale_loss=False), 8)
    plain = fit(make_model(GradientAccumulation(keras.optimizers.SGD(0.5), 2)), 8)
    assert reference.difference(weights(model), weights(plain)) < 1e-6


def test_adam_of_zeros_in_float16_is_no_nan():
    weight = variable([1.0], dtype="float16")
    Adam(0.1).apply([array([0.0], "float16")], [weight])
    assert values(weight) == [1.0]
