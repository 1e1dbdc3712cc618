"""The compiled loop: read a token, let the passages vote, choose, reorder, until all have ended.

Source: the beam search with a vote inside every step is the article's (Su Jianlin,
kexue.fm/archives/7115); finished answers keep their place in the beam and their score.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from octavo._keras import ops
from octavo.decoding.cache import (
    empty_cache,
    encode_prefix,
    next_probabilities,
    point,
    read_token,
    reorder_cache,
)
from octavo.decoding.extraction import advance_match, allowed_tokens, start_match
from octavo.decoding.selection import IMPOSSIBLE, TIE, best_index, select_best, select_random
from octavo.decoding.votes import combine

FLOOR = 1e-12  # added to a vote before its logarithm, as in the article's example


class Search(NamedTuple):
    """What stays the same for one compiled function; see `octavo.decoding.Decoder`."""

    end_id: int
    steps: int
    beams: int
    extractive: bool
    vote: str
    drawing: str | None = None  # None: beam search; "all" tokens or a "nucleus" to draw from
    finish_all: bool = False  # beam search goes on until every answer has ended, not the best alone


class State(NamedTuple):
    """What one step hands to the next: q questions, r rows (passages), k beams."""

    step: Any  # int32 (): tokens chosen so far
    tokens: Any  # int32 (q, k, steps), END where nothing is chosen yet
    scores: Any  # float (q, k): sum of log votes
    finished: Any  # bool (q, k)
    row_scores: Any  # float (r, k): sum of each row's own log probabilities
    match: Any  # bool (r, k, length); all False when not extractive
    holds: Any  # bool (r, k): whether the row's passage holds the answer so far
    cache: tuple
    probabilities: Any  # float (r, k, V): each row's own distribution over the next token


def search(
    model: Any,
    settings: Search,
    token_ids: Any,
    lengths: Any,
    passage_lengths: Any,
    owner_of: Any,
    owned: Any,
    read_as: Any,
    no_answer_bias: Any,
    temperature: Any,
    top_p: Any,
    uniform: Any,
) -> dict[str, Any]:
    """Answer q questions from r passages.

    Args:
        model: a UniLM `Transformer`.
        settings: what the loop is compiled for.
        token_ids: int32 (r, length): [CLS] passage [SEP] question [SEP], padded at the end, in
            numbers of their own, from 0.
        lengths: int32 (r,), tokens of each row.
        passage_lengths: int32 (r,), tokens of its passage, which begins at position 1.
        owner_of: int32 (r,), the question of each row.
        owned: float (q, r), 1 where the row belongs to the question; padding rows to none.
        read_as: int32 (V,), the model's token id for each number: all ids, or those that a pointer
            may choose; words outside the vocabulary have numbers of their own.
        no_answer_bias: float (), added to END's log probability when it is decided who votes.
        temperature: float (), see `select_random`; these three are for sampling alone.
        top_p: float (), see `select_random`.
        uniform: float (steps, q, k), random numbers in [0, 1).

    Returns:
        tokens int32 (q, k, steps); scores float (q, k); finished bool (q, k); best int32 (q,), the
        highest score; row_scores float (r, k); no_answer float (r,), the probability of END as
        the first token; doubts float (r,), its log odds against the likeliest other; voting bool
        (r,); starts float (r, length), how likely a pointer has the answer begin at each place.
    """
    questions, rows = owned.shape
    prefix = encode_prefix(model, ops.take(read_as, token_ids), lengths)
    prefix = prefix._replace(token_ids=token_ids)
    order = ops.arange(token_ids.shape[1])[None, :]
    inside = (order < lengths[:, None])[:, None, :]
    first = next_probabilities(model, prefix.hidden, prefix, inside, read_as)  # (r, 1, V)
    is_end = ops.equal(ops.arange(read_as.shape[0]), settings.end_id)
    no_answer = first[:, 0, settings.end_id]
    passage = ops.logical_and(order >= 1, order <= passage_lengths[:, None])
    passage = ops.logical_and(passage, ops.not_equal(token_ids, settings.end_id))
    # a passage whose likeliest first token is END has no answer and does not vote, nor does one
    # without a word; the bias decides who votes, not how: doubtful passages would shout
    rest = ops.max(ops.where(is_end, 0.0, first[:, 0]), axis=-1)
    doubts = ops.log(no_answer + FLOOR) - ops.log(rest + FLOOR)
    voting = ops.logical_and(doubts + no_answer_bias <= TIE, ops.any(passage, axis=1))
    owned = owned * ops.cast(voting, "float32")[None, :]
    if settings.drawing != "nucleus":
        top_p = None
    drawing = (temperature, top_p, uniform)
    inputs = Inputs(settings, token_ids, passage, voting, owner_of, owned, is_end, drawing)
    ends = ops.logical_and(inside, ops.equal(token_ids, settings.end_id)[:, None, :])
    beams = settings.beams
    alive = ops.arange(beams) < (beams if settings.drawing else 1)
    state = State(
        step=ops.zeros((), dtype="int32"),
        tokens=ops.full((questions, beams, settings.steps), settings.end_id, dtype="int32"),
        scores=ops.broadcast_to(ops.where(alive, 0.0, IMPOSSIBLE)[None, :], (questions, beams)),
        finished=ops.zeros((questions, beams), dtype="bool"),
        row_scores=ops.zeros((rows, beams)),
        match=start_match(passage, beams) if settings.extractive else order[:, None, :] < 0,
        holds=ops.ones((rows, beams), dtype="bool"),
        cache=empty_cache(model, rows, beams, settings.steps),
        probabilities=ops.repeat(first, beams, axis=1),
    )

    def body(*parts: Any) -> tuple:
        state = _choose(State(*parts), inputs)
        chosen = ops.take(_at(state.tokens, state.step - 1), owner_of, axis=0)
        hidden, cache = read_token(
            model, ops.take(read_as, chosen), state.step - 1, prefix, state.cache
        )
        # a pointer goes on with the answer or ends it, in the passages that hold it so far
        places = ops.logical_and(ops.logical_or(state.match, ends), state.holds[:, :, None])
        probabilities = next_probabilities(model, hidden, prefix, places, read_as)
        return tuple(state._replace(cache=cache, probabilities=probabilities))

    def going_on(*parts: Any) -> Any:
        state = State(*parts)
        return ops.logical_and(state.step < settings.steps, ops.any(_unfinished(state, settings)))

    state = State(*ops.while_loop(going_on, body, tuple(state)))
    return {
        "tokens": state.tokens,
        "scores": state.scores,
        "finished": state.finished,
        "best": best_index(state.scores),
        "row_scores": state.row_scores,
        "no_answer": no_answer,
        "doubts": doubts,
        "voting": voting,
        "starts": ops.where(passage, point(model, prefix.hidden, prefix, inside)[:, 0], 0.0),
    }


class Inputs(NamedTuple):
    """What every step reads and none changes."""

    settings: Search
    token_ids: Any
    passage: Any
    voting: Any
    owner_of: Any
    owned: Any
    is_end: Any
    drawing: tuple  # temperature, top_p or None, uniform


def _at(tokens: Any, step: Any) -> Any:
    """Column `step` of int32 (q, k, steps)."""
    here = ops.equal(ops.arange(tokens.shape[2]), step)
    return ops.sum(ops.where(here, tokens, 0), axis=2)


def _unfinished(state: State, settings: Search) -> Any:
    """Bool (q,): sampling waits for every draw, beam search for the best (scores only fall)."""
    if settings.drawing:
        return ops.logical_not(ops.all(state.finished, axis=1))
    if settings.finish_all:  # but for beams that never began: there are fewer spans
        alive = state.scores > IMPOSSIBLE / 2
        return ops.any(ops.logical_and(alive, ops.logical_not(state.finished)), axis=1)
    best = best_index(state.scores)[:, None]
    return ops.logical_not(ops.take_along_axis(state.finished, best, axis=1)[:, 0])


def _next_logs(state: State, inputs: Inputs) -> Any:
    """Log votes of every next token, float (q, k, V)."""
    settings, is_end = inputs.settings, inputs.is_end
    votes = combine(state.probabilities, inputs.owned, state.holds, settings.vote)
    logs = ops.log(votes + FLOOR)
    if settings.extractive:
        sizes = logs.shape[0], logs.shape[2]
        allowed = allowed_tokens(
            state.match, inputs.voting, inputs.token_ids, inputs.owner_of, *sizes
        )
        logs = ops.where(ops.logical_or(allowed, is_end), logs, IMPOSSIBLE)
    # passages that vote hold an answer, so it has at least one token
    logs = ops.where(ops.logical_and(is_end, state.step == 0), IMPOSSIBLE, logs)
    nobody = ops.equal(ops.sum(inputs.owned, axis=1), 0.0)[:, None]
    ended = ops.logical_or(state.finished, nobody)
    return ops.where(ended[:, :, None], ops.where(is_end, 0.0, IMPOSSIBLE), logs)


def _choose(state: State, inputs: Inputs) -> State:
    """Take the next token of every beam."""
    settings = inputs.settings
    logs = _next_logs(state, inputs)
    questions, beams, size = logs.shape
    same = ops.broadcast_to(ops.arange(beams)[None, :], (questions, beams))
    if settings.drawing:
        parents = same
        temperature, top_p, uniform = inputs.drawing
        uniform = ops.take(uniform, state.step, axis=0)
        tokens = select_random(logs, uniform, temperature, top_p)
        gained = ops.take_along_axis(logs, tokens[:, :, None], axis=2)[:, :, 0]
        scores = state.scores + gained
    else:
        total = ops.reshape(state.scores[:, :, None] + logs, (questions, beams * size))
        places, scores = select_best(total, beams)
        parents, tokens = places // size, places % size
    # a question that is done stays as it is, however long the others of its batch go on
    going = _unfinished(state, settings)[:, None]
    parents = ops.where(going, parents, same)
    tokens = ops.where(going, tokens, settings.end_id)
    scores = ops.where(going, scores, state.scores)

    row_parents = ops.take(parents, inputs.owner_of, axis=0)
    row_tokens = ops.take(tokens, inputs.owner_of, axis=0)
    finished = ops.take_along_axis(state.finished, parents, axis=1)
    own = ops.take_along_axis(state.probabilities, row_parents[:, :, None], axis=1)
    own = ops.log(ops.take_along_axis(own, row_tokens[:, :, None], axis=2)[:, :, 0] + FLOOR)
    silent = ops.logical_or(finished, ops.logical_not(going))
    own = ops.where(ops.take(silent, inputs.owner_of, axis=0), 0.0, own)
    written = ops.take_along_axis(state.tokens, parents[:, :, None], axis=1)
    here = ops.equal(ops.arange(settings.steps), state.step)
    match, holds = state.match, state.holds
    if settings.extractive:
        match = ops.take_along_axis(match, row_parents[:, :, None], axis=1)
        match, holds = advance_match(match, inputs.token_ids, inputs.passage, row_tokens)
    return state._replace(
        step=state.step + 1,
        tokens=ops.where(here, tokens[:, :, None], written),
        scores=scores,
        finished=ops.where(
            going, ops.logical_or(finished, ops.equal(tokens, settings.end_id)), finished
        ),
        row_scores=ops.take_along_axis(state.row_scores, row_parents, axis=1) + own,
        match=match,
        holds=holds,
        cache=reorder_cache(state.cache, row_parents),
    )
