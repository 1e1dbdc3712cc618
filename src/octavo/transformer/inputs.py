"""What a model is asked to read, checked where it can be: a wrong number is silent on JAX.

Gathering row 50 of a table of 50 gives NaN there, and row -1 the last one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from octavo.errors import PresetError, UsageError
from octavo.text import WordPieceTokenizer
from octavo.transformer.config import TransformerConfig


def check_inputs(inputs: Any, config: TransformerConfig) -> None:
    """Refuse numbers beyond a model's tables, in inputs that are NumPy arrays or lists.

    Tensors are not looked at: it would cost a copy from the device, or they have no values yet.

    Args:
        inputs: as a `Transformer` takes them.
        config: that of the model.

    Raises:
        UsageError: if a number is out of range; names the input.

    Example:
        >>> check_inputs({"token_ids": [[5, 9]]}, TransformerConfig(vocab_size=10))
    """
    if not isinstance(inputs, Mapping):
        return
    sizes = {
        "token_ids": config.vocab_size,
        "segment_ids": 2 if config.question_match else config.type_vocab_size,
        "position_ids": config.max_position_embeddings,
    }
    if "mask_positions" in inputs and "token_ids" in inputs:
        sizes["mask_positions"] = np.shape(inputs["token_ids"])[-1]
    for name, size in sizes.items():
        given = inputs.get(name)
        if not isinstance(given, np.ndarray | list) or not np.size(given):
            continue
        least, most = int(np.min(given)), int(np.max(given))
        if least < 0 or most >= size:
            raise UsageError(
                f"{name} must be whole numbers in [0, {size}). Received: from {least} to {most}"
            )


def check_two_segments(config: TransformerConfig, source: str | Path | None = None) -> None:
    """Refuse a model that cannot tell what it reads from what it writes.

    Args:
        config: that of the model.
        source: its file, for the message.

    Raises:
        PresetError: if it has one segment type only.

    Example:
        >>> check_two_segments(TransformerConfig(vocab_size=10))
    """
    if config.type_vocab_size < 2:
        raise PresetError(
            "key type_vocab_size: 2 are needed, for what is read and what is written, "
            f"not {config.type_vocab_size}",
            path=source,
        )


def check_tokenizer(tokenizer: WordPieceTokenizer, config: TransformerConfig) -> None:
    """Refuse a tokenizer that has not as many tokens as the model.

    Args:
        tokenizer: what makes the model's token ids.
        config: that of the model.

    Raises:
        UsageError: names both numbers.

    Example:
        >>> from octavo.text import WordPieceTokenizer
        >>> from octavo.text.vocabulary import SPECIAL_TOKENS
        >>> check_tokenizer(WordPieceTokenizer(SPECIAL_TOKENS), TransformerConfig(vocab_size=5))
    """
    if len(tokenizer) != config.vocab_size:
        raise UsageError(
            f"the tokenizer must have the model's {config.vocab_size} tokens. "
            f"Received: {len(tokenizer)}"
        )
