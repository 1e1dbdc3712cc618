"""Files of word2vec's: what is written is read, and what is damaged is named."""

from __future__ import annotations

import gzip
import random
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from octavo.errors import DataError, UsageError
from octavo.vectors.word2vec import (
    check_words,
    read_binary_vectors,
    read_text_vectors,
    write_binary_vectors,
    write_text_vectors,
)

FORMS = {
    "text": (write_text_vectors, read_text_vectors),
    "binary": (write_binary_vectors, read_binary_vectors),
}
letters = st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"])
words = st.lists(st.text(letters, min_size=1, max_size=6), max_size=6, unique=True)
floats = st.floats(width=32, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
def test_what_is_written_is_read(form, data, tmp_path_factory):
    names = data.draw(words.filter(lambda found: all(word.split() == [word] for word in found)))
    vectors = data.draw(
        hnp.arrays(np.float32, (len(names), data.draw(st.integers(1, 4))), elements=floats)
    )
    path = tmp_path_factory.mktemp("vectors") / "v"
    write, read = FORMS[form]
    write(names, vectors, path)
    found, rows = read(path)
    assert found == names
    np.testing.assert_array_equal(rows, vectors)
    assert rows.dtype == np.float32


def test_the_bytes_are_those_of_word2vec(tmp_path):
    vectors = np.array([[0.5, -1], [2, 0.25]], np.float32)
    write_text_vectors(["a", "北京"], vectors, tmp_path / "v.txt")
    assert (tmp_path / "v.txt").read_text("utf-8") == "2 2\na 0.5 -1\n北京 2 0.25\n"
    write_binary_vectors(["a", "北京"], vectors, tmp_path / "v.bin")
    rows = [
        word.encode() + b" " + struct.pack("<2f", *row) + b"\n"
        for word, row in zip(["a", "北京"], vectors.tolist(), strict=True)
    ]
    assert (tmp_path / "v.bin").read_bytes() == b"2 2\n" + b"".join(rows)


def test_files_of_others_are_read(tmp_path):
    path = tmp_path / "v"
    path.write_text("a 0.5 -1\nb 2 1e-3\n")  # GloVe
    assert read_text_vectors(path)[0] == ["a", "b"]
    path.write_text("2 2 \r\na 0.5 -1 \r\n\nb 2 1e-3 \r\n")  # blanks at the ends, as fastText has
    assert read_text_vectors(path)[1].tolist() == [[0.5, -1], [2, np.float32(1e-3)]]
    path.write_bytes(b"1 1\na " + struct.pack("<f", 3))  # no line ends, as gensim writes it
    assert read_binary_vectors(path)[1].tolist() == [[3]]
    path.write_bytes(gzip.compress(b"1 1\na 3\n"))
    assert read_text_vectors(path)[1].tolist() == [[3]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no vectors"),
        ("word\n", "no vectors"),
        ("2 2\na 1 2\n", "1 vectors, but the first line says 2"),
        ("1 2\na 1 2\nb 1 2\n", "2 vectors, but the first line says 1"),
        ("1 2\na 1\n", "line 2: 1 numbers after the word, not 2"),
        ("a 1 2\nb 1\n", "line 2: 1 numbers after the word, not 2"),
        ("1 2\na 1 x\n", "line 2: what follows the word is not all numbers"),
        ("1 2\na 1 nan\n", "a number of the word 'a' is not finite"),
        ("1 1\na 1e999\n", "a number of the word 'a' is not finite"),
        ("2 1\na 1\na 2\n", "the word 'a' is there twice"),
        ("1 0\na\n", "vectors of size 0"),
        ("5 99999999\na 1\n", "vectors of size 99999999"),
        ("99999999999 3\na 1 2 3\n", "1 vectors, but the first line says"),
        (b"1 1\n\xff 1\n", "is not UTF-8"),
    ],
)
def test_a_faulty_text_is_named(text, message, tmp_path):
    path = tmp_path / "v.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=message) as error:
        read_text_vectors(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no binary vectors"),
        (b"a 1 2\n", "no binary vectors"),
        (b"1 2\na " + bytes(7), "cut short at vector 1 of 1"),
        (b"99999999999 2\na " + bytes(8), "damaged or cut short at vector 2"),
        (b"1 1\n" + b"x" * 100_000, "damaged or cut short at vector 1"),
        (b"1 1\na " + struct.pack("<f", float("nan")), "not finite"),
        (b"1 99999999\na " + bytes(8), "vectors of size 99999999"),
    ],
)
def test_a_faulty_binary_file_is_named(data, message, tmp_path):
    path = tmp_path / "v.bin"
    path.write_bytes(data)
    with pytest.raises(DataError, match=message):
        read_binary_vectors(path)


def test_damage_gives_our_errors_or_vectors(tmp_path):
    rng = random.Random(0)
    vectors = np.arange(12, dtype=np.float32).reshape(4, 3)
    for write, read in FORMS.values():
        path = tmp_path / "v"
        write(["a", "b", "c", "d"], vectors, path)
        good = path.read_bytes()
        for _ in range(300):
            data = bytearray(good)
            for _ in range(rng.randint(1, 3)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            path.write_bytes(data[: rng.choice([len(data), rng.randrange(len(data) + 1)])])
            try:
                names, rows = read(path)
            except DataError:
                continue
            assert rows.shape[0] == len(names)
            assert np.isfinite(rows).all()


@pytest.mark.parametrize("word", ["", "New York", "a\n", "\u3000"])
def test_a_word_that_the_file_cannot_say_is_refused(word):
    with pytest.raises(UsageError, match="word2vec's words have no blanks"):
        check_words(["a", word])


def test_words_of_glove_may_hold_blanks(tmp_path):
    path = tmp_path / "glove.txt"
    path.write_text("\ufeffthe 1 2\n. . . 3 4\nat name@domain.com 5 6\n")
    words, vectors = read_text_vectors(path)
    assert words == ["the", ". . .", "at name@domain.com"]
    assert vectors.tolist() == [[1, 2], [3, 4], [5, 6]]
    path.write_text("the 1 2\ncat 7 5 6\n")
    with pytest.raises(DataError, match=r"line 2: 3 numbers after the word, not 2"):
        read_text_vectors(path)
