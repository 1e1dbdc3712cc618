"""Calls of `fit`: how many batches one has; tests/training/test_loop.py shows that they go on."""

from __future__ import annotations

import numpy as np
import pytest

from octavo._keras import keras
from octavo.training.chunks import SHARED_CHUNK, fit_chunk, next_size
from octavo.training.prefetch import Prefetched


def test_a_call_takes_about_two_seconds_in_whole_updates():
    assert next_size(10, seconds=1.0, unit=1) == 20
    assert next_size(10, seconds=4.0, unit=1) == 5
    assert next_size(10, seconds=0.001, unit=1) == 20  # at most twice as many
    assert next_size(1, seconds=30.0, unit=1) == 1
    assert next_size(12, seconds=2.0, unit=4) == 12
    assert next_size(12, seconds=1.0, unit=5) % 5 == 0


def test_several_processes_have_calls_of_one_size():
    sizes = {next_size(10, seconds, unit=2, processes=2) for seconds in (0.1, 3.0)}
    assert sizes == {2 * SHARED_CHUNK}


@pytest.mark.keras_backend
def test_an_error_in_a_batch_leaves_the_model_whole():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.build((None, 2))
    model.compile("adam", "mse")

    def fail(number):
        raise OSError("gone")

    with Prefetched(fail, 0, 3) as data, pytest.raises(OSError, match="gone"):
        fit_chunk(model, data.chunk(0, 3), [])
    assert model.get_weights()[0].shape == (2, 1)


@pytest.mark.keras_backend
def test_a_call_takes_rows_of_several_lengths():
    lengths = (4, 4, 6, 3, 6)

    def make(number):
        ids = np.random.default_rng(number).integers(9, size=(2, lengths[number]))
        return {"ids": ids}, ids[:, :1].astype("float32")

    def make_model():
        keras.utils.set_random_seed(0)
        ids = keras.Input((None,), dtype="int32", name="ids")
        row = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(9, 4)(ids))
        model = keras.Model({"ids": ids}, keras.layers.Dense(1)(row))
        model.compile("sgd", "mse")
        return model

    model, expected = make_model(), make_model()
    with Prefetched(make, 0, len(lengths)) as data:
        fit_chunk(model, data.chunk(0, len(lengths)), [])
    for number in range(len(lengths)):
        expected.train_on_batch(*make(number))
    for mine, right in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-5, atol=1e-7)
