"""The inner loop of the search: nodes move to the module that makes the code shortest.

Nodes wait in a queue, at first all of them. The one in front moves to that module of a neighbour,
or to an empty one, with which the code becomes shortest; its neighbours outside that module wait
again, until nobody waits.

Source: Rosvall and Bergstrom 2008, PNAS 105(4):1118, its supporting text; the queue: Traag et al.
2019, arXiv 1810.08473.
"""

from __future__ import annotations

import numpy as np

from octavo._numba import compiled, inlined
from octavo.community.logs import LOG2_E, TINY, log2, plogp
from octavo.community.network import (
    ARRIVING,
    COST,
    ENTER,
    EXIT,
    FLOW,
    LEAVING,
    NARROW,
    RATE,
    WIDE,
    Network,
    cost_of,
    enter_of,
)

LEAST_GAIN = 1e-10  # bits, of a move
SMALL = 1 / 64  # of the sum of all q_in: what flows out of a node then changes its logarithm little


@compiled
def move_nodes(
    network: Network,
    labels: np.ndarray,
    modules: np.ndarray,
    within: np.ndarray,
    preferred: int,
) -> float:
    """Move nodes until nobody waits; changes labels and modules.

    Moves also matter to nodes that are no neighbours, which do not wait again for their sake: it
    is a call that gains nothing which says that no move of one node makes the code shorter.

    Args:
        network: the nodes.
        labels: the module of each node, int32 (nodes,).
        modules: the table of the modules, some of which may be empty, float64 (modules, columns); a
            module that loses its last node becomes a row of zeros.
        within: a larger module of each node, int32 (nodes,), that it stays in: what is outside
            is no neighbour; of length 0, if it may move anywhere.
        preferred: a number of modules, each more or less of which costs a bit; 0 for none.

    Returns:
        By how many bits the code became shorter.
    """
    nodes, jumps, count = network.nodes, network.jumps, len(labels)
    sizes, empty, empties = _find_empty(labels, len(modules))
    queue, waits = np.arange(count).astype(np.int32), np.ones(count, np.uint8)
    near = np.empty(count + 1, np.int32)
    enters = 0.0
    for module in range(len(modules)):
        enters += enter_of(modules, module, jumps)
    first, waiting, gained = 0, count, 0.0
    while waiting:
        node = queue[first]
        first = first + 1 if first + 1 < count else 0
        waiting -= 1
        waits[node] = 0
        found = _gather(network, node, labels, modules, within, near)
        if found == 0:
            continue
        own = labels[node]
        inside = modules[own, FLOW]
        modules[own, FLOW] = 0.0
        left_rate, left_exit, left_enter = _changed(modules, own, nodes, node, -1.0, inside, jumps)
        left_cost = cost_of(left_rate, left_exit, left_enter)
        others = enters - enter_of(modules, own, jumps) + left_enter  # the sum without the node
        best, cost, flow = _choose(modules, near, found, own, nodes, node, others, jumps)
        value = 1e300
        if best >= 0:
            _, _, comes = _changed(modules, best, nodes, node, 1.0, -flow, jumps)
            joined = others - enter_of(modules, best, jumps) + comes
            value = cost - modules[best, COST] + plogp(joined)
        if sizes[own] > 1 and empties:
            alone = others + enter_of(nodes, node, jumps)
            if nodes[node, COST] + plogp(alone) < value:
                best, cost, flow, joined = empty[empties - 1], nodes[node, COST], 0.0, alone
                value = cost + plogp(alone)
        gain = plogp(enters) + modules[own, COST] - left_cost - value
        if preferred and best >= 0:
            number = len(modules) - empties
            change = (sizes[best] == 0) - (sizes[own] == 1)
            gain += abs(number - preferred) - abs(number + change - preferred)
        if gain < LEAST_GAIN:
            continue
        gained += gain
        enters = joined
        empties += (sizes[own] == 1) - (sizes[best] == 0)
        _add(modules, own, nodes, node, -1.0, inside, left_cost)
        sizes[own] -= 1
        if sizes[own] == 0:
            modules[own] = 0.0
            empty[empties - 1] = own
        _add(modules, best, nodes, node, 1.0, -flow, cost)
        sizes[best] += 1
        labels[node] = best
        for place in range(network.starts[node], network.starts[node + 1]):
            other = network.targets[place]
            if waits[other] or labels[other] == best:
                continue
            if len(within) and within[other] != within[node]:
                continue
            waits[other] = 1
            end = first + waiting
            queue[end if end < count else end - count] = other
            waiting += 1
    return gained


@inlined
def _find_empty(labels, modules):
    """How many nodes each module has, the empty ones and how many these are."""
    sizes, empty, empties = np.zeros(modules, np.int32), np.empty(modules, np.int32), 0
    for node in range(len(labels)):
        sizes[labels[node]] += 1
    for module in range(modules):
        if sizes[module] == 0:
            empty[empties] = module
            empties += 1
    return sizes, empty, empties


@inlined
def _gather(network, node, labels, modules, within, near):
    """Set FLOW of the modules near a node, write them into `near`; how many there are.

    A module is written down at each neighbour, and the place used again if it was known: a branch
    would be guessed wrong half of the time.
    """
    found = 0
    for place in range(network.starts[node], network.starts[node + 1]):
        other = network.targets[place]
        if len(within) and within[other] != within[node]:
            continue
        module = labels[other]
        flow = modules[module, FLOW]
        near[found] = module
        found += int(flow == 0.0)
        modules[module, FLOW] = flow + network.flows[place]
    return found


@inlined
def _changed(modules, module, nodes, node, sign, flow, jumps):
    """Rate, q_out and q_in of a module after a node came (sign 1, flow -s) or went (-1, s)."""
    rate = modules[module, RATE] + sign * nodes[node, RATE]
    leaves = modules[module, EXIT] + sign * nodes[node, EXIT] + flow
    if modules.shape[1] == NARROW:
        return rate, leaves, leaves
    leaving = modules[module, LEAVING] + sign * nodes[node, LEAVING]
    arriving = modules[module, ARRIVING] + sign * nodes[node, ARRIVING]
    enters = modules[module, ENTER] + sign * nodes[node, ENTER] + flow
    return rate, leaves + leaving * (1.0 - arriving), enters + (jumps - leaving) * arriving


@inlined
def _add(modules, module, nodes, node, sign, flow, cost):
    """Change the row of a module to which a node came, or from which it went."""
    modules[module, RATE] += sign * nodes[node, RATE]
    modules[module, EXIT] += sign * nodes[node, EXIT] + flow
    modules[module, COST] = cost
    if modules.shape[1] == WIDE:
        modules[module, ENTER] += sign * nodes[node, ENTER] + flow
        modules[module, LEAVING] += sign * nodes[node, LEAVING]
        modules[module, ARRIVING] += sign * nodes[node, ARRIVING]


@inlined
def _choose(modules, near, found, own, nodes, node, others, jumps):
    """The best module to come to, its cost then, and the flow to it; sets FLOW back to 0.

    The sum of all q_in, whose logarithm hardly differs from one module to the next, is taken by
    two terms of its series where the node is small and nothing jumps.
    """
    best, best_cost, best_flow, least = np.int64(-1), 0.0, 0.0, 1e300
    comes_in = enter_of(nodes, node, jumps)
    around = max(others + comes_in, TINY)
    series = jumps == 0.0 and comes_in < SMALL * around
    narrow = modules.shape[1] == NARROW
    slope, bend = log2(around) + LOG2_E, 0.5 * LOG2_E / around
    for place in range(found):
        module = np.int64(near[place])
        flow = modules[module, FLOW]
        modules[module, FLOW] = 0.0
        if module == own:
            continue
        rate, leaves, comes = _changed(modules, module, nodes, node, 1.0, -flow, jumps)
        if narrow:
            cost = plogp(leaves + rate) - 2.0 * plogp(leaves)
        else:
            cost = cost_of(rate, leaves, comes)
        if series:
            value = cost - modules[module, COST] - flow * (slope - flow * bend)
        else:
            joined = others - enter_of(modules, module, jumps) + comes
            value = cost - modules[module, COST] + plogp(joined)
        if value < least:
            best, best_cost, best_flow, least = module, cost, flow, value
    return best, best_cost, best_flow
