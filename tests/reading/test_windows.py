"""Windows cover a passage, and tokens are found where they stand."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.reading.windows import Window, cut_windows, find_tokens, nearest_windows, window_starts

sizes = st.integers(2, 60).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1)))


@given(length=st.integers(0, 700), size=sizes)
def test_windows_cover_everything_and_share_at_least_the_overlap(length, size):
    size, overlap = size
    starts = window_starts(length, size, overlap)
    covered = np.zeros(length, bool)
    for start in starts:
        covered[start : start + size] = True
    assert covered.all()
    assert starts[0] == 0
    if len(starts) > 1:
        assert starts[-1] == length - size
        assert max(np.diff(starts)) <= size - overlap
        assert min(np.diff(starts)) > 0


@given(
    ids=st.lists(st.integers(0, 3), max_size=40),
    tokens=st.lists(st.integers(0, 3), min_size=1, max_size=4),
)
def test_find_tokens_finds_what_str_finds(ids, tokens):
    text, piece = "".join(map(str, ids)), "".join(map(str, tokens))
    expected, place = [], text.find(piece)
    while place >= 0:
        expected.append((place, place + len(piece)))
        place = text.find(piece, place + len(piece))
    assert find_tokens(np.array(ids, int), tokens) == expected


def test_nearest_windows_keep_their_order_and_prefer_shared_pairs():
    ids = np.array([1, 2, 9, 9, 2, 1, 9, 9, 3, 4, 9, 9])
    windows = cut_windows(0, ids, 4, 0)
    kept = nearest_windows(windows, np.array([1, 2, 3]), 2)
    assert [window.ids.tolist() for window in kept] == [[1, 2, 9, 9], [2, 1, 9, 9]]
    assert nearest_windows(windows, np.array([5]), 3) == windows


def test_a_rare_token_of_the_question_outweighs_many_common_ones():
    common = np.array([1, 2, 3, 4])
    windows = [Window(number, common) for number in range(9)]
    windows[5] = Window(5, np.array([7, 8, 8, 8]))
    assert nearest_windows(windows, np.array([1, 2, 3, 4, 7]), 1) == [windows[5]]


@given(
    ids=st.lists(st.lists(st.integers(0, 5), max_size=7), min_size=2, max_size=12),
    question=st.lists(st.integers(0, 5), min_size=1, max_size=6),
    most=st.integers(1, 5),
)
def test_nearest_windows_are_those_with_the_rarest_tokens_and_pairs(ids, question, most):
    windows = [Window(number, np.array(one, np.int32)) for number, one in enumerate(ids)]
    asked = sorted(set(question)), sorted(set(pairwise(question)))
    held = [
        [*(token in one for token in asked[0]), *(pair in list(pairwise(one)) for pair in asked[1])]
        for one in ids
    ]
    rarity = np.log((len(ids) + 2) / (np.sum(held, axis=0) + 1))
    order = sorted(range(len(ids)), key=lambda n: -np.dot(held, rarity)[n])
    kept = [window.passage for window in nearest_windows(windows, np.array(question), most)]
    assert kept == sorted(order[:most] if len(ids) > most else order)


@pytest.mark.parametrize(("length", "count"), [(12, 1), (13, 2), (20, 2), (21, 3)])
def test_a_passage_gets_no_more_windows_than_it_needs(length, count):
    assert len(window_starts(length, 12, 4)) == count
