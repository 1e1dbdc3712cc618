"""How good vectors are: words against what people say, documents against their labels.

Source: Meng et al. 2019, "Spherical Text Embedding", section 5: word similarity, clustering,
classification; Mikolov et al. 2013, "Efficient Estimation of Word Representations", for analogies.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from os import PathLike
from typing import Any, NamedTuple

import numpy as np

from octavo._files import open_text
from octavo._lazy import require
from octavo.embedding.spherical_kmeans import SphericalKMeans
from octavo.errors import DataError, UsageError
from octavo.vectors import KeyedVectors, nearest_rows
from octavo.vectors.neighbours import unit_rows

NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
FOLDS = 5
EXTRA = "evaluate"


class Similarity(NamedTuple):
    """How vectors agree with people about pairs of words.

    Args:
        spearman: the rank correlation of cosines and scores, -1 to 1.
        pairs: how many pairs both of whose words have vectors.
        missing: how many others.
    """

    spearman: float
    pairs: int
    missing: int


def evaluate_similarity(words: KeyedVectors, path: str | PathLike[str]) -> Similarity:
    """Rank pairs of words by the cosine, and compare with a file of scores.

    Args:
        words: the vectors; a word that they lack is looked for in lower case.
        path: a pair a line, two words and a score: WordSim-353, MEN, SimLex-999, as they are
            published; tabs, commas or blanks between, the first number of a line is the score, a
            first line without any is left out.

    Raises:
        DataError: naming file and line, if it is no such file; if fewer than three pairs are known.
    """
    cosines, scores, missing = [], [], 0
    for one, other, score in _read_pairs(path):
        first, second = _find(words, one), _find(words, other)
        if first is None or second is None:
            missing += 1
            continue
        cosines.append(words.similarity(first, second))
        scores.append(score)
    if len(scores) < 3:
        raise DataError(f"only {len(scores)} of its pairs are known; three are needed", path)
    return Similarity(spearman(np.array(cosines), np.array(scores)), len(scores), missing)


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """The rank correlation of two rows of numbers; equal numbers share their ranks.

    Example:
        >>> round(spearman(np.array([1, 2, 2, 9]), np.array([0.1, 0.2, 0.3, 0.4])), 3)
        0.949
    """
    first, second = (_ranks(np.asarray(row)) for row in (one, other))
    first, second = first - first.mean(), second - second.mean()
    length = np.sqrt((first @ first) * (second @ second))
    return float(first @ second / length) if length > 0 else 0.0


class Analogies(NamedTuple):
    """How often the word nearest to b - a + c is d, of "a is to b as c to d".

    Args:
        right: their share, 0-1.
        asked: how many whose words all have vectors.
        missing: how many others.
    """

    right: float
    asked: int
    missing: int


def evaluate_analogies(words: KeyedVectors, path: str | PathLike[str]) -> Analogies:
    """Ask for the fourth word of analogies.

    Args:
        words: the vectors.
        path: four words a line; lines that begin with ":" name a section.

    Raises:
        DataError: naming file and line, if it is no such file.
    """
    rows, missing = [], 0
    with open_text(path) as file:
        for number, line in enumerate(file, 1):
            fields = line.split()
            if not fields or line.startswith(":"):
                continue
            if len(fields) != 4:
                raise DataError(f"{len(fields)} words, expected four", path, number)
            found = [_find(words, field) for field in fields]
            if any(word is None for word in found):
                missing += 1
            else:
                rows.append([words.key_to_index[str(word)] for word in found])
    if not rows:
        return Analogies(0.0, 0, missing)
    asked, vectors = np.array(rows), unit_rows(words.vectors)
    queries = vectors[asked[:, 1]] - vectors[asked[:, 0]] + vectors[asked[:, 2]]
    nearest, _ = nearest_rows(queries, vectors, 4)
    given = (nearest[:, :, None] == asked[:, None, :3]).any(2)
    first = nearest[np.arange(len(asked)), given.argmin(1)]
    return Analogies(float((first == asked[:, 3]).mean()), len(asked), missing)


class Clustering(NamedTuple):
    """How clusters agree with labels, each 0 to 1 but for ari, which may be below 0.

    Args:
        nmi: normalised mutual information.
        ari: adjusted Rand index.
        purity: the share of vectors that have the commonest label of their cluster.
    """

    nmi: float
    ari: float
    purity: float


def evaluate_clustering(
    vectors: np.ndarray, labels: Sequence[Any], spherical: bool = False, seed: int = 0
) -> Clustering:
    """Cluster vectors into as many clusters as there are labels.

    Args:
        vectors: float (documents, size).
        labels: of the documents.
        spherical: by spherical k-means, else by scikit-learn's k-means.
        seed: of the first centres.

    Raises:
        UsageError: if there is not a label a vector.
        MissingExtraError: if scikit-learn is not installed.
    """
    truth = _as_numbers(vectors, labels)
    metrics: Any = require("sklearn.metrics", EXTRA)
    number = int(truth.max()) + 1
    if spherical:
        found = SphericalKMeans(number, n_init=1, seed=seed).fit_predict(vectors)
    else:
        cluster: Any = require("sklearn.cluster", EXTRA)
        found = cluster.KMeans(number, n_init=1, random_state=seed).fit_predict(vectors)
    table = metrics.cluster.contingency_matrix(truth, found)
    return Clustering(
        float(metrics.normalized_mutual_info_score(truth, found)),
        float(metrics.adjusted_rand_score(truth, found)),
        float(table.max(axis=0).sum() / table.sum()),
    )


class Classification(NamedTuple):
    """How a classifier by nearest neighbours does, 0-1.

    Args:
        f1_macro: the mean F1 of the labels.
        f1_micro: the share of right ones.
    """

    f1_macro: float
    f1_micro: float


def evaluate_neighbours(
    vectors: np.ndarray, labels: Sequence[Any], train: int | None = None, neighbours: int = 3
) -> Classification:
    """Give documents the label of most of their nearest neighbours.

    Args:
        vectors: float (documents, size).
        labels: of the documents.
        train: the first so many are the neighbours, the others are classified; by default five
            folds take turns.
        neighbours: how many are asked.

    Raises:
        UsageError: if there is not a label a vector, or `train` leaves none.
        MissingExtraError: if scikit-learn is not installed.
    """
    truth = _as_numbers(vectors, labels)
    among = len(truth) * (FOLDS - 1) // FOLDS if train is None else train
    if train is None and np.bincount(truth).max() < FOLDS:
        raise UsageError(
            f"{FOLDS} folds need a label that {FOLDS} documents have. Received: "
            f"{len(truth)} documents, no label more than {np.bincount(truth).max()} times"
        )
    if 0 < among < neighbours:
        raise UsageError(
            f"{neighbours} neighbours need as many documents. Received: {among} to choose from"
        )
    classifier = require("sklearn.neighbors", EXTRA).KNeighborsClassifier(neighbours)
    if train is None:
        selection: Any = require("sklearn.model_selection", EXTRA)
        found = selection.cross_val_predict(classifier, vectors, truth, cv=FOLDS)
    elif 0 < train < len(truth):
        found = classifier.fit(vectors[:train], truth[:train]).predict(vectors[train:])
        truth = truth[train:]
    else:
        raise UsageError(f"train must leave some of {len(truth)}. Received: train={train!r}")
    metrics: Any = require("sklearn.metrics", EXTRA)
    scores = [float(metrics.f1_score(truth, found, average=kind)) for kind in ("macro", "micro")]
    return Classification(*scores)


def _as_numbers(vectors: np.ndarray, labels: Sequence[Any]) -> np.ndarray:
    if len(vectors) != len(labels) or not len(labels):
        raise UsageError(
            f"there must be a label a document. Received: {len(vectors)} documents, "
            f"{len(labels)} labels"
        )
    return np.unique(np.asarray(labels), return_inverse=True)[1]


def _read_pairs(path: str | PathLike[str]) -> list[tuple[str, str, float]]:
    pairs = []
    with open_text(path) as file:
        for number, line in enumerate(file, 1):
            text = line.strip()
            separator = next((mark for mark in ("\t", ",", ";") if mark in text), None)
            fields = [field.strip() for field in text.split(separator)]
            score = next((field for field in fields[2:] if NUMBER.fullmatch(field)), None)
            if score is not None and all(fields[:2]):
                pairs.append((fields[0], fields[1], float(score)))
            elif text and number > 1 and not text.startswith("#"):
                raise DataError("expected two words and a score", path, number)
    return pairs


def _find(words: KeyedVectors, word: str) -> str | None:
    return next((form for form in (word, word.lower()) if form in words), None)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0; equal values have the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[inverse]
