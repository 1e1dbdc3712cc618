"""Nearest rows against sorting all cosines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import UsageError
from octavo.vectors import neighbours
from octavo.vectors.neighbours import nearest_rows, unit_rows


@given(st.integers(0, 2**31), st.integers(1, 12), st.integers(0, 40), st.integers(1, 9))
def test_rows_are_those_of_sorting_all_cosines(seed, queries, rows, top):
    rng = np.random.default_rng(seed)
    asked, among = rng.normal(size=(queries, 5)), rng.normal(size=(rows, 5))
    before = neighbours.QUERIES, neighbours.ROWS
    neighbours.QUERIES, neighbours.ROWS = 3, 7  # several blocks
    try:
        numbers, cosines = nearest_rows(asked, among, top)
    finally:
        neighbours.QUERIES, neighbours.ROWS = before
    every = unit_rows(asked) @ unit_rows(among).T
    expected = np.argsort(-every, axis=1, kind="stable")[:, :top]
    np.testing.assert_allclose(cosines, np.take_along_axis(every, expected, 1), atol=1e-6)
    np.testing.assert_allclose(np.take_along_axis(every, numbers, 1), cosines, atol=1e-6)
    assert all(len(set(row)) == len(row) for row in numbers.tolist())


def test_equal_rows_come_in_their_order():
    numbers, cosines = nearest_rows(np.ones((1, 2)), np.ones((4, 2)), 4)
    assert numbers.tolist() == [[0, 1, 2, 3]]
    np.testing.assert_allclose(cosines, 1, atol=1e-6)


def test_zeros_are_near_to_nothing():
    assert nearest_rows(np.zeros((1, 2)), np.eye(2), 1)[1].tolist() == [[0]]
    assert unit_rows(np.zeros((1, 3))).tolist() == [[0, 0, 0]]


def test_sizes_that_differ_are_an_error():
    with pytest.raises(UsageError, match=r"shapes \(1, 2\) and \(4, 3\)"):
        nearest_rows(np.ones((1, 2)), np.ones((4, 3)), 1)
    with pytest.raises(UsageError, match="top must be a whole number"):
        nearest_rows(np.ones((1, 2)), np.ones((4, 2)), 0)


def test_of_equally_near_rows_the_first_are_found():
    rows = np.ones((100, 4))
    assert nearest_rows(np.ones((2, 4)), rows, 3)[0].tolist() == [[0, 1, 2]] * 2
    rows[50] *= [1, 1, 1, 1.5]
    assert nearest_rows(rows[50:51], rows, 3)[0].tolist() == [[50, 0, 1]]


@pytest.mark.parametrize("far", [0.0, 1e4])
def test_least_distances_are_those_of_sorting_them_all(far, monkeypatch):
    monkeypatch.setattr(neighbours, "QUERIES", 3)
    monkeypatch.setattr(neighbours, "ROWS", 5)
    random = np.random.default_rng(0)
    queries, rows = random.normal(size=(7, 4)) + far, random.normal(size=(23, 4)) + far
    distances = np.linalg.norm(queries[:, None] - rows, axis=2)
    numbers, found = nearest_rows(queries, rows, 6, "euclidean")
    assert numbers.tolist() == np.argsort(distances, axis=1)[:, :6].tolist()
    assert found == pytest.approx(np.sort(distances, axis=1)[:, :6], abs=1e-6)


def test_an_unknown_metric_is_named():
    with pytest.raises(UsageError, match="metric must be one of cosine, euclidean"):
        nearest_rows(np.eye(2), np.eye(2), 1, "manhattan")
