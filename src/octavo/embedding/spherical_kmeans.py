"""k-means on the sphere: clusters of directions.

Source: Dhillon and Modha 2001, "Concept Decompositions for Large Sparse Text Data using
Clustering"; first centres by Arthur and Vassilvitskii 2007, "k-means++".
"""

from __future__ import annotations

import numpy as np

from octavo._checks import check_whole
from octavo._estimators import Estimator
from octavo._seeds import make_generator
from octavo.errors import UsageError
from octavo.vectors.neighbours import unit_rows


class SphericalKMeans(Estimator):
    """Clusters of vectors by the cosine.

    Args:
        n_clusters: how many.
        n_init: how many times it begins anew; the best is kept.
        max_iter: rounds, at most.
        seed: of the first centres.

    Attributes:
        labels_: the cluster of each vector, int64 (vectors,).
        cluster_centers_: directions, float32 (n_clusters, size).
        score_: the mean cosine of a vector and its centre.

    Example:
        >>> vectors = np.array([[1, 0.1], [1, -0.1], [-1, 0.1], [-1, -0.1]])
        >>> labels = SphericalKMeans(2).fit_predict(vectors)
        >>> bool(labels[0] == labels[1] != labels[2] == labels[3])
        True
    """

    labels_: np.ndarray
    cluster_centers_: np.ndarray
    score_: float

    def __init__(
        self, n_clusters: int = 8, *, n_init: int = 10, max_iter: int = 300, seed: int = 0
    ) -> None:
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.max_iter = max_iter
        self.seed = seed

    def fit(self, vectors: np.ndarray, y: object = None) -> SphericalKMeans:
        """Find the clusters of vectors, float (vectors, size).

        Raises:
            UsageError: if a parameter is impossible, or there are fewer vectors than clusters.
        """
        for name in ("n_clusters", "n_init", "max_iter"):
            check_whole(name, getattr(self, name), 1)
        rows = unit_rows(vectors)
        if len(rows) < self.n_clusters:
            raise UsageError(
                f"there must be a vector a cluster. Received: {len(rows)} vectors, "
                f"n_clusters={self.n_clusters}"
            )
        found = [
            self._fit_once(rows, make_generator(self.seed, "centres", start))
            for start in range(self.n_init)
        ]
        self.score_, self.labels_, self.cluster_centers_ = max(found, key=lambda one: one[0])
        return self

    def fit_predict(self, vectors: np.ndarray, y: object = None) -> np.ndarray:
        """Like `fit`; gives the labels."""
        return self.fit(vectors, y).labels_

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """The cluster of each vector, int64 (vectors,).

        Raises:
            UsageError: if there are no clusters yet.
        """
        if not hasattr(self, "cluster_centers_"):
            raise UsageError("there are no clusters yet: call fit first. Received: as made")
        return (unit_rows(vectors) @ self.cluster_centers_.T).argmax(1)

    def _fit_once(
        self, rows: np.ndarray, generator: np.random.Generator
    ) -> tuple[float, np.ndarray, np.ndarray]:
        centres = self._first_centres(rows, generator)
        labels = np.full(len(rows), -1)
        for _ in range(self.max_iter):
            cosines = rows @ centres.T
            before, labels = labels, cosines.argmax(1)
            if (labels == before).all():
                break
            sums = np.zeros_like(centres)
            np.add.at(sums, labels, rows)
            far = cosines.max(1).argsort()  # an empty cluster takes the vector that fits least
            for place, cluster in enumerate(np.setdiff1d(np.arange(len(centres)), labels)):
                sums[cluster] = rows[far[place]]
            centres = unit_rows(sums)
        return float((rows @ centres.T).max(1).mean()), labels, centres

    def _first_centres(self, rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Each by a chance that grows with how far the vectors are from those before."""
        chosen = [int(generator.integers(len(rows)))]
        distances = np.full(len(rows), np.inf)
        while len(chosen) < self.n_clusters:
            distances = np.minimum(distances, np.maximum(1 - rows @ rows[chosen[-1]], 0))
            total = distances.sum()
            shares = distances / total if total > 0 else None
            chosen.append(int(generator.choice(len(rows), p=shares)))
        return rows[chosen]
