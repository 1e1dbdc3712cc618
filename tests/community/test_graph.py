"""Graphs from arrays, matrices and what networkx and igraph give, beside dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import dense, weights
from hypothesis import given

from octavo.community.graph import Graph, as_graph, is_symmetric, make_graph
from octavo.errors import DataError, UsageError


def both_ways(matrix):
    return matrix + matrix.T - np.diag(np.diag(matrix))


@given(weights())
def test_links_are_the_matrix_whatever_form_they_come_in(matrix):
    sparse = pytest.importorskip("scipy.sparse")
    sources, targets = np.nonzero(matrix)
    links = matrix[sources, targets]
    twice = [np.tile(end, 2) for end in (sources, targets)]
    symmetric = both_ways(matrix)
    undirected = matrix if (matrix == matrix.T).all() else symmetric
    forms = [matrix, matrix.tolist(), sparse.csr_array(matrix), sparse.coo_matrix(matrix)]
    for form in forms:
        assert (dense(as_graph(form, True)) == matrix).all()
        assert (dense(as_graph(form)) == undirected).all()
    for directed, right in ((True, matrix), (False, symmetric)):
        made = make_graph(*twice, np.tile(links, 2) / 2, nodes=len(matrix), directed=directed)
        assert (dense(made) == right).all()
        assert (dense(as_graph(made, False)) == symmetric).all()
    rows = as_graph(matrix, True)
    order = np.lexsort((rows.targets, np.repeat(range(len(matrix)), np.diff(rows.starts))))
    assert is_symmetric(rows.starts, rows.targets[order], rows.weights[order]) == (
        (matrix == matrix.T).all()
    )


def test_zeros_that_a_sparse_matrix_keeps_are_no_links():
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csr_array(([1.0, 0.0, 1.0], [1, 2, 0], [0, 2, 3, 3]), shape=(3, 3))
    assert as_graph(matrix).targets.tolist() == [1, 0]
    assert matrix.nnz == 3


class Networkx:
    nodes = ("b", "a", 3)

    def is_directed(self):
        return True

    def edges(self, data, default):
        assert (data, default) == ("weight", 1)
        return [("b", "a", 2), ("a", 3, 1), ("b", "a", 0.5)]


class Table(dict):
    def attributes(self):
        return list(self)


class Igraph:
    es = Table(weight=[2.0, 3.0])
    vs = Table(name=["x", "y", "z"])

    def get_edgelist(self):
        return [(0, 1), (1, 1)]

    def vcount(self):
        return 3

    def is_directed(self):
        return False


def test_graphs_of_networkx_and_igraph_bring_weights_names_and_directions():
    graph = as_graph(Networkx())
    assert (graph.directed, graph.names) == (True, ["b", "a", 3])
    assert dense(graph).tolist() == [[0, 2.5, 0], [0, 0, 1], [0, 0, 0]]
    graph = as_graph(Igraph())
    assert (graph.directed, graph.names) == (False, ["x", "y", "z"])
    assert dense(graph).tolist() == [[0, 2, 0], [2, 3, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: make_graph([0], [1], [-1]), "weights must be finite and 0 or more; link 0 has -1"),
        (lambda: make_graph([0], [1], [np.nan]), "link 0 has nan"),
        (lambda: make_graph([0, 1], [1, 0], [1, np.inf]), "link 1 has inf"),
        (lambda: make_graph([0, 1], [1, 0], [1e308, 1e308]), "their sum is too large"),
        (lambda: make_graph([0], [1], ["a"]), "a weight is no number"),
        (lambda: make_graph([0], [-1]), "nodes are numbers from 0 to"),
        (lambda: make_graph([0], [2**31]), "nodes are numbers from 0 to"),
        (lambda: make_graph([0], [3], nodes=3), "3 nodes, numbered from 0; a link has node 3"),
        (lambda: as_graph(np.ones((2, 3))), r"a square matrix of weights.*\(2, 3\)"),
        (lambda: as_graph("graph"), "a square matrix of weights"),
        (lambda: as_graph([[0, -1], [1, 0]]), "has -1"),
    ],
)
def test_what_is_no_graph_is_an_error_of_the_data(make, message):
    with pytest.raises(DataError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: make_graph([0, 1], [1]), "equally many. Received: 2, 1 and 2"),
        (lambda: make_graph(["a"], ["b"]), "sources must be whole numbers"),
        (lambda: as_graph(make_graph([0], [1]), True), "has no directions"),
    ],
)
def test_impossible_arguments_are_named(make, message):
    with pytest.raises(UsageError, match=message):
        make()


def test_a_graph_may_have_no_links_and_no_nodes():
    assert dense(make_graph([], [], nodes=2)).tolist() == [[0, 0], [0, 0]]
    assert make_graph([], []).starts.tolist() == [0]
    assert isinstance(as_graph(np.zeros((0, 0))), Graph)
