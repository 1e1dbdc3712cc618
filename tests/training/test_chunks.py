"""Calls of `fit`: how many batches one has; tests/training/test_loop.py shows that they go on."""

from __future__ import annotations

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
