"""A saved model in another shape: fewer tokens, more or fewer positions, another dropout.

Source: bert4keras, `build_transformer_model`, for `keep_tokens`; for new positions see
`extend_positions`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from octavo._checks import check_whole
from octavo.errors import PresetError, UsageError
from octavo.transformer.config import TransformerConfig
from octavo.transformer.positions import extend_positions
from octavo.transformer.quantization import dequantize_weights
from octavo.transformer.weights import (
    BIAS,
    POSITIONS,
    SEGMENT_TYPES,
    TIED,
    TOKENS,
    read_weights,
    standard_name,
)

INTERMEDIATE = "bert.encoder.layer.0.intermediate.dense.weight"
LAYER = re.compile(r"bert\.encoder\.layer\.(\d+)\.")


def keep_layers(
    config: TransformerConfig, weights: str | Path, layers: int | None = None
) -> tuple[TransformerConfig, dict[str, np.ndarray]]:
    """The first layers of a saved model, with all that is not of a layer.

    Args:
        config: the config as it was saved.
        weights: the file of the weights.
        layers: how many layers are kept; None keeps all.

    Returns:
        (the config with that many layers, the arrays by Hugging Face name as floats).

    Raises:
        PresetError: if the file is missing or damaged.
        UsageError: if the model has fewer layers.

    Example: `build_transformer_model(*keep_layers(config, "bert/model.safetensors", 6))`.
    """
    every = config.num_hidden_layers
    kept = every if layers is None else check_whole("layers", layers, 1, every)
    stored = {standard_name(name): array for name, array in read_weights(weights).items()}
    arrays = dequantize_weights(stored, config.quantization_config is not None, weights)
    left_out = tuple(f"bert.encoder.layer.{number}." for number in range(kept, every))
    arrays = {name: array for name, array in arrays.items() if not name.startswith(left_out)}
    return dataclasses.replace(config, num_hidden_layers=kept, quantization_config=None), arrays


def adapt_config(
    config: TransformerConfig,
    keep_tokens: Sequence[int] | None,
    max_positions: int | None,
    dropout: float | None,
) -> TransformerConfig:
    """The config after trimming the vocabulary, changing positions and dropout.

    Args:
        config: the config as it was saved.
        keep_tokens: ids of the tokens that stay, in their new order; None for all.
        max_positions: the longest sequence from now on; None for the config's.
        dropout: the rate that replaces both of the config's; None for the config's.

    Raises:
        PresetError: if the longest sequence or the rate is impossible.
        UsageError: if the tokens to keep are no ids of the vocabulary, or lack one that is needed.

    Example:
        >>> adapt_config(TransformerConfig(9, pad_token_id=5), [5, 7], None, None).pad_token_id
        0
    """
    changes: dict[str, Any] = {}
    if keep_tokens is not None:
        ids = np.asarray(keep_tokens)
        if ids.size and (ids.ndim != 1 or ids.dtype.kind not in "iu"):
            raise UsageError(
                "keep_tokens must be a list of whole numbers. "
                f"Received: {ids.dtype} of shape {ids.shape}"
            )
        if not ids.size or ids.min() < 0 or ids.max() >= config.vocab_size:
            raise UsageError(
                f"keep_tokens must be ids in [0, {config.vocab_size}). "
                f"Received: {ids.size} ids"
                + (f" from {ids.min()} to {ids.max()}" if ids.size else "")
            )
        changes["vocab_size"] = len(ids)
        for key in ("pad_token_id", "sep_token_id"):  # their numbers change with the vocabulary
            place = np.flatnonzero(ids == getattr(config, key))
            if place.size:
                changes[key] = int(place[0])
            elif key == "pad_token_id" or config.question_match:
                raise UsageError(
                    f"keep_tokens must keep {key} {getattr(config, key)}. "
                    f"Received: {ids.size} ids without it"
                )
    if max_positions is not None:
        changes["max_position_embeddings"] = max_positions
    if dropout is not None:
        changes["hidden_dropout_prob"] = changes["attention_probs_dropout_prob"] = dropout
    return dataclasses.replace(config, **changes)


def adapt_weights(
    arrays: dict[str, np.ndarray],
    config: TransformerConfig,
    target: TransformerConfig,
    keep_tokens: Sequence[int] | None = None,
    source: str | Path | None = None,
) -> dict[str, np.ndarray]:
    """Check arrays against the config they came with, then trim tokens and fit positions.

    What is stored in 8 bits comes out as float32.

    Args:
        arrays: the saved arrays, by Hugging Face name.
        config: the config the arrays were saved with.
        target: the config of the model to fill.
        keep_tokens: ids of the tokens that stay, in their new order.
        source: the file, for messages.

    Raises:
        PresetError: if the vocabulary or the positions do not fit the config, or see
            `dequantize_weights`.
    """
    arrays = {standard_name(name): array for name, array in arrays.items()}
    arrays = dequantize_weights(arrays, config.quantization_config is not None, source)
    of_tokens = (TOKENS, BIAS, *TIED)
    _check_sizes(arrays, config, source)
    if keep_tokens is not None:
        for name in of_tokens:
            if name in arrays:
                arrays[name] = arrays[name][np.asarray(keep_tokens)]
    wanted = target.max_position_embeddings
    if POSITIONS in arrays and wanted != len(arrays[POSITIONS]):
        table = arrays[POSITIONS]
        arrays[POSITIONS] = (
            table[:wanted] if wanted < len(table) else extend_positions(table, wanted)
        )
    return arrays


def _check_sizes(
    arrays: dict[str, np.ndarray], config: TransformerConfig, source: str | Path | None
) -> None:
    """Refuse sizes that are not those of the arrays before a model of them is built.

    Raises:
        PresetError: names the key.
    """
    sizes = {
        "vocab_size": [(name, 0) for name in (TOKENS, BIAS, *TIED)],
        "hidden_size": [(TOKENS, 1)],
        "max_position_embeddings": [(POSITIONS, 0)],
        "type_vocab_size": [(SEGMENT_TYPES, 0)],
        "intermediate_size": [(INTERMEDIATE, 0)],
    }
    for key, places in sizes.items():
        for name, axis in places:
            if name in arrays and arrays[name].shape[axis : axis + 1] != (getattr(config, key),):
                size = arrays[name].shape[axis] if axis < arrays[name].ndim else "no"
                what = ("rows", "columns")[axis]
                message = f"{name} has {size} {what}, but {key} is {getattr(config, key)}"
                raise PresetError(message, path=source)
    found = {int(match[1]) for match in map(LAYER.match, arrays) if match}
    if found and len(found) < config.num_hidden_layers:
        wanted = f"num_hidden_layers is {config.num_hidden_layers}"
        raise PresetError(f"has {len(found)} layers, but {wanted}", path=source)
