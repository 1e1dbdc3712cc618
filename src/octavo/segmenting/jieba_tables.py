"""A lexicon as the arrays that `jieba_kernels` reads.

Words are a trie whose nodes lie in one array: node q's child by character c is at q's shift + c,
if that place says that q is its parent. (A trie so laid out is a double array, Aoe 1989; shifts are
found by trying random ones, for the nodes with the most children first.) Memory answers slowly, so
two filters keep most questions from it: for pairs of frequent characters a bit says whether words
begin so, and of every node 32 bits say which children it may have.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from octavo.errors import DataError
from octavo.segmenting.jieba_dictionary import NEVER, Lexicon
from octavo.segmenting.jieba_kernels import (
    BLOCK,
    CHECK,
    CHILDREN,
    COLUMNS,
    DIGIT,
    FEED,
    HAN,
    LETTER,
    LEVEL,
    NO_WORD,
    PAIRED,
    PERCENT,
    POINT,
    RETURN,
    SHIFT,
    SPACE,
    SPLIT,
    place_children,
)

CODES = 0x110000
MOST_CHARACTERS = 0xFFFF
SPACES = [code for code in range(0x3001) if chr(code).isspace()]


class Tables(NamedTuple):
    """What the compiled loops know.

    Args:
        codes: of each code point its kind and, 16 bits up, its character's number, uint32
            (0x110000,); frequent characters have small numbers, those that words are never made of
            have 0.
        nodes: of the trie, int32 (nodes, COLUMNS); a character's own node has its number.
        levels: log probabilities that nodes refer to, float64 (levels,).
        singles: the log probability of each character as a word, float64 (characters + 1,).
        pairs: bits of pairs of characters, uint32 (PAIRED, PAIRED / 32).
        unknown: the log probability of a character that is no word.
        split: whether there are words that are never made.
        start: how words begin in the model of new words, float64 (4,), as in `Lexicon`.
        transitions: a state after a state, float64 (4, 4), as in `Lexicon`.
        emissions: each character in each state, float64 (characters + 1, 4), as in `Lexicon`.
    """

    codes: np.ndarray
    nodes: np.ndarray
    levels: np.ndarray
    singles: np.ndarray
    pairs: np.ndarray
    unknown: float
    split: bool
    start: np.ndarray
    transitions: np.ndarray
    emissions: np.ndarray


def make_tables(lexicon: Lexicon) -> Tables:
    """The arrays of a lexicon.

    Raises:
        DataError: if it has more than 65,535 different characters.
    """
    codes = np.frombuffer("".join(lexicon.words).encode("utf-32-le", "surrogatepass"), np.uint32)
    sizes = np.fromiter(map(len, lexicon.words), np.int64, len(lexicon.words))
    counts = np.array(lexicon.counts, np.float64)
    numbers, characters = _number_characters(codes, np.repeat(counts, sizes), lexicon)
    parents, steps, ends = _make_trie(numbers[codes], sizes, characters)
    nodes, places = _place(parents, steps, characters)
    levels, which = _levels(lexicon)
    nodes[places[ends], LEVEL] = which
    kinds = _kinds()
    return Tables(
        codes=np.where(kinds & BLOCK, numbers.astype(np.uint32) << 16 | kinds, kinds),
        nodes=nodes,
        levels=levels,
        singles=levels[nodes[: characters + 1, LEVEL]],
        pairs=_pairs(parents, steps, characters),
        unknown=-math.log(lexicon.total),
        split=0 in lexicon.counts,
        start=lexicon.start,
        transitions=lexicon.transitions,
        emissions=_emissions(lexicon, numbers, characters),
    )


def _number_characters(
    codes: np.ndarray, weights: np.ndarray, lexicon: Lexicon
) -> tuple[np.ndarray, int]:
    """A number from 1 for each code point that is used, the most frequent first; and how many."""
    known = [ord(character) for some in lexicon.emissions for character in some]
    seen = np.bincount(codes, weights + 1, CODES) + np.bincount(known, minlength=CODES)
    characters = np.count_nonzero(seen)
    if characters > MOST_CHARACTERS:
        raise DataError(f"the dictionary has more than {MOST_CHARACTERS} different characters")
    numbers = np.zeros(CODES, np.uint16)
    numbers[np.argsort(-seen, kind="stable")[:characters]] = np.arange(1, characters + 1)
    return numbers, int(characters)


def _make_trie(
    numbers: np.ndarray, sizes: np.ndarray, characters: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The trie of words, its nodes in the order of their parents.

    Args:
        numbers: the numbers of the words' characters, one word after the other.
        sizes: how many characters each word has.
        characters: how many there are; theirs are the first nodes.

    Returns:
        (parents and last characters of the nodes after those, int64, and the node of each word)
    """
    begins = np.cumsum(sizes) - sizes
    ends = numbers[begins].astype(np.int64)
    parents, steps, used = [], [], characters + 1
    for length in range(1, int(sizes.max())):
        longer = np.flatnonzero(sizes > length)
        keys = ends[longer] << 16 | numbers[begins[longer] + length]
        keys, which = np.unique(keys, return_inverse=True)
        ends[longer] = used + which
        parents.append(keys >> 16)
        steps.append(keys & 0xFFFF)
        used += len(keys)
    return np.concatenate(parents), np.concatenate(steps), ends


def _place(
    parents: np.ndarray, steps: np.ndarray, characters: int
) -> tuple[np.ndarray, np.ndarray]:
    """The array of nodes, and where each node lies in it."""
    firsts = np.flatnonzero(np.diff(parents, prepend=-1))
    sizes = np.diff(firsts, append=len(parents))
    order = np.argsort(-sizes, kind="stable")
    room = 1 << (2 * (len(parents) + characters)).bit_length()
    found = np.empty(0, np.int64)
    while not len(found):
        taken = np.zeros(room + MOST_CHARACTERS + 1, bool)
        taken[: characters + 1] = True
        found = place_children(firsts[order], sizes[order], steps, taken, room)
        room *= 2
    shifts = np.zeros(characters + 1 + len(parents), np.int64)
    shifts[parents[firsts[order]]] = found
    places = np.arange(len(shifts))
    places[characters + 1 :] = shifts[parents] + steps
    nodes = np.zeros((int(places.max()) + characters + 1, COLUMNS), np.int32)
    nodes[:, CHECK] = -1
    nodes[places, SHIFT] = shifts
    nodes[places[characters + 1 :], CHECK] = places[parents]
    children = np.zeros(len(nodes), np.uint32)
    np.bitwise_or.at(children, places[parents], np.uint32(1) << (steps & 31).astype(np.uint32))
    nodes[:, CHILDREN] = children.view(np.int32)
    return nodes, places


def _levels(lexicon: Lexicon) -> tuple[np.ndarray, np.ndarray]:
    """Different log probabilities, and which each word has."""
    total = math.log(lexicon.total)
    different = {0: SPLIT}
    which = [different.setdefault(count, len(different) + NO_WORD + 1) for count in lexicon.counts]
    known = [math.log(count) - total for count in different if count]
    return np.array([-math.inf, -math.inf, *known]), np.array(which)


def _pairs(parents: np.ndarray, steps: np.ndarray, characters: int) -> np.ndarray:
    few = (parents <= characters) & (parents < PAIRED) & (steps < PAIRED)
    first, second = parents[few], steps[few]
    pairs = np.zeros((PAIRED, PAIRED // 32), np.uint32)
    np.bitwise_or.at(pairs, (first, second >> 5), np.uint32(1) << (second & 31).astype(np.uint32))
    return pairs


def _kinds() -> np.ndarray:
    """Of each code point what jieba's regular expressions see in it, uint32."""
    kinds = np.zeros(CODES, np.uint32)
    kinds[0x4E00:0x9FD6] = BLOCK | HAN
    for first, last in ("az", "AZ", "09"):
        kinds[ord(first) : ord(last) + 1] = BLOCK | LETTER
    for character in "+#&._%-":
        kinds[ord(character)] = BLOCK
    kinds[ord("0") : ord("9") + 1] |= DIGIT
    kinds[SPACES] = SPACE
    for character, kind in ((".", POINT), ("%", PERCENT), ("\r", RETURN), ("\n", FEED)):
        kinds[ord(character)] |= kind
    return kinds


def _emissions(lexicon: Lexicon, numbers: np.ndarray, characters: int) -> np.ndarray:
    emissions = np.full((characters + 1, len(lexicon.emissions)), NEVER)
    for state, known in enumerate(lexicon.emissions):
        codes = np.fromiter(map(ord, known), np.int64, len(known))
        emissions[numbers[codes], state] = np.fromiter(known.values(), float, len(known))
    return emissions
