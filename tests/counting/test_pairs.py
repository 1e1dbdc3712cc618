"""Pairs in a compiled table, and counted in as many passes as memory asks for."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from octavo.counting.pairs import BITS, PairTable, add, count_pairs


@given(st.lists(st.integers(0, 1 << 40), max_size=50))
def test_a_table_finds_what_was_put_into_it(keys):
    keys, pairs = np.unique(np.array(keys, np.int64)), PairTable()
    half = len(keys) // 2
    pairs.put(keys[:half], keys[:half] + 1)
    pairs.put(keys[half:], keys[half:] + 1)
    assert [values.tolist() for values in pairs.items()] == [keys.tolist(), (keys + 1).tolist()]


def test_little_memory_gives_the_same_counts_in_more_passes():
    drawn = np.random.default_rng(0).integers(0, 40_000, 100_000)
    passes = []

    def read():
        passes.append(1)
        yield len(drawn), drawn

    def adder(block, first, last, *table):
        for number in block[first:last]:
            add(table[0], table[1], number, 7, *table[2:])

    def count(**options):
        passes.clear()
        return list(count_pairs(read, adder, **options))

    [(keys, counts)] = count(min_count=4)
    assert len(passes) == 1
    expected = Counter(drawn.tolist())
    assert dict(zip((keys >> BITS).tolist(), counts.tolist(), strict=True)) == {
        number: count for number, count in expected.items() if count >= 4
    }
    parts = count(min_count=4, most_bytes=1 << 19)
    assert len(passes) > len(parts) > 4
    together = np.concatenate([keys for keys, _ in parts])
    order = np.argsort(together)
    assert together[order].tolist() == keys.tolist()
    assert np.concatenate([counts for _, counts in parts])[order].tolist() == counts.tolist()
