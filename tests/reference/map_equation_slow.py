"""The map equation from a matrix of weights, as it stands in the papers, slowly."""

from __future__ import annotations

import numpy as np


def walk_slowly(weights, directed, teleportation=0.15, to="links", record=False):
    """Flows along links and by jumps, float64 (nodes, nodes) each, and visit rates (nodes,)."""
    if not directed:
        both = weights / weights.sum()
        return both, np.zeros_like(both), both.sum(1)
    count, out = len(weights), weights.sum(1)
    steps = np.divide(weights, out[:, None], where=out[:, None] > 0, out=np.zeros_like(weights))
    jumping = np.where(out > 0, teleportation, 1.0)
    arriving = out / out.sum()
    if to == "nodes":
        arriving = np.full(count, 1 / count)
    elif record:
        arriving = weights.sum(0) / weights.sum()
    chances = (1 - jumping)[:, None] * steps + jumping[:, None] * arriving
    rates = np.full(count, 1 / count)
    for _ in range(5000):
        rates = rates @ chances
    if record:
        jumps = (rates * jumping)[:, None] * arriving
        return (rates * (1 - jumping))[:, None] * steps, jumps, rates
    flows = rates[:, None] * steps
    flows /= flows.sum()
    return flows, np.zeros_like(flows), flows.sum(0)


def codelength_slowly(flows, jumps, rates, labels, markov_time=1.0):
    """Bits per step: the entropies of all codes, each as often as it is used."""
    moves = (flows + jumps) * markov_time
    codes = []
    enters = []
    for module in sorted(set(labels)):
        inside = np.array([label == module for label in labels])
        leaves = moves[inside][:, ~inside].sum()
        enters.append(moves[~inside][:, inside].sum())
        codes.append([leaves, *rates[inside]])
    return sum(map(_bits, [enters, *codes]))


def _bits(words):
    """How often a code is used times the entropy of its words."""
    words = np.array([word for word in words if word > 0])
    used = words.sum()
    return float(-(words * np.log2(words / used)).sum()) if used > 0 else 0.0
