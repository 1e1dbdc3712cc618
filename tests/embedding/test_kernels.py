"""The compiled loops of JoSE against plain NumPy, finite differences, and the sphere.

Covers octavo.embedding.tables.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

pytest.importorskip("numba")

import jose_reference as reference

from octavo.embedding.draws import make_draws, random_rows
from octavo.embedding.kernels import count_documents, infer_documents, train_documents
from octavo.embedding.tables import Corpus, Rules, Tables, room_for_draws

RULES = Rules(3, 2, np.float32(0.15), False, True, False, 0.04, 4e-6, 2, np.uint64(7))
CASES = [
    {"joint": joint, "factor": factor, "shared": shared}
    for joint, factor, shared in itertools.product((False, True), repeat=3)
]


def make_corpus(seed=0, words=12, documents=9, size=10):
    """A corpus in which some documents are empty or have one word."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 9, documents)
    lengths[:2] = 0, 1
    tokens = rng.integers(0, words, lengths.sum()).astype(np.int32)
    tables = Tables(*(random_rows(rows, size, rng) for rows in (words, words, documents)))
    counts = np.maximum(np.bincount(tokens, minlength=words), 1)
    return Corpus(tokens, np.cumsum(lengths)), tables, make_draws(counts, 0.1)


def train(corpus, tables, draws, rules, number=0, first=0, last=None):
    room = np.empty(len(corpus.tokens) + room_for_draws(rules), np.int32)
    last = len(corpus.ends) if last is None else last
    return train_documents(
        corpus, tables, draws, rules, number, order_of(corpus), first, last, room
    )


def order_of(corpus):
    return np.random.default_rng(9).permutation(len(corpus.ends))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_pass_is_that_of_plain_numpy(case):
    rules = RULES._replace(**case)
    for seed in range(3):
        corpus, tables, draws = make_corpus(seed)
        slow = Tables(*(table.astype(np.float64) for table in tables))
        for number in range(2):
            loss, hinges = train(corpus, tables, draws, rules, number)
            assert loss == pytest.approx(
                reference.train(corpus, slow, draws, rules, number, order_of(corpus)), rel=1e-4
            )
            assert hinges > 0
        for fast, plain in zip(tables, slow, strict=True):
            np.testing.assert_allclose(fast, plain, atol=2e-5)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_documents_one_by_one_are_the_pass(case):
    rules = RULES._replace(**case)
    corpus, whole, draws = make_corpus(3)
    parts = Tables(*(table.copy() for table in whole))
    train(corpus, whole, draws, rules)
    for document in range(len(corpus.ends)):
        train(corpus, parts, draws, rules, 0, document, document + 1)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)


def joint_loss(rows):
    u, n, v, d = rows
    return max(0.0, 0.15 - u @ v - u @ d + n @ v + n @ d)


def test_a_step_goes_against_the_gradient_of_the_joint_hinge():
    rng = np.random.default_rng(5)
    rate, rules = 1e-3, RULES._replace(joint=True, factor=False)
    for _ in range(20):
        rows = random_rows(4, 6, rng).astype(np.float64)
        if joint_loss(rows) == 0:
            continue
        tables = (rows[:2].copy(), rows[2:3].copy(), rows[3:].copy())
        reference.joint_hinge(tables, 0, 1, 0, 0, rate, rules)
        moved = (np.concatenate(tables) - rows) / rate
        gradient = np.zeros_like(rows)
        for place in np.ndindex(rows.shape):
            bump = np.zeros_like(rows)
            bump[place] = 1e-6
            gradient[place] = (joint_loss(rows + bump) - joint_loss(rows - bump)) / 2e-6
        along = gradient - (gradient * rows).sum(1, keepdims=True) * rows
        np.testing.assert_allclose(moved, -along, atol=5e-3)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_vectors_stay_on_the_sphere_after_many_steps(case):
    rng = np.random.default_rng(1)
    tokens = rng.integers(0, 20, 20_000).astype(np.int32)
    corpus = Corpus(tokens, np.arange(100, 20_001, 100))
    tables = Tables(*(random_rows(rows, 16, rng) for rows in (20, 20, 200)))
    draws = make_draws(np.bincount(tokens, minlength=20), 0)
    rules = RULES._replace(window=5, passes=10, last_rate=0.04, **case)
    steps = sum(train(corpus, tables, draws, rules, number)[1] for number in range(10))
    assert steps > 1_000_000
    for table in tables:
        np.testing.assert_allclose(np.linalg.norm(table, axis=1), 1, atol=1e-5)


def test_negatives_of_a_corpus_of_one_word_are_none():
    corpus = Corpus(np.zeros(5, np.int32), np.array([5]))
    tables = Tables(*(random_rows(1, 4, np.random.default_rng(0)) for _ in range(3)))
    before = [table.copy() for table in tables]
    assert train(corpus, tables, make_draws(np.array([5]), 0), RULES)[0] == 0
    for table, old in zip(tables, before, strict=True):
        np.testing.assert_array_equal(table, old)


def test_words_stay_while_documents_are_inferred():
    corpus, tables, draws = make_corpus(4)
    words, documents = tables.words.copy(), tables.documents.copy()
    infer_documents(corpus, words, documents, draws, RULES, 0, len(corpus.ends))
    np.testing.assert_array_equal(words, tables.words)
    changed = (documents != tables.documents).any(axis=1)
    assert changed[2:].any()
    assert not changed[0]
    np.testing.assert_allclose(np.linalg.norm(documents, axis=1), 1, atol=1e-5)


def test_documents_of_each_word_are_counted():
    corpus = Corpus(np.array([2, 2, 0, 2, 1], np.int32), np.array([2, 2, 4, 5]))
    assert count_documents(corpus, 4).tolist() == [1, 1, 2, 0]
