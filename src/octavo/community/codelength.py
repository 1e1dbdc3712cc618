"""The map equation: how many bits a step of a random walk takes, told by modules and nodes.

A code word of the index code is written when a module is entered, one of a module's own code for
each node visited in it and when it is left. With q the rate of entering modules, P^i the rates of
visiting the nodes of module i and of leaving it, and p^i their sum,

    L(M) = q H(Q) + sum_i p^i H(P^i)

Source: Rosvall and Bergstrom 2008, PNAS 105(4):1118, eq. (1); Su Jianlin,
kexue.fm/archives/7006.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from octavo._checks import check_number
from octavo.community.flow import make_flow, make_network
from octavo.community.network import RATE, Network, exits_and_enters, sum_modules
from octavo.errors import UsageError


class MapEquation(NamedTuple):
    """The code length of a partition, in bits per step, and its parts.

    Args:
        codelength: of both codes together.
        index_codelength: of the code of modules.
        module_codelengths: of the codes of nodes, float64 (modules,), by the labels.
    """

    codelength: float
    index_codelength: float
    module_codelengths: np.ndarray


def map_equation(
    graph: Any, labels: Any, *, flow: str | None = None, markov_time: float = 1.0, **options: Any
) -> MapEquation:
    """The code length of a partition of a graph.

    Args:
        graph: as for `octavo.community.Infomap.fit`.
        labels: the module of each node, whole numbers from 0, (nodes,).
        flow: as for `octavo.community.visit_rates`.
        markov_time: how often what leaves modules counts.
        options: of the walk, as for `visit_rates`.

    Raises:
        UsageError: if there is not one label for each node.

    Example:
        >>> graph = np.kron(np.eye(2), np.ones((3, 3)) - np.eye(3))
        >>> graph[2, 3] = graph[3, 2] = 1
        >>> found = map_equation(graph, [0, 0, 0, 1, 1, 1])
        >>> round(found.codelength, 4), round(found.index_codelength, 4)
        (2.3207, 0.1429)
    """
    check_number("markov_time", markov_time, above=0)
    walk = make_flow(graph, flow, **options)
    given = check_labels(labels, len(walk.rates))
    return measure(make_network(walk, markov_time), given)


def measure(network: Network, labels: np.ndarray) -> MapEquation:
    """The code length of a partition of a network, int32 (nodes,)."""
    count = int(labels.max()) + 1 if len(labels) else 0
    table = sum_modules(network, labels, count)
    leaves, enters = exits_and_enters(table, network.jumps)
    rates = _plogp(np.maximum(network.nodes[:, RATE], 0))
    inside = np.bincount(labels, rates, minlength=count)
    modules = _plogp(leaves + table[:, RATE]) - _plogp(leaves) - inside
    index = float(_plogp(enters.sum()) - _plogp(enters).sum())
    return MapEquation(index + float(modules.sum()), index, modules)


def check_labels(labels: Any, count: int) -> np.ndarray:
    """Labels as int32 (count,).

    Raises:
        UsageError: if they are no whole numbers from 0 to count - 1, one a node.
    """
    given = np.asarray(labels)
    if given.size == 0 and count == 0:
        return np.zeros(0, np.int32)
    if given.shape != (count,) or given.dtype.kind not in "iu":
        raise UsageError(
            f"labels must be {count} whole numbers, one a node. "
            f"Received: shape {given.shape}, type {given.dtype}"
        )
    if given.min() < 0 or given.max() >= count:
        raise UsageError(
            f"labels must lie between 0 and {count - 1}, below the number of nodes. "
            f"Received: {given.min()} to {given.max()}"
        )
    return given.astype(np.int32)


def _plogp(xs: Any) -> Any:
    positive = np.maximum(xs, 0)
    return positive * np.log2(np.where(positive > 0, positive, 1))
