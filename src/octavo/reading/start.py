"""A new reader from a pretrained encoder: what it lacks for reading is added to it.

The encoder knows words, and nothing of questions. Added are an output layer that points at the
passage's tokens (pointer_head) and marks at those that stand in the question too (question_match);
docs/decisions.md says what each is worth.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np

from octavo._seeds import make_generator
from octavo.errors import UsageError
from octavo.reading.settings import SETTINGS
from octavo.text import WordPieceTokenizer
from octavo.transformer import Transformer, build_transformer_model
from octavo.transformer.adapting import keep_layers
from octavo.transformer.config import TYPES
from octavo.transformer.presets import read_preset
from octavo.transformer.weights import SEGMENT_TYPES, VOCABULARY_HEAD

SPREAD = 0.05  # standard deviation between types that begin as the same one


def is_encoder(source: str | Path) -> bool:
    """Whether a preset is no reader yet: it has no reader.json and cannot point.

    Raises:
        PresetError: if a file is missing, damaged, or contradicts another; names it.

    Example: `is_encoder("bert-base-chinese")`.
    """
    folder, config, *_ = read_preset(source)
    return not config.pointer_head and not (folder / SETTINGS).is_file()


def start_reader(
    source: str | Path, layers: int | None = None, seed: int = 0
) -> tuple[Transformer, WordPieceTokenizer]:
    """The model of an encoder with what a reader needs, untrained.

    Args:
        source: as for `octavo.transformer.load_preset`.
        layers: how many of its layers are kept, from the first; None keeps all.
        seed: of the segment types that are new; `keras.utils.set_random_seed` of the output layer.

    Raises:
        PresetError: if a file is missing, damaged, or contradicts another; names it.
        UsageError: if the model can point already, or has fewer layers.

    Example: see `octavo.reading.Reader.from_encoder`.
    """
    _, config, tokenizer, weights = read_preset(source)
    if config.pointer_head:
        raise UsageError(f"is a reader already, load it with from_preset. Received: {source}")
    config, arrays = keep_layers(config, weights, layers)
    arrays = {name: array for name, array in arrays.items() if not name.startswith(VOCABULARY_HEAD)}
    if not config.question_match and SEGMENT_TYPES in arrays:
        arrays[SEGMENT_TYPES] = _match_types(arrays[SEGMENT_TYPES], seed)
    config = replace(
        config,
        pointer_head=True,
        question_match=True,
        sep_token_id=tokenizer.sep_id,
        type_vocab_size=config.type_vocab_size if config.question_match else TYPES,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*untrained so far")  # as the output layer should be
        model = build_transformer_model(config, arrays, application="unilm")
    return model, tokenizer


def _match_types(types: np.ndarray, seed: int) -> np.ndarray:
    """The types of question_match, float (5, d), from those of a passage and what follows it.

    Source: for the order see `octavo.transformer.question_match`.
    """
    passage, answer = types[0], types[min(1, len(types) - 1)]
    noise = make_generator(seed, "types").normal(0.0, SPREAD, (3, len(passage)))
    if len(types) == 1:
        answer = answer + noise[0]
    matched = passage + noise[1:]
    return np.stack([passage, answer, passage, *matched]).astype("float32")
