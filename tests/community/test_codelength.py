"""Code lengths beside those worked out by hand, slowly, and by infomap 2.16."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import OPTIONS, cliques, example, weights
from hypothesis import given
from hypothesis import strategies as st
from map_equation_slow import codelength_slowly, walk_slowly

from octavo.community import map_equation
from octavo.errors import UsageError

HALVES = [0, 0, 0, 0, 1, 1, 1, 1]
INFOMAP = {  # bits of the example in two halves: all, and the index code
    "directed": (3.78115, 0.51307),
    "recorded": (3.73748, 0.49261),
    "to nodes": (3.78238, 0.51510),
    "recorded, to nodes": (3.87797, 0.52340),
    "given": (3.82636, 0.52208),
}


@pytest.mark.parametrize("name", INFOMAP)
def test_code_lengths_are_those_of_infomap(name):
    found = map_equation(example(), HALVES, **OPTIONS[name])
    assert (found.codelength, found.index_codelength) == pytest.approx(INFOMAP[name], abs=6e-6)


@pytest.mark.parametrize(("markov_time", "right"), [(1.0, 4.09306), (2.0, 5.36172), (0.5, 3.27355)])
def test_code_lengths_without_directions_are_those_of_infomap(markov_time, right):
    found = map_equation(example(False), HALVES, markov_time=markov_time)
    assert found.codelength == pytest.approx(right, abs=6e-6)


def test_two_triangles_and_a_bridge_by_hand():
    graph = np.kron(np.eye(2), np.ones((3, 3)) - np.eye(3))
    graph[2, 3] = graph[3, 2] = 1
    # 14 ends of links: both are left 1 of 14 times, visited 7 times; nodes have 2, 2 and 3 ends
    index = 2 / 14 * 1
    module = 8 / 14 * -sum(x * np.log2(x) for x in (1 / 8, 2 / 8, 2 / 8, 3 / 8))
    found = map_equation(graph, [0, 0, 0, 1, 1, 1])
    assert found.codelength == pytest.approx(index + 2 * module, abs=1e-12)
    assert found.index_codelength == pytest.approx(index, abs=1e-12)
    assert found.module_codelengths == pytest.approx([module, module], abs=1e-12)


def test_a_directed_ring_by_hand():
    ring = np.roll(np.eye(6), 1, axis=1)
    # each of three modules of two is entered and left in a sixth of the steps
    halves = 3 * (1 / 6) * np.log2(3) + 3 * (1 / 2) * np.log2(3)
    found = map_equation(ring, [0, 0, 1, 1, 2, 2], flow="directed")
    assert found.codelength == pytest.approx(halves, abs=1e-12)
    one = map_equation(ring, [0] * 6, flow="directed")
    assert (one.codelength, one.index_codelength) == pytest.approx((np.log2(6), 0), abs=1e-12)


@given(weights(), st.data(), st.sampled_from(sorted(OPTIONS)), st.sampled_from([1.0, 0.7, 3.0]))
def test_code_lengths_are_the_slow_ones(matrix, data, name, markov_time):
    labels = data.draw(
        st.lists(st.integers(0, 3), min_size=len(matrix), max_size=len(matrix)).map(
            lambda labels: np.unique(labels, return_inverse=True)[1].tolist()
        )
    )
    options = dict(OPTIONS[name])
    options.setdefault("flow", "directed")
    if name == "given":
        walked = (matrix / matrix.sum(), np.zeros_like(matrix), matrix.sum(0) / matrix.sum())
    else:
        to, record = options.get("teleport_to", "links"), "record_teleportation" in options
        walked = walk_slowly(matrix, True, 0.15, to, record)
    right = codelength_slowly(*walked, labels, markov_time)
    found = map_equation(matrix, labels, markov_time=markov_time, **options)
    assert found.codelength == pytest.approx(right, abs=1e-9)
    both = matrix + matrix.T
    right = codelength_slowly(*walk_slowly(both, False), labels, markov_time)
    found = map_equation(both, labels, markov_time=markov_time)
    assert found.codelength == pytest.approx(right, abs=1e-12)
    assert found.codelength == pytest.approx(
        found.index_codelength + found.module_codelengths.sum(), abs=1e-12
    )


@pytest.mark.parametrize("labels", [[0, 1], [0, 1, 2.5], [0, 1, -1], [0, 1, 3], ["a", "b", "c"]])
def test_labels_that_are_none_are_named(labels):
    with pytest.raises(UsageError, match="labels must"):
        map_equation(np.ones((3, 3)), labels)


def test_cliques_are_shorter_told_apart_than_together():
    graph = cliques(4, 5)
    apart = map_equation(graph, np.repeat(range(4), 5)).codelength
    assert apart < map_equation(graph, np.zeros(20, int)).codelength
