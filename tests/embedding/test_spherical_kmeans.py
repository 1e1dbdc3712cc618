"""Clusters of directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.embedding.spherical_kmeans import SphericalKMeans
from octavo.errors import UsageError


@given(st.integers(0, 2**31), st.integers(1, 4))
def test_each_vector_is_with_the_centre_nearest_to_it(seed, clusters):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(20, 3))
    found = SphericalKMeans(clusters, n_init=2, seed=seed).fit(vectors)
    np.testing.assert_allclose(np.linalg.norm(found.cluster_centers_, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(found.predict(vectors), found.labels_)
    again = SphericalKMeans(clusters, n_init=2, seed=seed).fit_predict(vectors)
    np.testing.assert_array_equal(again, found.labels_)
    more = SphericalKMeans(clusters, n_init=6, seed=seed).fit(vectors)
    assert more.score_ >= found.score_ - 1e-6


def test_length_says_nothing():
    rng = np.random.default_rng(0)
    directions = np.repeat(np.eye(3), 20, axis=0) + rng.normal(0, 0.05, (60, 3))
    found = SphericalKMeans(3).fit_predict(directions * rng.uniform(0.1, 50, (60, 1)))
    assert [len(set(found[first : first + 20])) for first in (0, 20, 40)] == [1, 1, 1]
    assert len(set(found)) == 3


def test_equal_vectors_are_clustered_too():
    assert SphericalKMeans(2, n_init=1).fit(np.ones((5, 2))).score_ == pytest.approx(1)
    assert SphericalKMeans(1).fit_predict(np.zeros((3, 2))).tolist() == [0, 0, 0]


def test_there_must_be_a_vector_a_cluster():
    with pytest.raises(UsageError, match="2 vectors, n_clusters=3"):
        SphericalKMeans(3).fit(np.eye(2))
    with pytest.raises(UsageError, match="n_clusters must be"):
        SphericalKMeans(0).fit(np.eye(2))


def test_scikit_learn_knows_what_it_is():
    pytest.importorskip("sklearn", reason="octavo[evaluate] is not installed")
    from sklearn.base import is_clusterer

    assert is_clusterer(SphericalKMeans())
    tags = SphericalKMeans().__sklearn_tags__().input_tags
    assert (tags.two_d_array, tags.string) == (True, False)
    with pytest.raises(UsageError, match="call fit first"):
        SphericalKMeans().predict(np.eye(2))
