"""Modules of graphs by the map equation: the official Infomap wheel / octavo, one trial each.

From links in memory (arrays of NumPy) to labels, two levels, one thread. Graphs with planted
modules of two sizes, three shares mu of links between modules each; LFR graphs and the co-authors
of DBLP as they come in the data folder; messages between people, which have directions; the nearest
neighbours of 30,000 vectors.

Before a time counts, octavo's code length of the wheel's modules must be the wheel's own (1e-9). A
row has the mean code lengths of both beside the times; octavo's shortest must not be above the
wheel's by more than a ten thousandth. `--quick`: the two smallest. Peer: make_peer.py infomap.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from math import prod
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from community_graphs import make_vectors, plant, read_links
from harness import Row, Side, Times, check_close, compare, progress, run, summary
from octavo.community import knn_graph

ROUNDS, QUICK_ROUNDS = 3, 1
WORST, MEAN, LONGER = 4.0, 6.0, 1e-4
PLANTED = {"10,000 nodes": (10_000, 19), "100,000 nodes": (100_000, 18)}
FILES = {
    "LFR, 100,000 nodes, mu .1": "graphs_cdlib/networks/LFR_N100000_ad5_mc50_mu0.1.csv.gz",
    "LFR, 100,000 nodes, mu .3": "graphs_cdlib/networks/LFR_N100000_ad5_mc50_mu0.3.csv.gz",
    "LFR, 100,000 nodes, mu .5": "graphs_cdlib/networks/LFR_N100000_ad5_mc50_mu0.5.csv.gz",
    "com-DBLP": "graphs_cdlib/networks/dblp.csv.gz",
    "email-Eu, directed": "graphs_small/email-Eu-core.txt.gz",
}
VECTORS, NEIGHBOURS = 30_000, 10


def measure(quick: bool) -> dict[str, Any]:
    """A row a graph, and two for all."""
    rows: list[Row] = []
    versions: dict[str, str] = {}
    for name, links, weights in make_graphs(quick):
        rows.append(measure_graph(name, links, weights, quick, versions))
    ratios = [row.ratio for row in rows]
    longest = max(row.details["codelength"] / row.details["peer_codelength"] for row in rows)
    others = [
        Row("all, geometric mean", round(prod(ratios) ** (1 / len(ratios)), 2), MEAN),
        Row("the wheel's shortest code (1.0001) / octavo's, worst", (1 + LONGER) / longest, 1.0),
    ]
    return summary(
        "modules of graphs, from links to labels: the Infomap wheel / octavo",
        rows,
        others,
        unit="peer's seconds / octavo's",
        versions=versions,
    )


def make_graphs(quick: bool) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Names, links (links, 2) and their weights."""
    for size, (nodes, degree) in PLANTED.items():
        for mu in (0.4, 0.5, 0.6):
            if not quick or (nodes == 10_000 and mu == 0.5):
                links, _ = plant(nodes, degree, mu)
                yield f"planted, {size}, mu {mu:g}".replace("0.", "."), links, np.ones(len(links))
    for name, path in FILES.items():
        if not quick or name.startswith("email"):
            links = read_links(path)
            yield name, links, np.ones(len(links))
    if not quick:
        graph = knn_graph(make_vectors(VECTORS), NEIGHBOURS)
        sources = np.repeat(np.arange(VECTORS), np.diff(graph.starts))
        once = sources <= graph.targets
        links = np.column_stack([sources, graph.targets])[once]
        yield f"{NEIGHBOURS} neighbours of {VECTORS:,} vectors", links, graph.weights[once]


def measure_graph(
    name: str, links: np.ndarray, weights: np.ndarray, quick: bool, versions: dict[str, str]
) -> Row:
    """The two sides in turns, each turn with another seed."""
    with (
        TemporaryDirectory() as folder,
        Side("community_infomap.py", "infomap", threads=1) as theirs,
        Side("community_octavo.py", threads=1) as ours,
    ):
        path, out = Path(folder) / "links.npz", str(Path(folder) / "labels.npy")
        np.savez(
            path,
            sources=links[:, 0],
            targets=links[:, 1],
            weights=weights,
            directed=name.endswith("directed"),
        )
        sides = {"peer": theirs, "octavo": ours}
        for side in sides.values():
            versions |= side.call("load", path=str(path))
        seconds: dict[str, list[float]] = {side: [] for side in sides}
        lengths: dict[str, list[float]] = {side: [] for side in sides}
        for turn in range(1 + (QUICK_ROUNDS if quick else ROUNDS)):
            for who, side in sides.items():
                found, spent = side.timed("cluster", seed=turn, out=out if who == "peer" else "")
                seconds[who].append(spent)
                lengths[who].append(found["codelength"])
                if who == "peer":
                    measured = ours.call("measure", labels=out)
                    check_close(f"code lengths of {name}", [found["codelength"]], [measured], 1e-9)
    times = {who: Times(spent[0], tuple(spent[1:])) for who, spent in seconds.items()}
    row = compare(
        name,
        times["peer"],
        times["octavo"],
        WORST,
        links=len(links),
        peer_codelength=round(min(lengths["peer"]), 5),
        codelength=round(min(lengths["octavo"]), 5),
        peer_mean_codelength=round(mean(lengths["peer"]), 5),
        mean_codelength=round(mean(lengths["octavo"]), 5),
        modules=found["modules"],
    )
    progress(f"  {row.as_json()}")
    return row


if __name__ == "__main__":
    sys.exit(run("community_speed", __doc__ or "", measure))
