"""Graphs: what the tools of others call a graph, as rows of links.

A link without direction stands in the rows of both its nodes, with its weight; one from a node to
itself once. So a row's sum is a node's strength, as in a symmetric matrix.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np

from octavo._checks import check_whole
from octavo._numba import compiled
from octavo.errors import DataError, UsageError

MOST_NODES = 2**31 - 1


class Graph(NamedTuple):
    """Links with weights, by the node they go out from.

    Args:
        starts: where each node's links begin, int64 (nodes + 1,).
        targets: the node at the other end of each link, int32 (links,), each once in a row.
        weights: float64 (links,), above 0.
        directed: whether a link has a direction; else it stands in the rows of both its nodes.
        names: of the nodes; None for their numbers.

    Example:
        >>> graph = make_graph([0, 1, 2], [1, 2, 2], [1.0, 2.0, 4.0])
        >>> graph.starts.tolist(), graph.targets.tolist(), graph.weights.tolist()
        ([0, 1, 3, 5], [1, 0, 2, 1, 2], [1.0, 1.0, 2.0, 2.0, 4.0])
    """

    starts: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    directed: bool = False
    names: Sequence[Hashable] | None = None


def make_graph(
    sources: Any,
    targets: Any,
    weights: Any = None,
    *,
    nodes: int | None = None,
    directed: bool = False,
    names: Sequence[Hashable] | None = None,
) -> Graph:
    """A graph of links.

    Args:
        sources: the node each link goes out from, a whole number from 0, (links,).
        targets: the node it goes to.
        weights: of the links, 0 or more; 1 by default. Those of links that stand twice are summed,
            links of weight 0 are none.
        nodes: how many nodes there are; up to the largest number that a link has, by default.
        directed: whether the links have a direction.
        names: of the nodes.

    Raises:
        DataError: if a number is no node's, or a weight is negative, infinite or NaN.
        UsageError: if the lengths differ.

    Example:
        >>> make_graph([0, 1], [1, 2], directed=True).targets.tolist()
        [1, 2]
    """
    ends = [_check_nodes(name, got) for name, got in (("sources", sources), ("targets", targets))]
    given = np.ones(len(ends[0])) if weights is None else _check_weights(weights)
    if not len(ends[0]) == len(ends[1]) == len(given):
        raise UsageError(
            "sources, targets and weights must be equally many. "
            f"Received: {len(ends[0])}, {len(ends[1])} and {len(given)}"
        )
    largest = max((int(end.max()) for end in ends if len(end)), default=-1)
    count = largest + 1 if nodes is None else check_whole("nodes", nodes, 0, MOST_NODES)
    if largest >= count:
        raise DataError(f"there are {count} nodes, numbered from 0; a link has node {largest}")
    starts, others, kept = build_rows(*ends, given, count, not directed)
    return Graph(starts, others, kept, directed, names)


def as_graph(graph: Any, directed: bool | None = None) -> Graph:
    """A graph of what other tools call one.

    Args:
        graph: a `Graph`; a SciPy sparse or NumPy matrix of weights; a graph of networkx or igraph,
            with the weights of the attribute "weight", if there is one.
        directed: whether links have a direction; None for what the graph says, which a matrix does
            not: in one that is not symmetric, without directions, the weights both ways are summed.

    Raises:
        UsageError: if it is none of these, or `directed` says other than the graph.
        DataError: if a matrix is not square, or a weight is negative, infinite or NaN.
    """
    if isinstance(graph, Graph):
        found = graph
    elif hasattr(graph, "get_edgelist") and hasattr(graph, "vs"):
        found = _from_igraph(graph)
    elif hasattr(graph, "is_directed") and hasattr(graph, "edges"):
        found = _from_networkx(graph)
    else:
        return _from_matrix(graph, bool(directed))
    if directed is None or directed == found.directed:
        return found
    if directed:
        raise UsageError("the graph has no directions. Received: directed=True")
    sources, count = sources_of(found.starts), len(found.starts) - 1
    starts, targets, weights = build_rows(sources, found.targets, found.weights, count, True)
    return Graph(starts, targets, weights, names=found.names)


def _from_networkx(graph: Any) -> Graph:
    names = list(graph.nodes)
    numbers = {name: number for number, name in enumerate(names)}
    links = list(graph.edges(data="weight", default=1))
    sources = [numbers[link[0]] for link in links]
    targets = [numbers[link[1]] for link in links]
    weights = [link[2] for link in links]
    plain = None if names == list(range(len(names))) else names
    return make_graph(
        sources, targets, weights, nodes=len(names), directed=graph.is_directed(), names=plain
    )


def _from_igraph(graph: Any) -> Graph:
    links = np.array(graph.get_edgelist(), np.int64).reshape(-1, 2)
    weights = graph.es["weight"] if "weight" in graph.es.attributes() else None
    names = graph.vs["name"] if "name" in graph.vs.attributes() else None
    return make_graph(
        links[:, 0],
        links[:, 1],
        weights,
        nodes=graph.vcount(),
        directed=graph.is_directed(),
        names=names,
    )


def _from_matrix(matrix: Any, directed: bool) -> Graph:
    if not hasattr(matrix, "tocsr"):
        matrix = np.asarray(matrix)
    if getattr(matrix, "ndim", 0) != 2 or matrix.shape[0] != matrix.shape[1]:
        shape = getattr(matrix, "shape", None)
        raise DataError(
            "a graph is a square matrix of weights, or a graph of networkx or igraph; vectors "
            f'are joined with affinity="knn" (got shape {shape})'
        )
    count = matrix.shape[0]
    if not hasattr(matrix, "tocsr"):
        sources, targets = np.nonzero(matrix)
        weights = _check_weights(matrix[sources, targets])
        starts = np.zeros(count + 1, np.int64)
        np.cumsum(np.bincount(sources, minlength=count), out=starts[1:])
    else:
        rows = matrix.tocsr()
        if not rows.has_canonical_format:
            rows = rows.copy()
            rows.sum_duplicates()
        weights = _check_weights(rows.data)
        starts, targets = rows.indptr.astype(np.int64), rows.indices
        if not weights.all():
            kept = weights > 0
            starts = np.concatenate([[0], np.cumsum(kept)])[starts]
            targets, weights = targets[kept], weights[kept]
    targets = targets.astype(np.int32)
    if directed or is_symmetric(starts, targets, weights):
        return Graph(starts, targets, weights, directed)
    return Graph(*build_rows(sources_of(starts), targets, weights, count, True))


def _check_nodes(name: str, numbers: Any) -> np.ndarray:
    found = np.asarray(numbers)
    if found.size == 0:
        return np.zeros(0, np.int32)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise UsageError(
            f"{name} must be whole numbers, one a link. "
            f"Received: shape {found.shape}, type {found.dtype}"
        )
    if found.min() < 0 or found.max() >= MOST_NODES:
        raise DataError(f"nodes are numbers from 0 to {MOST_NODES - 1}; {name} has others")
    return found.astype(np.int32)


def _check_weights(weights: Any) -> np.ndarray:
    try:
        found = np.asarray(weights, np.float64)
    except (TypeError, ValueError):
        raise DataError("a weight is no number") from None
    if found.ndim != 1:
        raise UsageError(f"weights must be one a link. Received: shape {found.shape}")
    with np.errstate(over="ignore"):
        total = 4 * found.sum()  # both ways, and sums of such sums
    if len(found) and not (found.min() >= 0 and np.isfinite(total)):
        bad = np.flatnonzero(~(np.isfinite(found) & (found >= 0)))
        which = f"link {bad[0]} has {found[bad[0]]:g}" if len(bad) else "their sum is too large"
        raise DataError(f"weights must be finite and 0 or more; {which}")
    return found


def sources_of(starts: np.ndarray) -> np.ndarray:
    """The node that each link goes out from, int32 (links,), from where each node's begin."""
    return np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))


def names_of(graph: Graph) -> Sequence[Hashable]:
    """The names of the nodes: their numbers, if they have no others."""
    return range(len(graph.starts) - 1) if graph.names is None else graph.names


@compiled
def build_rows(
    sources: np.ndarray, targets: np.ndarray, weights: np.ndarray, count: int, both: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Links by the node they go out from, equal ones summed.

    Args:
        sources: int32 (links,).
        targets: int32 (links,).
        weights: float64 (links,); those of 0 are left out.
        count: how many nodes there are.
        both: whether a link also goes out from its target; one from a node to itself does not.

    Returns:
        Starts, int64 (count + 1,), targets, int32, and weights, float64.
    """
    ends = np.zeros(count + 1, np.int64)
    for link in range(len(sources)):
        if weights[link] > 0:
            ends[sources[link] + 1] += 1
            if both and sources[link] != targets[link]:
                ends[targets[link] + 1] += 1
    for node in range(count):
        ends[node + 1] += ends[node]
    starts = ends.copy()
    others, values = np.empty(ends[count], np.int32), np.empty(ends[count])
    for link in range(len(sources)):
        source, target = sources[link], targets[link]
        if weights[link] > 0:
            others[ends[source]] = target
            values[ends[source]] = weights[link]
            ends[source] += 1
            if both and source != target:
                others[ends[target]] = source
                values[ends[target]] = weights[link]
                ends[target] += 1
    end, seen = 0, np.full(count, -1)
    for node in range(count):
        begin, last = starts[node], ends[node]
        starts[node] = first = end
        for place in range(begin, last):
            known = seen[others[place]]
            if known >= first:
                values[known] += values[place]
            else:
                seen[others[place]] = end
                others[end], values[end] = others[place], values[place]
                end += 1
    starts[count] = end
    return starts, others[:end].copy(), values[:end].copy()


@compiled
def is_symmetric(starts: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> bool:
    """Whether each link goes both ways with the same weight; targets ascend in each row."""
    after = starts[:-1].copy()  # the link of each row that is not yet found from the other side
    for node in range(len(after)):
        for place in range(starts[node], starts[node + 1]):
            other = targets[place]
            back = after[other]
            if back == starts[other + 1] or targets[back] != node:
                return False
            if weights[back] != weights[place]:
                return False
            after[other] += 1
    return True
