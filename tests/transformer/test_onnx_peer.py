"""A model of octavo becomes an ONNX file that onnxruntime runs with batches of any size."""

from __future__ import annotations

import numpy as np
import pytest

from octavo._keras import keras
from octavo.transformer import TransformerConfig, build_transformer_model

pytestmark = pytest.mark.peer

CONFIG = TransformerConfig(
    vocab_size=40,
    hidden_size=12,
    num_hidden_layers=2,
    num_attention_heads=3,
    intermediate_size=24,
    max_position_embeddings=16,
)


@pytest.mark.parametrize("application", ["encoder", "unilm"])
def test_a_batch_of_any_size(application, tmp_path):
    pytest.importorskip("jax2onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    model = build_transformer_model(CONFIG, application=application)
    names = ("token_ids", "segment_ids")
    model({name: np.zeros((2, 6), np.int32) for name in names})
    path = tmp_path / "model.onnx"
    signature = {name: keras.InputSpec(shape=(None, 6), dtype="int32", name=name) for name in names}
    model.export(str(path), format="onnx", verbose=False, input_signature=[signature])
    session = onnxruntime.InferenceSession(path)
    for rows in (1, 3):
        ids = np.arange(rows * 6, dtype=np.int32).reshape(rows, 6) % 40
        inputs = {"token_ids": ids, "segment_ids": (ids > 20).astype(np.int32)}
        (found,) = session.run(None, inputs)
        np.testing.assert_allclose(found, np.asarray(model(inputs)), atol=1e-5)
