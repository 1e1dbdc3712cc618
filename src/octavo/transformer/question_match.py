"""Segment types that tell a small reader which passage tokens stand in the question too.

BERT gives passage and question one segment and leaves it to attention to find what they share. A
model trained from scratch in an hour has no time to learn that, so the bundled reader is told.
The attention mask is untouched: it still knows prefix (0) and answer (1) alone.

Source: Chen et al. 2017, "Reading Wikipedia to Answer Open-Domain Questions", section 3.2, where
an exact match with a word of the question is a feature of a passage's token.
"""

from __future__ import annotations

from typing import Any

from octavo._keras import keras, ops, register


@register("QuestionMatch")
class QuestionMatch(keras.layers.Layer):
    """Segment ids 0 and 1 to five types, for rows of [CLS] passage [SEP] question [SEP] answer.

    Args:
        sep_id: the token id of [SEP].

    Call arguments: token_ids and segment_ids, int32 (batch, length).

    Returns:
        int32 (batch, length): 0 passage, 1 answer, 2 question and [SEP], 3 passage token that is
        also in the question, 4 passage token whose pair with a neighbour is also in the question.

    Example:
        >>> tokens = ops.array([[2, 7, 8, 9, 3, 7, 8, 6, 3, 5]])
        >>> segments = ops.array([[0, 0, 0, 0, 0, 0, 0, 0, 0, 1]])
        >>> ops.convert_to_numpy(QuestionMatch(sep_id=3)(tokens, segments)).tolist()
        [[0, 4, 4, 0, 2, 2, 2, 2, 2, 1]]
    """

    def __init__(self, sep_id: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sep_id = sep_id

    def call(self, token_ids: Any, segment_ids: Any) -> Any:
        """See the class."""
        separator = ops.equal(token_ids, self.sep_id)
        ended = ops.cumsum(ops.cast(separator, "int32"), axis=1)
        prefix = ops.equal(segment_ids, 0)
        passage = ops.logical_and(prefix, ops.equal(ended, 0))
        question = ops.logical_and(prefix, ops.greater(ended, 0))
        words = ops.logical_and(question, ops.logical_not(separator))
        same = ops.equal(token_ids[:, :, None], token_ids[:, None, :])
        same = ops.logical_and(same, ops.logical_and(passage[:, :, None], words[:, None, :]))
        pair = ops.any(ops.logical_and(same[:, :-1, :-1], same[:, 1:, 1:]), axis=-1)
        left = ops.pad(ops.cast(pair, "int32"), [[0, 0], [0, 1]])
        right = ops.pad(ops.cast(pair, "int32"), [[0, 0], [1, 0]])
        single = 3 * ops.cast(ops.any(same, axis=-1), "int32")
        matched = ops.where(ops.greater(left + right, 0), 4, single)
        return ops.where(passage, matched, ops.where(question, 2, 1))

    def compute_output_shape(self, token_ids_shape: Any, segment_ids_shape: Any) -> Any:
        """The shape of the token ids."""
        return token_ids_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {**super().get_config(), "sep_id": self.sep_id}
