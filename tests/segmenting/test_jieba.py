"""Words as jieba cuts them: what its own code gives, whatever the text.

Covers octavo.segmenting.jieba_kernels, octavo.segmenting.jieba_tables,
octavo.segmenting.jieba_preloaded.
"""

from __future__ import annotations

import json
import logging
import lzma
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chinese_texts import TEXTS
from octavo.errors import DataError, MissingExtraError, UsageError
from octavo.segmenting.jieba import Jieba

jieba = pytest.importorskip("jieba", reason="jieba is the oracle")
SLICE = pytest.importorskip("octavo.segmenting.jieba_kernels", exc_type=ImportError).SLICE
jieba.setLogLevel(logging.ERROR)
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "fudan" / "train.jsonl.xz"


def test_the_words_are_jiebas():
    for text in TEXTS:
        assert Jieba()(text) == jieba.lcut(text)


CHARACTERS = st.sampled_from(
    "的一是不了人我在有他这中大来上国北京大学生物理发展和尚未明天气候选长春药店铺面包括号"
)


@given(
    st.lists(
        st.one_of(
            CHARACTERS,
            st.sampled_from("abzAZ09.%+-_#& \r\n，。"),
            st.characters(exclude_categories=[]),
            st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
        )
    ).map("".join)
)
def test_any_text_is_cut_as_jieba_cuts_it(text):
    assert Jieba()(text) == jieba.lcut(text)


@pytest.mark.parametrize("apart", [" ", "\r\n", "，"])
def test_a_long_text_is_cut_in_slices_without_a_seam(apart):
    for size in range(SLICE - 3, SLICE + 2):
        text = "-" * (size - 4) + "北京大学" + apart + "北京大学\r\n" * 3
        assert Jieba()(text) == jieba.lcut(text)


@pytest.mark.skipif(not DATA.exists(), reason="needs ../shared/data/fudan")
def test_long_texts_are_cut_as_jieba_cuts_them():
    with lzma.open(DATA) as file:
        texts = [json.loads(line)["text"] for number, line in zip(range(600), file, strict=False)]
    assert all(Jieba()(text) == jieba.lcut(text) for text in texts[::20])


def test_beginnings_are_those_of_the_words():
    cutter = Jieba()
    for text in TEXTS:
        sizes = [len(word) for word in cutter(text)]
        assert np.flatnonzero(cutter.begins(text)).tolist() == [
            sum(sizes[:i]) for i in range(len(sizes))
        ]


def test_a_changed_dictionary_is_read_again(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("薄瓖甯 9\n", "utf-8")
    assert Jieba(path)("薄瓖甯") == ["薄瓖甯"]
    path.write_text("薄瓖 9\n甯 5\n\n", "utf-8")
    assert Jieba(path)("薄瓖甯") == ["薄瓖", "甯"]


def test_other_processes_read_the_dictionary_themselves(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("薄瓖甯 9\n", "utf-8")
    sent = pickle.dumps(Jieba(path))
    assert len(sent) < 1000
    assert pickle.loads(sent)("薄瓖甯") == ["薄瓖甯"]


@pytest.mark.parametrize("text", [None, ["北京"], b"ab"])
def test_texts_are_strings(text):
    with pytest.raises(UsageError, match=r"a text must be a str\. Received: "):
        Jieba()(text)


@pytest.mark.parametrize(
    "line", ["Edu Trust认证 2000", "云端推理 5 N", "云端推理\t5", "云端推理  5", "云端推理 5  n"]
)
def test_a_line_that_jieba_never_finds_is_named_and_left_out(tmp_path, line):
    path = tmp_path / "words.txt"
    path.write_text(f"边缘推理\n{line}\n", "utf-8")
    with pytest.warns(UserWarning, match=r"words\.txt: 1 line is left out, .* line 2: '"):
        ours = Jieba(path)
    theirs = jieba.Tokenizer()
    theirs.load_userdict(str(path))
    for text in ("云端推理和边缘推理", "Edu Trust认证"):
        assert ours(text) == theirs.lcut(text)


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"none\.txt"):
        Jieba(tmp_path / "none.txt")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"\[count\]"):
        Jieba()


def test_only_a_dictionary_of_ones_own_is_read_before_a_text_is_cut(tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr("octavo.segmenting.jieba._load_tables", lambda path, _: read.append(path))
    Jieba()
    assert read == []
    (tmp_path / "words.txt").write_text("好\n")
    Jieba(tmp_path / "words.txt")
    assert read == [str(tmp_path / "words.txt")]
    Jieba().load()
    assert read == [str(tmp_path / "words.txt"), None]


def test_a_process_that_imports_the_module_has_read_the_dictionary():
    code = (
        "import octavo.segmenting.jieba_preloaded as preloaded\n"
        "from octavo.segmenting.jieba import Jieba, _load_tables\n"
        "Jieba().load()\n"
        "assert _load_tables.cache_info().misses == 1"
    )
    assert Jieba.preload == ("octavo.segmenting.jieba_preloaded",)
    subprocess.run([sys.executable, "-c", code], check=True)
