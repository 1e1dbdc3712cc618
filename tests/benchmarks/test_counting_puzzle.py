"""The streams of counting_puzzle, and that its ways of counting see the same tokens."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def puzzle(monkeypatch):
    """The benchmark, imported as a script would be."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import counting_puzzle

    return counting_puzzle


@pytest.fixture
def stream(monkeypatch):
    """The side."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS / "sides"))
    import count_stream

    yield count_stream
    sys.modules.pop("count_stream")


def test_different_numbers_are_spelled_differently_and_in_lines_of_one_length(puzzle, tmp_path):
    tokens = np.array([*range(300), 39_999, 40_000, 7_999_999, 7_999_999])
    puzzle._write(np.tile(tokens, 3), tmp_path / "a.txt")
    texts = (tmp_path / "a.txt").read_text(encoding="utf-8").splitlines()
    spelled = [word for text in texts for word in text.split(" ")]
    assert [len(text.split(" ")) for text in texts] == [puzzle.TEXT, puzzle.TEXT, 912 - 800]
    assert {len(word) for word in spelled} == {3}
    assert spelled[:304] == spelled[304:608]
    assert len(set(spelled)) == 303


def test_neighbours_are_numbered_by_what_they_are(puzzle):
    words = np.array([5, 0, 5, 0, 7, 5, 0], np.int32)
    joined = puzzle._join(words[:-1], words[1:])
    assert joined[0] == joined[2] == joined[5]
    assert sorted(Counter(joined.tolist()).values()) == [1, 1, 1, 3]


def test_every_way_counts_the_same(puzzle, stream, tmp_path, monkeypatch):
    tokens = np.random.default_rng(0).zipf(1.5, 30_000).clip(max=10**6)
    path = tmp_path / "a.txt"
    puzzle._write(tokens, path)
    monkeypatch.setattr(stream, "BATCH", 20)  # of 75 texts
    digests = {}
    for way in (*puzzle.WAYS, "top level"):
        stream.load(str(path), way)
        stream.count()
        digests[way] = stream.digest()
    assert digests["one dict"][:2] == [30_000, len(np.unique(tokens))]
    assert len(set(map(tuple, digests.values()))) == 1
