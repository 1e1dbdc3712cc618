"""The estimator: trials, seeds, labels, and what it makes of graphs without modules."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import cliques

from octavo.community import Infomap, map_equation
from octavo.errors import DataError, UsageError


def noisy(seed=0, count=12, size=10):
    """Modules of a random graph, 0.5 likely inside, 0.06 outside, float64 (nodes, nodes)."""
    random = np.random.default_rng(seed)
    same = np.kron(np.eye(count), np.ones((size, size)))
    links = np.triu(random.random(same.shape) < np.where(same > 0, 0.5, 0.06), 1)
    return (links | links.T).astype(float)


def test_labels_are_numbered_by_how_often_a_module_is_visited():
    graph = np.zeros((9, 9))
    graph[:3, :3] = 1
    graph[3:8, 3:8] = 1
    model = Infomap().fit(graph, progress=False)
    assert model.labels_.tolist() == [1, 1, 1, 0, 0, 0, 0, 0, 2]
    assert model.n_modules_ == 3
    assert model.rates_[8] == 0
    assert model.labels_.dtype == np.int64


def test_what_is_stated_is_what_the_map_equation_says():
    graph = noisy()
    model = Infomap(trials=2).fit(graph, progress=False)
    found = map_equation(graph, model.labels_)
    assert found.codelength == pytest.approx(model.codelength_, abs=1e-12)
    assert found.module_codelengths == pytest.approx(model.module_codelengths_)
    one = map_equation(graph, np.zeros(len(graph), int)).codelength
    assert model.one_level_codelength_ == pytest.approx(one, abs=1e-12)
    assert model.codelength_ == min(trial.codelength for trial in model.trials_)


@pytest.mark.parametrize("flow", [None, "directed"])
def test_labels_are_the_same_for_any_number_of_workers(flow):
    graph = noisy(3)
    for seed in range(20):
        one, two = (
            Infomap(flow=flow, seed=seed, workers=workers, max_trials=4).fit(graph, progress=False)
            for workers in (1, 2)
        )
        assert (one.labels_ == two.labels_).all()
        assert one.trials_ == two.trials_


def test_a_trial_is_repeated_alone_by_its_seed():
    model = Infomap(trials=4, seed=7).fit(noisy(1), progress=False)
    assert [trial.seed for trial in model.trials_] == [7, 8, 9, 10]
    for trial in model.trials_:
        assert Infomap(trials=1, seed=trial.seed).fit(noisy(1), progress=False).trials_ == [trial]


def test_trials_end_when_two_agree():
    assert len(Infomap().fit(cliques(5, 5), progress=False).trials_) == 2
    assert len(Infomap(max_trials=1).fit(cliques(5, 5), progress=False).trials_) == 1
    assert len(Infomap(trials=3).fit(cliques(5, 5), progress=False).trials_) == 3


def test_a_graph_without_modules_is_one():
    model = Infomap().fit(np.ones((6, 6)), progress=False)
    assert model.labels_.tolist() == [0] * 6
    assert model.codelength_ == pytest.approx(np.log2(6))


def test_a_graph_without_links_has_a_module_a_node():
    model = Infomap().fit(np.zeros((3, 3)), progress=False)
    assert model.labels_.tolist() == [0, 1, 2]
    assert model.codelength_ == 0


def test_longer_walks_see_fewer_modules():
    counts = [
        Infomap(markov_time=time).fit(cliques(16, 3), progress=False).n_modules_
        for time in (0.5, 1.0, 3.0)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_vectors_are_joined_first():
    random = np.random.default_rng(0)
    vectors = np.repeat(np.eye(4) * 5, 40, axis=0) + random.normal(size=(160, 4))
    model = Infomap(affinity="knn", n_neighbors=30).fit(vectors, progress=False)
    assert model.n_features_in_ == 4
    for group in model.labels_.reshape(4, 40):
        assert np.bincount(group).max() >= 38


def test_parameters_are_those_of_scikit_learn():
    model = Infomap(seed=3)
    assert model.get_params()["seed"] == 3
    assert repr(model.set_params(markov_time=2.0)) == "Infomap(markov_time=2.0, seed=3)"
    sklearn = pytest.importorskip("sklearn.base")
    assert repr(sklearn.clone(model)) == repr(model)


@pytest.mark.parametrize(
    "options",
    [
        {"affinity": "rbf"}, {"markov_time": 0}, {"trials": 0}, {"max_trials": 0}, {"seed": -1},
        {"workers": 0}, {"preferred_modules": 0}, {"flow": "up"}, {"teleportation": 1},
    ],
)  # fmt: skip
def test_impossible_parameters_are_named(options):
    with pytest.raises(UsageError, match=next(iter(options))):
        Infomap(**options).fit(cliques(2, 3), progress=False)


def test_what_is_no_graph_is_an_error():
    with pytest.raises(DataError, match="without nodes"):
        Infomap().fit(np.zeros((0, 0)), progress=False)
    with pytest.raises(DataError, match="square"):
        Infomap().fit(np.ones((3, 2)), progress=False)
    with pytest.raises(UsageError, match="labels must"):
        Infomap().fit(np.ones((3, 3)), labels=[0, 1], progress=False)
