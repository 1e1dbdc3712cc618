"""What JoSE draws from, against its formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")

from octavo.embedding.draws import (
    information,
    keep_rates,
    make_alias,
    make_draws,
    mean_rows,
    random_rows,
)
from octavo.embedding.tables import Corpus

counts = st.lists(st.integers(1, 10**6), min_size=1, max_size=40)


@given(counts)
def test_slots_give_each_number_its_share(weights):
    shares = np.array(weights) / sum(weights)
    own, others = make_alias(np.array(weights, float))
    found = np.zeros(len(weights))
    for slot, (bits, other) in enumerate(zip(own / 2**32, others, strict=True)):
        found[slot] += bits / len(weights)
        found[other] += (1 - bits) / len(weights)
    np.testing.assert_allclose(found, shares, atol=1e-6)


def test_frequent_words_lose_places_as_in_word2vec():
    rates = keep_rates(np.array([10_000, 100, 1]), sample=1e-3)
    threshold = 1e-3 * 10_101
    program = (np.sqrt(10_000 / threshold) + 1) * threshold / 10_000
    assert rates[0] == pytest.approx(program)
    assert rates.tolist()[1:] == [pytest.approx(np.sqrt(0.10101) + 0.10101), 1.0]
    assert keep_rates(np.array([5, 1]), sample=0).tolist() == [1, 1]


def test_a_place_of_a_rare_word_is_always_kept():
    assert make_draws(np.array([10**6, 1]), 1e-3).kept[1] == 2**32 - 1


def test_random_rows_lie_on_the_sphere():
    rows = random_rows(50, 7, np.random.default_rng(0))
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


def test_a_document_without_words_has_zeros():
    corpus = Corpus(np.array([0, 1], np.int32), np.array([0, 2, 2]))
    tables = np.eye(2, dtype=np.float32), np.array([3, 4], np.float32)
    rows = mean_rows(corpus, *tables, 0, 3)
    np.testing.assert_allclose(rows, [[0, 0], [0.6, 0.8], [0, 0]], atol=1e-7)
    np.testing.assert_array_equal(mean_rows(corpus, *tables, 1, 3), rows[1:])


def test_words_that_all_documents_have_say_nothing():
    weights = information(np.array([100, 10, 1, 0]), 100)
    np.testing.assert_allclose(weights, np.log([1, 10, 100, 100]), rtol=1e-6)
