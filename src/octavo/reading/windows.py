"""Passages as token windows a model can take whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


def window_starts(length: int, size: int, overlap: int) -> list[int]:
    """Where windows of `size` tokens begin so that they cover `length` tokens.

    Neighbours share at least `overlap` tokens; the last window ends at the end. A short passage is
    one window.

    Example:
        >>> window_starts(600, 256, 64)
        [0, 172, 344]
        >>> window_starts(100, 256, 64)
        [0]
    """
    if length <= size:
        return [0]
    count = -(-(length - overlap) // (size - overlap))
    return [round(i * (length - size) / (count - 1)) for i in range(count)]


def build_prefix(
    window: Sequence[int] | np.ndarray,
    question: Sequence[int] | np.ndarray,
    cls_id: int,
    sep_id: int,
) -> np.ndarray:
    """[CLS] window [SEP] question [SEP], int32 (window + question + 3,).

    Source: Su Jianlin, kexue.fm/archives/7115.

    Example:
        >>> build_prefix([7, 8], [9], cls_id=2, sep_id=3).tolist()
        [2, 7, 8, 3, 9, 3]
    """
    return np.concatenate([[cls_id], window, [sep_id], question, [sep_id]]).astype(np.int32)


@dataclass(frozen=True)
class Window:
    """A part of a passage: the passage's number, the tokens, int32 (n,), and where they begin."""

    passage: int
    ids: np.ndarray
    start: int = 0

    def prefix(self, question: np.ndarray, cls_id: int, sep_id: int) -> np.ndarray:
        """What the model reads before it answers."""
        return build_prefix(self.ids, question, cls_id, sep_id)


def cut_windows(passage: int, ids: np.ndarray, size: int, overlap: int) -> list[Window]:
    """All windows of one passage.

    Example:
        >>> [len(window.ids) for window in cut_windows(0, np.arange(600), 256, 64)]
        [256, 256, 256]
    """
    return [
        Window(passage, ids[start : start + size], start)
        for start in window_starts(len(ids), size, overlap)
    ]


def nearest_windows(windows: list[Window], question: np.ndarray, most: int) -> list[Window]:
    """The `most` windows that share most with the question, in their old order.

    Reading costs time and memory by the window, so of a very long text only the likeliest windows
    are read. Each of the question's distinct tokens and pairs of tokens counts by its rarity among
    the windows, -log p, with Laplace's estimate of the share p of the windows that hold it: what
    stands in nearly all of them tells none from another.

    Example:
        >>> windows = cut_windows(0, np.array([5, 6, 5, 8, 5, 7]), 2, 0)
        >>> [window.ids.tolist() for window in nearest_windows(windows, np.array([5, 7]), 1)]
        [[5, 7]]

    Source: rarity as a weight: Sparck Jones 1972, "A statistical interpretation of term
    specificity and its application in retrieval".
    """
    if len(windows) <= most:
        return windows
    ids = np.concatenate([window.ids for window in windows])
    owners = np.repeat(np.arange(len(windows)), [len(window.ids) for window in windows])
    inside = owners[:-1] == owners[1:]
    holds = np.hstack(
        [
            _find_held(question, ids, owners, len(windows)),
            _find_held(_pairs(question), _pairs(ids)[inside], owners[:-1][inside], len(windows)),
        ]
    )
    rarity = np.log((len(windows) + 2) / (holds.sum(axis=0) + 1))
    best = np.argsort(-(holds @ rarity), kind="stable")[:most]
    return [windows[index] for index in sorted(best)]


def _pairs(ids: np.ndarray) -> np.ndarray:
    """Every two neighbouring ids as one number."""
    return ids[:-1].astype(np.int64) * (1 << 31) + ids[1:]


def _find_held(asked: np.ndarray, ids: np.ndarray, owners: np.ndarray, windows: int) -> np.ndarray:
    """Which of the distinct numbers asked for each window holds: bool (windows, distinct)."""
    wanted = np.unique(asked)
    holds = np.zeros((windows, len(wanted) + 1), bool)
    places = np.searchsorted(wanted, ids)
    found = np.append(wanted, -1)[places] == ids
    holds[owners[found], places[found]] = True
    return holds[:, :-1]


def find_tokens(ids: np.ndarray, tokens: Sequence[int]) -> list[tuple[int, int]]:
    """Where `tokens` stand in `ids`: (first, end exclusive), without overlaps.

    Example:
        >>> find_tokens(np.array([1, 2, 1, 2, 1]), [1, 2])
        [(0, 2), (2, 4)]
    """
    size = len(tokens)
    if not size or size > len(ids):
        return []
    same = np.ones(len(ids) - size + 1, bool)
    for offset, token in enumerate(tokens):
        same &= ids[offset : offset + len(same)] == token
    found: list[tuple[int, int]] = []
    for place in np.flatnonzero(same):
        if not found or place >= found[-1][1]:
            found.append((int(place), int(place) + size))
    return found
