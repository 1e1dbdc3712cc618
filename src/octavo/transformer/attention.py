"""Multi-head attention in three parts, so that decoding can reuse keys and values."""

from __future__ import annotations

import random
from typing import Any

from octavo._keras import keras, ops, register
from octavo.transformer.initializer import TruncatedNormal


@register("FlatDense")
class FlatDense(keras.layers.Dense):
    """A Dense layer that multiplies all tokens of a batch as the rows of one matrix.

    The same numbers as `keras.layers.Dense`; with three axes JAX's CPU backend copies a transposed
    gradient of the size of the batch for every kernel. Needed with Keras 3.15.1, the newest when it
    was tried last (November 2026): there a training step takes 1.14 times as long with Keras' own.
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Float (..., d) to float (..., units)."""
        shape = ops.shape(inputs)
        if not all(isinstance(size, int) for size in shape):  # an export with lengths left open
            return super().call(inputs, training=training)
        rows = ops.reshape(inputs, (-1, shape[-1]))
        return ops.reshape(super().call(rows, training=training), (*shape[:-1], self.units))


def dense(units: int, initializer_range: float, name: str) -> FlatDense:
    """A dense layer with BERT's truncated normal, from an initializer of its own."""
    return FlatDense(units, kernel_initializer=TruncatedNormal(initializer_range), name=name)


def make_dropout(rate: float, name: str = "dropout") -> Any:
    """A Dropout layer with a seed of its own.

    Without one, Keras on torch draws from torch's global generator, and a run that was stopped
    could not go on exactly.
    """
    return keras.layers.Dropout(rate, seed=random.randrange(2**31), name=name)


@register("SelfAttention")
class SelfAttention(keras.layers.Layer):
    """Multi-head self-attention with an additive mask.

    `call` is project, attend, merge in a row; cached decoding calls the parts.

    Args:
        heads: number of heads H; the width d must be a multiple.
        dropout: rate on the attention probabilities.
        initializer_range: standard deviation of the first weights.

    Call arguments:
        hidden: float (batch, length, d), the hidden states.
        attention_mask: float, broadcastable to (batch, H, length, length), added to the scores.

    Source: Vaswani et al. 2017, "Attention Is All You Need", eq. (1) and section 3.2.2.
    """

    def __init__(
        self, heads: int, dropout: float = 0.0, initializer_range: float = 0.02, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.heads = heads
        self.dropout_rate = dropout
        self.initializer_range = initializer_range
        self.dropout = make_dropout(dropout)

    def build(self, hidden_shape: Any, attention_mask_shape: Any) -> None:
        """Create the four projections, all (d, d)."""
        width = hidden_shape[-1]
        for name in ("query", "key", "value", "output_dense"):
            layer = dense(width, self.initializer_range, name)
            layer.build(hidden_shape)
            setattr(self, name, layer)

    def split(self, hidden: Any) -> Any:
        """(batch, length, d) to (batch, H, length, d / H)."""
        batch, length, width = ops.shape(hidden)
        heads = ops.reshape(hidden, (batch, length, self.heads, width // self.heads))
        return ops.transpose(heads, (0, 2, 1, 3))

    def project(self, hidden: Any) -> tuple[Any, Any, Any]:
        """Queries, keys and values, each (batch, H, length, d / H); queries are already scaled."""
        query = self.query(hidden) * (hidden.shape[-1] / self.heads) ** -0.5
        return self.split(query), self.split(self.key(hidden)), self.split(self.value(hidden))

    def attend(
        self, query: Any, key: Any, value: Any, attention_mask: Any, training: bool = False
    ) -> Any:
        """Mix values by attention: (batch, H, queries, d / H).

        The softmax is divided by its sum after the mixing, d / H numbers a query instead of one a
        key: half the time of the plain order on JAX's CPU backend. Where products are of half
        precision, the softmax between them is float32.
        """
        scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2)))
        wide = keras.backend.result_type(scores.dtype, "float32")
        scores = ops.cast(scores, wide) + ops.cast(attention_mask, wide)
        weights = ops.exp(scores - ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True)))
        total = ops.sum(weights, axis=-1, keepdims=True)
        weights = self.dropout(ops.cast(weights, value.dtype), training=training)
        return ops.matmul(weights, value) / ops.cast(total, value.dtype)

    def merge(self, mixed: Any) -> Any:
        """(batch, H, length, d / H) to (batch, length, d) through the output projection."""
        batch, heads, length, size = ops.shape(mixed)
        joined = ops.reshape(ops.transpose(mixed, (0, 2, 1, 3)), (batch, length, heads * size))
        return self.output_dense(joined)

    def call(self, hidden: Any, attention_mask: Any, training: bool = False) -> Any:
        """See the class."""
        return self.merge(self.attend(*self.project(hidden), attention_mask, training=training))

    def compute_output_shape(self, hidden_shape: Any, attention_mask_shape: Any) -> Any:
        """The shape of the hidden states."""
        return hidden_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "heads": self.heads,
            "dropout": self.dropout_rate,
            "initializer_range": self.initializer_range,
        }
