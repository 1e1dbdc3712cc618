"""Token, position and segment embeddings, and the output layer tied to the first."""

from __future__ import annotations

from typing import Any

from octavo._keras import keras, ops, register
from octavo.errors import UsageError
from octavo.transformer.attention import make_dropout
from octavo.transformer.initializer import TruncatedNormal


@register("TiedEmbedding")
class TiedEmbedding(keras.layers.Layer):
    """Token vectors, used at both ends: ids to vectors, and with `reverse=True` vectors to logits.

    One layer called twice, so that the matrix stays tied through clone_model and saving.

    Needed with Keras 3.15.1, the newest when it was tried last (November 2026): Keras' own
    `ReversibleEmbedding` has no bias, and trained in half precision on JAX it adds up a token's
    gradient in half precision (docs/decisions.md).

    Args:
        vocab_size: number of tokens V.
        hidden_size: width d of a vector.
        initializer_range: standard deviation of the first weights.
        output_bias: whether the reverse direction has a bias (V,).

    Call arguments: int32 (...) -> float (..., d); reversed: float (..., d) -> float (..., V).

    Source: Press and Wolf 2017, "Using the Output Embedding to Improve Language Models"; Vaswani
    et al. 2017, "Attention Is All You Need", section 3.4.

    Example:
        >>> layer = TiedEmbedding(vocab_size=10, hidden_size=4)
        >>> vectors = layer(ops.array([[1, 2, 3]]))
        >>> vectors.shape, layer(vectors, reverse=True).shape
        ((1, 3, 4), (1, 3, 10))
    """

    def __init__(
        self,
        vocab_size: int,
        hidden_size: int,
        initializer_range: float = 0.02,
        output_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.initializer_range = initializer_range
        self.output_bias = output_bias

    def build(self, input_shape: Any) -> None:
        """Create the matrix (V, d) and, if wanted, the bias (V,)."""
        self.embeddings = self.add_weight(
            shape=(self.vocab_size, self.hidden_size),
            initializer=TruncatedNormal(self.initializer_range),
            name="embeddings",
            autocast=False,  # in half precision a row's gradient would lose what it adds up
        )
        if self.output_bias:
            self.bias = self.add_weight(shape=(self.vocab_size,), initializer="zeros", name="bias")

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        """See the class."""
        if not reverse:
            return ops.cast(ops.take(self.embeddings, inputs, axis=0), self.compute_dtype)
        table = ops.cast(self.embeddings, self.compute_dtype)
        logits = ops.matmul(inputs, ops.transpose(table))
        return logits + self.bias if self.output_bias else logits

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "vocab_size": self.vocab_size,
            "hidden_size": self.hidden_size,
            "initializer_range": self.initializer_range,
            "output_bias": self.output_bias,
        }


@register("PositionSegmentEmbedding")
class PositionSegmentEmbedding(keras.layers.Layer):
    """Adds position and segment vectors to token vectors; layer norm and dropout follow.

    Args:
        max_positions: how many tokens the longest sequence has.
        segments: how many types of segments there are.
        epsilon: added to the variance in the layer norm.
        dropout: the share of numbers set to zero in training, 0-1.
        initializer_range: standard deviation of the first weights.

    Call arguments:
        vectors: float (batch, length, d), of the tokens.
        segment_ids: int32 (batch, length), the type of each token's segment.
        position_ids: int32 (batch, length); None counts from 0.

    Source: Devlin et al. 2019, "BERT", section 3 (figure 2).
    """

    def __init__(
        self,
        max_positions: int,
        segments: int,
        epsilon: float = 1e-12,
        dropout: float = 0.0,
        initializer_range: float = 0.02,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_positions = max_positions
        self.segments = segments
        self.epsilon = epsilon
        self.dropout_rate = dropout
        self.initializer_range = initializer_range
        self.norm = keras.layers.LayerNormalization(epsilon=epsilon, name="norm")
        self.dropout = make_dropout(dropout)

    def build(
        self, vectors_shape: Any, segment_ids_shape: Any, position_ids_shape: Any = None
    ) -> None:
        """Create both tables, (max_positions, d) and (segments, d)."""
        width = vectors_shape[-1]
        for name, rows in (("positions", self.max_positions), ("segment_types", self.segments)):
            table = self.add_weight(
                shape=(rows, width),
                initializer=TruncatedNormal(self.initializer_range),
                name=name,
                autocast=False,
            )
            setattr(self, name, table)
        self.norm.build(vectors_shape)

    def call(
        self, vectors: Any, segment_ids: Any, position_ids: Any = None, training: bool = False
    ) -> Any:
        """See the class."""
        if position_ids is None:
            length = vectors.shape[1]
            if isinstance(length, int) and length > self.max_positions:
                raise UsageError(
                    f"the model has {self.max_positions} positions; cut the text, or load the "
                    f"model with max_positions={length}. Received: {length} tokens"
                )
            places = self.positions[: ops.shape(vectors)[1]]
        else:
            places = ops.take(self.positions, position_ids, axis=0)
        places = places + ops.take(self.segment_types, segment_ids, axis=0)
        vectors = vectors + ops.cast(places, vectors.dtype)
        return self.dropout(self.norm(vectors), training=training)

    def compute_output_shape(
        self, vectors_shape: Any, segment_ids_shape: Any, position_ids_shape: Any = None
    ) -> Any:
        """The shape of the vectors."""
        return vectors_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "max_positions": self.max_positions,
            "segments": self.segments,
            "epsilon": self.epsilon,
            "dropout": self.dropout_rate,
            "initializer_range": self.initializer_range,
        }
