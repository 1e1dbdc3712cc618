"""Batches: each depends on its number alone, and every row comes once an epoch."""

from __future__ import annotations

import numpy as np
import pytest

from octavo.errors import DataError
from octavo.pretraining import prepare
from octavo.pretraining.batches import Batches
from octavo.pretraining.examples import Examples
from octavo.pretraining.objectives import Masking


def test_a_batch_depends_on_its_number_alone(corpus):
    kept, _ = corpus.split(0.1)
    rows = corpus.rows(kept, 32, 2)
    examples = Examples(corpus.tokenizer, 32, {"mlm": 1.0}, Masking())

    def batches():
        return Batches(corpus, rows, examples, batch_size=7, seed=3)

    one, other = batches(), batches()
    forwards = [one(number) for number in range(40)]
    for number in reversed(range(40)):
        for a, b in zip(forwards[number][0].values(), other(number)[0].values(), strict=True):
            np.testing.assert_array_equal(a, b)
    places = np.concatenate([one._choose(place) for place in range(0, 3 * len(rows), 7)]).tolist()
    epochs = [places[i * len(rows) : (i + 1) * len(rows)] for i in range(3)]
    assert all(sorted(epoch) == list(range(len(rows))) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_what_counts_once_is_asked_once(corpus):
    kept, _ = corpus.split(0.1)
    rows = corpus.rows(kept, 32, 2)
    examples = Examples(corpus.tokenizer, 32, {"lm": 1.0}, Masking())
    batches = Batches(corpus, rows, examples, batch_size=len(rows) - 1, seed=3, once=True)
    first, last = (batches(number)[2].any(axis=1) for number in range(2))
    assert first.all()
    assert last.nonzero()[0].tolist() == [0]


def test_a_corpus_of_too_little_text_is_named(sources, tmp_path):
    (tmp_path / "short.txt").write_text("w1\n", "utf-8")
    corpus = prepare(
        tmp_path / "short.txt", tmp_path / "data", sources / "vocab.txt", segmenter="whitespace",
        progress=False,
    )  # fmt: skip
    kept, _ = corpus.split(0.0)
    examples = Examples(corpus.tokenizer, 32, {"mlm": 1.0}, Masking())
    with pytest.raises(DataError, match="--documents paragraphs or files"):
        Batches(corpus, corpus.rows(kept, 32, 2), examples, 4, 0)
