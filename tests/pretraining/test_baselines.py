"""Guesses from counts, against counting by hand."""

from __future__ import annotations

import numpy as np

from octavo.pretraining.baselines import measure_baselines

MASK, PAD = 4, 0


def test_guesses_are_the_most_frequent_ones(corpus):
    """Documents say which word follows which: that of number 7 n + 3, most of the time."""
    kept, _ = corpus.split(0.0)
    word = 6  # number of w0: five special tokens and the full stop come before it

    def batch(tokens, places, labels):
        size = len(places)
        inputs = {"token_ids": np.array([tokens]), "head_positions": np.array([places])}
        return inputs, np.array([labels]), np.ones((1, size), np.float32)

    follows = word + (7 * 5 + 3) % 60
    seen_before = batch([word + 5, MASK, MASK], [1], [follows])
    seen_after = batch([MASK, MASK, follows], [1], [word + 5])
    unseen = batch([MASK, MASK, MASK], [1], [word])
    scores = measure_baselines(corpus, kept, [seen_before, seen_after])
    assert scores["bigram"] == 1.0
    assert scores["places"] == 2
    ids = np.concatenate([shard.tokens & 0x7FFF for shard in corpus.shards])
    common = int(np.bincount(ids).argmax())
    assert measure_baselines(corpus, kept, [unseen])["bigram"] == float(word == common)
    inputs, labels, weights = seen_before
    silent = measure_baselines(corpus, kept, [(inputs, labels, 0 * weights)])
    assert silent == {"unigram": 0.0, "bigram": 0.0, "places": 0}
