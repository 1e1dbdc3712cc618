"""Passages as token windows a model can take whole."""

from __future__ import annotations

from collections.abc import Sequence

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


def build_prefix(window: Sequence[int], question: Sequence[int], cls_id: int, sep_id: int) -> np.ndarray:
    """[CLS] window [SEP] question [SEP], int32 (window + question + 3,).

    Example:
        >>> build_prefix([7, 8], [9], cls_id=2, sep_id=3).tolist()
        [2, 7, 8, 3, 9, 3]
    """
    return np.concatenate([[cls_id], window, [sep_id], question, [sep_id]]).astype(np.int32)
