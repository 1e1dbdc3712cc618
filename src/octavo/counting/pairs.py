"""A hash table of pairs (number, character), compiled: what a trie and its counts are made of.

A pair's key is `number << BITS | code point`. `table` (int64 (a power of two, 2)) has rows (key,
value), found by open addressing with linear probing; an empty row has key EMPTY and value EMPTY.
`used` (int64 (1,)) is how many rows are taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from octavo._numba import HASH_FACTOR, compiled

BITS = 21  # of a code point
CHARACTER = (1 << BITS) - 1
EMPTY = -1
SMALLEST = 1 << 10  # rows
MOST_PARTS = 1 << 10
MOST_BYTES = 1 << 30
SLICE = 1 << 14  # characters between two looks at the room left

Adder = Callable[[Any, int, int, np.ndarray, np.ndarray, int, int], None]


@compiled
def find_row(table, key):
    """The row that holds a key, or the empty one where it belongs."""
    mask = table.shape[0] - 1
    mixed = np.uint64(key) * HASH_FACTOR
    row = np.int64(mixed ^ (mixed >> np.uint64(32))) & mask
    while table[row, 0] != key and table[row, 0] != EMPTY:
        row = (row + 1) & mask
    return row


@compiled
def find(table, number, character):
    """The value of a pair, EMPTY if it has none."""
    return table[find_row(table, number << BITS | character), 1]


@compiled
def find_all(table, keys):
    """The values of keys, int64 (keys,)."""
    values = np.empty(keys.size, np.int64)
    for i in range(keys.size):
        values[i] = table[find_row(table, keys[i]), 1]
    return values


@compiled
def put(table, used, key, value):
    """Give a key that the table lacks a value."""
    row = find_row(table, key)
    table[row, 0], table[row, 1] = key, value
    used[0] += 1


@compiled
def add(table, used, number, character, part, parts):
    """Count a pair, if its hash is of this part."""
    key = number << BITS | character
    if np.int64((np.uint64(key) * HASH_FACTOR) >> np.uint64(54)) & (parts - 1) != part:
        return
    row = find_row(table, key)
    if table[row, 0] == EMPTY:
        table[row, 0], table[row, 1] = key, 0
        used[0] += 1
    table[row, 1] += 1


@compiled
def _move(old, new, used):
    for i in range(old.shape[0]):
        if old[i, 0] != EMPTY:
            put(new, used, old[i, 0], old[i, 1])


@compiled
def _put_all(table, used, keys, values):
    for i in range(keys.size):
        put(table, used, keys[i], values[i])


class TableFullError(Exception):
    """A table would outgrow its bytes."""


class PairTable:
    """The table and how it grows.

    Args:
        most_bytes: how many bytes it may take, the old one included while it grows.

    Example:
        >>> pairs = PairTable()
        >>> pairs.put(np.array([3 << BITS | ord("a")]), np.array([7]))
        >>> int(find(pairs.table, 3, ord("a"))), int(find(pairs.table, 3, ord("b")))
        (7, -1)
    """

    def __init__(self, most_bytes: int = 1 << 62) -> None:
        self._most_bytes = most_bytes
        self.table = np.full((SMALLEST, 2), EMPTY, np.int64)
        self.used = np.zeros(1, np.int64)

    def reserve(self, pairs: int) -> None:
        """Make room for so many more pairs.

        Raises:
            TableFullError: if that takes more than `most_bytes`.
        """
        size = len(self.table)
        while 3 * (int(self.used[0]) + pairs) > 2 * size:
            size *= 2
        if size == len(self.table):
            return
        if self.used[0] and self.table.nbytes + 16 * size > self._most_bytes:
            raise TableFullError
        old, self.table = self.table, np.full((size, 2), EMPTY, np.int64)
        self.used[:] = 0
        _move(old, self.table, self.used)

    def put(self, keys: np.ndarray, values: np.ndarray) -> None:
        """Give keys that the table lacks their values; int64 (keys,) both."""
        self.reserve(len(keys))
        _put_all(self.table, self.used, keys, values)

    def items(self, min_count: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Keys, ascending, and their values, of `min_count` or more."""
        rows = self.table[(self.table[:, 0] != EMPTY) & (self.table[:, 1] >= min_count)]
        rows = rows[np.argsort(rows[:, 0])]
        return rows[:, 0], rows[:, 1]


def count_pairs(
    read: Callable[[], Iterable[tuple[int, Any]]],
    adder: Adder,
    each: int = 1,
    min_count: int = 1,
    most_bytes: int = MOST_BYTES,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Count pairs in one pass over a text, or in several where their table grows too large.

    A table that would outgrow its bytes is given up, and the pairs are counted in two parts, by
    their hash: exact, and slower only when memory is short.

    Args:
        read: a function that begins to read the text: blocks, as characters and what `adder` needs
            of them.
        adder: a function of (block, first, last, table, used, part, parts) that adds the pairs of
            the characters from first to last.
        each: how many pairs a character may add.
        min_count: the least count of a pair that is kept.
        most_bytes: how many bytes the table may take.

    Yields:
        Keys, ascending, and their counts, a part at a time.
    """
    waiting = [(0, 1)]
    while waiting:
        part, parts = waiting.pop()
        pairs = PairTable(most_bytes if parts < MOST_PARTS else 1 << 62)
        try:
            for size, block in read():
                for first in range(0, size, SLICE):
                    last = min(first + SLICE, size)
                    pairs.reserve(each * (last - first))
                    adder(block, first, last, pairs.table, pairs.used, part, parts)
        except TableFullError:
            waiting += [(part + parts, 2 * parts), (part, 2 * parts)]
            continue
        yield pairs.items(min_count)
