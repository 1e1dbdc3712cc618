"""Documents to rows of one length: cut at sentences, then packed so that little is padding.

A document longer than a row is cut after the last sentence that fits, if that leaves no more than
an eighth of the row, else after the last part of one (at a comma). The fragments are packed into
rows, longest first, each into the row with the least room that will do (best fit). Several
fragments of a row see nothing of each other: the model gets a number for each and positions that
begin anew.

Source: Liu et al. 2019, "RoBERTa", section 4.2 (sentences packed greedily); Krell et al. 2021,
"Efficient Sequence Packing without Cross-contamination", algorithm 1 (longest first, best fit).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from octavo.corpus.token_shards import TokenShard

SENTENCE_ENDS = "。！？；…!?;"
PAUSE_MARKS = "，、：,:"
CLOSING = "”’」』》）)\"'"  # belong to the sentence they follow
# What a token marks: a sentence's end, the end of a part of one, or what belongs before it.
ENDS, PAUSES, CLOSES = 1, 2, 4
BLOCK = 1 << 21  # fragments that are packed together
LEAST = 8  # tokens of a fragment: of less there is nothing to learn


@dataclass(frozen=True)
class PackedRows:
    """Which fragments of which shards each row holds.

    Args:
        shard: the shard of each fragment, int32 (fragments,).
        start: its first token in the shard, int64 (fragments,).
        length: its tokens, int32 (fragments,).
        firsts: the first fragment of each row and, last, their number, int64 (rows + 1,).
    """

    shard: np.ndarray
    start: np.ndarray
    length: np.ndarray
    firsts: np.ndarray

    def __len__(self) -> int:
        return len(self.firsts) - 1

    @property
    def tokens(self) -> int:
        """Of all rows, special tokens and padding left out."""
        return int(self.length.sum())


def find_marks(vocabulary: Sequence[str]) -> np.ndarray:
    """What each token of a vocabulary marks: ENDS, PAUSES, CLOSES or 0, uint8 (tokens,).

    Example:
        >>> find_marks(["a", "。", "，"]).tolist()
        [0, 1, 2]
    """
    kinds = [(ENDS, SENTENCE_ENDS), (PAUSES, PAUSE_MARKS), (CLOSES, CLOSING)]
    known = {character: kind for kind, characters in kinds for character in characters}
    return np.array([known.get(token, 0) for token in vocabulary], np.uint8)


def cut_documents(
    shard: TokenShard, keep: np.ndarray, room: int, marks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fragments of a shard's documents, none longer than `room`.

    Args:
        shard: that holds them.
        keep: which documents, bool (documents,).
        room: tokens of a fragment at most.
        marks: what `find_marks` gives.

    Returns:
        (starts int64, lengths int32); fragments shorter than 8 tokens are left out.
    """
    marked = marks.take(shard.ids())
    closing = (marked & CLOSES).astype(bool)
    sentences = _breaks(marked & ENDS, closing)
    pauses = _breaks(marked & (ENDS | PAUSES), closing)
    ends = shard.ends.astype(np.int64)
    begins = np.concatenate(([0], ends[:-1]))
    short = keep & (ends - begins <= room)
    starts, lengths = [begins[short]], [(ends - begins)[short]]
    long = keep & ~short
    for begin, end in zip(begins[long].tolist(), ends[long].tolist(), strict=True):
        cuts = _cut(begin, end, room, sentences, pauses)
        starts.append(np.array(cuts[:-1]))
        lengths.append(np.diff(cuts))
    all_starts, all_lengths = np.concatenate(starts), np.concatenate(lengths)
    enough = all_lengths >= LEAST
    return all_starts[enough].astype(np.int64), all_lengths[enough].astype(np.int32)


def _breaks(marked: np.ndarray, closing: np.ndarray) -> list[int]:
    """One past each mark, and past what closes after it, sorted; a place may be there twice."""
    places = np.flatnonzero(marked) + 1
    follows = np.append(closing, False)
    for _ in range(2):  # as in 。”）
        places += follows[places]
    return places.tolist()


def _cut(begin: int, end: int, room: int, sentences: list[int], pauses: list[int]) -> list[int]:
    """Where a long document is cut, its two ends included."""
    cuts = [begin]
    while end - cuts[-1] > room:
        latest = cuts[-1] + room
        found = _last(sentences, latest)
        if found < latest - room // 8:
            found = _last(pauses, latest)
        cuts.append(found if found > latest - room // 2 else latest)
    return [*cuts, end]


def _last(breaks: list[int], latest: int) -> int:
    place = bisect_right(breaks, latest) - 1
    return breaks[place] if place >= 0 else -1


def pack_fragments(lengths: np.ndarray, capacity: int) -> tuple[np.ndarray, np.ndarray]:
    """Put fragments into rows: longest first, each where the least room is left that will do.

    Args:
        lengths: the tokens of the fragments, with the special tokens each needs, integers
            (fragments,).
        capacity: tokens of a row; no fragment is longer.

    Returns:
        (the fragments by row int64 (fragments,), the first of each row and their number int64
        (rows + 1,)).

    Example:
        >>> pack_fragments(np.array([3, 6, 4, 7, 2]), capacity=10)
        (array([3, 0, 1, 2, 4]), array([0, 2, 4, 5]))
    """
    rows: list[int] = []  # of each fragment, in the order they are packed in
    number = 0
    open_rows: list[list[int]] = [[] for _ in range(capacity + 1)]  # by the room they have
    rooms = 0  # bit r is set where a row with room r is open
    order = np.argsort(-lengths, kind="stable")
    for length in lengths[order].tolist():
        fitting = rooms >> length
        if fitting:
            room = length + (fitting & -fitting).bit_length() - 1
            row = open_rows[room].pop()
            if not open_rows[room]:
                rooms &= ~(1 << room)
        else:
            room, row = capacity, number
            number += 1
        rows.append(row)
        left = room - length
        if left > 0:
            open_rows[left].append(row)
            rooms |= 1 << left
    row_of = np.array(rows, np.int64)
    sizes = np.bincount(row_of, minlength=number)
    return order[np.argsort(row_of, kind="stable")], np.concatenate(([0], np.cumsum(sizes)))


def make_rows(
    shards: Sequence[TokenShard],
    kept: Iterable[np.ndarray],
    length: int,
    specials: int,
    marks: np.ndarray,
) -> PackedRows:
    """The rows of all documents that are kept.

    Args:
        shards: the shards of the corpus.
        kept: for each shard which documents, bool (documents,).
        length: tokens of a row.
        specials: tokens that a fragment needs besides its own.
        marks: what `find_marks` gives.
    """
    parts = [
        cut_documents(shard, keep, length - specials, marks)
        for shard, keep in zip(shards, kept, strict=True)
    ]
    numbers = [np.full(len(lengths), n, np.int32) for n, (_, lengths) in enumerate(parts)]
    starts, lengths = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    fragments, firsts = _pack_blocks(lengths + specials, length)
    return PackedRows(
        np.concatenate(numbers)[fragments], starts[fragments], lengths[fragments], firsts
    )


def _pack_blocks(lengths: np.ndarray, capacity: int) -> tuple[np.ndarray, np.ndarray]:
    """Pack some fragments after the others, as packing takes 150 bytes of memory for each."""
    fragments, firsts = [np.empty(0, np.int64)], [np.zeros(1, np.int64)]
    for start in range(0, len(lengths), BLOCK):
        some, begins = pack_fragments(lengths[start : start + BLOCK], capacity)
        fragments.append(some + start)
        firsts.append(begins[1:] + start)
    return np.concatenate(fragments), np.concatenate(firsts)
