"""Tiny models with wide random weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from octavo._keras import ops
from octavo.text import WordPieceTokenizer
from octavo.transformer import Transformer, build_transformer_model
from octavo.transformer.weights import assign_weights, collect_weights

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CONFIG = {
    "vocab_size": 12,
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 12,
    "max_position_embeddings": 16,
    "type_vocab_size": 5,
    "sep_token_id": 3,
}


def make_model(application: str = "unilm", seed: int = 0, **changes: Any) -> Transformer:
    """A model whose weights are wide enough that every part of it shows in the output."""
    mask_positions = changes.pop("mask_positions", False)
    model = build_transformer_model(
        {**CONFIG, **changes}, application=application, mask_positions=mask_positions
    )
    random = np.random.default_rng(seed)
    arrays = {}
    for name, array in collect_weights(model).items():
        around = 1.0 if name.endswith("LayerNorm.weight") else 0.0
        arrays[name] = around + 0.4 * random.normal(size=array.shape)
    assign_weights(model, arrays)
    return model


def run_model(model: Transformer, tokens: Any, segments: Any = None, **more: Any) -> np.ndarray:
    """The outputs for token ids (batch, length); segments are 0 unless given."""
    tokens = np.asarray(tokens, np.int32)
    segments = np.zeros_like(tokens) if segments is None else np.asarray(segments, np.int32)
    outputs = model({"token_ids": tokens, "segment_ids": segments, **more})
    return ops.convert_to_numpy(outputs)


@pytest.fixture(scope="session")
def build() -> Callable[..., Transformer]:
    """Give `make_model`."""
    return make_model


@pytest.fixture(scope="session")
def run() -> Callable[..., np.ndarray]:
    """Give `run_model`."""
    return run_model


@pytest.fixture(scope="session")
def tokenizer() -> WordPieceTokenizer:
    """A vocabulary that fits CONFIG."""
    return WordPieceTokenizer([*SPECIAL, *"天地玄黄宇宙洪"])
