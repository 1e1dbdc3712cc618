"""The masked-language-model head: where the loss looks, and nowhere else."""

from __future__ import annotations

from typing import Any

from octavo._keras import keras, ops, register
from octavo.transformer.attention import dense
from octavo.transformer.block import ACTIVATION


@register("GatherPositions")
class GatherPositions(keras.layers.Layer):
    """Picks the hidden states at given positions, so that the vocabulary head runs only there.

    Call arguments: hidden, float (batch, length, d); positions, int32 (batch, n).

    Returns:
        float (batch, n, d).
    """

    def call(self, hidden: Any, positions: Any) -> Any:
        """See the class."""
        return ops.take_along_axis(hidden, ops.expand_dims(positions, -1), axis=1)

    def compute_output_shape(self, hidden_shape: Any, positions_shape: Any) -> tuple:
        """(batch, n, d)."""
        return (*positions_shape, hidden_shape[-1])


@register("HeadTransform")
class HeadTransform(keras.layers.Layer):
    """Dense, activation and layer norm before the tied output matrix.

    Args:
        activation: "gelu" (exact), "gelu_new" (tanh) or "relu".
        epsilon: added to the variance in the layer norm.
        initializer_range: standard deviation of the first weights.

    Source: Devlin et al. 2019, "BERT", appendix A.2 (their released code's `cls/predictions`).
    """

    def __init__(
        self,
        activation: str = "gelu",
        epsilon: float = 1e-12,
        initializer_range: float = 0.02,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.activation = activation
        self.epsilon = epsilon
        self.initializer_range = initializer_range
        self.norm = keras.layers.LayerNormalization(epsilon=epsilon, name="norm")

    def build(self, hidden_shape: Any) -> None:
        """Create the projection (d, d) and the norm."""
        self.dense = dense(hidden_shape[-1], self.initializer_range, "dense")
        self.dense.build(hidden_shape)
        self.norm.build(hidden_shape)

    def call(self, hidden: Any) -> Any:
        """Float (..., d) to float (..., d)."""
        return self.norm(ACTIVATION[self.activation](self.dense(hidden)))

    def compute_output_shape(self, hidden_shape: Any) -> Any:
        """The shape of the input."""
        return hidden_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "activation": self.activation,
            "epsilon": self.epsilon,
            "initializer_range": self.initializer_range,
        }
