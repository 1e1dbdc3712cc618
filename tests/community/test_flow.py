"""Visit rates beside a slow walk, and beside those that infomap 2.16 gives."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import OPTIONS, example, weights
from hypothesis import given
from hypothesis import strategies as st
from map_equation_slow import walk_slowly

from octavo.community.flow import make_flow, visit_rates, walk
from octavo.community.graph import as_graph
from octavo.errors import UsageError

# The rates of `example` by infomap 2.16.
INFOMAP = {
    "directed": [0.09076, 0.17796, 0.08581, 0.03441, 0.13475, 0.10014, 0.20525, 0.17093],
    "to nodes": [0.09523, 0.17875, 0.08325, 0.03106, 0.13184, 0.10283, 0.1985, 0.17855],
    "recorded, to nodes": [
        0.10382, 0.16323, 0.0953, 0.05817, 0.12987, 0.10923, 0.17728, 0.1631,
    ],
    "given": [0.08197, 0.14754, 0.11475, 0.04918, 0.14754, 0.08197, 0.22951, 0.14754],
    "undirected": [0.08929, 0.14286, 0.13393, 0.09821, 0.13393, 0.125, 0.19643, 0.08036],
}  # fmt: skip


@pytest.mark.parametrize("name", INFOMAP)
def test_rates_are_those_of_infomap(name):
    graph = example(name != "undirected")
    found = visit_rates(graph, **OPTIONS.get(name, {}))
    assert found == pytest.approx(INFOMAP[name], abs=6e-6)


@given(
    weights(),
    st.sampled_from(["links", "nodes"]),
    st.booleans(),
    st.sampled_from([0.05, 0.15, 0.9]),
)
def test_a_directed_walk_is_the_slow_one(matrix, to, record, teleportation):
    flow = make_flow(matrix, "directed", teleportation, to, record)
    flows, jumps, rates = walk_slowly(matrix, True, teleportation, to, record)
    assert flow.rates == pytest.approx(rates, abs=1e-12)
    assert flow.rates.sum() == pytest.approx(1)
    assert np.outer(flow.leaving, flow.arriving) == pytest.approx(jumps, abs=1e-12)
    sources = np.repeat(range(len(matrix)), np.diff(flow.graph.starts))
    assert flow.flows == pytest.approx(flows[sources, flow.graph.targets], abs=1e-12)


@given(weights())
def test_an_undirected_walk_needs_no_steps(matrix):
    both = matrix + matrix.T - np.diag(np.diag(matrix))
    rates = both.sum(1) / both.sum()
    assert visit_rates(as_graph(matrix, True), "undirected") == pytest.approx(rates, abs=1e-15)


def test_a_walk_ends_after_its_steps():
    ring = as_graph(np.roll(np.eye(4), 1, axis=1), True)
    first = np.array([1.0, 0, 0, 0])
    steps = [
        walk(ring.starts, ring.targets, ring.weights, np.zeros(4), first, 0.0, most)
        for most in (1, 3)
    ]
    assert np.array(steps).tolist() == [[0, 1, 0, 0], [0, 0, 0, 1]]


def test_without_links_nothing_is_visited():
    for flow in (None, "directed", "given"):
        assert visit_rates(np.zeros((3, 3)), flow).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "options", [{"flow": "sideways"}, {"teleportation": 0}, {"teleport_to": "moon"}]
)
def test_impossible_walks_are_named(options):
    with pytest.raises(UsageError, match=next(iter(options))):
        visit_rates(np.ones((2, 2)), **options)
