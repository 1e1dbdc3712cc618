"""How several passages vote on the next token of one answer.

Each passage of a question gives a distribution over the next token; a vote turns the sums of the
probabilities and of their squares over the passages into one score in [0, 1] a token.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from octavo._keras import ops


def vote_article(total: Any, squares: Any, count: Any) -> Any:
    """Sum of p^2 over 1 + sum of p: one passage that is sure outweighs several that are not.

    Source: Su Jianlin, kexue.fm/archives/7115, the example's `predict`.
    """
    return squares / (1.0 + total)


def vote_mean(total: Any, squares: Any, count: Any) -> Any:
    """The mean of the passages' distributions."""
    return total / ops.maximum(count, 1.0)


def vote_confident(total: Any, squares: Any, count: Any) -> Any:
    """Sum of p^2 over sum of p: the mean weighted by each passage's confidence in the token."""
    return squares / ops.maximum(total, 1e-20)


VOTES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "article": vote_article,
    "mean": vote_mean,
    "confident": vote_confident,
    "holders": vote_confident,  # of the passages that hold the answer so far
}


def combine(probabilities: Any, owner: Any, holds: Any, vote: str) -> Any:
    """Vote of each question's passages.

    Args:
        probabilities: float (rows, beams, V), one row a passage.
        owner: float (questions, rows), 1 where the row is a passage of the question that votes.
        holds: bool (rows, beams), whether a passage holds the answer so far; the vote "holders"
            leaves the others out. A generative answer is held by all.
        vote: a name of `VOTES`.

    Returns:
        float (questions, beams, V), in [0, 1]; zeros for a question without a voting row.
    """
    rows, beams, size = probabilities.shape
    if vote == "holders":
        probabilities = probabilities * ops.cast(holds, "float32")[:, :, None]
    flat = ops.reshape(probabilities, (rows, beams * size))
    total = ops.matmul(owner, flat)
    squares = ops.matmul(owner, flat * flat)
    count = ops.sum(owner, axis=1, keepdims=True)
    return ops.reshape(VOTES[vote](total, squares, count), (-1, beams, size))
