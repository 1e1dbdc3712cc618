"""Dictionaries of one's own: words and counts are those that jieba itself takes from them."""

from __future__ import annotations

import logging

import pytest

from chinese_texts import TEXTS
from octavo.errors import DataError
from octavo.segmenting.jieba import Jieba

jieba = pytest.importorskip("jieba", reason="jieba is the oracle")
pytest.importorskip("numba")
jieba.setLogLevel(logging.ERROR)


WORDS = """
凯特琳 1000 nr
自定义词
云计算
台中
大学生物 3
我来 0 v
杭研 0
来到北
京都大 n
e世代
𠮷野家 20
"""


def test_words_of_a_dictionary_have_the_counts_that_jieba_gives_them(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text(WORDS.strip(), "utf-8")
    own, oracle = Jieba(path), jieba.Tokenizer()
    oracle.load_userdict(str(path))
    more = "凯特琳在台中说自定义词，云计算e世代和大学生物理，我来到北京，𠮷野家的薄瓖甯"
    for text in [more, *TEXTS]:
        assert own(text) == oracle.lcut(text)


def test_counts_may_be_large(tmp_path):
    (tmp_path / "words.txt").write_text("深造 999999999999999999\n", "utf-8")
    assert Jieba(tmp_path / "words.txt")("大学深造") == ["大学", "深造"]


@pytest.mark.parametrize("line", ["好" * 101, "好的 " + "9" * 19])
def test_words_and_counts_of_a_dictionary_have_a_limit(tmp_path, line):
    (tmp_path / "words.txt").write_text(f"北京\n{line}\n", "utf-8")
    with pytest.raises(DataError, match=r"words\.txt, line 2: expected a word of 100 characters"):
        Jieba(tmp_path / "words.txt")
