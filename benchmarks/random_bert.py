"""A BERT with random weights in Hugging Face's layout, and random ids to feed it.

Both sides of a benchmark load the same file, so they must give the same answers. The scales are
chosen for that: token embeddings of standard deviation 0.05 give logits of about 1, peaked enough
that rounding never decides which token is best, and flat enough that a token forced by the
extractive limit keeps a probability far above the 1e-12 under which bert4keras cuts logarithms
off. Attention is sharp and the residual branches weak, so that tokens and their places decide what
is written (no token repeats for ever): a decoder with a wrong mask or position would write others.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

CONFIG: dict[str, Any] = {
    "model_type": "bert",
    "vocab_size": 21128,
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
}
CLS, SEP, MASK = 101, 102, 103
FIRST_WORD = 670  # below are BERT's special and unused tokens, digits and Latin letters


def write_model(folder: Path, seed: int = 0, end_bias: float = 0.0) -> None:
    """Write config.json and model.safetensors.

    Args:
        folder: is made when missing.
        seed: of the random numbers.
        end_bias: output bias of [SEP]; -20 makes a decoder write to its limit.
    """
    random = np.random.default_rng(seed)

    def matrix(*shape: int, scale: float = 0.05) -> np.ndarray:
        return (random.standard_normal(shape) * scale).astype("float32")

    hidden, inner = CONFIG["hidden_size"], CONFIG["intermediate_size"]
    arrays = {
        "bert.embeddings.word_embeddings.weight": matrix(CONFIG["vocab_size"], hidden),
        "bert.embeddings.position_embeddings.weight": matrix(512, hidden),
        "bert.embeddings.token_type_embeddings.weight": matrix(2, hidden, scale=0.01),
        "cls.predictions.bias": np.zeros(CONFIG["vocab_size"], "float32"),
    }
    arrays["cls.predictions.bias"][SEP] = end_bias
    norms = ["bert.embeddings.LayerNorm", "cls.predictions.transform.LayerNorm"]
    denses = {"cls.predictions.transform.dense": (hidden, hidden)}
    for layer in range(CONFIG["num_hidden_layers"]):
        prefix = f"bert.encoder.layer.{layer}"
        norms += [f"{prefix}.attention.output.LayerNorm", f"{prefix}.output.LayerNorm"]
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            denses[f"{prefix}.attention.{part}"] = (hidden, hidden)
        denses[f"{prefix}.intermediate.dense"] = (inner, hidden)
        denses[f"{prefix}.output.dense"] = (hidden, inner)
    for name, shape in denses.items():
        arrays[f"{name}.weight"] = matrix(*shape, scale=_scale(name))
        arrays[f"{name}.bias"] = matrix(shape[0], scale=0.01)
    for name in norms:
        arrays[f"{name}.weight"] = 1 + matrix(hidden)
        arrays[f"{name}.bias"] = matrix(hidden, scale=0.01)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(arrays, str(folder / "model.safetensors"))
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2), encoding="utf-8")


def _scale(name: str) -> float:
    """Standard deviation of a dense matrix: sharp attention, residual branches half as strong."""
    if name.endswith(("query", "key")):
        return 0.1
    return 0.025 if name.endswith(("value", "output.dense")) else 0.05


def random_passages(count: int, length: int, question: int, seed: int = 0) -> dict[str, Any]:
    """Token ids of passages and a question, without special tokens.

    Args:
        count: how many passages.
        length: of [CLS] passage [SEP], in tokens.
        question: length of the question, in tokens.
        seed: of the random numbers.
    """
    random = np.random.default_rng(seed)
    words = (FIRST_WORD, CONFIG["vocab_size"])
    return {
        "passages": random.integers(*words, (count, length - 2)).tolist(),
        "question": random.integers(*words, question).tolist(),
    }


def random_batch(rows: int, length: int, answer: int, seed: int = 0) -> dict[str, Any]:
    """One training batch in the article's form: [CLS] passage [SEP] question [SEP] answer [SEP].

    Args:
        rows: sequences in the batch.
        length: of every sequence, in tokens.
        answer: tokens of every answer, with its closing [SEP].
        seed: of the random numbers.

    Returns:
        token_ids and segment_ids (rows, length); mask_positions and targets (rows, answer): where
        the loss looks, and the token that must come next there.
    """
    random = np.random.default_rng(seed)
    ids = random.integers(FIRST_WORD, CONFIG["vocab_size"], (rows, length))
    prefix = length - answer
    ids[:, 0] = CLS
    ids[:, [prefix - 20, prefix - 1, length - 1]] = SEP
    segments = np.zeros_like(ids)
    segments[:, prefix:] = 1
    positions = np.tile(np.arange(prefix - 1, length - 1), (rows, 1))
    return {
        "token_ids": ids.tolist(),
        "segment_ids": segments.tolist(),
        "mask_positions": positions.tolist(),
        "targets": ids[:, prefix:].tolist(),
    }


def random_masked_batch(
    rows: int, length: int, masked: int, places: int, seed: int = 0
) -> dict[str, Any]:
    """One batch of a masked language model: [CLS] text [SEP], without padding.

    Args:
        rows: sequences in the batch.
        length: of every sequence, in tokens.
        masked: tokens of every sequence that are asked for: 80% are [MASK], 10% another one.
        places: that a head looks at in every sequence; those that are left over have weight 0.
        seed: of the random numbers.

    Returns:
        token_ids, segment_ids and targets (what stood there before) (rows, length);
        mask_positions, labels and weights (rows, places).
    """
    random = np.random.default_rng(seed)
    targets = random.integers(FIRST_WORD, CONFIG["vocab_size"], (rows, length))
    targets[:, 0], targets[:, -1] = CLS, SEP
    texts = np.tile(np.arange(1, length - 1), (rows, 1))
    chosen = np.sort(random.permuted(texts, axis=1)[:, :masked])
    tokens = targets.copy()
    kinds = random.random(chosen.shape)
    drawn = random.integers(FIRST_WORD, CONFIG["vocab_size"], chosen.shape)
    old = np.take_along_axis(targets, chosen, axis=1)
    new = np.where(kinds < 0.8, MASK, np.where(kinds < 0.9, drawn, old))
    np.put_along_axis(tokens, chosen, new, axis=1)
    positions, labels, weights = (np.zeros((rows, places), int) for _ in range(3))
    positions[:, :masked], labels[:, :masked], weights[:, :masked] = chosen, old, 1
    return {
        "token_ids": tokens.tolist(),
        "segment_ids": np.zeros_like(tokens).tolist(),
        "targets": targets.tolist(),
        "mask_positions": positions.tolist(),
        "labels": labels.tolist(),
        "weights": weights.tolist(),
    }
