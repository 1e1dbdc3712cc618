"""How good vectors are: files as they are published, scores against SciPy's and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.embedding.evaluation import (
    evaluate_analogies,
    evaluate_clustering,
    evaluate_neighbours,
    evaluate_similarity,
    spearman,
)
from octavo.errors import DataError, UsageError
from octavo.vectors import KeyedVectors

WORDS = KeyedVectors(
    ["man", "woman", "king", "queen", "apple"],
    np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [-1, -1, -1]]),
)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2))
def test_ranks_are_scipys(pairs):
    stats = pytest.importorskip("scipy.stats")
    one, other = np.array(pairs).T
    if len(set(one)) > 1 and len(set(other)) > 1:
        assert spearman(one, other) == pytest.approx(stats.spearmanr(one, other).statistic)
    else:
        assert spearman(one, other) == 0


@pytest.mark.parametrize(
    "text",
    [
        "Word 1\tWord 2\tHuman (mean)\nman\tking\t7.35\nman\twoman\t1\nKing\tapple\t0\nx\ty\t3\n",
        "Word 1,Word 2,Human (mean)\nman,king,7.35\nman,woman,1\nKing,apple,0\nx,y,3\n",
        "man king 50.000\nman woman 9\nKing apple 8\nx y 3\n\n",
        "word1\tword2\tPOS\tSimLex999\tconc\nman\tking\tN\t9\t1\nman\twoman\tN\t2\t9\n"
        "King\tapple\tN\t1\t9\nx\ty\tN\t1\t1\n",
    ],
)
def test_published_files_are_read(text, tmp_path):
    (tmp_path / "pairs").write_text(text)
    assert evaluate_similarity(WORDS, tmp_path / "pairs") == (pytest.approx(1), 3, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("man king 1\nman\n", "line 2: expected two words and a score"),
        ("man king 1\nman woman high\n", "line 2: expected two words and a score"),
        ("man king 1\nx y 1\n", "only 1 of its pairs are known"),
        ("", "only 0 of its pairs"),
    ],
)
def test_faulty_pairs_are_named(text, message, tmp_path):
    (tmp_path / "pairs").write_text(text)
    with pytest.raises(DataError, match=message):
        evaluate_similarity(WORDS, tmp_path / "pairs")


def test_analogies_are_asked(tmp_path):
    path = tmp_path / "analogies"
    path.write_text(": royal\nman king woman queen\nMan king woman apple\n\nx y z man\n")
    assert evaluate_analogies(WORDS, path) == (0.5, 2, 1)
    path.write_text(": none\n")
    assert evaluate_analogies(WORDS, path) == (0.0, 0, 0)
    path.write_text("man king woman\n")
    with pytest.raises(DataError, match="line 1: 3 words, expected four"):
        evaluate_analogies(WORDS, path)


@pytest.fixture
def two_heaps():
    rng = np.random.default_rng(0)
    centres = np.repeat([[1, 0, 0], [0, 1, 0]], 30, axis=0)
    return centres + rng.normal(0, 0.1, (60, 3)), ["left"] * 30 + ["right"] * 30


@pytest.mark.parametrize("spherical", [False, True])
def test_clusters_are_compared_with_labels(spherical, two_heaps):
    pytest.importorskip("sklearn", reason="octavo[evaluate] is not installed")
    vectors, labels = two_heaps
    assert evaluate_clustering(vectors, labels, spherical) == (1.0, 1.0, 1.0)
    mixed = ["left", "right"] * 30
    nmi, ari, purity = evaluate_clustering(vectors, mixed, spherical)
    assert nmi < 0.1
    assert ari < 0.1
    assert 0.5 <= purity < 0.7


def test_neighbours_give_labels(two_heaps):
    pytest.importorskip("sklearn", reason="octavo[evaluate] is not installed")
    vectors, labels = two_heaps
    assert evaluate_neighbours(vectors, labels) == (1.0, 1.0)
    order = np.random.default_rng(1).permutation(60)
    shuffled = [labels[place] for place in order]
    assert evaluate_neighbours(vectors[order], shuffled, train=40) == (1.0, 1.0)
    assert evaluate_neighbours(vectors, labels, train=30)[1] == 0  # no neighbour is a right one


def test_labels_must_be_those_of_the_documents(two_heaps):
    vectors, labels = two_heaps
    with pytest.raises(UsageError, match="60 documents, 59 labels"):
        evaluate_clustering(vectors, labels[1:])
    pytest.importorskip("sklearn", reason="octavo[evaluate] is not installed")
    with pytest.raises(UsageError, match="train must leave some of 60"):
        evaluate_neighbours(vectors, labels, train=60)
    with pytest.raises(UsageError, match=r"3 neighbours .* Received: 2 to choose from"):
        evaluate_neighbours(vectors, labels, train=2)
    with pytest.raises(UsageError, match=r"5 folds .* no label more than 4 times"):
        evaluate_neighbours(vectors[:6], ["a"] * 4 + ["b"] * 2)
