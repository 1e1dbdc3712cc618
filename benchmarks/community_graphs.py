"""The graphs that communities are measured on: links as arrays, made from seeds or read.

`plant` makes graphs with known modules, in a simpler way than Lancichinetti, Fortunato and Radicchi
2008, "Benchmark graphs for testing community detection algorithms", arXiv 0805.4770: degrees and
sizes of modules follow power laws; a share mu of each node's links goes to other modules; ends of
links are paired by chance. Pairs that are no links (a node with itself, twice the same) are
dropped, so that there are fewer than asked for, most of all where mu is small.
"""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import numpy as np

from harness import shared_data

MOST_DEGREE, DEGREE_POWER = 100, 2.5
SIZES, SIZE_POWER = (20, 200), 1.5


def plant(nodes: int, degree: float, mu: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A graph with planted modules.

    Args:
        nodes: how many.
        degree: the mean number of a node's links, before pairs are dropped.
        mu: the share of them that goes to other modules.
        seed: of all that is drawn.

    Returns:
        The links, int64 (links, 2), each once, and the module of each node, int64 (nodes,).
    """
    random = np.random.default_rng(seed)
    degrees = _power_law(random.random(nodes), _least_degree(degree), MOST_DEGREE, DEGREE_POWER)
    sizes: list[int] = []
    while sum(sizes) < nodes:
        sizes.append(int(_power_law(random.random(1), *SIZES, SIZE_POWER)[0]))
    sizes[-1] -= sum(sizes) - nodes
    if len(sizes) > 1 and sizes[-1] < SIZES[0]:
        rest = sizes.pop()
        sizes[-1] += rest
    modules = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    inside = np.minimum(np.round((1 - mu) * degrees), np.array(sizes)[modules] - 1).astype(int)
    ends = random.permutation(np.repeat(np.arange(nodes), inside))
    ends = ends[np.argsort(modules[ends], kind="stable")]
    within = _pair(ends, modules[ends])
    across = _pair(random.permutation(np.repeat(np.arange(nodes), degrees - inside)))
    across = across[modules[across[:, 0]] != modules[across[:, 1]]]
    links = np.concatenate([within, across])
    links = links[links[:, 0] != links[:, 1]]
    return np.unique(np.sort(links, axis=1), axis=0), modules


def _power_law(shares: np.ndarray, least: float, most: int, power: float) -> np.ndarray:
    """Whole numbers between bounds whose chance falls with a power, by inverting its sum."""
    low, high = least ** (1 - power), (most + 1) ** (1 - power)
    return np.floor((low + shares * (high - low)) ** (1 / (1 - power))).astype(np.int64)


def _least_degree(mean: float) -> float:
    """The least degree with which the mean is as wanted, by halving."""
    low, high = 1.0, mean
    shares = (np.arange(20_000) + 0.5) / 20_000
    for _ in range(60):
        middle = (low + high) / 2
        less = _power_law(shares, middle, MOST_DEGREE, DEGREE_POWER).mean() < mean
        low, high = (middle, high) if less else (low, middle)
    return low


def _pair(ends: np.ndarray, groups: np.ndarray | None = None) -> np.ndarray:
    """Pairs of ends that follow each other, those of each group on their own."""
    if groups is not None and len(ends):
        firsts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
        counts = np.diff(np.r_[firsts, len(ends)])
        place = np.arange(len(ends)) - np.repeat(firsts, counts)
        ends = ends[place < np.repeat(counts // 2 * 2, counts)]
    return ends[: len(ends) // 2 * 2].reshape(-1, 2)


def make_vectors(count: int, size: int = 50, groups: int = 300, seed: int = 0) -> np.ndarray:
    """Vectors about centres of groups that overlap, float32 (count, size)."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(groups, size))
    chosen = centres[random.integers(0, groups, count)]
    return (chosen + 1.2 * random.normal(size=(count, size))).astype(np.float32)


def read_links(name: str) -> np.ndarray:
    """The first two columns of a file, int64 (links, 2), nodes numbered without gaps."""
    path: Path = shared_data(name)
    opened = lzma.open if path.suffix == ".xz" else gzip.open
    with opened(path, "rt", encoding="utf-8") as file:
        links = np.array([line.split()[:2] for line in file if line.strip()], np.int64)
    return np.unique(links, return_inverse=True)[1].reshape(-1, 2)
