"""Segmenters by name: the words they give, where these begin, and what others may ask of them.

Covers octavo.segmenting.protocol.
"""

from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import DataError, MissingExtraError, UsageError
from octavo.segmenting.protocol import ByteSegmenter, Segmenter
from octavo.segmenting.segmenters import find_segmenter
from octavo.text.vocabulary import SPECIAL_TOKENS

texts = st.text(st.sampled_from("北京大学，ab \n\t\u3000😀é"), max_size=30)


@pytest.fixture
def vocabulary(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join([*SPECIAL_TOKENS, *"北京ab", "##b"]), "utf-8")
    return str(path)


def test_names_stand_for_what_cuts_texts(vocabulary):
    text = "北京 ab\u3000b"
    assert list(find_segmenter("whitespace")(text)) == ["北京", "ab", "b"]
    assert list(find_segmenter("characters")(text)) == ["北", "京", "a", "b", "b"]
    assert list(find_segmenter("regex:[a-z]")(text)) == ["a", "b", "b"]
    assert list(find_segmenter(f"wordpiece:{vocabulary}")(text)) == ["北", "京", "a", "##b", "b"]
    assert list(find_segmenter("textwrap:wrap")("to be")) == ["to be"]
    assert list(find_segmenter(str.split)(text)) == ["北京", "ab", "b"]
    assert find_segmenter("regex:[a-z]").join(text, "|") == "a|b|b"
    assert find_segmenter(str.split).join(text, "|") == "北京|ab|b"


def test_a_segmenter_is_itself():
    segmenter = find_segmenter("whitespace")
    assert find_segmenter(segmenter) is segmenter


def test_what_others_ask(vocabulary, tmp_path):
    asked = {}
    for name in ("whitespace", "characters", "regex:a", f"wordpiece:{vocabulary}", str.split):
        found = find_segmenter(name)
        asked[name] = (isinstance(found, ByteSegmenter), found.joiner, found.path, found.preload)
    assert asked == {
        "whitespace": (True, " ", None, ()),
        "characters": (True, "", None, ()),
        "regex:a": (False, " ", None, ()),
        f"wordpiece:{vocabulary}": (False, " ", vocabulary, ()),
        str.split: (False, " ", None, ()),
    }


def test_what_others_ask_of_jieba(tmp_path):
    pytest.importorskip("numba")
    pytest.importorskip("jieba")
    (tmp_path / "words.txt").write_text("好\n", "utf-8")
    for name, path in (("jieba", None), (f"jieba:{tmp_path}/words.txt", f"{tmp_path}/words.txt")):
        found = find_segmenter(name)
        assert (isinstance(found, ByteSegmenter), found.joiner, found.path) == (True, " ", path)
        assert found.preload == ("octavo.segmenting.jieba_preloaded",)
        assert pickle.loads(pickle.dumps(found)).path == path


def test_the_working_folder_is_looked_into_for_a_function_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_words.py").write_text("from own_more import cut")
    (tmp_path / "own_more.py").write_text("def cut(text):\n    return text.split('-')")
    before = list(sys.path)
    found = find_segmenter("own_words:cut")
    with pytest.raises(UsageError, match="ModuleNotFoundError"):
        find_segmenter("not_there:cut")
    assert sys.path == before
    kept = pickle.dumps(found)
    for name in ("own_words", "own_more"):  # as in another process
        monkeypatch.delitem(sys.modules, name)
    assert pickle.loads(kept)("a-b") == ["a", "b"]


@given(texts)
@pytest.mark.parametrize("name", ["whitespace", "characters", r"regex:\w", list, str.split])
def test_words_and_what_lies_between_begin_where_they_are_found(name, text):
    segmenter = find_segmenter(name)
    begins, at = set(), 0
    for first, line in enumerate(text.split("\n")):
        at += first > 0
        begins |= {at - 1} if first else set()
        end = at + len(line)
        for word in segmenter(line):
            found = text.index(word, at)
            begins |= {at, found}
            at = found + len(word)
        begins |= {at} if at < end else set()
        at = end
    expected = [place in begins for place in range(len(text))]
    assert np.asarray(segmenter.begins(text)).tolist() == expected


def test_a_word_that_is_not_in_the_text_is_named():
    with pytest.raises(DataError, match="the segmenter gave '京北', which is not in the text"):
        find_segmenter(lambda text: ["京北"]).begins("北京")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda text: text, "TypeError: one string, expected several"),
        (lambda text: [1], "TypeError: sequence item 0: expected str"),
        (lambda text: 1 // 0, "ZeroDivisionError"),
        (lambda text: (1 // 0 for _ in text), "ZeroDivisionError"),
    ],
)
def test_a_function_that_fails_says_what_it_raised(function, message):
    with pytest.raises(DataError, match=f"^the segmenter failed: {message}") as caught:
        find_segmenter(function)("ab")
    assert isinstance(caught.value.__cause__, (TypeError, ZeroDivisionError))
    with pytest.raises(DataError, match=f"^the segmenter failed: {message}"):
        find_segmenter(function).join("ab", " ")


@pytest.mark.parametrize(
    "name", ["none", "jieba2", "regex:", "regex:(", "wordpiece:", "jieba:", "no_such:cut", None, 3]
)
def test_a_name_that_stands_for_nothing_is_named(name):
    with pytest.raises(UsageError, match=r"Received: "):
        find_segmenter(name)


def test_what_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"\[count\]"):
        find_segmenter("jieba")


def test_a_class_of_ones_own_may_be_a_segmenter():
    class Pairs(Segmenter):
        def __call__(self, text):
            return [text[place : place + 2] for place in range(0, len(text), 2)]

    assert Pairs().begins("北京大学").tolist() == [True, False, True, False]
