"""Bytes are cut into the words that str.split finds in the text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

splitting = pytest.importorskip("octavo.segmenting.splitting", exc_type=ImportError)

SEPARATOR = splitting.SEPARATOR
SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000"

NEAR = "ab\x00!京\u2027\u2030\u200b\u3001\u1681\u205e\xa1\u0100𠀀😀"

texts = st.lists(st.text(st.sampled_from(SPACES + NEAR * 2), max_size=40), max_size=12)


def cut(texts, split):
    """The words of texts, each a segment, from the spans of their bytes."""
    parts = [text.encode() for text in texts]
    bounds = np.cumsum([0, *map(len, parts)])
    text = np.frombuffer(b"".join(parts) + bytes(8), np.uint8)
    spans = np.empty((bounds[-1] + len(bounds), 2), np.int32)
    words, ends = [[]], []
    for start, size in spans[: split(text, bounds, spans)].tolist():
        if size < 0:
            words.append([])
            ends.append(start)
        else:
            words[-1].append(bytes(text[start : start + size]).decode())
    assert ends == bounds[1:].tolist()
    assert words.pop() == []
    return words


def part(text):
    """What stands between separators and is not white space alone."""
    return [word for word in text.split(SEPARATOR) if word and not word.isspace()]


@given(texts, st.integers(0, 40), st.booleans())
def test_the_text_that_is_cut_at_once_ends_anywhere(texts, before, one_segment):
    filled = ["a" * (splitting.CHUNK - before), *texts, " " * splitting.CHUNK, *texts, "b"]
    if one_segment:
        filled = ["".join(filled)]
    assert cut(filled, splitting.split_words) == [text.split() for text in filled]
    filled = [text.replace(" ", SEPARATOR) for text in filled]
    assert cut(filled, splitting.split_separated) == list(map(part, filled))


@given(texts)
def test_characters_are_those_that_are_no_white_space(texts):
    expected = [list("".join(text.split())) for text in texts]
    assert cut(texts, splitting.split_characters) == expected


def test_no_text_gives_no_words():
    assert cut([], splitting.split_words) == cut([], splitting.split_characters) == []
