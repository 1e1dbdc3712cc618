"""Compiled loops over UTF-8 bytes: text cut into tokens, tokens counted in a hash table.

A block of text is a uint8 array with PADDING bytes after its end, so that eight bytes can be read
at once anywhere. `spans` has a row (start, size in bytes) a token, and (place, -1) where a segment
(a line, a document) ends.

The table is open addressing with linear probing. `slots` (int64, a power of two of them) hold -1,
or a hash's upper half and the number of an entry; `entries` (int64) a row a token: its START in
`arena` (where its bytes stand), SIZE in bytes, COUNT, number of DOCUMENTS, and the LAST of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

PADDING = 8
START, SIZE, COUNT, DOCUMENTS, LAST = range(5)
FIELDS = 5
ENTRIES, FILLED, DOCUMENT, LENGTH = range(4)  # of `state`: used entries and bytes; where to go on

ORDINARY, SPACE, MAYBE = 0, 1, 2
WHITESPACE = np.zeros(256, np.uint8)  # first bytes of what str.split() splits at
WHITESPACE[[*range(0x09, 0x0E), *range(0x1C, 0x21)]] = SPACE
WHITESPACE[[0xC2, 0xE1, 0xE2, 0xE3]] = MAYBE
SEPARATOR = "\x1f"
SEPARATED = np.zeros(256, np.uint8)
SEPARATED[ord(SEPARATOR)] = SPACE

_ONE, _TWO = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)  # odd, bits mixed
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_compiled = njit(cache=True, nogil=True)


def _type_read8(typing_context: Any, array: Any, place: Any) -> Any:
    """Eight bytes of an array of bytes as one number, from any place."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.gep(data, [arguments[1]])
        return builder.load(builder.bitcast(address, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(array, types.intp), generate


_read8: Any = intrinsic(_type_read8)


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
        return 3 if third <= 0x8A or third == 0xA8 or third == 0xA9 or third == 0xAF else 0
    return 3 if second == 0x81 and third == 0x9F else 0  # U+205F


@_compiled
def split_words(text, bounds, classes, spans):
    """Cut segments at white space.

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
            size = 0 if kind == ORDINARY else 1 if kind == SPACE else _wide_space(text, i)
            if size == 0:
                i += 1
                continue
            if i > begin:
                spans[found, 0], spans[found, 1] = begin, i - begin
                found += 1
            i += size
            begin = i
        if end > begin:
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


@_compiled
def _hash(text, start, size):
    mixed = np.uint64(size) * _TWO
    while size > 8:
        mixed = (mixed ^ _read8(text, start)) * _ONE
        mixed ^= mixed >> np.uint64(29)
        start += 8
        size -= 8
    rest = _read8(text, start) & (_ALL >> np.uint64(64 - 8 * size))
    mixed = (mixed ^ rest) * _ONE
    return (mixed ^ (mixed >> np.uint64(32))) * _TWO


@_compiled
def _are_same(text, i, arena, j, size):
    while size >= 8:
        if _read8(text, i) != _read8(arena, j):
            return False
        i += 8
        j += 8
        size -= 8
    return size == 0 or (_read8(text, i) ^ _read8(arena, j)) << np.uint64(64 - 8 * size) == 0


@_compiled
def _is_entry(text, spans, token, length, joiner, arena, start):
    """Whether the bytes in the arena are those of `length` tokens, joined."""
    for part in range(token, token + length):
        if part > token and joiner:
            if arena[start] != 32:
                return False
            start += 1
        if not _are_same(text, spans[part, 0], arena, start, spans[part, 1]):
            return False
        start += spans[part, 1]
    return True


@_compiled
def _write(text, spans, token, length, joiner, arena, start):
    """Write the bytes of `length` tokens, joined, into the arena."""
    for part in range(token, token + length):
        if part > token and joiner:
            arena[start] = 32
            start += 1
        for i in range(spans[part, 0], spans[part, 0] + spans[part, 1]):
            arena[start] = text[i]
            start += 1


@_compiled
def count_spans(text, spans, first, last, longest, joiner, slots, entries, arena, state):
    """Count n-grams of 1 to `longest` tokens that lie in one segment.

    Args:
        text: uint8, padded.
        spans: as `split_words` writes them.
        first: row to begin with.
        last: row to end before.
        longest: tokens of the longest n-gram.
        joiner: 1 to join tokens by a space, 0 by nothing.
        slots: of the table, see above; so are `entries` and `arena`.
        entries: int64 (room, FIELDS).
        arena: uint8, padded.
        state: int64 (4,), ENTRIES to LENGTH, written.

    Returns:
        `last`, or the row to go on with after the table has been given more room.
    """
    mask = slots.size - 1
    used, filled, document, done = state[ENTRIES], state[FILLED], state[DOCUMENT], state[LENGTH]
    for token in range(first, last):
        if spans[token, 1] < 0:
            document += 1
            continue
        mixed, size = np.uint64(0), -joiner
        for length in range(1, longest + 1):
            part = token + length - 1
            if part == last or spans[part, 1] < 0:
                break
            mixed = (mixed * _ONE) ^ _hash(text, spans[part, 0], spans[part, 1])
            size += spans[part, 1] + joiner
            if length <= done:
                continue
            tag = np.int64(mixed >> np.uint64(32)) << 32
            place = (tag >> 32) & mask
            while True:
                slot = slots[place]
                if slot == -1:
                    if used == entries.shape[0] or filled + size + PADDING > arena.size:
                        state[ENTRIES], state[FILLED], state[DOCUMENT] = used, filled, document
                        state[LENGTH] = length - 1
                        return token
                    slots[place] = tag | used
                    entries[used, START], entries[used, SIZE] = filled, size
                    entries[used, COUNT] = entries[used, DOCUMENTS] = 1
                    entries[used, LAST] = document
                    _write(text, spans, token, length, joiner, arena, filled)
                    filled += size
                    used += 1
                    break
                if slot >> 32 == tag >> 32:
                    entry = slot & 0xFFFFFFFF
                    start = entries[entry, START]
                    if entries[entry, SIZE] == size and _is_entry(
                        text, spans, token, length, joiner, arena, start
                    ):
                        entries[entry, COUNT] += 1
                        if entries[entry, LAST] != document:
                            entries[entry, LAST] = document
                            entries[entry, DOCUMENTS] += 1
                        break
                place = (place + 1) & mask
        done = 0
    state[ENTRIES], state[FILLED], state[DOCUMENT], state[LENGTH] = used, filled, document, 0
    return last


@_compiled
def place_again(old, new):
    """Enter the slots of a table into a larger one; a place is of the upper half of a hash."""
    mask = new.size - 1
    for slot in old:
        if slot != -1:
            place = (slot >> 32) & mask
            while new[place] != -1:
                place = (place + 1) & mask
            new[place] = slot
