"""Counts larger than memory: runs that are summed and sorted give what one table does."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from octavo.counting import count_words
from octavo.counting.runs import sum_runs


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
