"""Which token may look at which: the only difference between encoder, lm and unilm."""

from __future__ import annotations

from typing import Any

from octavo._keras import keras, ops, register

APPLICATIONS = ("encoder", "lm", "unilm")
MASKED = -1e9  # added to a forbidden attention score


@register("AttentionMask")
class AttentionMask(keras.layers.Layer):
    """Additive attention mask of a batch, shared by all blocks.

    encoder: every token sees every token; lm: itself and those before it; unilm: those with
    cumsum(segment)[key] <= cumsum(segment)[query], so segment 0 is read in both directions and
    segment 1 is written from left to right. Padding is never seen, and of several texts packed
    into a row none sees another.

    Args:
        application: which of these masks it is, "encoder", "lm" or "unilm".
        pad_id: the token id of padding.

    Call arguments: token_ids and segment_ids, int32 (batch, length); document_ids, int32 (batch,
    length), which text of its row a token belongs to, None where a row is one text.

    Returns:
        float32 (batch, 1, length or 1, length): 0 where allowed, -1e9 where not.

    Source: Dong et al. 2019, "Unified Language Model Pre-training", section 2.3 (seq-to-seq LM).

    Example:
        >>> mask = AttentionMask("unilm")
        >>> allowed = mask(ops.array([[5, 6, 7, 8]]), ops.array([[0, 0, 1, 1]]))[0, 0] == 0
        >>> ops.convert_to_numpy(allowed).astype(int).tolist()
        [[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]
    """

    def __init__(self, application: str, pad_id: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.application = application
        self.pad_id = pad_id

    def call(self, token_ids: Any, segment_ids: Any, document_ids: Any = None) -> Any:
        """See the class."""
        allowed = ops.expand_dims(ops.not_equal(token_ids, self.pad_id), 1)
        if document_ids is not None:
            same = ops.equal(document_ids[:, None, :], document_ids[:, :, None])
            allowed = ops.logical_and(allowed, same)
        if self.application == "lm":
            order = ops.arange(ops.shape(token_ids)[1])
            allowed = ops.logical_and(allowed, order[None, None, :] <= order[None, :, None])
        elif self.application == "unilm":
            order = ops.cumsum(segment_ids, axis=1)
            allowed = ops.logical_and(allowed, order[:, None, :] <= order[:, :, None])
        return ops.expand_dims(ops.where(allowed, 0.0, MASKED), 1)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "application": self.application,
            "pad_id": self.pad_id,
        }
