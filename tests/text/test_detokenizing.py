"""Tokens joined to a text as a writer would write it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from octavo.text import WordPieceTokenizer
from octavo.text.vocabulary import SPECIAL_TOKENS

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
CHINESE_VOCABULARY = SHARED / "bert_zh_vocab" / "vocab.txt"
needs_shared = pytest.mark.skipif(
    not CHINESE_VOCABULARY.exists(), reason="the development data (../shared) is not here"
)


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (["北", "京", "，", "2008", "年"], "北京，2008年"),
        (["new", "york", "##er", "##s", ",", "it", "'", "s"], "new yorkers, it's"),
        (["3", ".", "5", "%", "(", "a", "/", "b", ")", "."], "3.5% (a/b)."),
        (["12", ":", "30", ",", "000", "end"], "12:30,000 end"),
        (["用", "python", "3", "写"], "用python 3写"),
        (["##er", "a", "##"], "er a ##"),
        ([], ""),
    ],
)
def test_decode_puts_blanks_where_a_writer_would(tokens: list[str], text: str) -> None:
    vocabulary = [*SPECIAL_TOKENS, *dict.fromkeys(tokens)]
    tokenizer = WordPieceTokenizer(vocabulary)
    ids = [vocabulary.index(token) for token in ["[CLS]", *tokens, "[SEP]", "[PAD]"]]
    assert tokenizer.decode(np.array(ids)) == text


@needs_shared
def test_decode_gives_back_chinese_passages_up_to_case_and_blanks() -> None:
    tokenizer = WordPieceTokenizer.from_file(CHINESE_VOCABULARY)
    for text in ("北京故宫于1420年建成。", "《战国无双3》是由光荣开发的续作，共有20张战场地图。"):
        assert tokenizer.decode(tokenizer.encode(text).ids) == text
