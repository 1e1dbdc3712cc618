"""Graphs for tests: random ones as matrices, and some whose modules are known."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from octavo.community.graph import make_graph

# A directed graph with self-links and a node that no link leaves.
LINKS = [
    (0, 1, 2), (0, 4, 1), (0, 5, 1), (0, 7, 1), (1, 1, 3), (1, 5, 4), (1, 7, 3), (2, 2, 3),
    (2, 3, 3), (2, 4, 1), (2, 6, 4), (3, 2, 1), (3, 4, 3), (3, 6, 4), (4, 0, 2), (4, 6, 2),
    (4, 7, 2), (5, 0, 3), (5, 2, 3), (5, 7, 3), (6, 1, 4), (6, 4, 4), (6, 6, 4),
]  # fmt: skip
OPTIONS = {
    "directed": {},
    "recorded": {"record_teleportation": True},
    "to nodes": {"teleport_to": "nodes"},
    "recorded, to nodes": {"record_teleportation": True, "teleport_to": "nodes"},
    "given": {"flow": "given"},
}


def example(directed=True):
    """The graph of LINKS."""
    return make_graph(*np.array(LINKS).T, directed=directed)


def dense(graph):
    """A graph as a matrix of weights; that each link stands once is looked at."""
    found = np.zeros((len(graph.starts) - 1,) * 2)
    for node in range(len(found)):
        for place in range(graph.starts[node], graph.starts[node + 1]):
            assert graph.weights[place] > 0
            assert found[node, graph.targets[place]] == 0
            found[node, graph.targets[place]] = graph.weights[place]
    return found


@st.composite
def weights(draw, most=9):
    """A matrix of small weights, float64 (nodes, nodes), some of them 0, with self-links."""
    count = draw(st.integers(2, most))
    numbers = st.sampled_from([0.0, 0.0, 0.0, 1.0, 1.0, 2.5])
    values = draw(st.lists(numbers, min_size=count**2, max_size=count**2))
    found = np.array(values).reshape(count, count)
    found[draw(st.integers(0, count - 1)), draw(st.integers(0, count - 1))] += 1
    return found


def cliques(count, size):
    """Cliques in a ring, joined by one link each, float64 (nodes, nodes)."""
    found = np.kron(np.eye(count), np.ones((size, size)) - np.eye(size))
    for clique in range(count):
        node, other = clique * size, (clique * size + size + 1) % (count * size)
        found[node, other] = found[other, node] = 1
    return found
