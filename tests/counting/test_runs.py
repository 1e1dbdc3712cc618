"""Counts larger than memory: runs that are summed and sorted give what one table does."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from octavo.counting import count_words
from octavo.counting.entries import BUCKETS
from octavo.counting.rows import SCHEMA
from octavo.counting.runs import WORKSPACE, sum_runs, write_run


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


@pytest.mark.parametrize("number", [1, 3])
def test_a_bucket_larger_than_memory_is_summed_in_parts(number, tmp_path, monkeypatch):
    monkeypatch.setattr("octavo.counting.runs.ROWS", 500)
    chance, expected, bucket = random.Random(2), Counter(), 7
    paths = [str(tmp_path / f"{run}.arrow") for run in range(number)]
    for path in paths:
        counts = {f"{chance.randrange(9000)}·{'北' * chance.randrange(9)}": 3 for _ in range(4000)}
        counts["before"] = counts["after"] = 1
        expected.update(counts)
        tokens = ["before", *(set(counts) - {"before", "after"}), "after"]  # in buckets 6, 7 and 8
        columns = [tokens, [counts[token] for token in tokens], [1] * len(tokens)]
        batch = pa.record_batch(columns, schema=SCHEMA)
        begins = np.full(BUCKETS + 1, len(tokens))
        begins[: bucket + 2] = [*[0] * bucket, 1, len(tokens) - 1]
        write_run(path, (batch[at : at + 500] for at in range(0, len(tokens), 500)), begins)
    most = 20_000
    found, largest = Counter(), 0
    for rows in sum_runs(paths, most * WORKSPACE):
        batch = rows.to_batch()
        largest = max(largest, batch.nbytes)
        for row in batch.to_pylist():
            assert row["token"] not in found
            found[row["token"]] = row["count"]
    assert found == expected
    assert largest < 2 * most < sum(48 for _ in expected)
