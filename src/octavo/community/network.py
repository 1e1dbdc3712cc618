"""What the search works on: flows between nodes, and a table with a row a module.

A node is a module of one, so nodes and modules have the same table, and the modules of one level
are the nodes of the next. With q the flow that leaves a module or comes into it, and p the rate of
what is in it, a module adds to the code length (Rosvall and Bergstrom 2008, eq. 4)

    cost = plogp(q_out + p) - plogp(q_out) - plogp(q_in),    plogp(x) = x log2 x

beside plogp of the sum of all q_in, and what no partition changes. Without directions q_out is
q_in, and a table has four columns, else eight. Nodes of one module only need to know what flows
between them both ways together, as a node that joins takes away the same from q_out and from q_in.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from octavo._numba import compiled, inlined
from octavo.community.logs import plogp

RATE = 0  # p, the share of steps that visit it
EXIT = 1  # that leave it along links (without directions also: that come in)
COST = 2
FLOW = 3  # to it from the node that is looked at; 0 between two nodes
ENTER = 4  # with directions: that come in along links
LEAVING = 5  # the share of steps that jump away from it
ARRIVING = 6  # the chance that a jump ends in it
NARROW, WIDE = 4, 8  # half a line of the cache, or one


class Network(NamedTuple):
    """Flows between nodes, without those from a node to itself.

    Args:
        starts: where each node's flows begin, int64 (nodes + 1,).
        targets: the nodes at the other end, int32 (flows,).
        flows: both ways together, float64 (flows,), above 0.
        nodes: the table of the nodes, float64 (nodes, NARROW or WIDE).
        jumps: the share of steps that jump, of all nodes together.
    """

    starts: np.ndarray
    targets: np.ndarray
    flows: np.ndarray
    nodes: np.ndarray
    jumps: float


@inlined
def exit_of(table, row):
    """q_out of a module."""
    leaves = table[row, EXIT]
    if table.shape[1] == WIDE:
        leaves += table[row, LEAVING] * (1.0 - table[row, ARRIVING])
    return leaves


@inlined
def enter_of(table, row, jumps):
    """q_in of a module."""
    if table.shape[1] == NARROW:
        return table[row, EXIT]
    return table[row, ENTER] + (jumps - table[row, LEAVING]) * table[row, ARRIVING]


@inlined
def cost_of(rate, leaves, enters):
    """What a module adds to the code length, but for its part of the sum of all q_in."""
    return plogp(leaves + rate) - plogp(leaves) - plogp(enters)


@compiled
def fill_costs(table: np.ndarray, jumps: float) -> None:
    """Set the costs of all rows."""
    for row in range(len(table)):
        table[row, COST] = cost_of(
            table[row, RATE], exit_of(table, row), enter_of(table, row, jumps)
        )
        table[row, FLOW] = 0.0


@compiled
def total_cost(table: np.ndarray, jumps: float) -> float:
    """The code length of a table of modules without what no partition changes."""
    enters, costs = 0.0, 0.0
    for row in range(len(table)):
        enters += enter_of(table, row, jumps)
        costs += table[row, COST]
    return plogp(enters) + costs


@compiled
def exits_and_enters(table: np.ndarray, jumps: float) -> tuple[np.ndarray, np.ndarray]:
    """q_out and q_in of all rows, float64 (rows,) each."""
    leaves, enters = np.empty(len(table)), np.empty(len(table))
    for row in range(len(table)):
        leaves[row], enters[row] = exit_of(table, row), enter_of(table, row, jumps)
    return leaves, enters


@compiled
def sum_modules(network: Network, labels: np.ndarray, count: int) -> np.ndarray:
    """The table of the modules of a partition.

    Args:
        network: the nodes.
        labels: the module of each node, int32 (nodes,).
        count: how many modules there are.

    Returns:
        float64 (count, columns).
    """
    nodes = network.nodes
    table = np.zeros((count, nodes.shape[1]))
    for node in range(len(labels)):
        module = labels[node]
        inside = 0.0  # half of what flows between it and its module, both ways together
        for place in range(network.starts[node], network.starts[node + 1]):
            if labels[network.targets[place]] == module:
                inside += 0.5 * network.flows[place]
        for column in range(nodes.shape[1]):
            table[module, column] += nodes[node, column]
        table[module, EXIT] -= inside
        if nodes.shape[1] == WIDE:
            table[module, ENTER] -= inside
    fill_costs(table, network.jumps)
    return table


@compiled
def number_modules(labels: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Number the modules anew, in the order of their first nodes; changes the labels.

    Args:
        labels: the module of each node, int32 (nodes,).
        table: of modules, some of which may be empty, float64 (modules, columns).

    Returns:
        The table of those that are not empty, float64 (count, columns).
    """
    numbers = np.full(len(table), -1, np.int32)
    count = 0
    for node in range(len(labels)):
        module = labels[node]
        if numbers[module] < 0:
            numbers[module] = count
            count += 1
        labels[node] = numbers[module]
    kept = np.empty((count, table.shape[1]))
    for module in range(len(table)):
        if numbers[module] >= 0:
            kept[numbers[module]] = table[module]
    return kept


@compiled
def sort_nodes(labels: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes by their module, those of a module in the order they had.

    Returns:
        The nodes, int32 (nodes,), and where each module's begin, int64 (count + 1,).
    """
    starts = np.zeros(count + 2, np.int64)
    for node in range(len(labels)):
        starts[labels[node] + 2] += 1
    for module in range(count):
        starts[module + 2] += starts[module + 1]
    order = np.empty(len(labels), np.int32)
    for node in range(len(labels)):
        module = labels[node]
        order[starts[module + 1]] = node
        starts[module + 1] += 1
    return order, starts[:-1]


@compiled
def join_modules(network: Network, labels: np.ndarray, table: np.ndarray) -> Network:
    """The network whose nodes are the modules of a partition.

    Args:
        network: the nodes.
        labels: the module of each node, int32 (nodes,), numbered without gaps.
        table: of the modules, float64 (modules, columns).
    """
    members, firsts = sort_nodes(labels, len(table))
    starts = np.zeros(len(table) + 1, np.int64)
    targets = np.empty(len(network.targets), np.int32)  # room that is not used is never touched
    flows = np.empty(len(network.targets))
    to = np.zeros(len(table))
    end = 0
    for module in range(len(table)):
        begin = end
        for member in range(firsts[module], firsts[module + 1]):
            node = members[member]
            for place in range(network.starts[node], network.starts[node + 1]):
                other = labels[network.targets[place]]
                if other != module:
                    if to[other] == 0.0:
                        targets[end] = other
                        end += 1
                    to[other] += network.flows[place]
        for place in range(begin, end):
            flows[place] = to[targets[place]]
            to[targets[place]] = 0.0
        starts[module + 1] = end
    return Network(starts, targets[:end].copy(), flows[:end].copy(), table, network.jumps)


@compiled
def reorder(network: Network, order: np.ndarray) -> Network:
    """The same network, its nodes in another order: what is looked at in turn lies together.

    Args:
        network: the nodes.
        order: the node that comes first, the second, ..., int32 (nodes,).
    """
    places = np.empty(len(order), np.int32)
    for place in range(len(order)):
        places[order[place]] = place
    starts, nodes = np.zeros_like(network.starts), np.empty_like(network.nodes)
    targets, flows = np.empty_like(network.targets), np.empty_like(network.flows)
    end = 0
    for place in range(len(order)):
        node = order[place]
        nodes[place] = network.nodes[node]
        for old in range(network.starts[node], network.starts[node + 1]):
            targets[end] = places[network.targets[old]]
            flows[end] = network.flows[old]
            end += 1
        starts[place + 1] = end
    return Network(starts, targets, flows, nodes, network.jumps)
