"""Counts larger than memory: runs summed and sorted in pieces give what one table does."""

from __future__ import annotations

import random
from collections import Counter

import pyarrow as pa
import pytest

from octavo.counting import count_words
from octavo.counting.rows import SCHEMA
from octavo.counting.runs import sum_runs
from octavo.counting.sorting import sort_tables


def test_pieces_sorted_apart_are_one_order(tmp_path):
    chance = random.Random(0)
    numbers = chance.sample(range(10**9), 5000)
    rows = [
        (str(number) * chance.choice([1, 3]), chance.choice([1, 1, 1, 2, 9])) for number in numbers
    ]
    tables = [
        pa.table([[t for t, _ in part], [c for _, c in part], [1] * len(part)], schema=SCHEMA)
        for part in (rows[start : start + 100] for start in range(0, 5000, 100))
    ]
    for memory in (1, 1 << 16, 1 << 18, 1 << 30):  # 50 pieces, 26, 4, one in memory
        found = sort_tables(tables, memory, tmp_path)
        pairs = zip(found["token"].to_pylist(), found["count"].to_pylist(), strict=True)
        assert list(pairs) == sorted(rows, key=lambda row: (-row[1], row[0]))
    assert sort_tables([], 1, tmp_path).num_rows == 0


@pytest.mark.parametrize(
    ("segmenter", "ngrams", "workers"),
    [("whitespace", 1, 1), ("whitespace", 3, 2), (str.split, 2, 1)],
)
def test_little_memory_changes_nothing(segmenter, ngrams, workers, tmp_path, monkeypatch):
    chance = random.Random(1)
    lines = [
        [str(chance.randrange(2000)) for _ in range(chance.randrange(40))] for _ in range(1000)
    ]
    text = "".join(" ".join(line) + "\n" for line in lines)
    (tmp_path / "lines.txt").write_text(text)
    plenty = count_words(tmp_path / "lines.txt", segmenter, ngrams=ngrams, progress=False)
    monkeypatch.setattr("octavo.counting.words.SMALLEST_PART", 60_000)
    monkeypatch.setattr("octavo.counting.words.LARGEST_PART", 60_000)
    monkeypatch.setattr("octavo.counting.words.OVERHEAD", 900_000 // workers)
    monkeypatch.setattr("octavo.counting.words.LEAST_MEMORY", 0)
    monkeypatch.setattr("octavo.counting.table.SMALLEST", 512)
    monkeypatch.setattr("octavo.counting.table.SLICE", 2048)
    runs = []
    monkeypatch.setattr("octavo.counting.runs.sum_runs", watch(runs))
    counts = count_words(
        tmp_path / "lines.txt",
        segmenter,
        ngrams=ngrams,
        workers=workers,
        memory=1_000_000,
        progress=False,
    )
    assert len(runs) > 10
    assert counts.table.equals(plenty.table)
    grams = Counter(
        " ".join(line[i : i + n])
        for line in lines
        for n in range(1, ngrams + 1)
        for i in range(len(line) - n + 1)
    )
    assert dict(counts.most_common()) == grams


def watch(found):
    """sum_runs, which notes the runs it is given."""

    def watched(paths, memory):
        found.extend(paths)
        return sum_runs(paths, memory)

    return watched
