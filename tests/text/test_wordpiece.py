"""WordPiece against a slow reference and, where it is installed, the tokenizers library.

Covers octavo.text.characters, octavo.text.normalising.
"""

from __future__ import annotations

import pickle
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import wordpiece_reference as reference
from hypothesis import example, given, settings
from hypothesis import strategies as st

from octavo.errors import DataError, UsageError
from octavo.reading import read_questions
from octavo.text import WordPieceTokenizer
from octavo.text.vocabulary import SPECIAL_TOKENS
from octavo.text.wordpiece import Encoding

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
CHINESE_VOCABULARY = SHARED / "bert_zh_vocab" / "vocab.txt"
needs_shared = pytest.mark.skipif(
    not CHINESE_VOCABULARY.exists(), reason="the development data (../shared) is not here"
)


# Letters of every kind the rules tell apart, so that short random texts meet their edges.
KINDS = (
    "abAÉéßİΣςａＡ1２北京\ufa0e\U00020000\U0002b820か한각한!，。“[]#_=≠\u037e\u1fef"
    " \t\r\n\u00a0\u3000\u2028\u0085\x00\x1c\ufffd\u200b\u200d\ufeff\ue000\ud800"
    "\u0300\u0301\u0323\u0345\u302e\U0001d165\U0001d15e\u09cb\u0344😀🤣𝐀\u0378"
)
PIECE_LINES = """
a b e i ss ß σ ς ab ##a ##b ##e ##ab ##i 1 ##1 11 ##11 ２ 北 京 ! ， 。 [ ] # ## = ` ; か
\u1112 ##\u1161 ##\u11ab \u1100 ##\u11a8 ##\u1161\u11ab ##北 ##か ａ ##ａ 😀 ##😀 \u302e ##\u302e
"""
PIECES = [*SPECIAL_TOKENS, *PIECE_LINES.split()]
TOKENIZERS = {low: WordPieceTokenizer(PIECES, low) for low in (True, False)}

texts = st.one_of(
    st.text(st.sampled_from(KINDS), max_size=40),
    st.text(st.one_of(st.sampled_from(KINDS), st.characters(exclude_categories=())), max_size=40),
)


def rows(encoding: Encoding) -> list[tuple[int, int, int]]:
    columns = (encoding.ids, encoding.starts, encoding.ends)
    assert all(column.dtype == np.int32 for column in columns)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@settings(max_examples=1000)
@given(texts, st.booleans())
@example("\U0001d165\u302e\u0323a\u302e\U0001d165", True)  # marks that canonical order exchanges
@example("ab" * 50 + "A", True)
@example("ab" * 50, True)
@example("é" * 100 + "\u0301" * 9, True)
def test_equals_the_reference(text: str, lowercase: bool) -> None:
    expected = reference.encode(text, PIECES, lowercase)
    assert rows(TOKENIZERS[lowercase].encode(text)) == expected


def test_every_kind_of_code_point_equals_the_reference() -> None:
    """All but the great uniform ranges, of which one in 101; the peer test takes every one."""
    uniform = ("HANGUL", "CJK", "EGYPTIAN", "TANGUT", "CUNEIFORM", "YI", "BAMUM", "NUSHU", "")
    kinds = [unicodedata.name(chr(code), "").split(" ")[0] for code in range(0x110000)]
    some = [c for c, kind in enumerate(kinds) if kind not in uniform or c % 101 == 0]
    many = [f"a{chr(code)}b {chr(code)}" for code in some]
    for text, encoding in zip(many, TOKENIZERS[True].encode_many(many), strict=True):
        assert rows(encoding) == reference.encode(text, PIECES), text.encode("unicode-escape")


@given(st.lists(texts, max_size=12))
def test_many_texts_are_the_same_as_one_by_one(many: list[str]) -> None:
    tokenizer = TOKENIZERS[True]
    assert [rows(e) for e in tokenizer.encode_many(many)] == [
        rows(tokenizer.encode(t)) for t in many
    ]


def test_many_texts_longer_than_a_batch() -> None:
    many = [f"北{'a' * (n % 7)} 京1 é한" * 40 for n in range(1000)]
    tokenizer = TOKENIZERS[True]
    encodings = tokenizer.encode_many(iter(many))
    assert [rows(e) for e in encodings] == [rows(tokenizer.encode(t)) for t in many]


@given(texts)
@example("\u302e\U0001d165")  # marks that change places
def test_spans_lie_in_the_text(text: str) -> None:
    encoding = TOKENIZERS[True].encode(text)
    assert (encoding.starts >= 0).all()
    assert (encoding.starts < encoding.ends).all()
    assert (encoding.ends <= len(text)).all()


def test_special_tokens_in_a_text_are_text() -> None:
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "[", "]", "mask", "pad"])
    assert tokenizer.tokens("[MASK][PAD]") == ["[", "mask", "]", "[", "pad", "]"]


def test_words_that_the_cache_forgot_are_cut_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("octavo.text.wordpiece.CACHE_CHARACTERS", 8)
    tokenizer = WordPieceTokenizer(PIECES)
    text = " ".join(["ab", "aab", "abb", "ba", "baa", "ab1", "ab"] * 3)
    assert rows(tokenizer.encode(text)) == reference.encode(text, PIECES)
    assert len(tokenizer._cache) < 7


def test_a_long_text_without_blanks() -> None:
    text = "a" * 3_000_000 + "北"
    assert rows(TOKENIZERS[True].encode(text)) == [
        (PIECES.index("[UNK]"), 0, 3_000_000),
        (PIECES.index("北"), 3_000_000, 3_000_001),
    ]


def test_a_pickled_tokenizer_encodes_the_same() -> None:
    for lowercase, tokenizer in TOKENIZERS.items():
        tokenizer.encode(KINDS)
        packed = pickle.dumps(tokenizer)
        assert len(packed) < 2_000
        copy = pickle.loads(packed)
        assert copy.lowercase == lowercase
        assert rows(copy.encode(KINDS)) == rows(tokenizer.encode(KINDS))


def test_names_the_special_tokens_that_are_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"lacks \[CLS\] \[MASK\]$"):
        WordPieceTokenizer(["[PAD]", "[UNK]", "[SEP]", "a"])
    (tmp_path / "vocab.txt").write_text("a\nb\n")
    with pytest.raises(DataError, match=r"vocab.txt: the vocabulary lacks \[PAD\]"):
        WordPieceTokenizer.from_file(tmp_path / "vocab.txt")


@pytest.mark.parametrize("number", [-1, len(PIECES)])
def test_decode_refuses_ids_outside_the_vocabulary(number: int) -> None:
    with pytest.raises(UsageError, match=f"id must be .* Received: id={number}$"):
        TOKENIZERS[True].decode([number])


def cmrc_texts() -> list[str]:
    questions = [
        question
        for name in ("train", "dev")
        for question in read_questions(SHARED / "cmrc2018" / f"{name}.json.xz")
    ]
    passages = (passage.text for question in questions for passage in question.passages)
    return list(dict.fromkeys([*passages, *(question.question for question in questions)]))


@needs_shared
def test_cmrc_passages_equal_the_reference() -> None:
    tokenizer = WordPieceTokenizer.from_file(CHINESE_VOCABULARY)
    vocabulary = _FastList(tokenizer.vocabulary)
    sample = cmrc_texts()[::40]
    for text, encoding in zip(sample, tokenizer.encode_many(sample), strict=True):
        assert rows(encoding) == reference.encode(text, vocabulary)


class _FastList(list[str]):
    """A list whose `in` and `index` do not search: the reference stays as obvious as it is."""

    def __init__(self, items: list[str]) -> None:
        super().__init__(items)
        self._numbers = {item: number for number, item in enumerate(items)}

    def __contains__(self, item: object) -> bool:
        return item in self._numbers

    def index(self, item: str, start: int = 0, stop: int = sys.maxsize) -> int:
        return self._numbers[item]


@pytest.mark.parametrize("wrong", [None, 2008, ["北京"], b"abc"])
def test_what_is_no_text_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError):
        TOKENIZERS[True].encode(wrong)


def every_code_point() -> Iterator[str]:
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000:  # the peer takes no surrogates
            yield "a{0}sb 中{0}{0}文1".format(chr(code))


@needs_shared
@pytest.mark.peer
@pytest.mark.parametrize("lowercase", [True, False])
def test_equals_the_tokenizers_library(lowercase: bool) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    peer = tokenizers.BertWordPieceTokenizer(str(CHINESE_VOCABULARY), lowercase=lowercase)
    ours = WordPieceTokenizer.from_file(CHINESE_VOCABULARY, lowercase)
    many = [*(text for text in cmrc_texts() if "[MASK]" not in text), *every_code_point()]
    for text, encoding in zip(many, ours.encode_many(many), strict=True):
        theirs = peer.encode(text, add_special_tokens=False)
        assert encoding.ids.tolist() == theirs.ids, text
        assert list(zip(encoding.starts, encoding.ends, strict=True)) == theirs.offsets, text
