"""The search for the two-level partition with the shortest code.

    climb      move nodes, make the modules nodes, move these, ... until nothing moves
    refine     inside each module begin anew, from nodes alone: this splits what is badly joined;
               then climb from the parts, each in its module at first

After a climb, turns of refining and of climbing from the nodes go on, until one makes the code
shorter by too little.

Source: Rosvall and Bergstrom 2008, PNAS 105(4):1118, its supporting text; Blondel et al. 2008,
arXiv 0803.0476 (moving and joining); Traag et al. 2019, arXiv 1810.08473 (the queue; refining).
"""

from __future__ import annotations

import numpy as np

from octavo._numba import STEP, compiled, mix
from octavo.community.moves import move_nodes
from octavo.community.network import (
    Network,
    join_modules,
    number_modules,
    reorder,
    sort_nodes,
    sum_modules,
    total_cost,
)

S32 = np.uint64(32)
ENOUGH = 1e-4  # of the code length, that a turn must gain for the next one to be made
MOST_TURNS = 10


@compiled
def search(
    network: Network, first: np.ndarray, seed: int, preferred: int, one_level: float
) -> np.ndarray:
    """The modules of a network.

    Args:
        network: the nodes.
        first: the modules to begin with, int32 (nodes,), numbered without gaps; of length 0 to
            begin with each node alone.
        seed: of the order in which nodes move.
        preferred: a number of modules, each more or less of which costs a bit; 0 for none.
        one_level: the code length with a single module, bits.

    Returns:
        The module of each node, int32 (nodes,), numbered without gaps.
    """
    count = len(network.nodes)
    order = _shuffle(count, seed)
    shuffled = reorder(network, order)
    labels = np.arange(count).astype(np.int32)
    if len(first):
        labels = first[order]
        table = sum_modules(shuffled, labels, first.max() + 1)
    else:
        table = network.nodes[order]
    table = climb(shuffled, labels, table, preferred)
    by_module, _ = sort_nodes(labels, len(table))
    sorted_ = reorder(shuffled, by_module)
    order, labels = order[by_module], labels[by_module]
    length = one_level + total_cost(table, network.jumps)
    for _ in range(MOST_TURNS):
        before = length
        table = refine(sorted_, labels, table, preferred)
        table = climb(sorted_, labels, table, preferred)
        length = one_level + total_cost(table, network.jumps)
        if before - length < ENOUGH * before:
            break
    found = np.empty(count, np.int32)
    for place in range(count):
        found[order[place]] = labels[place]
    return found


@compiled
def climb(network: Network, labels: np.ndarray, table: np.ndarray, preferred: int) -> np.ndarray:
    """Move nodes, then their modules, then the modules of these; changes the labels.

    Args:
        network: the nodes.
        labels: the module of each, int32 (nodes,), numbered without gaps.
        table: of the modules, float64 (modules, columns); changed.
        preferred: as for `search`.

    Returns:
        The table of the modules that there are now.
    """
    anywhere = np.zeros(0, np.int32)
    move_nodes(network, labels, table, anywhere, preferred)
    table = number_modules(labels, table)
    level = labels
    while len(table) > 1:
        network = join_modules(network, level, table)
        level = np.arange(len(table)).astype(np.int32)
        above = table.copy()
        if move_nodes(network, level, above, anywhere, preferred) == 0.0:
            break
        table = number_modules(level, above)
        for node in range(len(labels)):
            labels[node] = level[labels[node]]
    return table


@compiled
def refine(network: Network, labels: np.ndarray, table: np.ndarray, preferred: int) -> np.ndarray:
    """Split each module from its nodes on, and climb from the parts; changes the labels.

    Args:
        network: the nodes.
        labels: the module of each, int32 (nodes,), numbered without gaps.
        table: of the modules, float64 (modules, columns); changed.
        preferred: as for `search`.

    Returns:
        The table of the modules that there are now.
    """
    parts = np.arange(len(labels)).astype(np.int32)
    rows = network.nodes.copy()
    move_nodes(network, parts, rows, labels, 0)
    rows = number_modules(parts, rows)
    of_part = np.empty(len(rows), np.int32)
    for node in range(len(labels)):
        of_part[parts[node]] = labels[node]
    table = climb(join_modules(network, parts, rows), of_part, table, preferred)
    for node in range(len(labels)):
        labels[node] = of_part[parts[node]]
    return table


@compiled
def _shuffle(count: int, seed: int) -> np.ndarray:
    """All numbers below a count in an order by chance, int32."""
    order = np.arange(count).astype(np.int32)
    state = mix(np.uint64(seed) + STEP)
    for place in range(count - 1, 0, -1):
        state += STEP
        other = np.int64(((mix(state) >> S32) * np.uint64(place + 1)) >> S32)
        order[place], order[other] = order[other], order[place]
    return order
