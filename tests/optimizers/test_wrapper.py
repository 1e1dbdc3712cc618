"""What a wrapper passes on, keeps and refuses, whatever it changes.

Covers octavo.optimizers.bare, octavo.optimizers.at_bottom.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from small_problem import array, data, fit, make_model, values, variable, weights

from octavo._keras import keras, ops
from octavo.errors import UsageError
from octavo.optimizers import (
    Adam,
    GradientAccumulation,
    LayerAdaptation,
    LearningRateMultiplier,
    Lookahead,
    WeightAverage,
    WeightDecay,
    Wrapper,
)

pytestmark = pytest.mark.keras_backend


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        lambda: keras.optimizers.Adam(0.01, amsgrad=True, clipnorm=0.5),
        lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1),
        lambda: keras.optimizers.RMSprop(0.01, centered=True),
        lambda: keras.optimizers.Adagrad(0.1),
        lambda: keras.optimizers.Adadelta(1.0),
        lambda: keras.optimizers.Adamax(0.01),
        lambda: keras.optimizers.Nadam(0.01),
        lambda: keras.optimizers.Lion(0.01),
        lambda: keras.optimizers.Ftrl(0.1),
        lambda: keras.optimizers.Adafactor(0.01),
        lambda: keras.optimizers.Lamb(0.01, weight_decay=0.1),
        lambda: keras.optimizers.ScheduleFreeAdamW(0.01),
    ],
)
def test_any_keras_optimizer_can_be_wrapped(make):
    generator = np.random.default_rng(0)
    starts = [generator.normal(size=shape) for shape in [(5, 3), (3,)]]
    plain, wrapped = ([variable(v, "weights") for v in starts] for _ in range(2))
    one, other = make(), LearningRateMultiplier(make(), {"weights": 1.0})
    for _ in range(12):
        gradients = [array(generator.normal(size=v.shape)) for v in starts]
        one.apply(gradients, plain)
        other.apply(gradients, wrapped)
    for a, b, start in zip(wrapped, plain, starts, strict=True):
        np.testing.assert_allclose(values(a), values(b), rtol=0, atol=1e-6)
        assert np.abs(np.asarray(values(b)) - start).max() > 1e-3


def test_constraints_hold():
    optimizer = LayerAdaptation(keras.optimizers.SGD(0.5))
    weight = variable([1.0, 2.0])
    weight.constraint = keras.constraints.NonNeg()
    optimizer.apply([array([9.0, 1.0])], [weight])
    assert min(values(weight)) == 0.0


def test_a_variable_without_gradient_stays():
    optimizer = GradientAccumulation(WeightDecay(Adam(0.1), 0.1), 2)
    used, unused = variable([1.0], "used"), variable([1.0], "unused")
    optimizer.build([used, unused])
    for _ in range(2):
        with pytest.warns(UserWarning, match="unused"):
            optimizer.apply([array([1.0]), None], [used, unused])
    assert values(used) != [1.0]
    assert values(unused) == [1.0]


def test_learning_rate_is_that_of_the_bottom():
    optimizer = Lookahead(GradientAccumulation(keras.optimizers.SGD(0.5), 2))
    assert float(optimizer.learning_rate) == 0.5
    optimizer.learning_rate = 0.25
    assert float(optimizer.inner_optimizer.inner_optimizer.learning_rate) == 0.25


def test_callbacks_read_and_set_the_learning_rate():
    optimizer = WeightDecay(keras.optimizers.SGD(0.4), 0.1)
    model = make_model(optimizer)
    ids, targets = data(4)
    callbacks = [
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2),
        keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=0, factor=0.5, min_delta=9.0),
    ]
    history = model.fit(ids, targets, epochs=2, verbose=0, callbacks=callbacks)
    assert history.history["learning_rate"] == pytest.approx([0.2, 0.1])
    assert float(optimizer.learning_rate) == pytest.approx(0.05)


def test_a_wrapper_of_ones_own():
    class SignDescent(Wrapper):
        def updates(self, gradients, variables):
            return [ops.sign(u) * 0.5 for u in self.inner_updates(gradients, variables)[0]]

    weight = variable([1.0, 1.0])
    SignDescent(Adam(0.1)).apply([array([3.0, -9.0])], [weight])
    assert values(weight) == [0.5, 1.5]


def test_a_saved_optimizer_that_does_not_fit_is_left_with_a_warning(tmp_path):
    model = make_model(Lookahead(Adam(0.1)))
    model.save(tmp_path / "untrained.keras")
    with pytest.warns(UserWarning, match="keeps the state it has: its 6 variables are not the 0"):
        loaded = keras.models.load_model(tmp_path / "untrained.keras")
    for a, b in zip(weights(fit(loaded, 3)), weights(fit(model, 3)), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_state_of_another_wrapper_is_not_taken_for_ones_own(tmp_path):
    fit(make_model(WeightAverage(Adam(0.1))), 3).save_weights(tmp_path / "a.weights.h5")
    model = fit(make_model(Lookahead(Adam(0.1), 2)), 3)
    own = [ops.convert_to_numpy(v) for v in model.optimizer._variables]
    with pytest.warns(UserWarning, match="wrappers nest otherwise"):
        model.load_weights(tmp_path / "a.weights.h5")
    for before, now in zip(own, model.optimizer._variables, strict=True):
        np.testing.assert_array_equal(before, ops.convert_to_numpy(now))


SETTINGS = dict.fromkeys(["clipnorm", "global_clipnorm", "clipvalue", "weight_decay"])
SETTINGS |= {"gradient_accumulation_steps": None, "use_ema": False}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_that_would_do_nothing_is_refused(setting):
    optimizer = Lookahead(keras.optimizers.SGD(0.1))
    assert getattr(optimizer, setting) is SETTINGS[setting]
    setattr(optimizer, setting, SETTINGS[setting])
    with pytest.raises(ValueError, match=rf"belongs to the .* bottom.* Received: {setting}=2 "):
        setattr(optimizer, setting, 2)
    setattr(optimizer.inner_optimizer, setting, 2)


@pytest.mark.parametrize("plain", ["sgd", "rmsprop"])
def test_weights_go_into_a_model_with_another_optimizer(plain, tmp_path):
    model = fit(make_model(WeightDecay(Adam(0.1), 0.1)), 2)
    model.save_weights(tmp_path / "a.weights.h5")
    other = make_model(plain)
    rate = float(other.optimizer.learning_rate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras says that the optimizer's state is left
        other.load_weights(tmp_path / "a.weights.h5")
    for a, b in zip(weights(other), weights(model), strict=True):
        np.testing.assert_array_equal(a, b)
    assert float(other.optimizer.learning_rate) == rate


def test_all_weights_of_an_optimizer_can_be_set():
    one = fit(make_model(Lookahead(Adam(0.1))), 3).optimizer
    other = fit(make_model(Lookahead(Adam(0.1))), 1).optimizer
    other.set_weights([ops.convert_to_numpy(v) for v in one.variables])
    for a, b in zip(one.variables, other.variables, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(a), ops.convert_to_numpy(b))
    with pytest.raises(ValueError, match="Received: 1 weights"):
        other.set_weights([0])


def test_a_step_that_fails_leaves_the_weights():
    class Broken(keras.optimizers.SGD):
        def _clip_gradients(self, grads):
            raise KeyboardInterrupt

    weight = variable([3.0])
    with pytest.raises(KeyboardInterrupt):
        LayerAdaptation(Broken(0.1)).apply([array([1.0])], [weight])
    assert values(weight) == [3.0]


def test_an_optimizer_built_for_other_variables_is_refused():
    inner = keras.optimizers.SGD(0.1)
    inner.build([variable([1.0])])
    with pytest.raises(ValueError, match=r"built for other variables.*Received: "):
        WeightDecay(inner, 0.1).build([variable([1.0])])


@pytest.mark.keras_backend
def test_a_second_model_is_not_trained_with_the_state_of_the_first():
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    shared = WeightDecay(keras.optimizers.Adam(0.01), 0.1)
    models = [keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]) for _ in range(2)]
    for model in models:
        model.compile(shared, "mse")
    models[0].fit(x, x[:, :1], verbose=0)
    with pytest.raises((UsageError, ValueError, KeyError)):
        models[1].fit(x, x[:, :1], verbose=0)
