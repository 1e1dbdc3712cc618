"""Marked parts: they make up the text, and mark exactly the characters inside a span."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from octavo.report.excerpts import ELLIPSIS, cut_at_spans, merge_spans, shorten

TEXTS = st.text("故宫建成", max_size=30)
SPANS = st.lists(st.tuples(st.integers(-3, 33), st.integers(-3, 33)), max_size=6)


@given(TEXTS, SPANS)
def test_pieces_are_the_text_and_mark_the_characters_inside_spans(text, spans):
    parts = cut_at_spans(text, spans)
    assert "".join(part for part, _ in parts) == text
    marked = [mark for part, mark in parts for _ in part]
    assert marked == [any(a <= i < b for a, b in spans) for i in range(len(text))]


@given(SPANS)
def test_merged_spans_are_ordered_and_apart(spans):
    merged = merge_spans(spans, 30)
    ends = [end for _, end in merged]
    assert all(0 <= start < end <= 30 for start, end in merged)
    assert all(end <= start for end, (start, _) in zip(ends, merged[1:], strict=False))


def test_neighbours_stay_two_answers():
    assert merge_spans([(2, 4), (0, 2)], 9) == [(0, 2), (2, 4)]


@given(TEXTS, SPANS, st.integers(1, 4))
def test_shortening_keeps_marks_and_bounds_what_is_between(text, spans, around):
    parts = cut_at_spans(text, spans)
    short = shorten(parts, around)
    assert [p for p, marked in short if marked] == [p for p, marked in parts if marked]
    for (before, marked), (after, _) in zip(parts, short, strict=True):
        assert marked or len(after) <= 2 * around + 1
        assert after == before or ELLIPSIS in after


def test_shortened_text_keeps_its_near_sides():
    parts = [("一二三四五六七", True), ("甲乙丙丁戊己庚", False), ("八", True)]
    assert shorten(parts, 2)[1] == ("甲乙…己庚", False)
    assert shorten([("甲乙丙丁", False)], 2) == [("甲乙…", False)]
