"""Vectors as places on a plane."""

from __future__ import annotations

import numpy as np
import pytest

from octavo.errors import UsageError
from octavo.vectors import project

pytest.importorskip("sklearn")


def test_what_points_the_same_way_is_near():
    random = np.random.default_rng(0)
    centres = np.repeat(np.eye(3, 10), 20, axis=0)
    vectors = (centres + 0.1 * random.standard_normal(centres.shape)) * random.uniform(
        1, 9, (60, 1)
    )
    points = project(vectors)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    nearest = np.argsort(distances, axis=1)[:, 1:6]
    assert (nearest // 20 == np.arange(60)[:, None] // 20).all()
    np.testing.assert_array_equal(points, project(vectors))


def test_a_few_vectors_are_laid_out_and_fewer_refused():
    points = project(np.concatenate([np.eye(3), np.zeros((1, 3))]))
    assert points.shape == (4, 2)
    assert np.isfinite(points).all()
    with pytest.raises(UsageError, match="a map needs 4 vectors"):
        project(np.eye(3))
