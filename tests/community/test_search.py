"""What every step of the search promises.

Covers octavo.community.network, octavo.community.moves.
"""

from __future__ import annotations

import numpy as np
import pytest
from graphs import OPTIONS, cliques, weights
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.community.codelength import measure
from octavo.community.flow import make_flow, make_network
from octavo.community.moves import move_nodes
from octavo.community.network import (
    FLOW,
    RATE,
    join_modules,
    number_modules,
    reorder,
    sort_nodes,
    sum_modules,
    total_cost,
)
from octavo.community.search import climb, refine, search

ANYWHERE = np.zeros(0, np.int32)
WALKS = [*({"flow": "directed"} | options for options in OPTIONS.values()), {"flow": "undirected"}]


def network_of(matrix, options, markov_time=1.0):
    return make_network(make_flow(matrix, **options), markov_time)


def alone(network):
    return np.arange(len(network.nodes)).astype(np.int32)


def check_table(network, labels, table):
    """The tracked table is the one that is summed anew, its cost the length but for the rates."""
    count = int(labels.max()) + 1
    anew = sum_modules(network, labels, count)
    assert table == pytest.approx(anew, abs=1e-12)
    rates = network.nodes[:, RATE]
    constant = -(rates[rates > 0] * np.log2(rates[rates > 0])).sum()
    length = measure(network, labels).codelength
    assert total_cost(table, network.jumps) + constant == pytest.approx(length, abs=1e-9)


@given(weights(), st.sampled_from(WALKS), st.sampled_from([0.6, 1.0, 2.0]), st.data())
def test_after_every_step_what_is_tracked_is_what_is_there(matrix, options, markov_time, data):
    network = network_of(matrix, options, markov_time)
    order = data.draw(st.permutations(range(len(matrix))))
    network = reorder(network, np.array(order, np.int32))
    labels, table = alone(network), network.nodes.copy()
    before = total_cost(table, network.jumps)
    gained = move_nodes(network, labels, table, ANYWHERE, 0)
    assert (table[:, FLOW] == 0).all()
    assert before - total_cost(table, network.jumps) == pytest.approx(gained, abs=1e-9)
    assert (gained == 0) == (labels.tolist() == alone(network).tolist())
    table = number_modules(labels, table)
    check_table(network, labels, table)
    above = join_modules(network, labels, table)
    check_table(above, alone(above), above.nodes)
    length = total_cost(table, network.jumps)
    for step in (climb, refine, climb):
        table = step(network, labels, table.copy(), 0)
        check_table(network, labels, table)
        after = total_cost(table, network.jumps)
        assert after < length + 1e-9
        length = after


@given(weights(), st.sampled_from(WALKS))
def test_when_a_call_gains_nothing_no_move_of_one_node_makes_the_code_shorter(matrix, options):
    network = network_of(matrix, options)
    labels, table = alone(network), network.nodes.copy()
    while move_nodes(network, labels, table, ANYWHERE, 0) > 0:
        pass
    labels = np.unique(labels, return_inverse=True)[1].astype(np.int32)
    length = measure(network, labels).codelength
    for node in range(len(labels)):
        near = network.targets[network.starts[node] : network.starts[node + 1]]
        for module in {labels[other] for other in near}:
            moved = labels.copy()
            moved[node] = module
            moved = np.unique(moved, return_inverse=True)[1].astype(np.int32)
            assert measure(network, moved).codelength > length - 1e-9


@given(weights())
def test_nodes_that_stay_within_a_module_stay(matrix):
    network = network_of(matrix, {"flow": "undirected"})
    within = (np.arange(len(matrix)) % 2).astype(np.int32)
    labels, table = alone(network), network.nodes.copy()
    move_nodes(network, labels, table, within, 0)
    for label in set(labels.tolist()):
        assert len(set(within[labels == label].tolist())) == 1


def test_nodes_are_sorted_by_their_modules():
    order, starts = sort_nodes(np.array([1, 0, 2, 0, 1], np.int32), 3)
    assert (order.tolist(), starts.tolist()) == ([1, 3, 0, 4, 2], [0, 2, 4, 5])


def test_a_network_in_another_order_is_the_same():
    network = network_of(cliques(3, 4), {})
    order = np.random.default_rng(0).permutation(12).astype(np.int32)
    other = reorder(network, order)
    labels = np.repeat(range(3), 4).astype(np.int32)
    assert measure(other, labels[order]).codelength == pytest.approx(
        measure(network, labels).codelength, abs=1e-12
    )


@settings(max_examples=30)
@given(st.integers(0, 2**40), st.sampled_from(WALKS))
def test_cliques_are_found_from_any_seed(seed, options):
    graph = cliques(6, 5)
    network = network_of(graph, options)
    labels = search(network, ANYWHERE, seed, 0, 5.0)
    right = np.repeat(range(6), 5)
    assert len(set(zip(labels.tolist(), right.tolist(), strict=True))) == 6
    assert labels.max() == 5


def test_a_search_begins_where_it_is_told():
    network = network_of(cliques(6, 5), {})
    right = np.repeat(range(6), 5).astype(np.int32)
    assert (np.diff(search(network, right, 3, 0, 5.0).reshape(6, 5)) == 0).all()


def test_a_number_of_modules_may_be_preferred():
    network = network_of(cliques(6, 5), {})
    counts = [search(network, ANYWHERE, 0, some, 5.0).max() + 1 for some in (0, 3)]
    assert counts[0] == 6
    assert counts[1] < 6
