"""Ids are the tokenizer's, and words begin where the segmenter says."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from octavo.corpus import encoding
from octavo.corpus.encoding import Encoder
from octavo.errors import DataError
from octavo.text import WordPieceTokenizer
from octavo.text.vocabulary import SPECIAL_TOKENS

VOCABULARY = [*SPECIAL_TOKENS, *"北京大学，。ab", "##a", "##b", "ab"]
TOKENIZER = WordPieceTokenizer(VOCABULARY)
texts = st.lists(st.text(alphabet="北京大学，。ab \n\t\u3000\u200b😀é", max_size=20), max_size=8)


def split(text):
    """Words of two characters, white space and all."""
    return [text[i : i + 2] for i in range(0, len(text), 2)]


@given(texts=texts, together=st.integers(1, 40))
@pytest.mark.parametrize("segmenter", [split, str.split, list], ids=["pairs", "split", "list"])
def test_ids_are_those_of_each_line_of_a_text_alone(texts, together, segmenter):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "TOGETHER", together)
        found = list(Encoder(TOKENIZER, segmenter).encode(texts))
    assert len(found) == len(texts)
    for text, (ids, begins) in zip(texts, found, strict=True):
        lines = [(line, TOKENIZER.encode(line)) for line in text.split("\n")]
        assert ids.tolist() == [number for _, alone in lines for number in alone.ids.tolist()]
        assert begins.tolist() == [
            begin for line, alone in lines for begin in expected(line, alone, segmenter)
        ]


def expected(text, alone, segmenter):
    """A token begins a word if a word, or what lies between two, begins at its first character."""
    starts, at = set(), 0
    for word in segmenter(text):
        found = text.index(word, at)
        starts |= {at, found}
        at = found + len(word)
    starts.add(at)
    pieces = [VOCABULARY[number].startswith("##") for number in alone.ids]
    return [s in starts and not p for s, p in zip(alone.starts.tolist(), pieces, strict=True)]


def test_jieba_cuts_words():
    pytest.importorskip("jieba")
    from octavo.segmenting.jieba import Jieba

    ((ids, begins),) = Encoder(TOKENIZER, Jieba()).encode(["北京大学，ab\ud83d"])
    assert ids.tolist()[:5] == [5, 6, 7, 8, 9]
    assert begins.tolist()[:5] == [True, False, False, False, True]


@pytest.mark.parametrize("segmenter", [lambda text: [1], lambda text: 1 / 0, lambda text: ["京北"]])
def test_a_segmenter_that_fails_is_named_with_the_file(segmenter):
    with pytest.raises(DataError, match=r"^a\.txt: the segmenter (failed|gave '京北')"):
        list(Encoder(TOKENIZER, segmenter).encode(["北京"], "a.txt"))


@pytest.mark.parametrize("segmenter", [str.split, list])
def test_half_a_character_stops_no_segmenter(segmenter):
    ((ids, _),) = Encoder(TOKENIZER, segmenter).encode(["北\ud83d 京"])
    assert ids.tolist() == [5, 6]


def test_no_text_gives_nothing():
    assert list(Encoder(TOKENIZER, list).encode([])) == []
    ((ids, begins),) = Encoder(TOKENIZER, list).encode([""])
    assert (len(ids), begins.dtype) == (0, np.dtype(bool))
