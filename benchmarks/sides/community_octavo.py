"""Communities by octavo, of links in memory."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np

from octavo.community import Infomap, make_graph, map_equation
from worker import serve

GRAPH: dict[str, Any] = {}


def load(path: str) -> dict[str, str]:
    """Read the links; versions of what counts."""
    with np.load(path) as file:
        GRAPH.update({name: file[name] for name in file.files})
    return {name: version(name) for name in ("octavo", "numba")}


def _graph() -> Any:
    names = ("sources", "targets", "weights")
    return make_graph(*(GRAPH[name] for name in names), directed=bool(GRAPH["directed"]))


def cluster(seed: int, trials: int = 1, out: str = "") -> dict[str, float]:
    """From the links to the labels."""
    graph = _graph()
    model = Infomap(trials=trials, seed=seed, workers=1).fit(graph, progress=False)
    if out:
        np.save(out, model.labels_)
    return {"codelength": model.codelength_, "modules": model.n_modules_}


def measure(labels: str) -> float:
    """The code length of labels in a file."""
    graph = _graph()
    return map_equation(graph, np.unique(np.load(labels), return_inverse=True)[1]).codelength


if __name__ == "__main__":
    serve(load=load, cluster=cluster, measure=measure)
