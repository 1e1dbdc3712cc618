"""A batch depends on its number alone; every question is asked once an epoch."""

from __future__ import annotations

import numpy as np
from tiny import SETTINGS, make_questions, make_tokenizer

from octavo.reading.batches import Batches
from octavo.reading.examples import ExampleSampler


def make_batches():
    sampler = ExampleSampler(make_questions(10), make_tokenizer(), SETTINGS, seed=3)
    return Batches(sampler, batch_size=4)


def test_a_batch_depends_on_its_number_alone():
    one, other = make_batches(), make_batches()
    forwards = [one(number) for number in range(9)]
    for number in (8, 0, 5, 3, 4, 1):
        for a, b in zip(forwards[number][0].values(), other(number)[0].values(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_an_epoch_asks_every_question_once():
    batches = make_batches()
    assert batches.epoch_steps == 3
    for epoch in range(2):
        weights = [batches(3 * epoch + index)[2] for index in range(3)]
        assert sum(int(some.any(axis=1).sum()) for some in weights) == 10
        assert all(some.shape[0] == 4 for some in weights)
    first, second = (batches(number)[0]["token_ids"] for number in (0, 3))
    assert first.shape != second.shape or (first != second).any()
