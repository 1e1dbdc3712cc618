"""The model and the optimizer that settings describe."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from octavo._keras import keras
from octavo.errors import DataError, UsageError
from octavo.pretraining.objectives import parse_objectives
from octavo.pretraining.settings import Settings
from octavo.text import WordPieceTokenizer
from octavo.training.optimizer import create_optimizer
from octavo.transformer import Transformer, TransformerConfig, build_transformer_model
from octavo.transformer.inputs import check_two_segments
from octavo.transformer.presets import Preset, read_preset

SIZES = {
    "hidden_size": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "intermediate_size": "intermediate_size",
}  # settings, and what config.json calls them


def find_start(settings: Settings) -> tuple[Settings, Preset | None]:
    """The preset that a run trains on from, if it does, and the settings with its sizes.

    Raises:
        PresetError: if it is damaged, or an objective needs more segment types than it has.
        UsageError: if the settings name another size.

    Example:
        >>> find_start(Settings(layers=2))[1] is None
        True
    """
    if not settings.preset:
        return settings, None
    preset = read_preset(settings.preset)
    sizes = {name: getattr(preset.config, key) for name, key in SIZES.items()}
    for name, size in sizes.items():
        if getattr(settings, name) not in (size, getattr(Settings, name)):
            raise UsageError(
                f"{name} is that of {settings.preset}, {size}. Received: {getattr(settings, name)}"
            )
    if set(parse_objectives(settings.objective)) != {"mlm"}:
        check_two_segments(preset.config, settings.preset)
    return replace(settings, **sizes), preset


def check_vocabulary(tokenizer: WordPieceTokenizer, preset: Preset, source: str) -> None:
    """Refuse token shards of another vocabulary than the preset's.

    Raises:
        DataError: naming the preset.
    """
    own = preset.tokenizer
    if (tokenizer.vocabulary, tokenizer.lowercase) != (own.vocabulary, own.lowercase):
        raise DataError("its vocabulary is not that of the token shards", source)


def make_model(
    settings: Settings,
    tokenizer: WordPieceTokenizer,
    preset: Preset | None = None,
) -> Transformer:
    """A model of packed rows under the UniLM mask.

    Args:
        settings: sizes, dropout, precision.
        tokenizer: whose vocabulary it has.
        preset: whose weights it begins with; new ones without it. Positions are added if the rows
            are longer than it has.
    """
    config = preset.config if preset else _make_config(settings, tokenizer)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(settings.precision)
    try:
        return build_transformer_model(
            replace(config, sep_token_id=tokenizer.sep_id),
            preset.weights if preset else None,
            "unilm",
            max_positions=max(settings.sequence_length, config.max_position_embeddings),
            mask_positions=True,
            dropout=settings.dropout,
            packed=True,
            recompute=settings.recompute,
        )
    finally:
        keras.config.set_dtype_policy(before)


def _make_config(settings: Settings, tokenizer: WordPieceTokenizer) -> TransformerConfig:
    return TransformerConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.hidden_size,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        intermediate_size=settings.intermediate_size or 4 * settings.hidden_size,
        max_position_embeddings=settings.sequence_length,
        pad_token_id=tokenizer.pad_id,
    )


def make_optimizer(settings: Settings) -> Any:
    """AdamW or LAMB with warm-up and linear decay; averages and accumulation as asked for."""
    return create_optimizer(
        settings.optimizer,
        settings.learning_rate,
        settings.steps,
        min(round(settings.warmup_ratio * settings.steps), settings.steps - 1),
        settings.weight_decay,
        settings.global_clipnorm,
        settings.ema_momentum,
        settings.gradient_accumulation_steps,
    )
