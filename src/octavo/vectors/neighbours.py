"""Exact nearest neighbours by the cosine or the distance, in blocks that fit in memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from octavo._checks import check_one_of, check_whole
from octavo.errors import UsageError

QUERIES, ROWS = 256, 1 << 15  # of a block: 32 MB of similarities
METRICS = ("cosine", "euclidean")


def nearest_rows(
    queries: np.ndarray, rows: np.ndarray, top: int, metric: str = "cosine"
) -> tuple[np.ndarray, np.ndarray]:
    """The rows with the highest cosines to each query, or with the least distances.

    Args:
        queries: vectors, any float dtype (queries, size).
        rows: the vectors among which is searched, any float dtype (rows, size).
        top: how many are found for a query; all rows, if there are fewer.
        metric: "cosine" or "euclidean".

    Returns:
        The numbers of the rows, int64 (queries, top), the nearest first, and of equally near ones
        the first; and their cosines, float32 (queries, top), or distances, float64. A vector of
        zeros has the cosine 0.

    Raises:
        UsageError: if `top` is no whole number of 1 or more, the metric none of these, or the sizes
            differ.

    Example:
        >>> numbers, cosines = nearest_rows(np.eye(2), np.array([[1, 1], [0, 2], [-1, 0]]), top=2)
        >>> numbers.tolist(), (cosines > 0.7).tolist()
        ([[0, 1], [1, 0]], [[True, False], [True, True]])
    """
    top = min(check_whole("top", top, 1), len(rows))
    check_one_of("metric", metric, METRICS)
    if queries.ndim != 2 or rows.ndim != 2 or queries.shape[1] != rows.shape[1]:
        raise UsageError(
            "queries and rows must be matrices of one size. "
            f"Received: shapes {queries.shape} and {rows.shape}"
        )
    numbers = np.zeros((len(queries), top), np.int64)
    euclidean = metric == "euclidean"
    if euclidean and len(rows):  # about their middle little is lost in differences of squares
        centre = rows.mean(0, np.float64)
        queries, rows = queries - centre, rows - centre
    near = np.zeros((len(queries), top), np.float64 if euclidean else np.float32)
    for first in range(0, len(queries), QUERIES):
        block = slice(first, first + QUERIES)
        some = queries[block] if euclidean else unit_rows(queries[block])
        numbers[block], near[block] = _search(
            some, rows, top, _closeness if euclidean else _cosines
        )
    if euclidean:
        near = np.sqrt(np.maximum(np.square(queries).sum(1, keepdims=True) - 2 * near, 0))
    return numbers, near


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1 that point the same way, float32; zeros stay zeros.

    Example:
        >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
        [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    vectors = np.asarray(vectors, np.float32)
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if np.isinf(lengths).any():  # of float32
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32, copy=False)


def _cosines(queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return queries @ unit_rows(rows).T


def _closeness(queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Half of what is missing from the squared distance to the query's own square."""
    return queries @ rows.T - 0.5 * np.square(rows).sum(1)


def _search(
    queries: np.ndarray,
    rows: np.ndarray,
    top: int,
    measure: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    best = np.zeros((len(queries), 0), queries.dtype)
    numbers = np.zeros((len(queries), 0), np.int64)
    for first in range(0, len(rows), ROWS):
        found = measure(queries, rows[first : first + ROWS])
        places = _largest(found, top)
        best = np.concatenate([best, np.take_along_axis(found, places, 1)], 1)
        numbers = np.concatenate([numbers, places + first], 1)
        kept = _largest(best, top)
        best = np.take_along_axis(best, kept, 1)
        numbers = np.take_along_axis(numbers, kept, 1)
    order = np.lexsort((numbers, -best))
    return np.take_along_axis(numbers, order, 1), np.take_along_axis(best, order, 1)


def _largest(values: np.ndarray, top: int) -> np.ndarray:
    """The places of the largest values of each row, of equal ones the first, in any order."""
    if values.shape[1] <= top:
        return np.broadcast_to(np.arange(values.shape[1]), values.shape)
    places = np.argpartition(values, -top, axis=1)[:, -top:]
    least = np.take_along_axis(values, places, 1).min(1, keepdims=True)
    for row in np.flatnonzero((values >= least).sum(1) > top):  # others are as large as the last
        places[row] = np.argsort(-values[row], kind="stable")[:top]
    return places
