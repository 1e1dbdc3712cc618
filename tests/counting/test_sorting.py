"""Tables larger than memory are sorted as in memory."""

from __future__ import annotations

import random

import pyarrow as pa

from octavo.counting.rows import SCHEMA
from octavo.counting.sorting import sort_tables


def test_tables_sorted_apart_are_one_order(tmp_path):
    chance = random.Random(0)
    numbers = chance.sample(range(10**9), 5000)
    rows = [
        (str(number) * chance.choice([1, 3]), chance.choice([1, 1, 1, 2, 9])) for number in numbers
    ]
    tables = [
        pa.table([[t for t, _ in part], [c for _, c in part], [1] * len(part)], schema=SCHEMA)
        for part in (rows[start : start + 100] for start in range(0, 5000, 100))
    ]
    for memory in (1, 1 << 16, 1 << 18, 1 << 30):  # 50 files, 26, 4, all in memory
        found = sort_tables(tables, memory, tmp_path)
        pairs = zip(found["token"].to_pylist(), found["count"].to_pylist(), strict=True)
        assert list(pairs) == sorted(rows, key=lambda row: (-row[1], row[0]))
    assert sort_tables([], 1, tmp_path).num_rows == 0
