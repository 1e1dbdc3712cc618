"""Bytes are cut into the words that jieba finds in the text, white space left out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.segmenting.jieba import Jieba

pytest.importorskip("jieba")
pytest.importorskip("numba")


def split(parts):
    """The words of UTF-8, a list for each segment."""
    bounds = np.cumsum([0, *map(len, parts)])
    text = np.frombuffer(b"".join(parts) + bytes(8), np.uint8)
    spans = np.empty((bounds[-1] + len(bounds), 2), np.int32)
    words = [[]]
    for start, size in spans[: Jieba().split(text, bounds, spans)].tolist():
        if size < 0:
            words.append([])
        else:
            words[-1].append(bytes(text[start : start + size]))
    assert words.pop() == []
    return words


@given(st.lists(st.text(st.sampled_from("北京大学的了a1.-é \r\n\u3000\x1f𠮷，"), max_size=20)))
def test_bytes_give_the_words_of_their_text(texts):
    expected = [[w for w in Jieba()(text) if not w.isspace()] for text in texts]
    found = split([text.encode() for text in texts])
    assert [[word.decode() for word in words] for words in found] == expected


@given(st.lists(st.binary(max_size=9), max_size=5))
def test_no_byte_is_lost_where_text_is_no_utf8(parts):
    for words, part in zip(split(parts), parts, strict=True):
        left = part
        for word in words:
            before, found, left = left.partition(word)
            assert found
            assert not before.decode(errors="replace").strip()
        assert not left.decode(errors="replace").strip()
