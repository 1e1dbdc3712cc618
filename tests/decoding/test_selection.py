"""Tokens chosen: at the frequencies the distribution names, from the nucleus, the best in order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from octavo._keras import ops
from octavo.decoding.selection import IMPOSSIBLE, best_index, select_best, select_random

pytestmark = pytest.mark.keras_backend


def draw(logs: np.ndarray, uniform: np.ndarray, temperature: float, top_p: Any) -> np.ndarray:
    """`select_random` from arrays to arrays."""
    tensors = [ops.convert_to_tensor(array.copy()) for array in (logs, uniform)]
    return ops.convert_to_numpy(select_random(*tensors, temperature, top_p))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_frequencies_follow_the_distribution(temperature):
    draws, random = 4000, np.random.default_rng(3)
    logs = np.log(random.dirichlet(np.ones(10))).astype("float32")
    uniform = random.random((1, draws), np.float32)
    tokens = draw(np.broadcast_to(logs, (1, draws, 10)), uniform, temperature, None)
    counts = np.bincount(tokens[0], minlength=10)
    shares = np.exp(logs / temperature) / np.exp(logs / temperature).sum()
    chi_square = ((counts - draws * shares) ** 2 / (draws * shares)).sum()
    assert chi_square < 27.9  # nine degrees of freedom: exceeded once in a thousand


def test_top_p_keeps_the_smallest_set_that_is_likely_enough():
    logs = np.log(np.array([0.1, 0.4, 0.05, 0.3, 0.15], "float32"))
    uniform = np.linspace(0, 1, 200, endpoint=False, dtype="float32")[None]
    logs = np.broadcast_to(logs, (1, 200, 5))
    for top_p, kept in [(0.3, {1}), (0.5, {1, 3}), (0.8, {1, 3, 4}), (None, {0, 1, 2, 3, 4})]:
        assert set(draw(logs, uniform, 1.0, top_p).ravel().tolist()) == kept


def test_no_number_draws_what_cannot_be():
    logs = np.full((1, 2, 6), IMPOSSIBLE, "float32")
    logs[..., [2, 4]] = np.log([0.3, 0.7])
    edges = np.array([[0.0, np.nextafter(np.float32(1), np.float32(0))]], np.float32)
    for temperature in (1.0, 1e9):
        assert draw(logs, edges, temperature, None).tolist() == [[2, 4]]


def test_ties_go_to_the_lower_index():
    scores = np.array([[1.0, 3.0, 3.0 + 4e-6, 2.0, 3.0 - 4e-6], [0.0, -1, -1, -1, 0]], "float32")
    indices, values = map(ops.convert_to_numpy, select_best(ops.convert_to_tensor(scores), 3))
    assert indices.tolist() == [[1, 2, 4], [0, 4, 1]]
    np.testing.assert_array_equal(values, np.take_along_axis(scores, indices, axis=1))
    best = best_index(ops.convert_to_tensor(scores))
    assert ops.convert_to_numpy(best).tolist() == [1, 0]
