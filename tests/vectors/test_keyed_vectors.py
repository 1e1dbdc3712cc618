"""Vectors by name: neighbours, files, errors."""

from __future__ import annotations

import numpy as np
import pytest

from octavo.errors import DataError, UsageError
from octavo.vectors import KeyedVectors

ROYAL = KeyedVectors(
    ["man", "woman", "king", "queen", "apple"],
    np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 1, 1], [-1, -1, -1]]),
)


def test_analogies_are_sums():
    assert ROYAL.most_similar(["king", "woman"], "man", top=1)[0][0] == "queen"
    assert [key for key, _ in ROYAL.most_similar("man")] == ["king", "woman", "queen", "apple"]
    assert ROYAL.similarity("man", "king") == pytest.approx(0.5**0.5)


def test_vectors_stand_for_keys():
    sums = ROYAL["king"] / 2**0.5 - ROYAL["man"] + ROYAL["woman"]
    assert ROYAL.most_similar(sums, top=1)[0][0] == "queen"
    by_keys = ROYAL.most_similar(["king", "woman"], "man")
    by_both = ROYAL.most_similar([ROYAL["king"], "woman"], ROYAL["man"])
    assert [pair for pair in by_both if pair[0] not in ("king", "man")] == by_keys
    assert ROYAL.most_similar(ROYAL[["king", "queen"]], top=2)[0][1] == pytest.approx(0.75**0.5)
    assert ROYAL.most_similar(np.array(["king", "woman"]), "man") == by_keys
    for wrong in (np.zeros(2), np.full(3, np.nan)):
        with pytest.raises(UsageError, match="a vector has 3 finite numbers"):
            ROYAL.most_similar(wrong)


def test_what_is_asked_for_must_be_there():
    with pytest.raises(KeyError, match="no vector of 'kings'; near: king"):
        ROYAL.most_similar("kings")
    with pytest.raises(UsageError, match="needs a key"):
        ROYAL.most_similar()


@pytest.mark.parametrize("name", ["v.txt", "v.vec", "v.bin", "v.npy"])
def test_files_give_back_what_was_saved(name, tmp_path):
    ROYAL.save(tmp_path / name)
    found = KeyedVectors.load(tmp_path / name)
    assert found.keys == ROYAL.keys
    np.testing.assert_array_equal(found.vectors, ROYAL.vectors)


def test_an_ending_that_is_none_is_refused(tmp_path):
    for call in (ROYAL.save, KeyedVectors.load):
        with pytest.raises(UsageError, match=r"ends in one of \.txt, \.vec, \.bin, \.npy"):
            call(tmp_path / "v.csv")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 3), np.float32), "not a vector for each of the 5 lines"),
        (np.zeros(5, np.float32), "not a vector for each"),
        (np.zeros((5, 3), int), "holds int64"),
        (np.full((5, 3), np.nan), "not finite"),
        (np.array([None] * 5), "not an array of NumPy's"),
    ],
)
def test_a_faulty_array_is_named(array, message, tmp_path):
    ROYAL.save(tmp_path / "v.npy")
    np.save(tmp_path / "v.npy", array)
    with pytest.raises(DataError, match=message):
        KeyedVectors.load(tmp_path / "v.npy")


def test_a_header_that_promises_more_than_there_is_is_damage(tmp_path):
    ROYAL.save(tmp_path / "v.npy")
    data = (tmp_path / "v.npy").read_bytes()
    (tmp_path / "v.npy").write_bytes(data.replace(b"(5, 3)", b"(5,30)"))
    with pytest.raises(DataError, match="damaged or cut short"):
        KeyedVectors.load(tmp_path / "v.npy")


def test_a_name_that_is_there_twice_is_refused(tmp_path):
    with pytest.raises(UsageError, match="'a' twice"):
        KeyedVectors(["a", "b", "a"], np.zeros((3, 1)))
    with pytest.raises(UsageError, match="2 keys, shape"):
        KeyedVectors(["a", "b"], np.zeros((3, 1)))
    ROYAL.save(tmp_path / "v.npy")
    (tmp_path / "v.vocab.txt").write_text("a\na\nb\nc\nd\n")
    with pytest.raises(DataError, match="'a' twice"):
        KeyedVectors.load(tmp_path / "v.npy")


def test_keys_are_gone_through_and_looked_up_together():
    words = KeyedVectors(["god", "cat"], np.eye(2))
    assert list(words) == ["god", "cat"]
    assert words[["cat", "god"]].tolist() == [[0, 1], [1, 0]]
    with pytest.raises(UsageError, match=r"a key is a text\. Received: 0"):
        words[0]
    with pytest.raises(KeyError, match="near: god"):
        words["God"]
    with pytest.raises(UsageError, match=r"top must .*Received: top=0"):
        words.most_similar("god", top=0)


def test_nothing_is_packed_by_its_name(tmp_path):
    words = KeyedVectors(["god", "cat"], np.eye(2))
    for name in ("w.vec.gz", "w.bin.xz", "w.npy.gz"):
        with pytest.raises(UsageError, match="ends in one of"):
            words.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_lengths_beyond_float32_are_no_zeros():
    words = KeyedVectors(["a", "b", "none"], np.array([[1e25, 1e25], [1e25, 1e25], [0, 0]]))
    assert words.similarity("a", "b") == pytest.approx(1)
    assert words.similarity("a", "none") == 0
