"""Planted graphs have the modules, degrees and shares of links between modules that were asked."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def graphs(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import community_graphs

    yield community_graphs
    sys.modules.pop("community_graphs")


@pytest.mark.parametrize("mu", [0.2, 0.5])
def test_planted_modules_are_as_asked(graphs, mu):
    links, modules = graphs.plant(3000, 16, mu, seed=1)
    assert (links[:, 0] < links[:, 1]).all()
    assert len(np.unique(links, axis=0)) == len(links)
    assert 0.8 * 16 < 2 * len(links) / 3000 < 16
    across = modules[links[:, 0]] != modules[links[:, 1]]
    assert across.mean() == pytest.approx(mu, abs=0.06)
    assert np.bincount(modules).min() >= 20
    assert np.bincount(modules).max() <= 220
    again, _ = graphs.plant(3000, 16, mu, seed=1)
    assert (links == again).all()


def test_vectors_are_the_same_for_a_seed(graphs):
    vectors = graphs.make_vectors(20, 4, 3)
    assert vectors.shape == (20, 4)
    assert (vectors == graphs.make_vectors(20, 4, 3)).all()
