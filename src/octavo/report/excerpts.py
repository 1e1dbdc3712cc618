"""Passages with answers marked: cut into marked and plain parts, and shortened around the marks.

Used by pages and by the terminal; a part is its text and whether it is marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MarkedText = tuple[str, bool]
ELLIPSIS = "…"


def merge_spans(spans: Iterable[Sequence[int]], length: int) -> list[tuple[int, int]]:
    """Spans in order, overlapping ones made one, parts outside the text and empty spans left out.

    Args:
        spans: (start, end) in characters, end exclusive, in any order.
        length: how many characters the text has.

    Example:
        >>> merge_spans([(4, 9), (0, 2), (1, 3), (7, 99)], 12)
        [(0, 3), (4, 12)]
    """
    merged: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(length, end)) for start, end in spans):
        if start >= end:
            continue
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def cut_at_spans(text: str, spans: Iterable[Sequence[int]]) -> list[MarkedText]:
    """The text in parts that together are the text, those inside a span marked.

    Example:
        >>> cut_at_spans("建成于1420年。", [(3, 8)])
        [('建成于', False), ('1420年', True), ('。', False)]
    """
    parts, done = [], 0
    for start, end in merge_spans(spans, len(text)):
        parts += [(text[done:start], False), (text[start:end], True)]
        done = end
    parts.append((text[done:], False))
    return [part for part in parts if part[0]]


def shorten(parts: Sequence[MarkedText], around: int) -> list[MarkedText]:
    """Leave out what stands more than `around` characters from a mark, with "…" in its place.

    Without any mark the beginning stays.

    Args:
        parts: as `cut_at_spans` gives them.
        around: how many characters are kept before and after a mark.

    Example:
        >>> shorten([("一二三四五", False), ("六", True), ("七八九十", False)], 2)
        [('…四五', False), ('六', True), ('七八…', False)]
    """
    last = len(parts) - 1
    has_mark = any(marked for _, marked in parts)
    shortened: list[MarkedText] = []
    for index, (text, marked) in enumerate(parts):
        head = around if index > 0 or not has_mark else 0
        tail = around if index < last else 0
        if not marked and len(text) > head + tail:
            text = text[:head] + ELLIPSIS + text[len(text) - tail :]
        shortened.append((text, marked))
    return shortened
