"""The average of the weights: where it is put in place, when it goes, and what it follows."""

from __future__ import annotations

import warnings

import numpy as np
import optimizers_reference as reference
import pytest
from small_problem import apply, array, data, fit, make_model, values, variable, weights

from octavo._keras import keras
from octavo.optimizers import (
    Adam,
    EvaluateAverage,
    GradientAccumulation,
    WeightAverage,
    WeightDecay,
    find_wrapper,
)

pytestmark = pytest.mark.keras_backend


def test_weights_come_back_and_training_goes_on():
    optimizer = WeightAverage(Adam(0.05), 0.5)
    model = fit(make_model(optimizer), 5)
    before = weights(model)
    with optimizer.averaged():
        assert reference.difference(weights(model), before) > 1e-4
    for a, b in zip(weights(model), before, strict=True):
        np.testing.assert_array_equal(a, b)
    undisturbed = fit(make_model(WeightAverage(Adam(0.05), 0.5)), 8)
    np.testing.assert_array_equal(weights(fit(model, 3, skip=5))[0], weights(undisturbed)[0])


def test_the_average_is_put_in_place_once_and_only_when_there_is_one():
    optimizer = WeightAverage(Adam(0.05), 0.5)
    with pytest.raises(ValueError, match=r"Received: nothing was built"):
        optimizer.swap_in()
    fit(make_model(optimizer), 1)
    with (
        optimizer.averaged(),
        pytest.raises(ValueError, match=r"Received: the averages"),
    ):
        optimizer.swap_in()


@pytest.mark.parametrize("batch", [0, 1])
def test_weights_come_back_when_an_evaluation_is_interrupted(batch):
    class Interrupted(keras.utils.PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            if index == batch:
                raise KeyboardInterrupt
            return data(1)

    optimizer = WeightAverage(Adam(0.05), 0.5)
    model = fit(make_model(optimizer), 5)
    before = weights(model)
    with pytest.raises(KeyboardInterrupt), optimizer.averaged():
        model.evaluate(Interrupted(), verbose=0)
    for a, b in zip(weights(model), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_validations_see_the_average():
    optimizer = GradientAccumulation(WeightAverage(Adam(0.05), 0.8), 2)
    model = make_model(optimizer)
    ids, targets = data(6)
    history = model.fit(
        ids, targets, batch_size=8, shuffle=False, epochs=2, verbose=0,
        validation_data=(ids, targets), callbacks=[EvaluateAverage()],
    )  # fmt: skip
    with optimizer.inner_optimizer.averaged():
        averaged = model.evaluate(ids, targets, verbose=0)
    assert history.history["val_loss"][-1] == pytest.approx(averaged, rel=1e-6)
    assert model.evaluate(ids, targets, verbose=0) != pytest.approx(averaged, rel=1e-3)
    plain = make_model(GradientAccumulation(Adam(0.05), 2))
    plain.fit(ids, targets, batch_size=8, shuffle=False, epochs=2, verbose=0)
    assert reference.difference(weights(model), weights(plain)) < 1e-6


def test_an_evaluation_cut_short_loses_no_weights():
    optimizer = WeightAverage(Adam(0.05), 0.8)
    model = make_model(optimizer)
    ids, targets = data(2)

    class Fail(keras.callbacks.Callback):
        def on_test_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(
            ids, targets, batch_size=8, shuffle=False, verbose=0,
            validation_data=(ids, targets), callbacks=[EvaluateAverage(), Fail()],
        )  # fmt: skip
    ids, targets = data(2, skip=2)
    callbacks = [EvaluateAverage()]
    model.fit(ids, targets, batch_size=8, shuffle=False, verbose=0, callbacks=callbacks)
    plain = fit(make_model(WeightDecay(Adam(0.05), 0.0)), 4)
    assert reference.difference(weights(model), weights(plain)) < 1e-6


def test_evaluate_average_wants_an_average():
    model = make_model(keras.optimizers.SGD(0.1))
    ids, targets = data(1)
    with pytest.raises(ValueError, match="there is no WeightAverage in this nest"):
        model.evaluate(ids, targets, verbose=0, callbacks=[EvaluateAverage()])


def test_an_average_follows_weights_without_gradient():
    optimizer = WeightAverage(keras.optimizers.SGD(1.0), 0.5)
    used, unused = variable([1.0], "used"), variable([0.0], "unused")
    optimizer.build([used, unused])
    unused.assign(array([7.0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        apply(optimizer, [array([1.0]), None], [used, unused])
    with optimizer.averaged():
        assert (values(used), values(unused)) == ([0.0], [7.0])


def test_before_the_first_update_the_average_is_the_weights():
    optimizer = WeightAverage(keras.optimizers.SGD(1.0), 0.5)
    weight = variable([1.0])
    optimizer.build([weight])
    weight.assign(array([5.0]))
    with optimizer.averaged():
        assert values(weight) == [5.0]


def _train(model):
    fit(model, 3, skip=3)


def _load(model):
    model.set_weights([w + 7 for w in model.get_weights()])


@pytest.mark.parametrize("change", [_train, _load])
def test_what_changes_weights_with_the_average_in_place_is_not_thrown_away(change):
    optimizer = WeightAverage(Adam(0.05), 0.5)
    model = fit(make_model(optimizer), 3)
    optimizer.swap_in()
    with warnings.catch_warnings(record=True) as caught:  # `fit` ends with swap_out
        warnings.simplefilter("always")
        change(model)
        changed = weights(model)
        optimizer.swap_out()
    assert sum("changed while their averages" in str(w.message) for w in caught) == 1
    for a, b in zip(weights(model), changed, strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_evaluation_inside_or_after_a_cut_epoch_changes_nothing():
    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.evaluate(ids, targets, verbose=0, callbacks=[callback])
            if batch == 2:
                raise KeyboardInterrupt

    callback, (ids, targets) = EvaluateAverage(until_epoch_end=True), data(4)
    model = make_model(WeightAverage(Adam(0.05), 0.5))
    with pytest.raises(KeyboardInterrupt):
        model.fit(
            ids, targets, batch_size=8, shuffle=False, verbose=0, callbacks=[callback, Look()]
        )
    model.evaluate(ids, targets, verbose=0, callbacks=[callback])
    plain = fit(make_model(Adam(0.05)), 3)
    assert reference.difference(weights(model), weights(plain)) < 1e-6


def test_an_evaluation_before_training_is_one_of_the_first_weights():
    model = make_model(WeightAverage(Adam(0.05), 0.5))
    ids, targets = data(1)
    first = model.evaluate(ids, targets, verbose=0, callbacks=[EvaluateAverage()])
    assert first == pytest.approx(model.evaluate(ids, targets, verbose=0), rel=1e-6)


def test_what_was_measured_is_what_is_saved_and_restored(tmp_path):
    def train(*others):
        model = make_model(WeightAverage(Adam(0.05), 0.9))
        ids, targets = data(6)
        best = keras.callbacks.ModelCheckpoint(tmp_path / "best.weights.h5", save_best_only=True,
                                               save_weights_only=True)  # fmt: skip
        callbacks = [EvaluateAverage(until_epoch_end=True), best, *others]
        history = model.fit(
            ids, targets, batch_size=8, shuffle=False, epochs=4, verbose=0,
            validation_data=(ids, targets), callbacks=callbacks,
        )  # fmt: skip
        return model, min(history.history["val_loss"]), (ids, targets)

    model, best, batch = train()
    plain = make_model(Adam(0.05))
    plain.fit(*batch, batch_size=8, shuffle=False, epochs=4, verbose=0)
    assert reference.difference(weights(model), weights(plain)) < 1e-6
    loaded = make_model(WeightAverage(Adam(0.05), 0.9))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the optimizer of the file has no place to go
        loaded.load_weights(tmp_path / "best.weights.h5")
    assert loaded.evaluate(*batch, verbose=0) == pytest.approx(best, rel=1e-6)
    stopped, best, batch = train(
        keras.callbacks.EarlyStopping(patience=9, restore_best_weights=True)
    )
    assert stopped.evaluate(*batch, verbose=0) == pytest.approx(best, rel=1e-6)


def test_an_average_of_another_model_is_refused():
    optimizer = WeightAverage(Adam(0.05), 0.9)
    fit(make_model(optimizer), 1)
    other = make_model(optimizer)
    ids, targets = data(1)
    with pytest.raises(ValueError, match=r"built for another model.*Received: "):
        other.evaluate(ids, targets, verbose=0, callbacks=[EvaluateAverage()])


def test_a_wrapper_is_found_in_any_nest():
    average = WeightAverage(Adam(0.05))
    scaled = keras.optimizers.LossScaleOptimizer(GradientAccumulation(average, 2))
    assert find_wrapper(scaled, WeightAverage) is average
    with pytest.raises(ValueError, match=r"no WeightDecay in this nest\. Received: "):
        find_wrapper(scaled, WeightDecay)
