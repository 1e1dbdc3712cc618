"""Vectors as a graph: each is joined to those that are nearest to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from octavo._checks import check_whole
from octavo.community.graph import Graph, make_graph
from octavo.errors import DataError, UsageError
from octavo.vectors.neighbours import nearest_rows


def knn_graph(vectors: Any, n_neighbors: int = 15, metric: str = "cosine") -> Graph:
    """The graph of nearest neighbours, found exactly, in blocks.

    A link has its cosine as weight, those below 0 have none; with the metric "euclidean" it has the
    weight 1. Two vectors that are each among the nearest of the other have both weights together.

    Args:
        vectors: float (vectors, size).
        n_neighbors: how many nearest others each vector is joined to.
        metric: "cosine" or "euclidean".

    Raises:
        UsageError: if a parameter is impossible.
        DataError: if the vectors are no matrix of finite numbers.

    Example:
        >>> graph = knn_graph([[1, 0], [2, 0.1], [0, 1], [0.1, 3]], n_neighbors=1)
        >>> graph.targets.tolist()
        [1, 0, 3, 2]
    """
    check_whole("n_neighbors", n_neighbors, 1)
    rows = np.asarray(vectors)
    if rows.ndim != 2 or rows.dtype.kind not in "fiu":
        raise UsageError(f"vectors must be a matrix of numbers. Received: shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise DataError("a vector has a number that is not finite")
    count = len(rows)
    numbers, near = nearest_rows(rows, rows, n_neighbors + 1, metric)
    others = numbers != np.arange(count)[:, None]
    others[:, -1] &= ~others.all(1)  # equal vectors can push one out of its own list
    weights = np.maximum(near, 0) if metric == "cosine" else np.ones(near.shape)
    sources = np.repeat(np.arange(count), others.sum(1))
    return make_graph(sources, numbers[others], weights[others], nodes=count)
