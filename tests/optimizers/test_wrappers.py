"""What each wrapper promises, on every backend."""

from __future__ import annotations

import warnings

import numpy as np
import optimizers_reference as reference
import pytest
from small_problem import apply, array, data, fit, make_model, values, variable, weights

from octavo._keras import keras, ops
from octavo.optimizers import (
    Adam,
    GradientAccumulation,
    LayerAdaptation,
    LazyRows,
    LearningRateMultiplier,
    Lookahead,
    PiecewiseLinear,
    WeightAverage,
    WeightDecay,
    Wrapper,
)

pytestmark = pytest.mark.keras_backend


# An optimizer that is only passed through.


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


# Accumulation.


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


# Learning rates and callbacks.


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


# Lookahead.


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


# What the order changes.


def test_decay_inside_and_outside_of_adaptation():
    inner = fit(make_model(LayerAdaptation(WeightDecay(Adam(0.01), 0.5))), 10)
    outer = fit(make_model(WeightDecay(LayerAdaptation(Adam(0.01)), 0.5)), 10)
    assert reference.difference(weights(inner), weights(outer)) > 1e-3


def test_a_multiplier_inside_adaptation_is_divided_out():
    inside = LayerAdaptation(LearningRateMultiplier(Adam(0.01), {".": 0.1}))
    plain = fit(make_model(LayerAdaptation(Adam(0.01))), 10)
    assert reference.difference(weights(fit(make_model(inside), 10)), weights(plain)) < 1e-5


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


@pytest.mark.parametrize(("last", "what"), [("keep", "kept"), ("drop", "dropped")])
def test_training_without_an_update_is_said(last, what):
    model = make_model(GradientAccumulation(Adam(0.1), 9, last_window=last))
    with pytest.warns(UserWarning, match=rf"fit ended before .* every 9 batches; .* are {what}"):
        fit(model, 2)
    fit(model, 7)
    if last == "keep":
        assert int(model.optimizer.iterations) == 1


@pytest.mark.parametrize(
    "make", [lambda o: GradientAccumulation(o, 2), lambda o: LazyRows(o, rows=8)]
)
def test_without_jit_no_branch_is_compiled(make, monkeypatch):
    def no(*arguments, **options):
        raise AssertionError("compiled anew at every step")

    def wrapped():
        return make_model(make(Adam(PiecewiseLinear(0.05, {3: 1.0}))), jit_compile=False)

    usual = weights(fit(make_model(make(Adam(PiecewiseLinear(0.05, {3: 1.0})))), 5))
    if keras.backend.backend() == "jax":
        monkeypatch.setattr(ops, "cond", no)
        monkeypatch.setattr(ops, "fori_loop", no)
    assert reference.difference(weights(fit(wrapped(), 5)), usual) < 1e-6


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
