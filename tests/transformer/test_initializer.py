"""First weights: repeated by a seed, and no two the same."""

from __future__ import annotations

import numpy as np
import pytest

from octavo._keras import keras, ops
from octavo.transformer import build_transformer_model
from octavo.transformer.initializer import TruncatedNormal, undrawn
from octavo.transformer.weights import TOKENS, collect_weights

pytestmark = pytest.mark.keras_backend


def test_a_seed_repeats_the_first_weights_and_no_two_layers_share_them():
    def first(seed: int) -> dict[str, np.ndarray]:
        keras.utils.set_random_seed(seed)
        config = {"vocab_size": 8, "hidden_size": 8, "num_attention_heads": 2}
        return collect_weights(
            build_transformer_model({**config, "intermediate_size": 8, "num_hidden_layers": 2})
        )

    one, again, other = first(1), first(1), first(2)
    assert all(np.array_equal(one[name], again[name]) for name in one)
    assert not np.array_equal(one[TOKENS], other[TOKENS])
    square = [array.ravel() for array in one.values() if array.shape == (8, 8)]
    assert len({array.tobytes() for array in square}) == len(square) == 13


def test_where_a_file_replaces_all_weights_none_is_drawn(build, monkeypatch):
    full = build("unilm", pointer_head=True)
    arrays = collect_weights(full)

    def load(arrays, application="unilm"):
        return collect_weights(build_transformer_model(full.config, arrays, application))

    def refuse(seed):
        raise AssertionError("a weight was drawn")

    with monkeypatch.context() as patched:
        patched.setattr(np.random, "default_rng", refuse)
        for application in ("encoder", "unilm"):
            for name, array in load(arrays, application).items():
                np.testing.assert_array_equal(array, arrays[name])
        with pytest.raises(AssertionError, match="a weight was drawn"):
            build_transformer_model(full.config)


@pytest.mark.parametrize(
    "absent", ["cls.predictions.transform.dense.weight", "octavo.pointer.query.weight"]
)
def test_a_head_that_is_not_in_the_file_is_drawn_as_without_one(build, absent):
    full = build("unilm", pointer_head=absent.startswith("octavo"))
    arrays = {name: array for name, array in collect_weights(full).items() if name != absent}
    keras.utils.set_random_seed(4)
    new = collect_weights(build_transformer_model(full.config, application="unilm"))
    keras.utils.set_random_seed(4)
    with pytest.warns(UserWarning, match=absent):
        loaded = collect_weights(build_transformer_model(full.config, arrays, "unilm"))
    assert np.abs(new[absent]).max() > 0
    np.testing.assert_array_equal(loaded[absent], new[absent])
    assert all(np.array_equal(loaded[name], array) for name, array in arrays.items())


def test_weights_are_drawn_again_after_an_error():
    with pytest.raises(ValueError, match="inside"), undrawn():
        raise ValueError("inside")
    assert np.abs(ops.convert_to_numpy(TruncatedNormal()((4, 4)))).max() > 0
