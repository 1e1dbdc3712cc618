"""Choosing the next token of every beam: the best, or one drawn at random."""

from __future__ import annotations

from typing import Any

from octavo._keras import ops

TIE = 1e-5  # log scores this close are equal: rounding differs between backends
IMPOSSIBLE = -1e9


def best_index(scores: Any) -> Any:
    """The first index whose score ties with the highest: float (..., n) to int32 (...)."""
    top = ops.max(scores, axis=-1, keepdims=True)
    return ops.cast(ops.argmax(ops.cast(scores >= top - TIE, "int32"), axis=-1), "int32")


def select_best(scores: Any, count: int) -> tuple[Any, Any]:
    """The `count` best of every row, ties to the lower index.

    Args:
        scores: float (rows, n), of which the highest are chosen.
        count: how many a row are chosen.

    Returns:
        (their indices, int32 (rows, count); their scores, float (rows, count)).
    """
    places = ops.arange(scores.shape[1])[None, :]
    indices, values = [], []
    for _ in range(count):
        index = best_index(scores)[:, None]
        indices.append(index)
        values.append(ops.take_along_axis(scores, index, axis=1))
        scores = ops.where(ops.equal(places, index), 100 * IMPOSSIBLE, scores)
    return ops.concatenate(indices, axis=1), ops.concatenate(values, axis=1)


def select_random(logs: Any, uniform: Any, temperature: Any, top_p: Any = None) -> Any:
    """Draw one token a beam by inverting the cumulative distribution.

    Args:
        logs: float (questions, beams, V), log scores; they need not be normalised.
        uniform: float (questions, beams), in [0, 1): the same numbers give the same tokens on
            every backend.
        temperature: above 0; below 1 sharpens.
        top_p: the smallest set of tokens with this much probability is drawn from; None draws from
            all.

    Returns:
        int32 (questions, beams).

    Source: Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", section 3.1, for
    nucleus sampling.
    """
    weights = ops.softmax(logs / temperature, axis=-1)
    weights = ops.where(logs > IMPOSSIBLE / 2, weights, 0.0)  # however high the temperature
    if top_p is not None:
        falling = -ops.sort(-weights, axis=-1)
        before = ops.cumsum(falling, axis=-1) - falling
        least = ops.min(ops.where(before < top_p, falling, 1.0), axis=-1, keepdims=True)
        weights = ops.where(weights >= least, weights, 0.0)
    rising = ops.cumsum(weights, axis=-1)
    target = uniform[:, :, None] * rising[:, :, -1:]
    # the first token past the target; where rounding leaves none, still one that may be drawn
    rank = ops.cast(weights > 0.0, "int32") * (1 + ops.cast(rising > target, "int32"))
    return ops.cast(ops.argmax(rank, axis=-1), "int32")
