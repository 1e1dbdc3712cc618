"""How a random walk moves on a graph: how often it visits each node and takes each link.

    undirected    as often as the weights of a node's links say; no walk is needed
    directed      along links, but with the chance `teleportation` it jumps; it also jumps from a
                  node that no link leaves. It jumps where a link, drawn by its weight, begins, or
                  to any node. Jumps are steps that are not recorded, unless they are said to be:
                  the rates are those of one more step along links alone.
    given         the weights are the flows

Source: Rosvall and Bergstrom 2008, PNAS 105(4):1118; Lambiotte and Rosvall 2012, "Ranking and
clustering of nodes in networks with smart teleportation", arXiv 1112.5252.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from octavo._checks import check_bool, check_number, check_one_of
from octavo._numba import compiled
from octavo.community.graph import Graph, as_graph, build_rows, sources_of
from octavo.community.network import (
    ARRIVING,
    ENTER,
    EXIT,
    LEAVING,
    NARROW,
    RATE,
    WIDE,
    Network,
    fill_costs,
)
from octavo.errors import DataError

FLOWS = ("undirected", "directed", "given")
TARGETS = ("links", "nodes")
PRECISE, MOST_STEPS = 1e-15, 100_000


class Flow(NamedTuple):
    """A random walk in its long run.

    Args:
        graph: whose links it takes.
        flows: the share of steps along each link of the graph, float64 (links,).
        rates: the share of steps that visit each node, float64 (nodes,), summing to 1.
        leaving: the share of steps that jump away from each node, float64 (nodes,).
        arriving: the chance that a jump ends in each node, float64 (nodes,).
    """

    graph: Graph
    flows: np.ndarray
    rates: np.ndarray
    leaving: np.ndarray
    arriving: np.ndarray


def visit_rates(
    graph: Any,
    flow: str | None = None,
    *,
    teleportation: float = 0.15,
    teleport_to: str = "links",
    record_teleportation: bool = False,
) -> np.ndarray:
    """The share of steps in which a random walk visits each node.

    Args:
        graph: as for `octavo.community.Infomap.fit`.
        flow: "undirected", "directed" or "given"; None for the first two by what the graph is.
        teleportation: the chance of a jump in each step of a directed walk.
        teleport_to: "links", the node where a link begins; or "nodes", any.
        record_teleportation: whether jumps are visits.

    Returns:
        float64 (nodes,), summing to 1; zeros where there are no links.

    Example:
        >>> import numpy as np
        >>> visit_rates(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])).tolist()
        [0.25, 0.5, 0.25]
    """
    return make_flow(graph, flow, teleportation, teleport_to, record_teleportation).rates


def make_flow(
    graph: Any,
    flow: str | None = None,
    teleportation: float = 0.15,
    teleport_to: str = "links",
    record_teleportation: bool = False,
) -> Flow:
    """The random walk on a graph; arguments as for `visit_rates`."""
    if flow is not None:
        check_one_of("flow", flow, FLOWS)
    check_number("teleportation", teleportation, above=0, below=1)
    check_one_of("teleport_to", teleport_to, TARGETS)
    check_bool("record_teleportation", record_teleportation)
    found = as_graph(graph, None if flow is None else flow != "undirected")
    total = found.weights.sum()
    if not found.directed or flow == "given":
        return _proportional_flow(found, total)
    if total == 0:
        return _proportional_flow(found, 1.0)
    return _directed_flow(found, teleportation, teleport_to, record_teleportation)


def _proportional_flow(graph: Graph, total: float) -> Flow:
    flows = graph.weights / (total or 1.0)
    if not np.isfinite(flows).all():
        raise DataError("the weights are so small that their shares are no numbers")
    count = len(graph.starts) - 1
    rates = np.bincount(graph.targets, flows, minlength=count)
    return Flow(graph, flows, rates, np.zeros(count), np.zeros(count))


def _directed_flow(
    graph: Graph, teleportation: float, teleport_to: str, record_teleportation: bool
) -> Flow:
    sources, count = sources_of(graph.starts), len(graph.starts) - 1
    out = np.bincount(sources, graph.weights, minlength=count)
    chances = graph.weights / out[sources]
    if teleport_to == "nodes":
        arriving = np.full(count, 1 / count)
    elif record_teleportation:  # where a link drawn by its weight ends: the step is recorded
        arriving = np.bincount(graph.targets, graph.weights, minlength=count) / graph.weights.sum()
    else:
        arriving = out / graph.weights.sum()
    jumping = np.where(out > 0, teleportation, 1.0)
    rates = walk(graph.starts, graph.targets, chances, jumping, arriving, PRECISE, MOST_STEPS)
    flows = rates[sources] * chances
    if record_teleportation:
        return Flow(graph, (1 - teleportation) * flows, rates, rates * jumping, arriving)
    flows /= flows.sum()
    rates = np.bincount(graph.targets, flows, minlength=count)
    return Flow(graph, flows, rates, np.zeros(count), np.zeros(count))


def make_network(flow: Flow, markov_time: float = 1.0) -> Network:
    """What the search works on.

    Args:
        flow: the walk.
        markov_time: how many steps there are between two words of the code: what leaves modules
            counts so often.
    """
    graph, count = flow.graph, len(flow.rates)
    sources = sources_of(graph.starts)
    flows = np.where(sources == graph.targets, 0.0, flow.flows * markov_time)
    leaves = np.bincount(sources, flows, minlength=count)
    if not graph.directed:
        table = np.zeros((count, NARROW))
        table[:, RATE], table[:, EXIT] = flow.rates, leaves
        starts, targets, both = build_rows(sources, graph.targets, 2 * flows, count, False)
    else:
        table = np.zeros((count, WIDE))
        table[:, RATE], table[:, EXIT] = flow.rates, leaves
        table[:, ENTER] = np.bincount(graph.targets, flows, minlength=count)
        table[:, LEAVING], table[:, ARRIVING] = flow.leaving * markov_time, flow.arriving
        starts, targets, both = build_rows(sources, graph.targets, flows, count, True)
    jumps = float(table[:, LEAVING].sum()) if graph.directed else 0.0
    fill_costs(table, jumps)
    return Network(starts, targets, both, table, jumps)


@compiled
def walk(
    starts: np.ndarray,
    targets: np.ndarray,
    chances: np.ndarray,
    jumping: np.ndarray,
    arriving: np.ndarray,
    precise: float,
    most: int,
) -> np.ndarray:
    """The rates at which a walk visits nodes, by steps until they hardly change.

    Args:
        starts: of the links of each node, int64 (nodes + 1,).
        targets: int32 (links,).
        chances: of each link when its node is left along links, float64 (links,).
        jumping: the chance of a jump from each node, float64 (nodes,).
        arriving: the chance that a jump ends in each node, float64 (nodes,).
        precise: the sum of the changes of a step below which it ends.
        most: steps.

    Returns:
        float64 (nodes,), summing to 1.
    """
    rates = arriving.copy()
    last = np.inf
    for _ in range(most):
        jumps = 0.0
        for node in range(len(rates)):
            jumps += rates[node] * jumping[node]
        after = jumps * arriving
        for node in range(len(rates)):
            rate = rates[node] * (1.0 - jumping[node])
            for place in range(starts[node], starts[node + 1]):
                after[targets[place]] += rate * chances[place]
        change, total = 0.0, after.sum()
        for node in range(len(rates)):
            after[node] /= total
            change += abs(after[node] - rates[node])
        rates = after
        if change < precise or (change < 1e-12 and change >= last):
            break
        last = change
    return rates
