"""A bert4keras model filled with a Hugging Face BERT: what the bert4keras sides start from.

bert4keras 0.11.5 knows Keras 2 only: TF_KERAS sends it to tf.keras, whose lazily loaded parts must
have been touched before it takes tf.keras for the module `keras`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ["TF_KERAS"] = "1"

import tensorflow as tf

_ = (tf.keras.layers, tf.keras.models, tf.keras.backend)

import bert4keras  # noqa: E402
from bert4keras.backend import set_gelu  # noqa: E402
from bert4keras.models import build_transformer_model  # noqa: E402
from safetensors.numpy import load_file  # noqa: E402

LAYERS = 6


def load(folder: str, **settings: Any) -> Any:
    """The Keras model: token and segment ids in, probabilities over the vocabulary out.

    `settings` are those of bert4keras; without any it is a UniLM.
    """
    set_gelu("erf")
    settings = {"application": "unilm", **settings}
    model = build_transformer_model(str(Path(folder) / "config.json"), **settings)
    arrays = load_file(str(Path(folder) / "model.safetensors"))
    for layer, names in _names().items():
        values = [arrays[n].T if n.endswith(_MATRICES) else arrays[n] for n in names]
        model.get_layer(layer).set_weights(values)
    return model


def versions() -> dict[str, str]:
    """What the figures were taken with."""
    return {"bert4keras": bert4keras.__version__, "tensorflow": tf.__version__}


_MATRICES = ("dense.weight", "query.weight", "key.weight", "value.weight")


def _names() -> dict[str, list[str]]:
    """bert4keras layer -> Hugging Face names of its weights, in the layer's order."""
    embeddings, head = "bert.embeddings", "cls.predictions"
    names = {
        "Embedding-Token": [f"{embeddings}.word_embeddings.weight"],
        "Embedding-Segment": [f"{embeddings}.token_type_embeddings.weight"],
        "Embedding-Position": [f"{embeddings}.position_embeddings.weight"],
        "Embedding-Norm": _norm(f"{embeddings}.LayerNorm"),
        "MLM-Dense": _dense(f"{head}.transform.dense"),
        "MLM-Norm": _norm(f"{head}.transform.LayerNorm"),
        "MLM-Bias": [f"{head}.bias"],
    }
    for index in range(LAYERS):
        theirs, ours = f"bert.encoder.layer.{index}", f"Transformer-{index}"
        attention = [f"{theirs}.attention.{p}" for p in ("self.query", "self.key", "self.value")]
        parts = [*attention, f"{theirs}.attention.output.dense"]
        names[f"{ours}-MultiHeadSelfAttention"] = [n for part in parts for n in _dense(part)]
        names[f"{ours}-MultiHeadSelfAttention-Norm"] = _norm(f"{theirs}.attention.output.LayerNorm")
        parts = [f"{theirs}.intermediate.dense", f"{theirs}.output.dense"]
        names[f"{ours}-FeedForward"] = [n for part in parts for n in _dense(part)]
        names[f"{ours}-FeedForward-Norm"] = _norm(f"{theirs}.output.LayerNorm")
    return names


def _dense(name: str) -> list[str]:
    return [f"{name}.weight", f"{name}.bias"]


def _norm(name: str) -> list[str]:
    return [f"{name}.bias", f"{name}.weight"]  # bert4keras keeps beta before gamma
