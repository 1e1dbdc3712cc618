"""Vocabularies: files round trip; a built one follows the counts and knows every ASCII word."""

from __future__ import annotations

import random
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import DataError, UsageError
from octavo.text import WordPieceTokenizer, build_vocabulary, load_vocabulary, save_vocabulary
from octavo.text.bpe import split_letters
from octavo.text.vocabulary import SPECIAL_TOKENS, count_words

TEXTS = ["2019年北京的New York会议。", "2019年，2008年北京奥运会 Café", "北京 new\u2028york"] * 3
SIZE = 200


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), min_size=1),
        min_size=1,
    )
)
def test_any_tokens_survive_a_file(tmp_path_factory: pytest.TempPathFactory, t: list[str]) -> None:
    path = tmp_path_factory.mktemp("vocabulary") / "vocab.txt"
    tokens = ["[PAD]", *t, "\u2028", "\x85"]
    save_vocabulary(tokens, path)
    assert load_vocabulary(path) == tokens


def test_reads_windows_lines_and_a_missing_last_newline(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_bytes("a\r\n北\r\n##b".encode())
    assert load_vocabulary(tmp_path / "vocab.txt") == ["a", "北", "##b"]


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("")
    with pytest.raises(DataError, match=r"vocab.txt, line 1: the vocabulary is empty"):
        load_vocabulary(tmp_path / "vocab.txt")


@pytest.mark.parametrize("tokens", [["a", "", "b"], ["a", ""]])
def test_an_empty_line_keeps_its_place(tmp_path: Path, tokens: list[str]) -> None:
    (tmp_path / "vocab.txt").write_text("".join(f"{token}\n" for token in tokens))
    assert load_vocabulary(tmp_path / "vocab.txt") == tokens
    save_vocabulary(tokens, tmp_path / "again.txt")
    assert (tmp_path / "again.txt").read_bytes() == (tmp_path / "vocab.txt").read_bytes()


@pytest.mark.parametrize("token", ["a\nb", "a\r"])
def test_refuses_to_write_tokens_that_break_lines(tmp_path: Path, token: str) -> None:
    with pytest.raises(UsageError, match="Received: "):
        save_vocabulary(["a", token], tmp_path / "vocab.txt")
    assert not list(tmp_path.iterdir())


def test_a_built_vocabulary_follows_the_counts() -> None:
    vocabulary = build_vocabulary(TEXTS, SIZE)
    assert vocabulary[:5] == list(SPECIAL_TOKENS)
    assert len(set(vocabulary)) == len(vocabulary) <= SIZE
    order = {token: place for place, token in enumerate(vocabulary)}
    assert order["北"] < order["年"] < order["，"]  # 9, 9 and 3 times; equal counts by the token
    assert {"2019", "new", "york", "cafe"} <= order.keys()
    assert "é" not in order


def test_equal_texts_in_any_order_build_the_same() -> None:
    shuffled = TEXTS.copy()
    random.Random(0).shuffle(shuffled)
    assert build_vocabulary(shuffled, SIZE) == build_vocabulary(iter(TEXTS), SIZE)


@given(st.text(string.printable), st.booleans(), st.lists(st.text(max_size=20), max_size=5))
def test_no_ascii_text_is_unknown(text: str, lowercase: bool, texts: list[str]) -> None:
    text = "".join(text.split())[:100]
    tokenizer = WordPieceTokenizer(build_vocabulary(texts, 250, lowercase), lowercase)
    encoding = tokenizer.encode(text)
    assert tokenizer.unk_id not in encoding.ids
    assert "".join(tokenizer.tokens(text)).replace("##", "") in (
        (text.lower() if lowercase else text).replace("##", ""),
    )


@given(st.lists(st.text(max_size=30), max_size=6), st.integers(121, 300))
def test_size_is_a_limit_and_counted_characters_are_known(texts: list[str], size: int) -> None:
    vocabulary = build_vocabulary(texts, size, minimum_count=1)
    assert len(set(vocabulary)) == len(vocabulary) <= size
    if len(build_vocabulary(texts, 10_000, minimum_count=1)) < size:
        tokenizer = WordPieceTokenizer(vocabulary)
        assert all(
            tokenizer.unk_id not in encoding.ids for encoding in tokenizer.encode_many(texts)
        )


def test_refuses_a_size_without_room_for_ascii() -> None:
    smallest = len(build_vocabulary([], 1000))
    assert len(build_vocabulary(TEXTS, smallest)) == smallest
    with pytest.raises(
        UsageError, match=f"number of {smallest} or more. Received: size={smallest - 1}$"
    ):
        build_vocabulary(TEXTS, smallest - 1)


@given(st.text(max_size=60))
def test_words_and_characters_are_those_of_the_tokenizer(text: str) -> None:
    characters, words = count_words([text])
    known = [*characters, *(piece for word in words for piece in split_letters(word))]
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, *dict.fromkeys(known)])
    assert len(tokenizer.encode(text)) == characters.total() + sum(
        1 if len(word) > 100 else len(word) * count for word, count in words.items()
    )
    assert tokenizer.unk_id not in tokenizer.encode(text).ids
