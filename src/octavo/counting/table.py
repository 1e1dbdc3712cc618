"""A table of tokens: how often each was seen, and in how many documents."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pyarrow as pa

from octavo._numba import PADDING
from octavo.counting import kernels
from octavo.counting.cells import NO_CELLS, Cells
from octavo.counting.entries import BUCKETS, copy_tokens, keep_entries, sort_into_buckets
from octavo.counting.rows import TokenRows
from octavo.counting.segments import LARGEST, TOO_LARGE, Segments
from octavo.errors import DataError

SMALLEST = 1 << 12  # entries at first
SLICE = 1 << 17  # bytes of text cut and counted together: all of it stays in the cache
DOCUMENTS_BEFORE = 1 << 32  # a document's number has 32 bits

Split = Callable[[np.ndarray, np.ndarray, np.ndarray], int]


class TokenTable:
    """Counts tokens and n-grams of tokens.

    Args:
        longest: how many tokens the longest n-gram has.
        joiner: what stands between the tokens of an n-gram: " " or "".
        most_bytes: how many bytes the table's arrays may take; one document's tokens always find
            room.
        when_full: called with the table, between two documents, before it would outgrow them; to
            make room by `clear` or `keep`.
        cells: takes the cells of a document-term matrix, which count as bytes of the table; the
            table is then never to be cleared.

    Example:
        >>> from octavo.counting.segments import join_texts
        >>> from octavo.segmenting.splitting import split_words
        >>> table = TokenTable()
        >>> table.add(join_texts(["the cat the dog", "the bird"]), split_words)
        >>> sorted(zip(*table.to_arrow().to_pydict().values(), strict=True))
        [('bird', 1, 1), ('cat', 1, 1), ('dog', 1, 1), ('the', 3, 2)]
    """

    def __init__(
        self,
        longest: int = 1,
        joiner: str = " ",
        most_bytes: int = 1 << 62,
        when_full: Callable[[TokenTable], None] | None = None,
        cells: Cells | None = None,
    ) -> None:
        self._longest, self._joiner = longest, len(joiner)
        self._most_bytes, self._when_full = most_bytes, when_full
        self._cells = cells
        self._slots = np.full(2 * SMALLEST, -1, np.int64)
        self._entries = np.empty((SMALLEST, kernels.FIELDS), np.int64)
        self._arena = np.empty(SMALLEST, np.uint8)
        self._state = np.array([0, 0, 1, secrets.randbits(63), 0])
        self._spans = np.empty((0, 2), np.int32)

    def __len__(self) -> int:
        return int(self._state[kernels.ENTRIES])

    @property
    def total(self) -> int:
        """Tokens and n-grams counted."""
        return int(self._entries[: len(self), kernels.COUNT].sum())

    def add(self, segments: Segments, split: Split) -> None:
        """Count the tokens and n-grams of text.

        Args:
            segments: the text, each segment a document.
            split: cuts it into tokens, as `octavo.segmenting.protocol.ByteSegmenter.split`.

        Raises:
            DataError: if a segment is too large.
        """
        text, bounds = segments
        self._number_documents(len(bounds))
        for first, last in _slices(bounds):
            some = bounds[first : last + 1]
            if some[-1] >= LARGEST:
                raise DataError(TOO_LARGE)
            size = int(some[-1] - some[0])
            if len(self._spans) < size + len(some):
                self._spans = np.empty((size + len(some), 2), np.int32)
            spans = self._spans[: split(text, some, self._spans)]
            joined = kernels.join_spans(text, spans, self._joiner) if self._longest > 1 else text
            grams, size = self._bound(len(spans), size)
            self._make_room(grams, size)
            kernels.count_spans(
                joined, spans, self._longest, self._joiner,
                self._slots, self._entries, self._arena, self._state,
                *(self._cells.make_room(grams, last - first, len(self._entries))
                  if self._cells else NO_CELLS),
            )  # fmt: skip
            if self._cells:
                self._most_bytes -= self._cells.keep(int(self._state[kernels.CELLS]))
                if self._when_full and self._nbytes > self._most_bytes:
                    self._when_full(self)

    def add_rows(self, rows: TokenRows) -> None:
        """Add what was counted elsewhere."""
        self._make_room(len(rows.counts), int(rows.offsets[-1] - rows.offsets[0]))
        kernels.add_rows(*rows, self._slots, self._entries, self._arena, self._state)

    def clear(self) -> None:
        """Forget all tokens."""
        self._slots.fill(-1)
        self._state[[kernels.ENTRIES, kernels.FILLED]] = 0

    def keep(self, kept: np.ndarray) -> None:
        """Forget all tokens but some.

        Args:
            kept: which entries stay, bool (entries,).
        """
        numbers = keep_entries(kept, self._entries, self._arena, self._state)
        slots = np.full_like(self._slots, -1)
        kernels.place_again(self._slots, slots, numbers)
        self._slots = slots

    def to_arrow(self) -> pa.Table:
        """Columns token (large_string), count and documents (int64), in the order first seen."""
        return pa.Table.from_batches([self.rows(np.arange(len(self))).to_batch()])

    def order(self) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the entries by bucket, and where each bucket begins among them."""
        order = np.empty(len(self), np.int64)
        begins = np.empty(BUCKETS + 1, np.int64)
        sort_into_buckets(self._entries, len(self), self._arena, order, begins)
        return order, begins

    def counts(self) -> np.ndarray:
        """Counts of the entries, int64 (entries,)."""
        return self._entries[: len(self), kernels.COUNT]

    def rows(self, order: np.ndarray) -> TokenRows:
        """The entries of these numbers."""
        entries = self._entries[order]
        offsets = np.zeros(len(order) + 1, np.int64)
        np.cumsum(entries[:, kernels.MARK] >> 32, out=offsets[1:])
        text = np.empty(offsets[-1], np.uint8)
        copy_tokens(entries[:, kernels.KEY].copy(), self._arena, offsets, text)
        counts, documents = entries[:, kernels.COUNT].copy(), entries[:, kernels.DOCUMENTS].copy()
        return TokenRows(text, offsets, counts, documents)

    def _number_documents(self, more: int) -> None:
        """Begin at 1 again before the numbers run out."""
        if self._state[kernels.DOCUMENT] + more >= DOCUMENTS_BEFORE:
            self._entries[: len(self), kernels.MARK] &= ~0xFFFFFFFF
            self._state[kernels.DOCUMENT] = 1

    def _bound(self, spans: int, size: int) -> tuple[int, int]:
        """How many n-grams are in so many spans and bytes at most, and how many bytes they have."""
        grams = spans * self._longest
        return grams, size * self._longest * (self._longest + 1) // 2 + grams * self._joiner

    def _make_room(self, more: int, size: int) -> None:
        """Have room for so many more entries, and for so many more bytes."""
        used, filled = len(self), int(self._state[kernels.FILLED])
        room, arena = len(self._entries), len(self._arena)
        while room < used + more:
            room *= 2
        if arena < filled + size + PADDING:
            arena = 2 * arena + size
        if (room, arena) == (len(self._entries), len(self._arena)):
            return
        if used and self._when_full and self._bytes_with(room, arena) > self._most_bytes:
            self._when_full(self)
            self._make_room(more, size)
            return
        self._grow(room, arena)

    @property
    def _nbytes(self) -> int:
        return self._entries.nbytes + self._slots.nbytes + len(self._arena)

    def _bytes_with(self, room: int, arena: int) -> int:
        """Bytes while arrays are copied into larger ones."""
        entries, slots = self._entries.nbytes, self._slots.nbytes
        grown = room // len(self._entries)
        copies = entries + slots if grown > 1 else 0
        return grown * (entries + slots) + copies + arena + len(self._arena)

    def _grow(self, room: int, arena: int) -> None:
        if room > len(self._entries):
            entries = np.empty((room, kernels.FIELDS), np.int64)
            entries[: len(self)] = self._entries[: len(self)]
            slots = np.full(2 * room, -1, np.int64)
            kernels.place_again(self._slots, slots, np.empty(0, np.int64))
            self._entries, self._slots = entries, slots
        if arena > len(self._arena):
            filled = self._state[kernels.FILLED]
            text = np.empty(arena, np.uint8)
            text[:filled] = self._arena[:filled]
            self._arena = text


def _slices(bounds: np.ndarray) -> list[tuple[int, int]]:
    """Segments in slices of about SLICE bytes, or of one."""
    marks = np.arange(bounds[0] + SLICE, bounds[-1], SLICE)
    ends = np.unique(np.append(np.searchsorted(bounds, marks), len(bounds) - 1)).tolist()
    return list(pairwise([0, *ends])) if len(bounds) > 1 else []
