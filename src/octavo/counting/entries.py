"""Compiled loops over the entries of a table, as `kernels` describes them."""

from __future__ import annotations

import numpy as np

from octavo._numba import compiled
from octavo.counting.kernels import (
    ENTRIES,
    FILLED,
    KEY,
    MARK,
    SECOND_FACTOR,
    hash_bytes,
    mix_last,
)

BUCKETS = 1 << 12


@compiled
def keep_entries(kept, entries, arena, state):
    """Move entries that are kept, and their tokens, to the beginning.

    Args:
        kept: which entries stay, bool (entries in use,).
        entries: the entries of a table, changed.
        arena: the table's arena, changed.
        state: the table's state, changed.

    Returns:
        int64 (entries in use,), the new number of each, -1 where it is not kept.
    """
    numbers = np.full(kept.size, -1, np.int64)
    used = filled = 0
    for entry in range(kept.size):
        if not kept[entry]:
            continue
        size, start = entries[entry, MARK] >> 32, entries[entry, KEY]
        entries[used] = entries[entry]
        if size > 8:
            for i in range(size):
                arena[filled + i] = arena[start + i]
            entries[used, KEY] = filled
            filled += size
        numbers[entry] = used
        used += 1
    state[ENTRIES], state[FILLED] = used, filled
    return numbers


@compiled
def sort_into_buckets(entries, used, arena, order, begins):
    """Order entries by the bucket of their tokens, which depends on a token's bytes alone.

    It is of other bits of the hash than the place among the slots: entries of one bucket, added to
    a table, would else crowd in one part of it.

    Args:
        entries: the entries of a table.
        used: how many entries are in use.
        arena: the table's arena, uint8, padded.
        order: int64 (used,), written: numbers of entries.
        begins: int64 (BUCKETS + 1,), written: where each bucket begins in `order`.
    """
    buckets = np.empty(used, np.uint16)
    begins[:] = 0
    for entry in range(used):
        size = entries[entry, MARK] >> 32
        if size <= 8:
            mixed = mix_last(np.uint64(size) * SECOND_FACTOR, np.uint64(entries[entry, KEY]))
        else:
            mixed = hash_bytes(arena, entries[entry, KEY], size, np.uint64(0))
        buckets[entry] = (mixed >> np.uint64(16)) & np.uint64(BUCKETS - 1)
        begins[buckets[entry] + 1] += 1
    for bucket in range(BUCKETS):
        begins[bucket + 1] += begins[bucket]
    places = begins.copy()
    for entry in range(used):
        order[places[buckets[entry]]] = entry
        places[buckets[entry]] += 1


@compiled
def find_parts(text, offsets, seed, parts):
    """Which of several parts each token is of, by a hash that is another with each seed.

    Args:
        text: uint8, eight bytes of which can be read at the last token, too.
        offsets: int64 (rows + 1,), where each token begins in `text`.
        seed: uint64, of the hash.
        parts: how many there are.

    Returns:
        int64 (rows,), from 0 to parts - 1.
    """
    found = np.empty(offsets.size - 1, np.int64)
    for row in range(found.size):
        start = offsets[row]
        mixed = hash_bytes(text, start, offsets[row + 1] - start, seed)
        found[row] = np.int64(mixed >> np.uint64(32)) % parts
    return found


@compiled
def copy_tokens(keys, arena, offsets, tokens):
    """Write the bytes of entries one after the other.

    Args:
        keys: the keys of the entries, int64 (rows,).
        arena: the table's arena, uint8.
        offsets: int64 (rows + 1,), where each token begins in `tokens`.
        tokens: uint8, written.
    """
    for row in range(keys.size):
        start, key = offsets[row], keys[row]
        size = offsets[row + 1] - start
        if size <= 8:
            for i in range(size):
                tokens[start + i] = (key >> (8 * i)) & 255
        else:
            for i in range(size):
                tokens[start + i] = arena[key + i]
