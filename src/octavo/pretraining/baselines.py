"""What a model has to beat: the most frequent token, and the most frequent one after the last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from octavo.pretraining.corpus import Corpus
from octavo.text.token_shards import word_flag


def measure_baselines(
    corpus: Corpus, kept: Sequence[np.ndarray], batches: Sequence[Any]
) -> dict[str, float]:
    """Accuracy of two guesses at the places a model is asked about.

    unigram: always the token that is most frequent in the training documents. bigram: the token
    that most often follows the one before the place there; where that one is masked or never seen,
    the unigram's guess.

    Args:
        corpus: whose training documents are counted.
        kept: which those are, for each shard bool (documents,).
        batches: (inputs, labels, weights), as of `Batches`.

    Returns:
        {"unigram": accuracy 0-1, "bigram": accuracy 0-1, "places": how many were asked about}.
    """
    size = len(corpus.tokenizer)
    common, follower = _count(corpus, kept, size)
    follower[[corpus.tokenizer.mask_id, corpus.tokenizer.pad_id]] = common
    right = {"unigram": 0, "bigram": 0}
    places = 0
    for inputs, labels, weights in batches:
        asked = weights > 0
        before = np.take_along_axis(
            inputs["token_ids"], np.maximum(inputs["head_positions"] - 1, 0), axis=1
        )
        answers = labels[asked]
        right["unigram"] += int((answers == common).sum())
        right["bigram"] += int((answers == follower[before[asked]]).sum())
        places += len(answers)
    shares = {name: round(count / max(places, 1), 6) for name, count in right.items()}
    return {**shares, "places": places}


def _count(corpus: Corpus, kept: Sequence[np.ndarray], size: int) -> tuple[int, np.ndarray]:
    """The most frequent token, and of every token the one that most often follows it."""
    singles = np.zeros(size, np.int64)
    pairs, counts = np.empty(0, np.int64), np.empty(0, np.int64)
    for shard, keep in zip(corpus.shards, kept, strict=True):
        ids = (shard.tokens & ~word_flag(shard.tokens.dtype)).astype(np.int64)
        ends = shard.ends.astype(np.int64)
        used = np.repeat(keep, ends - np.concatenate(([0], ends[:-1])))
        singles += np.bincount(ids[used], minlength=size)
        first = np.zeros(len(ids), bool)
        first[ends[:-1]] = True
        inside = used[1:] & ~first[1:]
        found = np.unique((ids[:-1] * size + ids[1:])[inside], return_counts=True)
        pairs, counts = _merge(
            np.concatenate((pairs, found[0])), np.concatenate((counts, found[1]))
        )
    common = int(singles.argmax())
    follower = np.full(size, common, np.int64)
    order = np.argsort(counts, kind="stable")  # the most frequent is written last
    follower[pairs[order] // size] = pairs[order] % size
    return common, follower


def _merge(pairs: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    unique, places = np.unique(pairs, return_inverse=True)
    return unique, np.bincount(places, weights=counts, minlength=len(unique)).astype(np.int64)
