"""The recipe that measures scores of new words: its marks, and average precision."""

from __future__ import annotations

from collections import Counter

import pytest

pytest.importorskip("pyarrow", reason="octavo[count] is not installed")
pytest.importorskip("numba", reason="octavo[count] is not installed")

import new_words as recipe


def test_a_hundred_words_of_each_corpus_are_marked():
    for corpus in recipe.CORPORA:
        marks = Counter(recipe.read_marks(corpus).values())
        assert sum(marks.values()) == 100
        assert min(marks[True], marks[False]) > 30


def test_average_precision_and_scores():
    assert recipe.average_precision([False, True, True]) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert recipe.average_precision([True, True, False, False]) == 1
    row = {"occurrences": 4, "documents": 4, "all_documents": 1000}
    gathered = row | {"documents": 1}
    assert recipe.residual_idf(row) == pytest.approx(0, abs=0.01)
    assert recipe.residual_idf(gathered) > 1
