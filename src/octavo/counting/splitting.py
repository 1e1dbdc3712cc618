"""Compiled loops that cut UTF-8 text into tokens.

`text` is a uint8 array with kernels.PADDING bytes after its end. `spans` has a row (start, size in
bytes) a token, and (place, -1) where a segment (a line, a document) ends.
"""

from __future__ import annotations

import numpy as np
from numba import njit

ORDINARY, SPACE, MAYBE = 0, 1, 2
WHITESPACE = np.zeros(256, np.uint8)  # first bytes of what str.split() splits at
WHITESPACE[[*range(0x09, 0x0E), *range(0x1C, 0x21)]] = SPACE
WHITESPACE[[0xC2, 0xE1, 0xE2, 0xE3]] = MAYBE
SEPARATOR = "\x1f"
SEPARATED = np.zeros(256, np.uint8)
SEPARATED[ord(SEPARATOR)] = SPACE

_compiled = njit(cache=True, nogil=True)


@_compiled
def _wide_space(text, i):
    """Length in bytes of the white space beyond ASCII that begins at i, 0 if none does."""
    first, second, third = text[i], text[i + 1], text[i + 2]
    if first == 0xC2:  # U+0085, U+00A0
        return 2 if second == 0x85 or second == 0xA0 else 0
    if first == 0xE1:  # U+1680
        return 3 if second == 0x9A and third == 0x80 else 0
    if first == 0xE3:  # U+3000
        return 3 if second == 0x80 and third == 0x80 else 0
    if second == 0x80:  # U+2000 to U+200A, U+2028, U+2029, U+202F
        return 3 if 0x80 <= third <= 0x8A or third == 0xA8 or third == 0xA9 or third == 0xAF else 0
    return 3 if second == 0x81 and third == 0x9F else 0  # U+205F


@_compiled
def _is_blank(text, i, end):
    """Whether what stands from i to end is white space alone."""
    while i < end:
        kind = WHITESPACE[text[i]]
        size = 0 if kind == ORDINARY else 1 if kind == SPACE else _wide_space(text, i)
        if size == 0:
            return False
        i += size
    return True


@_compiled
def _is_word(text, begin, end):
    """Whether something stands there that is not white space alone."""
    return end > begin and (WHITESPACE[text[begin]] == ORDINARY or not _is_blank(text, begin, end))


@_compiled
def split_words(text, bounds, classes, spans):
    """Cut segments at white space, or at SEPARATOR; what is white space alone is no word.

    Args:
        text: uint8, padded.
        bounds: int64 (segments + 1,), where each begins and the last one ends.
        classes: uint8 (256,), WHITESPACE or SEPARATED.
        spans: int32 (at least bytes + segments, 2), written.

    Returns:
        How many rows were written.
    """
    found = 0
    for segment in range(bounds.size - 1):
        i = begin = bounds[segment]
        end = bounds[segment + 1]
        while i < end:
            kind = classes[text[i]]
            if kind == ORDINARY:
                i += 1
                continue
            size = 1 if kind == SPACE else _wide_space(text, i)
            if size == 0:
                i += 1
                continue
            if _is_word(text, begin, i):
                spans[found, 0], spans[found, 1] = begin, i - begin
                found += 1
            i += size
            begin = i
        if _is_word(text, begin, end):
            spans[found, 0], spans[found, 1] = begin, end - begin
            found += 1
        spans[found, 0], spans[found, 1] = end, -1
        found += 1
    return found


@_compiled
def split_characters(text, bounds, classes, spans):
    """Cut segments into characters, white space left out; arguments as of `split_words`."""
    found = 0
    for segment in range(bounds.size - 1):
        i = bounds[segment]
        end = bounds[segment + 1]
        while i < end:
            first = text[i]
            size = 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
            kind = classes[first]
            if kind == ORDINARY or (kind == MAYBE and _wide_space(text, i) == 0):
                spans[found, 0], spans[found, 1] = i, size
                found += 1
            i += size
        spans[found, 0], spans[found, 1] = end, -1
        found += 1
    return found
