"""The model and the optimizer that settings describe."""

from __future__ import annotations

from typing import Any

from octavo._keras import keras
from octavo.optimizers import GradientAccumulation, WeightAverage, adamw, lamb, warmup_stable_decay
from octavo.pretraining.settings import Settings
from octavo.text import WordPieceTokenizer
from octavo.transformer import Transformer, TransformerConfig

NO_DECAY = ("bias", "norm")


def make_model(settings: Settings, tokenizer: WordPieceTokenizer, looks: int) -> Transformer:
    """A model of packed rows under the UniLM mask, with new weights.

    Args:
        settings: sizes, dropout, precision.
        tokenizer: whose vocabulary it has.
        looks: places of a row its head looks at.
    """
    config = TransformerConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.hidden_size,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        intermediate_size=settings.intermediate_size or 4 * settings.hidden_size,
        hidden_dropout_prob=settings.dropout,
        attention_probs_dropout_prob=settings.dropout,
        max_position_embeddings=settings.length,
        pad_token_id=tokenizer.pad_id,
        sep_token_id=tokenizer.sep_id,
    )
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(settings.precision)
    try:
        return Transformer(config, "unilm", looks, packed=True, recompute=settings.recompute)
    finally:
        keras.config.set_dtype_policy(before)


def make_optimizer(settings: Settings) -> Any:
    """AdamW or LAMB with warm-up and linear decay; averages and accumulation as asked for."""
    warmup = min(round(settings.warmup * settings.steps), settings.steps - 1)
    rate = warmup_stable_decay(settings.learning_rate, warmup, 0, settings.steps - warmup)
    make = {"adamw": adamw, "lamb": lamb}[settings.optimizer]
    clip = {"global_clipnorm": settings.clip} if settings.clip else {}
    optimizer: Any = make(rate, weight_decay=settings.weight_decay, exclude=NO_DECAY, **clip)
    if settings.average:
        optimizer = WeightAverage(optimizer, settings.average)
    if settings.accumulate > 1:
        optimizer = GradientAccumulation(optimizer, settings.accumulate)
    return optimizer
