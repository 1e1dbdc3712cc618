"""What a reader that points is taught: where in the prefix each token of the answer stands.

The first token may be pointed at anywhere, the others only where the answer so far goes on or at a
[SEP], as an extractive answer is read. So the loss is about where an answer begins and where it
ends, and no token in between asks the model to tell one "the" from the next.

Source: the extractive limit is that of Su Jianlin, kexue.fm/archives/7115; several right places
count together as in Clark and Gardner 2018, "Simple and Effective Multi-Paragraph Reading
Comprehension".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from octavo._keras import keras, ops
from octavo.transformer.masks import MASKED

CLOSED, OPEN, RIGHT = 0, 1, 2  # where a state may not point, may point, and ought to


def mark_places(prefix: np.ndarray, target: np.ndarray, starts: tuple[int, ...]) -> np.ndarray:
    """Which places of the prefix are open and right for each token of an answer and its end.

    Args:
        prefix: token ids of [CLS] window [SEP] question [SEP], int (length,).
        target: those of the answer and its closing [SEP], int (a + 1,); [SEP] alone: no answer.
        starts: where in the window it begins; where it stands nowhere, every place of each of its
            tokens is right.

    Returns:
        int8 (a + 1, length): 0, 1 or 2.

    Example:
        >>> mark_places(np.array([2, 7, 8, 3, 9, 3]), np.array([8, 3]), (1,)).tolist()
        [[1, 1, 2, 1, 1, 1], [0, 0, 0, 2, 0, 2]]
    """
    answer, ends = target[:-1], prefix == target[-1]
    marks = np.zeros((len(target), len(prefix)), np.int8)
    marks[0] = OPEN
    marks[:, ends] = OPEN
    steps = np.arange(len(target))
    for start in starts:
        marks[steps, 1 + start + steps] = OPEN
        marks[steps[:-1], 1 + start + steps[:-1]] = RIGHT
    if not starts:
        marks[:-1][prefix == answer[:, None]] = RIGHT
    marks[-1, ends] = RIGHT
    return marks


class PlaceLoss(keras.losses.Loss):
    """Minus the log probability of the right places among the open ones, for each state.

    Call arguments:
        y_true: int (batch, n, length), as `mark_places` gives them; at least one is right.
        y_pred: float (batch, n, length), the scores of a pointer head.

    Example:
        >>> import math
        >>> loss = PlaceLoss(reduction=None)
        >>> scores = ops.log(ops.array([[[1.0, 1.0, 2.0, 9.0]]]))
        >>> found = loss(ops.array([[[1, 1, 2, 0]]]), scores)
        >>> math.isclose(float(found[0, 0]), math.log(2), rel_tol=1e-6)
        True
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Float (batch, n)."""
        marks = ops.cast(y_true, "int32")
        every = ops.logsumexp(ops.where(ops.greater(marks, CLOSED), y_pred, MASKED), axis=-1)
        right = ops.logsumexp(ops.where(ops.equal(marks, RIGHT), y_pred, MASKED), axis=-1)
        return every - right
