"""Every order of five wrappers: trained, saved, loaded, and going on as if nothing had been.

A dozen of the 120 orders always; all of them by `make test-orders`.
"""

from __future__ import annotations

import itertools

import numpy as np
import optimizers_reference as reference
import pytest
from small_problem import data, fit, make_model, state, weights

from octavo._keras import keras
from octavo.optimizers import (
    GradientAccumulation,
    LayerAdaptation,
    Lookahead,
    PiecewiseLinear,
    WeightAverage,
    WeightDecay,
)

WRAPPERS = {
    "decay": lambda inner: WeightDecay(inner, 0.1, exclude="bias"),
    "adapt": lambda inner: LayerAdaptation(inner),
    "accumulate": lambda inner: GradientAccumulation(inner, 2),
    "lookahead": lambda inner: Lookahead(inner, 2),
    "average": lambda inner: WeightAverage(inner, 0.9),
}
ORDERS = list(itertools.permutations(WRAPPERS))
CASES = [
    pytest.param(order, id=">".join(order), marks=[] if place % 10 == 0 else [pytest.mark.orders])
    for place, order in enumerate(ORDERS)
]


def build(order: tuple[str, ...]) -> keras.optimizers.Optimizer:
    """The first named is outermost."""
    optimizer = keras.optimizers.Adam(PiecewiseLinear(0.05, {2: 1.0, 8: 0.1}))
    for name in reversed(order):
        optimizer = WRAPPERS[name](optimizer)
    return optimizer


class SaveAt(keras.callbacks.Callback):
    """Saves the model once, after a number of batches, in the middle of `fit`."""

    def __init__(self, batches, path):
        super().__init__()
        self.batches, self.path = batches, path

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 == self.batches:
            self.model.save(self.path)


def test_there_are_120():
    assert len(set(ORDERS)) == 120
    assert sum(not case.marks for case in CASES) == 12


@pytest.mark.keras_backend
@pytest.mark.parametrize("order", CASES)
def test_going_on_from_a_file_changes_no_bit(order, tmp_path):
    model = make_model(build(order))
    ids, targets = data(10)
    saver = SaveAt(5, tmp_path / "model.keras")
    model.fit(ids, targets, batch_size=8, shuffle=False, verbose=0, callbacks=[saver])
    loaded = fit(keras.models.load_model(saver.path), steps=5, skip=5)
    assert int(loaded.optimizer.iterations) == 5
    for name, a, b in zip(_names(model), state(model), state(loaded), strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)
    assert reference.difference(weights(model), reference.first_weights()) > 0.01


def _names(model):
    return [v.path for v in [*model.trainable_variables, *model.optimizer.variables]]
