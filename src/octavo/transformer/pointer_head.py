"""An output layer that points at a token of the prefix instead of naming it.

A vocabulary head says "this word of 38,746" even where the answer stands before its eyes; a model
learns far sooner to point at a place, and a step costs less without a product with all words.
"""

from __future__ import annotations

from typing import Any

from octavo._keras import keras, ops, register
from octavo.transformer.attention import dense
from octavo.transformer.masks import MASKED


@register("PointerHead")
class PointerHead(keras.layers.Layer):
    """Scores of the places of the prefix for what comes next.

    Args:
        pad_id: the token id of padding.
        initializer_range: standard deviation of the first weights.

    Call arguments:
        hidden: float (batch, n, d), the states that something comes after.
        states: float (batch, length, d), the states of all tokens.
        token_ids, segment_ids: int32 (batch, length); tokens of segment 0 can be pointed at.

    Returns:
        float (batch, n, length), -1e9 and less where nothing can be pointed at; their softmax is
        the probability of each place.

    Source: Vinyals et al. 2015, "Pointer Networks", equation 3, with the scaled dot product of
    Vaswani et al. 2017 in place of the additive one.
    """

    def __init__(self, pad_id: int = 0, initializer_range: float = 0.02, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pad_id = pad_id
        self.initializer_range = initializer_range

    def build(
        self, hidden_shape: Any, states_shape: Any, token_ids_shape: Any, segment_ids_shape: Any
    ) -> None:
        """Create query and key projections, both (d, d)."""
        for name in ("query", "key"):
            layer = dense(hidden_shape[-1], self.initializer_range, name)
            layer.build(hidden_shape)
            setattr(self, name, layer)

    def call(self, hidden: Any, states: Any, token_ids: Any, segment_ids: Any) -> Any:
        """See the class."""
        readable = ops.logical_and(ops.equal(segment_ids, 0), ops.not_equal(token_ids, self.pad_id))
        return self.score(hidden, self.key(states), readable[:, None, :])

    def score(self, hidden: Any, keys: Any, readable: Any) -> Any:
        """The same from the states' keys, float (batch, length, d), projected once.

        Args:
            hidden: float (batch, n, d).
            keys: what `self.key` gives for the states.
            readable: bool (batch, n or 1, length), what can be pointed at.
        """
        scores = ops.matmul(self.query(hidden), ops.transpose(keys, (0, 2, 1)))
        scores = ops.cast(scores * keys.shape[-1] ** -0.5, "float32")
        return ops.where(readable, scores, MASKED)

    def compute_output_shape(
        self, hidden_shape: Any, states_shape: Any, token_ids_shape: Any, segment_ids_shape: Any
    ) -> Any:
        """A score a state and place."""
        return (*hidden_shape[:-1], states_shape[1])

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "pad_id": self.pad_id,
            "initializer_range": self.initializer_range,
        }


def sum_by_token(weights: Any, token_ids: Any, size: int) -> Any:
    """Add up what the places of a token have: float (batch, n, length) to (batch, n, size).

    Args:
        weights: float (batch, n, length), of each place.
        token_ids: int32 (batch, length), below size.
        size: how many tokens there are.
    """
    batch, asked, _ = ops.shape(weights)
    rows = ops.reshape(ops.arange(batch * asked), (batch, asked, 1))
    places = rows * size + ops.expand_dims(token_ids, 1)
    total = ops.segment_sum(
        ops.reshape(weights, (-1,)), ops.reshape(places, (-1,)), num_segments=batch * asked * size
    )
    return ops.reshape(total, (batch, asked, size))
