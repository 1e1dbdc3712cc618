"""The loss of a vocabulary head is a mean over the places that count."""

from __future__ import annotations

import numpy as np
import pytest

from octavo._keras import keras
from octavo.training.compiling import compile_model


@pytest.mark.keras_backend
def test_loss_and_metrics_are_means_over_the_places_of_weight_one():
    model = keras.Sequential([keras.Input((3, 5)), keras.layers.Activation("linear")])
    accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    compile_model(model, keras.optimizers.SGD(), [accuracy])
    logits = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")
    labels = np.array([[0, 1, 2], [3, 4, 0]])
    weights = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]], "float32")
    scores = model.test_on_batch(logits, labels, weights, return_dict=True)
    chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    losses = -np.log(np.take_along_axis(chances, labels[..., None], -1)[..., 0])
    right = logits.argmax(-1) == labels
    assert scores["loss"] == pytest.approx(losses[weights > 0].mean(), rel=1e-5)
    assert scores["accuracy"] == pytest.approx(right[weights > 0].mean())
