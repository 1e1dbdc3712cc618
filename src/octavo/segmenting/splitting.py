"""Compiled loops that cut UTF-8 text into words or characters.

All take and give what `octavo.segmenting.protocol.ByteSegmenter.split` says: `text`, a uint8 array
with PADDING bytes after its end, and `spans`, written: a row (start, size in bytes) a word, and
(place, -1) where a segment (a line, a document) ends.

Words are found without looking at bytes one by one: CHUNK bytes are compared with what splits them
(the compiler makes instructions of that which take 32 at once), 64 results become the bits of a
number, and the bits that differ from the one before are where words begin and end.
"""

from __future__ import annotations

import numpy as np

from octavo._numba import PADDING, compiled, lowest_bit, nonzero_bits

SEPARATOR = "\x1f"
CHUNK = 1 << 13  # bytes, a multiple of 64

_SEPARATOR = ord(SEPARATOR)
_ONE = np.uint64(1)


def split_words(text: np.ndarray, bounds: np.ndarray, spans: np.ndarray) -> int:
    """Cut segments at white space, as `str.split` sees it."""
    return _split(text, bounds, spans, False)


def split_separated(text: np.ndarray, bounds: np.ndarray, spans: np.ndarray) -> int:
    """Cut segments at SEPARATOR; what is white space alone is no word."""
    return _split(text, bounds, spans, True)


@compiled
def _split(text, bounds, spans, separated):
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
        text: the text's bytes, uint8 (size + PADDING,).
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
    """Cut segments into characters, white space left out."""
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
