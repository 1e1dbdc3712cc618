"""Infomap: the modules of a network that make the description of a walk on it shortest."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from octavo._checks import check_bool, check_number, check_one_of, check_whole
from octavo._estimators import Estimator
from octavo._numba import compiling_said
from octavo._progress import Progress
from octavo.community.codelength import MapEquation, check_labels, measure
from octavo.community.flow import Flow, make_flow, make_network
from octavo.community.graph import Graph, names_of
from octavo.community.knn import knn_graph
from octavo.community.network import Network
from octavo.community.search import search
from octavo.errors import DataError

AFFINITIES = ("precomputed", "knn")
AGREEMENT = 1e-4  # of the code length: trials that differ by less agree


class Trial(NamedTuple):
    """One search.

    Args:
        seed: with which `Infomap(trials=1, seed=seed)` finds the same again.
        codelength: bits per step.
        modules: how many it found, of nodes that have links.
    """

    seed: int
    codelength: float
    modules: int


class _Partition(NamedTuple):
    """The modules of one search, and their code.

    Args:
        value: bits of the code, and one for each module more or less than are preferred.
        labels: int32 (nodes,).
        found: the code.
        linked: how many modules have links.
    """

    value: float
    labels: np.ndarray
    found: MapEquation
    linked: int


class Infomap(Estimator):
    """Communities of a network: no number of them is given, the map equation finds it.

    It follows scikit-learn's habits: `get_params`, `set_params`, `fit_predict`, results end in "_".

    One search depends on the order in which chance visits nodes. So searches, the trials, are made
    until the two with the shortest codes agree within a ten thousandth, or `max_trials` have been
    made; the shortest code counts. The labels are the same for a seed, whatever the workers.

    Args:
        affinity: what `fit` gets: "precomputed", a graph; "knn", vectors, each of which is joined
            to its nearest neighbours.
        n_neighbors: with "knn", how many.
        metric: with "knn", "cosine" or "euclidean".
        flow: how a walk moves: "undirected", "directed" or "given" (weights are the flows); None
            for the first two by what the graph says, a matrix having no directions.
        teleportation: the chance that a directed walk jumps.
        teleport_to: where it jumps: "links", a node where a link begins; "nodes", any.
        record_teleportation: whether jumps cost bits.
        markov_time: above 1 for fewer and larger modules, below for more and smaller ones.
        preferred_modules: a number of modules, each one more or less costs a bit; None for none.
        trials: how many searches are made; None until two agree.
        max_trials: how many at most until two agree.
        workers: how many searches go on at once; None for all cores.
        seed: of the first trial; the others have the next ones.

    Attributes:
        labels_: the module of each node, int64 (nodes,); 0 is that which is visited most. A node
            without links is a module of its own.
        codelength_: bits per step.
        index_codelength_: the part of it that tells modules.
        module_codelengths_: the part of each module, float64 (modules,).
        one_level_codelength_: bits per step without modules.
        n_modules_: how many modules there are, those of nodes without links included.
        rates_: the share of steps that visit each node, float64 (nodes,).
        names_: of the nodes; their numbers, if they have no others.
        trials_: the trials made, `Trial`s.
        n_features_in_: how many columns the matrix had; only for matrices.

    Source: Rosvall and Bergstrom 2008, PNAS 105(4):1118; Su Jianlin, kexue.fm/archives/7006.

    Example:
        >>> two = np.kron(np.eye(2), np.ones((4, 4)))
        >>> two[3, 4] = two[4, 3] = 1
        >>> Infomap().fit_predict(two).tolist()
        [0, 0, 0, 0, 1, 1, 1, 1]
    """

    labels_: np.ndarray
    codelength_: float
    index_codelength_: float
    module_codelengths_: np.ndarray
    one_level_codelength_: float
    n_modules_: int
    rates_: np.ndarray
    names_: Sequence[Hashable]
    trials_: list[Trial]
    n_features_in_: int

    def __init__(
        self,
        *,
        affinity: str = "precomputed",
        n_neighbors: int = 15,
        metric: str = "cosine",
        flow: str | None = None,
        teleportation: float = 0.15,
        teleport_to: str = "links",
        record_teleportation: bool = False,
        markov_time: float = 1.0,
        preferred_modules: int | None = None,
        trials: int | None = None,
        max_trials: int = 10,
        workers: int | None = None,
        seed: int = 0,
    ) -> None:
        self.affinity = affinity
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.flow = flow
        self.teleportation = teleportation
        self.teleport_to = teleport_to
        self.record_teleportation = record_teleportation
        self.markov_time = markov_time
        self.preferred_modules = preferred_modules
        self.trials = trials
        self.max_trials = max_trials
        self.workers = workers
        self.seed = seed

    def fit(
        self, graph: Any, y: object = None, *, labels: Any = None, progress: bool = True
    ) -> Infomap:
        """Find the modules of a graph.

        Args:
            graph: a matrix of weights, SciPy sparse or NumPy (nodes, nodes), in which 0 is no link;
                a graph of networkx or igraph; one made by `octavo.community.make_graph` or
                `knn_graph`. With affinity "knn", vectors, float (vectors, size).
            y: not used.
            labels: modules to begin with, whole numbers from 0, (nodes,).
            progress: whether to show how far it is.

        Raises:
            UsageError: if a parameter is impossible.
            DataError: if a matrix is not square, or has negative weights or such as are no numbers;
                if there are no nodes.
        """
        self._check()
        walk = self._walk(graph)
        count = len(walk.rates)
        if count == 0:
            raise DataError("a graph without nodes")
        first = np.zeros(0, np.int32) if labels is None else _dense(check_labels(labels, count))
        with compiling_said():
            network = make_network(walk, self.markov_time)
            self.trials_, whole, best = self._search(network, walk.rates, first, progress)
        self.labels_ = best.labels.astype(np.int64)
        self.codelength_, self.index_codelength_, self.module_codelengths_ = best.found
        self.one_level_codelength_, self.rates_ = whole.found.codelength, walk.rates
        self.n_modules_ = len(best.found.module_codelengths)
        self.names_ = names_of(walk.graph)
        if hasattr(graph, "shape") or isinstance(graph, list):
            self.n_features_in_ = (
                len(np.asarray(graph[0])) if isinstance(graph, list) else graph.shape[1]
            )
        return self

    def fit_predict(self, graph: Any, y: object = None, **options: Any) -> np.ndarray:
        """Like `fit`; gives the labels."""
        return self.fit(graph, y, **options).labels_

    def _check(self) -> None:
        check_one_of("affinity", self.affinity, AFFINITIES)
        check_number("markov_time", self.markov_time, above=0)
        check_whole("max_trials", self.max_trials, 1)
        check_whole("seed", self.seed, 0, 2**63 - 1 - 10**6)
        check_bool("record_teleportation", self.record_teleportation)
        for name in ("preferred_modules", "trials", "workers"):
            if getattr(self, name) is not None:
                check_whole(name, getattr(self, name), 1, 10**6)

    def _walk(self, graph: Any) -> Flow:
        joined: Graph | Any = graph
        if self.affinity == "knn":
            joined = knn_graph(graph, self.n_neighbors, self.metric)
        return make_flow(
            joined, self.flow, self.teleportation, self.teleport_to, self.record_teleportation
        )

    def _search(
        self, network: Network, rates: np.ndarray, first: np.ndarray, progress: bool
    ) -> tuple[list[Trial], _Partition, _Partition]:
        """The trials that count, all nodes in one module, and the best partition."""
        most = self.trials or self.max_trials
        preferred = self.preferred_modules or 0

        def judge(labels: np.ndarray) -> _Partition:
            labels = _by_rate(labels, rates)
            found = measure(network, labels)
            linked = int((np.bincount(labels, rates) > 0).sum())
            wrong = abs(linked - preferred) if preferred else 0
            return _Partition(found.codelength + wrong, labels, found, linked)

        whole = judge(np.where(rates > 0, 0, 1 + np.arange(len(rates))))

        def run(seed: int) -> _Partition:
            found = judge(search(network, first, seed, preferred, whole.found.codelength))
            return min(whole, found, key=lambda partition: partition.value)

        seeds = range(self.seed, self.seed + most)
        trials: list[Trial] = []
        partitions: list[_Partition] = []  # the best two
        with Progress(most, "searching for modules", progress) as bar:
            for seed, partition in zip(seeds, self._run(run, seeds), strict=False):
                trials.append(Trial(seed, partition.found.codelength, partition.linked))
                partitions = sorted([*partitions, partition], key=lambda one: one.value)[:2]
                bar.advance(1, f"{partition.found.codelength:.6g} bits")
                if self.trials is None and _agree(partitions):
                    break
        return trials, whole, partitions[0]

    def _run(self, run: Any, seeds: Sequence[int]) -> Iterator[Any]:
        """The trials in the order of their seeds, some at once."""
        workers = min(self.workers or os.cpu_count() or 1, len(seeds))
        if workers == 1:
            yield from map(run, seeds)
            return
        waiting = iter(seeds)
        with ThreadPoolExecutor(workers) as pool:
            running = [pool.submit(run, seed) for seed in islice(waiting, workers)]
            try:
                while running:
                    yield running.pop(0).result()
                    running += [pool.submit(run, seed) for seed in islice(waiting, 1)]
            finally:
                for trial in running:
                    trial.cancel()


def _agree(best: Sequence[_Partition]) -> bool:
    """Whether there are two, and they differ by less than a ten thousandth."""
    return len(best) == 2 and best[1].value - best[0].value <= AGREEMENT * abs(best[0].value)


def _dense(labels: np.ndarray) -> np.ndarray:
    return np.unique(labels, return_inverse=True)[1].astype(np.int32)


def _by_rate(labels: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Modules numbered by how often they are visited, of equal ones the first node's first."""
    _, firsts, labels = np.unique(labels, return_index=True, return_inverse=True)
    sums = np.bincount(labels, rates)
    order = np.lexsort((firsts, -np.round(sums, 12)))
    numbers = np.empty(len(order), np.int32)
    numbers[order] = np.arange(len(order))
    return numbers[labels]
