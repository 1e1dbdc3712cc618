"""Compiled loops of a hash table that counts tokens of UTF-8 text, cut by a segmenter.

A block of text is a uint8 array with PADDING bytes after its end, so that eight bytes can be read
at once anywhere.

The table is open addressing with linear probing. `slots` (int64, a power of two of them) hold -1,
or 32 bits of a hash and the number of an entry; a place among them is the hash's first bits.
`entries` (int64) has a row a token: its KEY, which is the token itself if it has up to eight bytes,
else where it begins in `arena`; its COUNT; the number of its DOCUMENTS; and as MARK its size and
the number of the last document it was seen in, 32 bits each. A row is half a cache line, so that a
token that is common and short, as most are, costs two reads of memory. Tokens are looked up 64 at a
time, each read asked for before it is needed: memory answers many reads together about as fast
as one. (numba counts references to an array whenever a function that is not inlined gets it, which
costs as much as the lookup; so no function is called for one token.)
"""

from __future__ import annotations

import numpy as np

from octavo._numba import HASH_FACTOR, PADDING, compiled, prefetch, read_eight

KEY, COUNT, DOCUMENTS, MARK = range(4)
FIELDS = 4
# of `state`: used entries and bytes, the present document, a random number that words made to
# crowd in one place do not know, and the cells of a document-term matrix that are filled
ENTRIES, FILLED, DOCUMENT, SEED, CELLS = range(5)
AT_ONCE = 64
TAG, BYTES, START, SEEN = range(4)  # of a token that waits: its hash, up to eight bytes, and MARK
WAITING = 4

SECOND_FACTOR = np.uint64(0xD6E8FEB86659FD93)  # odd, its bits are mixed
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_LOW = 0xFFFFFFFF


@compiled
def _first_bytes(text, start, size):
    """Up to eight bytes as one number."""
    return read_eight(text, start) & (_ALL >> np.uint64(64 - 8 * size))


@compiled
def hash_bytes(text, start, size, seed):
    """Hash of bytes.

    Args:
        text: uint8, eight bytes of which can be read at the last one, too.
        start: where the bytes begin in `text`.
        size: how many bytes there are, 1 or more.
        seed: uint64, of the hash.

    Returns:
        uint64.
    """
    mixed = np.uint64(size) * SECOND_FACTOR ^ seed
    while size > 8:
        mixed = (mixed ^ read_eight(text, start)) * HASH_FACTOR
        mixed ^= mixed >> np.uint64(29)
        start += 8
        size -= 8
    return mix_last(mixed, _first_bytes(text, start, size))


@compiled
def mix_last(mixed, rest):
    """Hash of what was mixed, uint64, and the last bytes, eight at most, as a number, uint64."""
    mixed = (mixed ^ rest) * HASH_FACTOR
    return (mixed ^ (mixed >> np.uint64(32))) * SECOND_FACTOR


@compiled
def _are_same(text, i, arena, j, size):
    while size >= 8:
        if read_eight(text, i) != read_eight(arena, j):
            return False
        i += 8
        j += 8
        size -= 8
    return (
        size == 0 or (read_eight(text, i) ^ read_eight(arena, j)) << np.uint64(64 - 8 * size) == 0
    )


@compiled
def _shift(slots):
    """How far 32 bits of a hash are shifted to give a place among the slots."""
    shift, places = 32, slots.size
    while places > 1:
        places >>= 1
        shift -= 1
    return shift


@compiled
def join_spans(text, spans, joiner):
    """Text of the same tokens with `joiner` spaces between them, so that n-grams are parts of it.

    Args:
        text: the text's bytes, uint8.
        spans: int32 (tokens, 2), as `octavo.segmenting.protocol` says; changed to be those of the
            new text.
        joiner: how many bytes stand between two tokens, 0 or 1.

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


@compiled
def count_spans(text, spans, longest, joiner, slots, entries, arena, state, cells, places, sizes):
    """Count n-grams of 1 to `longest` tokens that lie in one segment.

    A document-term matrix has a cell for each n-gram of a document, its entry and its count there.

    Args:
        text: uint8, padded; for n-grams, as `join_spans` writes it.
        spans: int32 (tokens, 2), as `octavo.segmenting.protocol` says; the last one ends a segment.
        longest: how many tokens the longest n-gram has.
        joiner: how many bytes stand between the tokens of an n-gram.
        slots: of the table, see above, twice as many as entries; so are `entries` and `arena`,
            which must have room for all n-grams.
        entries: int64 (room, FIELDS).
        arena: uint8, padded.
        state: int64 (5,), ENTRIES to CELLS, changed.
        cells: int32 (room for all n-grams, 2), written from the first on, a document after the
            other: entry and count; of length 0, as are `places` and `sizes`, if none are wanted.
        places: int32 (room,), where in `cells` each entry was seen last, changed.
        sizes: int64 (segments,), zeros; how many cells each segment has is written.
    """
    first, state[CELLS] = state[DOCUMENT], 0
    waiting, seed = np.empty((AT_ONCE, WAITING), np.int64), np.uint64(state[SEED])
    shift, document, found = _shift(slots), state[DOCUMENT], np.int64(0)
    for token in range(spans.shape[0]):
        if spans[token, 1] < 0:
            document += 1
            continue
        start, size = np.int64(spans[token, 0]), -joiner
        for last in range(token, token + longest):
            if spans[last, 1] < 0:
                break
            size += joiner + spans[last, 1]
            if size <= 8:  # most
                key = _first_bytes(text, start, size)
                mixed = mix_last(np.uint64(size) * SECOND_FACTOR ^ seed, key)
            else:
                key, mixed = np.uint64(0), hash_bytes(text, start, size, seed)
            tag = np.int64(mixed >> np.uint64(32))
            prefetch(slots, tag >> shift)
            waiting[found, TAG], waiting[found, BYTES] = tag, np.int64(key)
            waiting[found, START], waiting[found, SEEN] = start, size << 32 | document
            found += 1
            if found == AT_ONCE:
                if sizes.size:
                    _count_cells(
                        waiting, found, text, slots, entries, arena, state,
                        cells, places, sizes, first,
                    )  # fmt: skip
                else:
                    _count(waiting, found, text, slots, entries, arena, state)
                found = np.int64(0)  # 0 would be a type of its own, to compile everything for
    if sizes.size:
        _count_cells(
            waiting, found, text, slots, entries, arena, state, cells, places, sizes, first
        )
    else:
        _count(waiting, found, text, slots, entries, arena, state)
    state[DOCUMENT] = document


@compiled
def _count(waiting, found, text, slots, entries, arena, state):
    _find(waiting, found, text, slots, entries, arena, state)
    for i in range(found):
        entry, seen = waiting[i, TAG], waiting[i, SEEN]
        entries[entry, COUNT] += 1
        entries[entry, DOCUMENTS] += entries[entry, MARK] != seen
        entries[entry, MARK] = seen


@compiled
def _count_cells(waiting, found, text, slots, entries, arena, state, cells, places, sizes, first):
    """As `_count`, in the cells of a matrix, too; `first` is the number of the first document."""
    _find(waiting, found, text, slots, entries, arena, state)
    for i in range(found):
        entry, seen = waiting[i, TAG], waiting[i, SEEN]
        if entries[entry, MARK] != seen:
            place = state[CELLS]
            cells[place, 0], cells[place, 1] = entry, 0
            places[entry] = place
            sizes[(seen & _LOW) - first] += 1
            state[CELLS] = place + 1
            entries[entry, DOCUMENTS] += 1
            entries[entry, MARK] = seen
        entries[entry, COUNT] += 1
        cells[places[entry], 1] += 1


@compiled
def add_rows(text, offsets, counts, documents, slots, entries, arena, state):
    """Add what was counted elsewhere.

    Args:
        text: uint8, eight bytes of which can be read at the last token, too.
        offsets: int64 (rows + 1,), where each token begins in `text`.
        counts: how often each token occurs, int64 (rows,).
        documents: how many documents each is in, int64 (rows,).
        slots: the table's slots, as in `count_spans`; so are `entries`, `arena` and `state`.
        entries: the table's entries, with room for all rows.
        arena: the table's arena, with room for all rows.
        state: the table's state, changed.
    """
    waiting, seed = np.empty((AT_ONCE, WAITING), np.int64), np.uint64(state[SEED])
    shift = _shift(slots)
    for first in range(0, counts.size, AT_ONCE):
        found = min(AT_ONCE, counts.size - first)
        for i in range(found):
            start = offsets[first + i]
            size = offsets[first + i + 1] - start
            tag = np.int64(hash_bytes(text, start, size, seed) >> np.uint64(32))
            prefetch(slots, tag >> shift)
            key = np.int64(_first_bytes(text, start, size)) if size <= 8 else 0
            waiting[i, TAG], waiting[i, BYTES] = tag, key
            waiting[i, START], waiting[i, SEEN] = start, size << 32
        _find(waiting, found, text, slots, entries, arena, state)
        for i in range(found):
            entry = waiting[i, TAG]
            entries[entry, COUNT] += counts[first + i]
            entries[entry, DOCUMENTS] += documents[first + i]


@compiled
def _find(waiting, found, text, slots, entries, arena, state):
    """Replace the TAG of tokens that wait by their entries; those that are new are made."""
    shift, mask = _shift(slots), slots.size - 1
    for i in range(found):
        prefetch(entries, (slots[waiting[i, TAG] >> shift] & _LOW) * FIELDS)
    for i in range(found):
        tag, key, start = waiting[i, TAG], waiting[i, BYTES], waiting[i, START]
        size = waiting[i, SEEN] >> 32
        place = tag >> shift
        while True:
            slot = slots[place]
            if slot == -1:
                entry = state[ENTRIES]
                if size > 8:
                    key = state[FILLED]
                    for j in range(size):
                        arena[key + j] = text[start + j]
                    state[FILLED] = key + size
                slots[place] = tag << 32 | entry
                entries[entry, KEY], entries[entry, MARK] = key, size << 32
                entries[entry, COUNT] = entries[entry, DOCUMENTS] = 0
                state[ENTRIES] = entry + 1
                break
            if (slot >> 32) & _LOW == tag:
                entry = slot & _LOW
                if entries[entry, MARK] >> 32 == size:
                    known = entries[entry, KEY]
                    if known == key if size <= 8 else _are_same(text, start, arena, known, size):
                        break
            place = (place + 1) & mask
        waiting[i, TAG] = entry


@compiled
def place_again(old, new, numbers):
    """Enter the slots of a table into another.

    Args:
        old: the slots as they are, int64.
        new: the slots to be, int64, -1 everywhere; written.
        numbers: the new number of each entry, int64, -1 where it is left out; empty if all keep
            theirs.
    """
    mask, shift = new.size - 1, _shift(new)
    for slot in old:
        if slot == -1:
            continue
        if numbers.size:
            number = numbers[slot & _LOW]
            if number == -1:
                continue
            slot = (slot >> 32) << 32 | number
        place = ((slot >> 32) & _LOW) >> shift
        while new[place] != -1:
            place = (place + 1) & mask
        new[place] = slot
