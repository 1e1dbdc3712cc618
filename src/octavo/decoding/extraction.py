"""Extractive answers: every answer so far must be a span of some passage.

A match mask says, for every row and beam, before which passage positions the answer so far ends:
those positions hold the tokens that may come next.

Source: Su Jianlin, kexue.fm/archives/7115: an answer so far is an n-gram of a passage.
"""

from __future__ import annotations

from typing import Any

from octavo._keras import ops


def start_match(passage: Any, beams: int) -> Any:
    """At the start an answer may begin anywhere in a passage.

    Args:
        passage: bool (rows, length), True on passage tokens.
        beams: how many answers are followed at once.

    Returns:
        bool (rows, beams, length).
    """
    rows, length = passage.shape
    return ops.broadcast_to(passage[:, None, :], (rows, beams, length))


def advance_match(match: Any, token_ids: Any, passage: Any, tokens: Any) -> Any:
    """Follow one more token of every beam.

    Args:
        match: bool (rows, beams, length), as `start_match` and `advance_match` give it.
        token_ids: int32 (rows, length), the prefixes.
        passage: bool (rows, length), True on passage tokens.
        tokens: int32 (rows, beams), the tokens just chosen.

    Returns:
        (the new match, bool (rows, beams, length); bool (rows, beams), whether the row's passage
        holds the answer so far).
    """
    taken = ops.logical_and(match, ops.equal(token_ids[:, None, :], tokens[:, :, None]))
    moved = ops.concatenate([ops.zeros_like(taken[:, :, :1]), taken[:, :, :-1]], axis=2)
    return ops.logical_and(moved, passage[:, None, :]), ops.any(taken, axis=-1)


def allowed_tokens(
    match: Any, voting: Any, token_ids: Any, owner_of: Any, questions: int, size: int
) -> Any:
    """Which tokens may come next in each beam, over all passages of the question that vote.

    Args:
        match: bool (rows, beams, length), as `start_match` and `advance_match` give it.
        voting: bool (rows,), True where the passage takes part in the vote.
        token_ids: int32 (rows, length), the prefixes.
        owner_of: int32 (rows,), the question of each row.
        questions: how many questions there are.
        size: how many tokens the vocabulary has, V.

    Returns:
        bool (questions, beams, V); the END token is not added.
    """
    rows, beams, length = match.shape
    # one slot a token and one more, V, where every position that does not match is sent
    may = ops.logical_and(match, voting[:, None, None])
    token = ops.where(may, token_ids[:, None, :], size)
    line = owner_of[:, None] * beams + ops.arange(beams)[None, :]
    slot = ops.reshape(line[:, :, None] * (size + 1) + token, (rows * beams * length, 1))
    marks = ops.zeros((questions * beams * (size + 1),), dtype="float32")
    marks = ops.scatter_update(marks, slot, ops.ones((rows * beams * length,), dtype="float32"))
    return ops.reshape(marks, (questions, beams, size + 1))[:, :, :size] > 0
