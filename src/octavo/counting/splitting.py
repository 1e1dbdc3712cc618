"""Compiled loops that cut UTF-8 text into tokens.

`text` is a uint8 array with PADDING bytes after its end. `spans` has a row (start, size in
bytes) a token, and (place, -1) where a segment (a line, a document) ends.

Words are found without looking at bytes one by one: CHUNK bytes are compared with what splits them
(the compiler makes instructions of that which take 32 at once), 64 results become the bits of a
number, and the bits that differ from the one before are where words begin and end.
"""

from __future__ import annotations

import numpy as np

from octavo._numba import PADDING, compiled, inlined, lowest_bit, nonzero_bits
from octavo.segmenting.jieba_kernels import SPACE, cut

SEPARATOR = "\x1f"
CHUNK = 1 << 13  # bytes, a multiple of 64

_SEPARATOR = ord(SEPARATOR)
_ONE = np.uint64(1)
_END = 1 << 15  # kind of what ends a segment
_BAD = 0xFFFD  # stands for what is no UTF-8


@compiled
def split_words(text, bounds, spans, separated):
    """Cut segments at white space, as `str.split` sees it, or at SEPARATOR.

    Args:
        text: uint8, padded.
        bounds: int64 (segments + 1,), where each begins and the last one ends.
        spans: int32 (at least bytes + segments, 2), written.
        separated: whether at SEPARATOR; what is white space alone is no word.

    Returns:
        How many rows were written.
    """
    wide, splits = np.zeros(CHUNK + 2, np.uint8), np.empty(CHUNK, np.uint8)
    last, found, segment, before = bounds[-1], 0, 1, _ONE
    begin = np.int64(-1)  # of a word that has not ended
    for first in range(bounds[0], last + 1, CHUNK):
        size = min(CHUNK, last - first)
        if separated:
            _mark_separators(text[first : first + size], splits)
        else:
            _mark_spaces(text[first : first + size + PADDING], size, wide, splits)
        splits[size:] = 1  # the last word ends there
        for i in range(0, min(size + 1, CHUNK), 64):
            bits = nonzero_bits(splits, i)
            changes = bits ^ (bits << _ONE | before)
            before = bits >> np.uint64(63)
            while changes:
                place = first + i + lowest_bit(changes)
                changes &= changes - _ONE
                if begin == -1:
                    begin = place
                    continue
                while bounds[segment] < place:
                    end = bounds[segment]
                    if end > begin:
                        if not separated or _is_word(text, begin, end):
                            spans[found, 0], spans[found, 1] = begin, end - begin
                            found += 1
                        begin = end
                    spans[found, 0], spans[found, 1] = end, -1
                    found += 1
                    segment += 1
                if not separated or _is_word(text, begin, place):
                    spans[found, 0], spans[found, 1] = begin, place - begin
                    found += 1
                begin = np.int64(-1)
    for end in bounds[segment:]:
        spans[found, 0], spans[found, 1] = end, -1
        found += 1
    return found


@compiled
def _mark_separators(text, splits):
    for i in range(text.size):
        splits[i] = text[i] == _SEPARATOR


@compiled
def _mark_spaces(text, size, wide, splits):
    """Mark the bytes of white space.

    Args:
        text: uint8 (size + PADDING,).
        size: how many bytes are looked at.
        wide: uint8 (CHUNK + 2,), for each byte how many bytes of white space beyond ASCII begin
            there, those of the two bytes before first; written, from what it was left as.
        splits: uint8 (at least size,), written.
    """
    wide[0], wide[1] = wide[CHUNK], wide[CHUNK + 1]
    first, second, third = text[:size], text[1 : size + 1], text[2 : size + 2]
    for i in range(size):
        wide[i + 2] = _wide_space(first[i], second[i], third[i])
    for i in range(size):
        more = (wide[i + 2] != 0) | (wide[i + 1] != 0) | (wide[i] == 3)
        splits[i] = _is_narrow_space(first[i]) | more


@compiled
def _is_narrow_space(byte):
    return ((byte >= 0x09) & (byte <= 0x0D)) | ((byte >= 0x1C) & (byte <= 0x20))


@compiled
def _wide_space(first, second, third):
    """Bytes of the white space beyond ASCII that these three begin with, 0 if with none."""
    two = (first == 0xC2) & ((second == 0x85) | (second == 0xA0))  # U+0085, U+00A0
    # U+2000 to U+200A, U+2028, U+2029, U+202F
    common = ((third >= 0x80) & (third <= 0x8A)) | (third == 0xA8) | (third == 0xA9)
    general = (first == 0xE2) & (second == 0x80) & (common | (third == 0xAF))
    ogham = (first == 0xE1) & (second == 0x9A) & (third == 0x80)  # U+1680
    mathematical = (first == 0xE2) & (second == 0x81) & (third == 0x9F)  # U+205F
    ideographic = (first == 0xE3) & (second == 0x80) & (third == 0x80)  # U+3000
    three = general | ogham | mathematical | ideographic
    return np.uint8(2) * np.uint8(two) + np.uint8(3) * np.uint8(three)


@compiled
def _is_word(text, begin, end):
    """Whether something stands there that is not white space alone."""
    i = begin
    while i < end:
        size = _space(text[i], text[i + 1], text[i + 2])
        if size == 0:
            return True
        i += size
    return False


@compiled
def _space(first, second, third):
    """Bytes of the white space that these three begin with, 0 if with none."""
    return np.uint8(1) if _is_narrow_space(first) else _wide_space(first, second, third)


@compiled
def split_characters(text, bounds, spans):
    """Cut segments into characters, white space left out; arguments as of `split_words`."""
    found = 0
    for segment in range(bounds.size - 1):
        i = bounds[segment]
        end = bounds[segment + 1]
        while i < end:
            first = text[i]
            size = 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
            if _space(first, text[i + 1], text[i + 2]) == 0:
                spans[found, 0], spans[found, 1] = i, size
                found += 1
            i += size
        spans[found, 0], spans[found, 1] = end, -1
        found += 1
    return found


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
        text: uint8, padded.
        bounds: int64 (segments + 1,), where each begins and the last one ends.
        spans: int32 (at least bytes + segments, 2), written.
        tables: as of `octavo.segmenting.jieba_tables.Tables`.

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


@compiled
def join_spans(text, spans, joiner):
    """Text of the same tokens with `joiner` spaces between them, so that n-grams are parts of it.

    Args:
        text: uint8.
        spans: int32 (tokens, 2), as above; changed to be those of the new text.
        joiner: 0 or 1.

    Returns:
        uint8, padded.
    """
    sizes = np.maximum(spans[:, 1], 0) + joiner
    joined, at = np.empty(sizes.sum() + PADDING, np.uint8), 0
    for i in range(spans.shape[0]):
        start = spans[i, 0]
        spans[i, 0] = at
        for place in range(start, start + spans[i, 1]):
            joined[at] = text[place]
            at += 1
        if joiner:
            joined[at] = 32
            at += 1
    return joined
