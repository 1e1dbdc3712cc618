"""An output layer that may point at a token of the prefix instead of naming it.

A vocabulary head says "this word of 38,746" even where the answer stands before its eyes; a model
learns far sooner to point at a place. A reader has both, mixed:

    p(w) = (1 - g) p_vocabulary(w) + g (attention on the places where w stands in the prefix)

The attention's score of a place after the token that was just written has a learned gain, so that
a new head copies from the first batch and training is about where an answer begins and ends.
"""

from __future__ import annotations

from typing import Any

from octavo._keras import keras, ops, register
from octavo.transformer.attention import dense
from octavo.transformer.masks import MASKED

FOLLOW = 8.0  # the first gain: of a few hundred places the one that follows has nearly all
FLOOR = 1e-12  # added to a probability before its logarithm


@register("CopyHead")
class CopyHead(keras.layers.Layer):
    """Mixes the vocabulary's distribution with one over the prefix's own tokens.

    Args:
        pad_id: the token id of padding.
        initializer_range: standard deviation of the first weights.

    Call arguments:
        logits: float (batch, n, V), of the vocabulary head.
        hidden: float (batch, n, d), the states the logits were made from.
        written: int32 (batch, n), the answer's token each of these states has just read; -1 at the
            prefix' last one, which has read none.
        states: float (batch, length, d), the states of all tokens.
        token_ids, segment_ids: int32 (batch, length); tokens of segment 0 can be pointed at.

    Returns:
        float (batch, n, V), log probabilities, which serve as logits.

    Source: See et al. 2017, "Get To The Point", equations 8 and 9; the attention over the prefix
    is a scaled dot product of its own, and the gain is octavo's (docs/decisions.md).
    """

    def __init__(self, pad_id: int = 0, initializer_range: float = 0.02, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pad_id = pad_id
        self.initializer_range = initializer_range

    def build(
        self,
        logits_shape: Any,
        hidden_shape: Any,
        written_shape: Any,
        states_shape: Any,
        token_ids_shape: Any,
        segment_ids_shape: Any,
    ) -> None:
        """Create query and key projections (d, d), the gate (d, 1) and what following gains."""
        width = hidden_shape[-1]
        for name, size in (("query", width), ("key", width), ("gate", 1)):
            layer = dense(size, self.initializer_range, name)
            layer.build(hidden_shape)
            setattr(self, name, layer)
        self.follow = self.add_weight((1,), keras.initializers.Constant(FOLLOW), name="follow")

    def call(
        self,
        logits: Any,
        hidden: Any,
        written: Any,
        states: Any,
        token_ids: Any,
        segment_ids: Any,
    ) -> Any:
        """See the class."""
        readable = ops.logical_and(ops.equal(segment_ids, 0), ops.not_equal(token_ids, self.pad_id))
        mask = ops.expand_dims(ops.where(readable, 0.0, MASKED), 1)
        return self.mix(logits, hidden, written, self.key(states), token_ids, mask)

    def mix(
        self,
        logits: Any,
        hidden: Any,
        written: Any,
        keys: Any,
        token_ids: Any,
        mask: Any,
        unknown: int = 0,
    ) -> Any:
        """The same from the states' keys, float (batch, length, d), projected once.

        Args:
            logits: float (batch, n, V), of the vocabulary head.
            hidden: float (batch, n, d), the states the logits were made from.
            written: int32 (batch, n), the answer's token each of them has just read, or -1.
            keys: what `self.key` gives for the states.
            token_ids: int32 (batch, length), the tokens that can be pointed at.
            mask: float (batch, 1, length), added to scores: 0 at tokens that can be pointed at,
                else -1e9.
            unknown: how many words that the vocabulary lacks have token ids of their own, from V
                on; the result is then float (batch, n, V + unknown).
        """
        scores = ops.matmul(self.query(hidden), ops.transpose(keys, (0, 2, 1)))
        scores = scores * keys.shape[-1] ** -0.5 + ops.cast(mask, scores.dtype)
        before = ops.pad(token_ids[:, :-1], [[0, 0], [1, 0]], constant_values=-2)
        follows = ops.equal(ops.expand_dims(before, 1), ops.expand_dims(written, 2))
        scores = scores + ops.where(follows, ops.cast(self.follow, scores.dtype), 0.0)
        gate = ops.sigmoid(self.gate(hidden))
        named = (1.0 - gate) * ops.softmax(logits, axis=-1)
        if unknown:
            named = ops.pad(named, [[0, 0], [0, 0], [0, unknown]])
        pointed = _sum_by_token(gate * ops.softmax(scores, axis=-1), token_ids, named.shape[-1])
        return ops.log(named + pointed + FLOOR)

    def compute_output_shape(self, logits_shape: Any, *shapes: Any) -> Any:
        """The shape of the logits."""
        return logits_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "pad_id": self.pad_id,
            "initializer_range": self.initializer_range,
        }


def _sum_by_token(weights: Any, token_ids: Any, size: int) -> Any:
    """Float (batch, n, length) at tokens int32 (batch, length) to float (batch, n, size)."""
    batch, asked, _ = ops.shape(weights)
    rows = ops.reshape(ops.arange(batch * asked), (batch, asked, 1))
    places = rows * size + ops.expand_dims(token_ids, 1)
    total = ops.segment_sum(
        ops.reshape(weights, (-1,)), ops.reshape(places, (-1,)), num_segments=batch * asked * size
    )
    return ops.reshape(total, (batch, asked, size))
