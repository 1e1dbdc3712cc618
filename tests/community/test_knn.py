"""Nearest neighbours as a graph, beside a slow search."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import dense

from octavo.community import knn_graph
from octavo.errors import DataError, UsageError


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_each_vector_is_joined_to_its_nearest(metric):
    vectors = np.random.default_rng(0).normal(size=(60, 7)) + 1
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    near = units @ units.T
    if metric == "euclidean":
        near = -np.linalg.norm(vectors[:, None] - vectors, axis=2)
    np.fill_diagonal(near, -np.inf)
    right = np.zeros((60, 60))
    for row in range(60):
        for other in np.argsort(-near[row])[:4]:
            right[row, other] = max(near[row, other], 0) if metric == "cosine" else 1
    assert dense(knn_graph(vectors, 4, metric)) == pytest.approx(right + right.T, abs=1e-6)


def test_equal_vectors_are_not_joined_to_themselves():
    graph = knn_graph(np.ones((5, 2)), 2)
    assert (np.diag(dense(graph)) == 0).all()
    assert np.diff(graph.starts).min() >= 2


def test_few_vectors_have_few_neighbours():
    both = 2**0.5  # of two weights
    found = dense(knn_graph([[1.0, 0], [1, 1]], 15))
    assert found == pytest.approx(np.array([[0, both], [both, 0]]), abs=1e-6)


def test_what_are_no_vectors_are_errors():
    with pytest.raises(UsageError, match="matrix of numbers"):
        knn_graph(["a"])
    with pytest.raises(DataError, match="not finite"):
        knn_graph([[1.0, np.nan]])
    with pytest.raises(UsageError, match="n_neighbors"):
        knn_graph([[1.0]], 0)
