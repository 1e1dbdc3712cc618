"""A token's gradient keeps its digits in half precision, however often the token stands there.

What else the layers do is in test_layers.py and test_adapting.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from octavo._keras import keras, ops
from octavo.transformer.embeddings import TiedEmbedding

pytestmark = pytest.mark.keras_backend

RANDOM = np.random.default_rng(0)
IDS = np.minimum(RANDOM.zipf(1.3, (32, 192)), 9).astype("int32")  # a quarter of them are 1
WEIGHTS = RANDOM.normal(size=(*IDS.shape, 8)).astype("float32")


def find_gradient(policy: str) -> Any:
    """Of the sum of vectors times WEIGHTS: what a step of SGD takes away from zeros."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        ids = keras.Input((None,), dtype="int32")
        model = keras.Model(ids, TiedEmbedding(10, 8, output_bias=False)(ids))
    finally:
        keras.config.set_dtype_policy(before)
    model.set_weights([np.zeros((10, 8))])
    model.compile(
        keras.optimizers.SGD(1.0),
        lambda wanted, found: ops.sum(wanted * ops.cast(found, "float32")),
    )
    model.train_on_batch(IDS, WEIGHTS)
    return -model.get_weights()[0]


@pytest.mark.parametrize(("policy", "near"), [("float32", 1e-5), ("mixed_bfloat16", 0.005)])
def test_the_rows_of_a_token_add_up_in_float32(policy, near):
    exact = np.zeros((10, 8))
    np.add.at(exact, IDS, WEIGHTS)
    assert np.linalg.norm(find_gradient(policy) - exact) < near * np.linalg.norm(exact)
