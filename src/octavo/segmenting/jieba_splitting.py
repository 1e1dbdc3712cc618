"""A compiled loop that cuts UTF-8 text into words as jieba does, without making strings of it."""

from __future__ import annotations

import numpy as np

from octavo._numba import compiled, inlined
from octavo.segmenting.jieba_kernels import SPACE, cut

_END = 1 << 15  # kind of what ends a segment
_BAD = 0xFFFD  # stands for what is no UTF-8


@inlined
def _decode(text, i, end):
    """Code point and bytes of a character; U+FFFD and 1 where bytes are no UTF-8."""
    first, room = np.int64(text[i]), end - i
    if first < 0x80:
        return first, 1
    second, third, fourth = text[i + 1] ^ 0x80, text[i + 2] ^ 0x80, text[i + 3] ^ 0x80
    if 0xE0 <= first < 0xF0 and room >= 3 and (second | third) < 0x40:
        code = (first & 0x0F) << 12 | np.int64(second) << 6 | third
        if code >= 0x800:
            return code, 3
    elif 0xC2 <= first < 0xE0 and room >= 2 and second < 0x40:
        return (first & 0x1F) << 6 | np.int64(second), 2
    elif first >= 0xF0 and room >= 4 and (second | third | fourth) < 0x40:
        code = (first & 0x0F) << 18 | np.int64(second) << 12 | np.int64(third) << 6 | fourth
        if 0x10000 <= code <= 0x10FFFF:
            return code, 4
    return np.int64(_BAD), 1


@compiled
def split_chinese(text, bounds, spans, tables):
    """Cut segments into words as jieba does, those of white space left out.

    Args:
        text: as `octavo.segmenting.protocol.ByteSegmenter.split` gets it.
        bounds: the bounds of the segments, as `split` gets them.
        spans: the spans of the words, written as `split` writes them.
        tables: the arrays of `octavo.segmenting.jieba_tables.Tables`.

    Returns:
        How many rows were written.
    """
    most = bounds[-1] - bounds[0] + bounds.size
    characters, kinds = np.empty(most + 1, np.uint16), np.empty(most + 1, np.uint16)
    places = np.empty(most, np.int32)  # byte of each character
    size = 0
    for segment in range(bounds.size - 1):
        i, end = bounds[segment], bounds[segment + 1]
        while i < end:
            code, width = _decode(text, i, end)
            known = tables.codes[code]
            characters[size], kinds[size] = known >> np.uint32(16), known & np.uint32(0xFFFF)
            places[size] = i
            size += 1
            i += width
        characters[size], kinds[size], places[size] = 0, _END, end
        size += 1
    characters[size : size + 2] = 0
    kinds[size : size + 2] = 0
    begins = cut(characters[: size + 2], kinds[: size + 2], tables)
    found, begin = 0, np.int64(-1)
    for i in range(size):
        if not begins[i]:
            continue
        if begin != -1:
            spans[found, 0], spans[found, 1] = begin, places[i] - begin
            found += 1
        begin = np.int64(-1) if kinds[i] & (SPACE | _END) else np.int64(places[i])
        if kinds[i] & _END:
            spans[found, 0], spans[found, 1] = places[i], -1
            found += 1
    return found
