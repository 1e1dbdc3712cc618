"""First weights: repeated by a seed, and no two the same."""

from __future__ import annotations

import numpy as np
import pytest

from octavo._keras import keras
from octavo.transformer import build_transformer_model
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
