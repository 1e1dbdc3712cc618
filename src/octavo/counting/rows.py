"""Rows of counts as NumPy arrays: sorted, picked and written as text by compiled loops."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from octavo._numba import compiled

SCHEMA = pa.schema([("token", pa.large_string()), ("count", pa.int64()), ("documents", pa.int64())])
FREQUENT = 0xFFFF  # a count that does not fit 16 bits, or hardly


class TokenRows(NamedTuple):
    r"""Tokens with their counts.

    Args:
        text: the bytes of all tokens, uint8.
        offsets: int64 (rows + 1,), where each token begins in `text`.
        counts: how often each token occurs, int64 (rows,).
        documents: how many documents each is in, int64 (rows,).

    Example:
        >>> batch = pa.record_batch([["b", "a"], [1, 2], [1, 1]], schema=SCHEMA)
        >>> rows = TokenRows.from_batch(batch)
        >>> rows.take(rows.sort()).to_text()
        b'a\t2\t1\nb\t1\t1\n'
    """

    text: np.ndarray
    offsets: np.ndarray
    counts: np.ndarray
    documents: np.ndarray

    @classmethod
    def from_batch(cls, batch: pa.RecordBatch) -> TokenRows:
        """Of a batch of SCHEMA, nothing copied."""
        tokens = batch.column(0)
        _, offsets, text = tokens.buffers()
        return cls(
            np.frombuffer(text or b"", np.uint8),
            np.frombuffer(offsets, np.int64)[tokens.offset : tokens.offset + len(tokens) + 1],
            batch.column(1).to_numpy(),
            batch.column(2).to_numpy(),
        )

    @classmethod
    def from_table(cls, table: pa.Table) -> TokenRows:
        """Of a table of SCHEMA."""
        columns = [column.combine_chunks() for column in table.columns]
        return cls.from_batch(pa.record_batch(columns, schema=SCHEMA))

    def to_batch(self) -> pa.RecordBatch:
        """Of SCHEMA, nothing copied."""
        offsets, text = pa.py_buffer(self.offsets), pa.py_buffer(self.text)
        tokens = pa.LargeStringArray.from_buffers(len(self.counts), offsets, text)
        return pa.record_batch([tokens, self.counts, self.documents], schema=SCHEMA)

    def sort(self) -> np.ndarray:
        """Numbers of the rows by count, the largest first, then by token (by code point).

        Eight bytes of a token are compared at once, the next eight only of those still alike.
        """
        sizes, every = np.diff(self.offsets), np.arange(len(self.counts))
        keys = _eight_bytes(self.text, self.offsets, every, 0)
        order = _sort_by_both(self.counts, keys)
        alike = _equal_neighbours(self.counts[order], keys[order])
        places, groups, done = every[_touch(alike)], np.cumsum(~alike), 0
        while len(places):
            rows = order[places]
            left = np.minimum(sizes[rows] - done, 9)  # of equal bytes the shorter comes first
            done += 8
            columns = _eight_bytes(self.text, self.offsets, rows, done), left, groups[places]
            inside = np.lexsort(columns)
            order[places] = rows[inside]
            keys, left, within = (column[inside] for column in columns)
            alike = _equal_neighbours(keys, left, within) & (left > 8)
            groups[places] = np.cumsum(~alike)
            places = places[_touch(alike)]
        return order

    def take(self, order: np.ndarray) -> TokenRows:
        """The rows of these numbers, copied."""
        offsets = np.zeros(len(order) + 1, np.int64)
        np.cumsum(np.diff(self.offsets)[order], out=offsets[1:])
        text = np.empty(offsets[-1], np.uint8)
        _copy(self.text, self.offsets, order, offsets, text)
        return TokenRows(text, offsets, self.counts[order], self.documents[order])

    def to_text(self, numbers: bool = True) -> bytes:
        r"""A line a row: token, count, documents, with tabs between; or the token alone.

        A tab or line end in a token is written as \t, \n, \r, and beside numbers a backslash as \\,
        so that no two tokens are written alike.
        """
        size = 2 * int(self.offsets[-1] - self.offsets[0]) + 43 * len(self.counts)
        written = np.empty(size, np.uint8)
        return written[: _write_lines(*self, numbers, written)].tobytes()


def _sort_by_both(counts: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """By count, the largest first, then by key; numpy sorts 16 bits without comparing them."""
    order = np.argsort(keys)
    rest = (FREQUENT - np.minimum(counts, FREQUENT)).astype(np.uint16)
    order = order[np.argsort(rest[order], kind="stable")]
    frequent = order[: np.count_nonzero(counts >= FREQUENT)]
    frequent[:] = frequent[np.lexsort((keys[frequent], -counts[frequent]))]
    return order


def _equal_neighbours(*columns: np.ndarray) -> np.ndarray:
    """Whether a row is like the one before it."""
    alike = np.zeros(len(columns[0]), bool)
    alike[1:] = np.all([column[1:] == column[:-1] for column in columns], axis=0)
    return alike


def _touch(alike: np.ndarray) -> np.ndarray:
    """Whether a row is like the one before it or the one after it."""
    touched = alike.copy()
    touched[:-1] |= alike[1:]
    return touched


@compiled
def _eight_bytes(text, offsets, rows, skip):
    """Bytes of tokens, from the `skip`-th on, as numbers that are ordered as the bytes are."""
    keys = np.zeros(rows.size, np.uint64)
    for i in range(rows.size):
        start = offsets[rows[i]] + skip
        for place in range(start, min(start + 8, offsets[rows[i] + 1])):
            keys[i] |= np.uint64(text[place]) << np.uint64(56 - 8 * (place - start))
    return keys


@compiled
def _copy(text, offsets, order, bounds, copied):
    for i in range(order.size):
        start, size = offsets[order[i]], bounds[i + 1] - bounds[i]
        for place in range(size):
            copied[bounds[i] + place] = text[start + place]


@compiled
def _write_lines(text, offsets, counts, documents, numbers, written):
    at = 0
    for row in range(counts.size):
        for place in range(offsets[row], offsets[row + 1]):
            byte = text[place]
            if byte == 9 or byte == 10 or byte == 13 or (byte == 92 and numbers):
                written[at] = 92
                if byte != 92:
                    byte = 116 if byte == 9 else 110 if byte == 10 else 114
                at += 1
            written[at] = byte
            at += 1
        if numbers:
            at = _write_number(counts[row], written, at)
            at = _write_number(documents[row], written, at)
        written[at] = 10
        at += 1
    return at


@compiled
def _write_number(number, written, at):
    """Write a tab and a number; returns the place after it."""
    digits, rest = 1, number
    while rest > 9:
        rest //= 10
        digits += 1
    written[at] = 9
    for place in range(at + digits, at, -1):
        written[place] = 48 + number % 10
        number //= 10
    return at + digits + 1
