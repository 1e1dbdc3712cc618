"""Vectors as places on a plane, near where they point the same way: for maps."""

from __future__ import annotations

from typing import Any

import numpy as np

from octavo._checks import check_whole
from octavo._lazy import require
from octavo.errors import UsageError
from octavo.vectors.neighbours import unit_rows

NEIGHBOURS = 30.0  # how many of a vector are to stay near it, about
FEWEST = 4  # vectors


def project(vectors: np.ndarray, seed: int = 0) -> np.ndarray:
    """Lay vectors out on a plane by t-SNE of their directions.

    What is near on the plane is near on the sphere; how far apart groups lie says little.

    Args:
        vectors: float (vectors, size); 4 or more.
        seed: of what is drawn; the same vectors and seed give the same places.

    Returns:
        float32 (vectors, 2).

    Raises:
        UsageError: if there are fewer than 4 vectors.
        MissingExtraError: if scikit-learn is not installed.

    Source: van der Maaten and Hinton 2008, "Visualizing Data using t-SNE".

    Example:
        >>> project(np.eye(9), seed=1).shape
        (9, 2)
    """
    check_whole("seed", seed, 0)
    if len(vectors) < FEWEST:
        raise UsageError(f"a map needs {FEWEST} vectors. Received: {len(vectors)}")
    manifold: Any = require("sklearn.manifold", extra="evaluate")
    threads: Any = require("threadpoolctl", extra="evaluate")  # which scikit-learn needs
    layout = manifold.TSNE(
        perplexity=min(NEIGHBOURS, (len(vectors) - 1) / 3), init="random", random_state=seed
    )
    with threads.threadpool_limits(1, "openmp"):  # several wait for each other more than they do
        return layout.fit_transform(unit_rows(np.asarray(vectors, np.float32)))
