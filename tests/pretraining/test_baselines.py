"""Guesses from counts, against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest

from octavo.pretraining import prepare
from octavo.pretraining.baselines import measure_baselines
from octavo.pretraining.batches import Batches
from octavo.pretraining.examples import Examples
from octavo.pretraining.objectives import Masking
from octavo.text import save_vocabulary
from octavo.text.vocabulary import SPECIAL_TOKENS

MASK, PAD = 4, 0


def test_guesses_are_the_most_frequent_ones(corpus):
    """Documents say which word follows which: that of number 7 n + 3, most of the time."""
    kept, _ = corpus.split(0.0)
    word = 6  # number of w0: five special tokens and the full stop come before it

    def batch(tokens, places, labels):
        size = len(places)
        inputs = {"token_ids": np.array([tokens]), "mask_positions": np.array([places])}
        inputs["segment_ids"] = 0 * inputs["token_ids"]
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


@pytest.mark.parametrize("name", ["mlm", "lm"])
def test_what_is_never_asked_for_is_not_guessed(sources, tmp_path, name):
    """Most words are unknown here."""
    save_vocabulary([*SPECIAL_TOKENS, ".", "w0", "w1", "w2"], tmp_path / "vocab.txt")
    corpus = prepare(
        sources / "text.txt", tmp_path / "data", tmp_path / "vocab.txt", segmenter="whitespace",
        progress=False,
    )  # fmt: skip
    assert corpus.unknown() > 0.9
    kept, _ = corpus.split(0.0)
    examples = Examples(corpus.tokenizer, 64, {name: 1.0}, Masking(0.15))
    batches = Batches(corpus, corpus.rows(kept, 64, 3), examples, batch_size=16, seed=0)
    scores = measure_baselines(corpus, kept, [batches(number) for number in range(4)])
    assert scores["unigram"] > 0.2


@pytest.mark.parametrize("name", ["mlm", "lm", "unilm"])
def test_the_pairs_of_the_text_are_seen_by_every_objective(corpus, name):
    """Nine in ten words follow from the one before."""
    kept, _ = corpus.split(0.0)
    examples = Examples(corpus.tokenizer, 64, {name: 1.0}, Masking(0.15))
    batches = Batches(corpus, corpus.rows(kept, 64, 3), examples, batch_size=16, seed=0)
    scores = measure_baselines(corpus, kept, [batches(number) for number in range(4)])
    assert scores["bigram"] > 0.7
    assert scores["unigram"] < 0.1
