"""One transformer block: attention, then a feed-forward net, each added and normalised."""

from __future__ import annotations

from functools import partial
from typing import Any

from octavo._keras import keras, ops, register
from octavo.transformer.attention import SelfAttention, dense, make_dropout
from octavo.transformer.recompute import recompute_layer


def exact_gelu(x: Any) -> Any:
    """Gives x Phi(x) by erf; Keras 3.15.1's goes through erfc on JAX, twice as slow on a CPU.

    Source: Hendrycks & Gimpel 2016, "Gaussian Error Linear Units", section 2.

    Example:
        >>> float(exact_gelu(ops.array(0.0)))
        0.0
    """
    return 0.5 * x * (1.0 + ops.erf(x * 0.5**0.5))


# BERT's "gelu" is the exact one; "gelu_new" is the tanh approximation.
ACTIVATION = {
    "gelu": exact_gelu,
    "gelu_new": partial(ops.gelu, approximate=True),
    "relu": ops.relu,
}


@register("TransformerBlock")
class TransformerBlock(keras.layers.Layer):
    """Self-attention and feed-forward, each with residual and layer norm after it (post-LN).

    Args:
        heads: number of attention heads.
        intermediate_size: width of the feed-forward net.
        activation: "gelu" (exact), "gelu_new" (tanh) or "relu".
        dropout: rate on both residual branches.
        attention_dropout: rate on the attention probabilities.
        epsilon: added to the variance in both layer norms.
        initializer_range: standard deviation of the first weights.
        recompute: make activations again for the gradient instead of keeping them.

    Call arguments:
        hidden: float (batch, length, d), the hidden states.
        attention_mask: float (batch, 1, length or 1, length), added to the attention scores.

    Source: Devlin et al. 2019, "BERT", section 3; Vaswani et al. 2017, section 3.1.
    """

    def __init__(
        self,
        heads: int,
        intermediate_size: int,
        activation: str = "gelu",
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        epsilon: float = 1e-12,
        initializer_range: float = 0.02,
        recompute: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.settings: dict[str, Any] = {
            "heads": heads,
            "intermediate_size": intermediate_size,
            "activation": activation,
            "dropout": dropout,
            "attention_dropout": attention_dropout,
            "epsilon": epsilon,
            "initializer_range": initializer_range,
            "recompute": recompute,
        }
        self.activate = ACTIVATION[activation]
        self.attention = SelfAttention(
            heads, attention_dropout, initializer_range, name="attention"
        )
        self.attention_norm = keras.layers.LayerNormalization(
            epsilon=epsilon, name="attention_norm"
        )
        self.intermediate = dense(intermediate_size, initializer_range, "intermediate")
        self.output_norm = keras.layers.LayerNormalization(epsilon=epsilon, name="output_norm")
        self.dropout = make_dropout(dropout)

    def build(self, hidden_shape: Any, attention_mask_shape: Any) -> None:
        """Create all weights."""
        width = hidden_shape[-1]
        inner = (*hidden_shape[:-1], self.settings["intermediate_size"])
        self.output_dense = dense(width, self.settings["initializer_range"], "output_dense")
        self.attention.build(hidden_shape, attention_mask_shape)
        self.attention_norm.build(hidden_shape)
        self.intermediate.build(hidden_shape)
        self.output_dense.build(inner)
        self.output_norm.build(hidden_shape)

    def finish(self, hidden: Any, attended: Any, training: bool = False) -> Any:
        """Everything after the attention: residual, norm, feed-forward, residual, norm."""
        hidden = self.attention_norm(hidden + self.dropout(attended, training=training))
        inner = self.output_dense(self.activate(self.intermediate(hidden)))
        return self.output_norm(hidden + self.dropout(inner, training=training))

    def call(self, hidden: Any, attention_mask: Any, training: bool = False) -> Any:
        """See the class."""

        def compute(hidden: Any, attention_mask: Any) -> Any:
            attended = self.attention(hidden, attention_mask, training=training)
            return self.finish(hidden, attended, training)

        if training and self.settings["recompute"]:
            return recompute_layer(self, compute, hidden, attention_mask)
        return compute(hidden, attention_mask)

    def compute_output_shape(self, hidden_shape: Any, attention_mask_shape: Any) -> Any:
        """The shape of the hidden states."""
        return hidden_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {**super().get_config(), **self.settings}
