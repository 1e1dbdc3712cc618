"""Communities by the official wheel of Infomap, of links in memory."""

from __future__ import annotations

import warnings
from importlib.metadata import version
from typing import Any

import numpy as np
from infomap import Infomap

from worker import serve

GRAPH: dict[str, Any] = {}
warnings.simplefilter("ignore")  # that the next version has other names


def load(path: str) -> dict[str, str]:
    """Read the links; versions of what counts."""
    with np.load(path) as file:
        GRAPH.update({name: file[name] for name in file.files})
    return {"infomap": version("infomap")}


def cluster(seed: int, trials: int = 1, out: str = "") -> dict[str, float]:
    """From the links to the labels."""
    model = Infomap(
        silent=True,
        two_level=True,
        num_trials=trials,
        seed=seed + 1,
        num_threads=1,
        directed=bool(GRAPH["directed"]),
    )
    model.add_links(np.column_stack([GRAPH[name] for name in ("sources", "targets", "weights")]))
    model.run()
    found = model.get_modules()
    if out:
        labels = np.zeros(max(found) + 1, np.int64)
        labels[list(found)] = list(found.values())
        np.save(out, labels)
    return {"codelength": model.codelength, "modules": model.num_top_modules}


if __name__ == "__main__":
    serve(load=load, cluster=cluster)
