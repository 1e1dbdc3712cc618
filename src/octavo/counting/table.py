"""A table of tokens: how often each was seen, and in how many documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from octavo.counting import kernels

SMALLEST = 1 << 12
BYTES_AN_ENTRY = 16  # of a token, at first


class Segments(NamedTuple):
    """Text in segments, each a document; tokens and n-grams lie inside one.

    Args:
        text: uint8, UTF-8 with kernels.PADDING more bytes.
        bounds: int64 (segments + 1,), where each begins and the last one ends.
    """

    text: np.ndarray
    bounds: np.ndarray


class TokenTable:
    """Counts tokens and n-grams of tokens.

    Args:
        longest: tokens of the longest n-gram.
        joiner: between the tokens of an n-gram: " " or "".

    Example:
        >>> from octavo.counting.blocks import join_texts
        >>> table = TokenTable()
        >>> table.add_words(join_texts(["the cat the dog", "the bird"]))
        >>> table.to_arrow().to_pydict()["token"]
        ['the', 'cat', 'dog', 'bird']
        >>> table.to_arrow().to_pydict()["count"], table.to_arrow().to_pydict()["documents"]
        ([3, 1, 1, 1], [2, 1, 1, 1])
    """

    def __init__(self, longest: int = 1, joiner: str = " ") -> None:
        self._longest, self._joiner = longest, len(joiner)
        self._slots = np.full(2 * SMALLEST, -1, np.int64)
        self._entries = np.empty((SMALLEST, kernels.FIELDS), np.int64)
        self._arena = np.empty(SMALLEST * BYTES_AN_ENTRY, np.uint8)
        self._state = np.zeros(4, np.int64)
        self._spans = np.empty((0, 2), np.int32)

    def __len__(self) -> int:
        return int(self._state[kernels.ENTRIES])

    def add_words(self, segments: Segments) -> None:
        """Count what stands between white space, as `str.split` sees it."""
        self._add(segments, kernels.split_words, kernels.WHITESPACE)

    def add_separated(self, segments: Segments) -> None:
        """Count what stands between kernels.SEPARATOR."""
        self._add(segments, kernels.split_words, kernels.SEPARATED)

    def add_characters(self, segments: Segments) -> None:
        """Count characters that are no white space."""
        self._add(segments, kernels.split_characters, kernels.WHITESPACE)

    def _add(self, segments: Segments, split: Callable[..., int], classes: np.ndarray) -> None:
        text, bounds = segments
        most = len(text) + len(bounds)
        if len(self._spans) < most:
            self._spans = np.empty((most, 2), np.int32)
        last = split(text, bounds, classes, self._spans)
        first = 0
        while first < last:
            first = kernels.count_spans(
                text, self._spans, first, last, self._longest, self._joiner,
                self._slots, self._entries, self._arena, self._state,
            )  # fmt: skip
            if first < last:
                self._grow(len(text))

    def _grow(self, needed: int) -> None:
        """Twice the room, of entries where they are used up, else of bytes."""
        used, filled = self._state[kernels.ENTRIES], self._state[kernels.FILLED]
        if used == len(self._entries):
            entries = np.empty((2 * used, kernels.FIELDS), np.int64)
            entries[:used] = self._entries
            slots = np.full(4 * used, -1, np.int64)
            kernels.place_again(self._slots, slots)
            self._entries, self._slots = entries, slots
        else:
            arena = np.empty(2 * len(self._arena) + needed, np.uint8)
            arena[:filled] = self._arena[:filled]
            self._arena = arena

    @property
    def total(self) -> int:
        """Tokens and n-grams counted."""
        return int(self._entries[: len(self), kernels.COUNT].sum())

    def is_utf8(self, since: int = 0) -> bool:
        """Whether the tokens from the `since`-th on are UTF-8."""
        try:
            self._tokens(since).validate(full=True)
        except pa.ArrowInvalid:
            return False
        return True

    def to_arrow(self) -> pa.Table:
        """Columns token (large_string), count and documents (int64), in the order first seen."""
        entries = self._entries[: len(self)]
        columns = [
            self._tokens(),
            pa.array(entries[:, kernels.COUNT].copy()),
            pa.array(entries[:, kernels.DOCUMENTS].copy()),
        ]
        return pa.table(columns, names=["token", "count", "documents"])

    def _tokens(self, since: int = 0) -> pa.LargeStringArray:
        used, filled = self._state[kernels.ENTRIES], self._state[kernels.FILLED]
        offsets = np.append(self._entries[since:used, kernels.START], filled)
        text = pa.py_buffer(self._arena[:filled])
        return pa.LargeStringArray.from_buffers(used - since, pa.py_buffer(offsets), text)
