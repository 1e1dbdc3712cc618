"""What a model has to beat: the most frequent token, and the most frequent one beside another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from octavo.pretraining.corpus import MOST_COUNTED, Corpus


def measure_baselines(
    corpus: Corpus, kept: Sequence[np.ndarray], batches: Sequence[Any]
) -> dict[str, float]:
    """Accuracy of two guesses at the places a model is asked about.

    unigram: always the token that is most frequent in the training documents. bigram: the token
    that there most often follows the one before the place; where that is masked, the one that most
    often stands before the one after it; where both are, the unigram's guess. Of a text that is
    written from left to right it is what follows the last token. [UNK] is never asked for, so never
    guessed. 64 million tokens are counted.

    Args:
        corpus: whose training documents are counted.
        kept: which those are, for each shard bool (documents,).
        batches: (inputs, labels, weights), as of `Batches`.

    Returns:
        {"unigram": accuracy 0-1, "bigram": accuracy 0-1, "places": how many were asked about}.
    """
    size, tokenizer = len(corpus.tokenizer), corpus.tokenizer
    common, follower, leader = _count(corpus, kept, size, tokenizer.unk_id)
    hidden = [tokenizer.mask_id, tokenizer.pad_id]
    right = {"unigram": 0, "bigram": 0}
    places = 0
    for inputs, labels, weights in batches:
        tokens, positions = inputs["token_ids"], inputs["mask_positions"]
        last = tokens.shape[1] - 1
        before = np.take_along_axis(tokens, np.maximum(positions - 1, 0), axis=1)
        after = np.take_along_axis(tokens, np.minimum(positions + 1, last), axis=1)
        guess = np.where(np.isin(after, hidden), common, leader[after])
        guess = np.where(np.isin(before, hidden), guess, follower[before])
        # a token that is written is asked for at the place before it
        written = np.pad(inputs["segment_ids"], ((0, 0), (0, 1)))[:, 1:] == 1
        written = np.take_along_axis(written, positions, axis=1)
        here = np.take_along_axis(tokens, positions, axis=1)
        guess = np.where(written, follower[here], guess)
        asked = weights > 0
        right["unigram"] += int((labels == common)[asked].sum())
        right["bigram"] += int((labels == guess)[asked].sum())
        places += int(asked.sum())
    shares = {name: round(count / max(places, 1), 6) for name, count in right.items()}
    return {**shares, "places": places}


def _count(
    corpus: Corpus, kept: Sequence[np.ndarray], size: int, never: int
) -> tuple[int, np.ndarray, np.ndarray]:
    """The most frequent token; of every token what follows it, and what leads it, most often.

    The token `never` is none of the guesses.
    """
    singles = np.zeros(size, np.int64)
    pairs, counts = np.empty(0, np.int64), np.empty(0, np.int64)
    for shard, keep in zip(corpus.shards, kept, strict=True):
        if singles.sum() > MOST_COUNTED:
            break
        ids = shard.ids().astype(np.int64)
        ends = shard.ends.astype(np.int64)
        used = np.repeat(keep, ends - np.concatenate(([0], ends[:-1])))
        singles += np.bincount(ids[used], minlength=size)
        first = np.zeros(len(ids), bool)
        first[ends[:-1]] = True
        inside = used[1:] & ~first[1:]
        some, some_counts = np.unique((ids[:-1] * size + ids[1:])[inside], return_counts=True)
        pairs, counts = _merge(np.concatenate((pairs, some)), np.concatenate((counts, some_counts)))
    singles[never] = -1
    common = int(singles.argmax())
    follower, leader = (np.full(size, common, np.int64) for _ in range(2))
    ordered = pairs[np.argsort(counts, kind="stable")]  # the most frequent is written last
    before, after = ordered // size, ordered % size
    follower[before[after != never]] = after[after != never]
    leader[after[before != never]] = before[before != never]
    return common, follower, leader


def _merge(pairs: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    unique, places = np.unique(pairs, return_inverse=True)
    return unique, np.bincount(places, weights=counts, minlength=len(unique)).astype(np.int64)
