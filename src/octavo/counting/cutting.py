"""A corpus cut into words by the n-grams whose characters belong together; compiled.

Where two of these n-grams overlap they are one word, so words may be longer than n-grams. A word
of at most `longest` characters must be such an n-gram itself, and of a longer word every window of
`longest` characters.

A longer word is a chain: it begins at the node of its first window, and every character after that
leads on, by the table `chains`, to a number of its own, counted on from the last node.

Source: Su Jianlin, kexue.fm/archives/6920.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from octavo._numba import compiled
from octavo.counting.candidates import Sentences, Trie, find_nodes
from octavo.counting.pairs import (
    BITS,
    CHARACTER,
    EMPTY,
    MOST_BYTES,
    PairTable,
    add,
    count_pairs,
    find,
    find_row,
    put,
)


@compiled
def _find_ends(nodes, kept):
    """Whether a word ends before each character, bool (characters,)."""
    ends = np.ones(nodes.shape[1], np.bool_)
    for length in range(2, nodes.shape[0]):
        for i in range(nodes.shape[1]):
            if kept[nodes[length, i]]:
                ends[i + 1 : i + length] = False
    return ends


@compiled
def _find_number(block, nodes, start, end, kept, chains, used):
    """The number of what stands from start to end, -1 if it is no word; new ones are numbered."""
    longest = nodes.shape[0] - 1
    if end - start <= longest:
        number = nodes[end - start, start]
        return number if kept[number] else -1
    for i in range(start, end - longest + 1):
        if not kept[nodes[longest, i]]:
            return -1
    number = nodes[longest, start]
    for i in range(start + longest, end):
        key = number << BITS | block[i]
        row = find_row(chains, key)
        if chains[row, 0] == EMPTY:
            put(chains, used, key, kept.size + used[0])
        number = chains[row, 1]
    return number


@compiled
def _count_words(block, nodes, kept, chains, used, counts):
    """Count the words of two characters and more, by number."""
    ends = _find_ends(nodes, kept)
    start = 0
    for i in range(1, block.size):
        if ends[i]:
            if i - start > 1:
                number = _find_number(block, nodes, start, i, kept, chains, used)
                if number >= 0:
                    counts[number] += 1
            start = i


class Cut(NamedTuple):
    """Words of a cut, by number.

    Args:
        numbers: int64 (words,): a node of the trie, or where a chain ends.
        counts: int64 (words,), how often the cut has each.
        parents: int64 (numbers,), the number without its last character.
        characters: int64 (numbers,), the last character.
        chains: the table of the numbers that are no nodes.
    """

    numbers: np.ndarray
    counts: np.ndarray
    parents: np.ndarray
    characters: np.ndarray
    chains: np.ndarray

    def spell(self) -> list[str]:
        """The words as strings."""
        bounds = np.append(0, np.cumsum(_measure(self.numbers, self.parents)))
        codes = np.empty(bounds[-1], np.int32)
        _spell(self.numbers, self.parents, self.characters, bounds, codes)
        text = codes.tobytes().decode("utf-32-le")
        return [text[a:b] for a, b in pairwise(bounds)]


@compiled
def _measure(numbers, parents):
    lengths = np.zeros(numbers.size, np.int64)
    for word in range(numbers.size):
        number = numbers[word]
        while number > 0:
            lengths[word] += 1
            number = parents[number]
    return lengths


@compiled
def _spell(numbers, parents, characters, bounds, codes):
    for word in range(numbers.size):
        number, place = numbers[word], bounds[word + 1]
        while number > 0:
            place -= 1
            codes[place] = characters[number]
            number = parents[number]


def cut_words(
    sentences: Sentences, trie: Trie, kept: np.ndarray, longest: int, min_count: int
) -> Cut:
    """Cut a corpus and count its words of two characters and more.

    Args:
        sentences: the sentences of the corpus.
        trie: the n-grams of up to `longest` characters.
        kept: bool (nodes,), whose characters belong together.
        longest: how many characters an n-gram has at most.
        min_count: the least count of a word that is kept.
    """
    chains, counts = PairTable(), np.zeros(len(trie), np.int64)
    for block in sentences.read("words"):
        chains.reserve(len(block))
        most = len(trie) + int(chains.used[0]) + len(block)
        if len(counts) < most:
            counts = np.append(counts, np.zeros(2 * most - len(counts), np.int64))
        nodes = find_nodes(block, trie.children, longest)
        _count_words(block, nodes, kept, chains.table, chains.used, counts)
    keys, values = chains.items()
    keys = keys[np.argsort(values)]
    numbers = np.flatnonzero(counts >= min_count)
    parents = np.append(trie.parents, keys >> BITS)
    characters = np.append(trie.characters, keys & CHARACTER)
    return Cut(numbers, counts[numbers], parents, characters, chains.table)


@compiled
def _add_neighbours(block, nodes, chains, words, first, last, table, used, part, parts):
    """Count what stands before and after each word, wherever its characters stand."""
    longest = nodes.shape[0] - 1
    for i in range(max(1, first), last):
        length, number = 2, np.int64(nodes[2, i])
        while number > 0:
            word = words[number]
            if word >= 0:
                add(table, used, 2 * word, block[i - 1], part, parts)
                add(table, used, 2 * word + 1, block[i + length], part, parts)
            if length < longest:
                number = np.int64(nodes[length + 1, i])
            elif block[i + length] != 0:
                number = find(chains, number, block[i + length])
            else:
                break
            length += 1


@compiled
def _most_in_one(numbers, parents, words):
    """The most words that begin a word, itself counted."""
    most = 0
    for number in numbers:
        found = 0
        while number > 0:
            found += words[number] >= 0
            number = parents[number]
        most = max(most, found)
    return most


def measure_freedom(
    sentences: Sentences, trie: Trie, cut: Cut, longest: int, most_bytes: int = MOST_BYTES
) -> tuple[np.ndarray, np.ndarray]:
    """The entropy of the character before each word, and of the one after it, in nats.

    All places where a word's characters stand count, not those alone where the cut has it. A
    sentence's end counts as another character every time, so that a word between commas is free.
    With k(x) of a word's c places next to x: log c - sum over x of k log k / c.

    Returns:
        float64 (words,), twice.

    Source: Su Jianlin, kexue.fm/archives/3491; Feng et al. 2004, "Accessor Variety Criteria for
    Chinese Word Extraction", for the end of a sentence.
    """
    size = len(cut.numbers)
    places = np.full(len(cut.parents), -1, np.int64)
    places[cut.numbers] = np.arange(size)

    def read() -> Iterator[tuple[int, Any]]:
        for block in sentences.read("neighbours"):
            yield len(block), (block, find_nodes(block, trie.children, longest), cut.chains, places)

    occurrences, losses = np.zeros(2 * size), np.zeros(2 * size)

    def add_block(block: Any, *rest: Any) -> None:
        _add_neighbours(*block, *rest)

    each = 2 * _most_in_one(cut.numbers, cut.parents, places)
    for keys, counts in count_pairs(read, add_block, each, most_bytes=most_bytes):
        sides, inside = keys >> BITS, keys & CHARACTER > 0
        occurrences += np.bincount(sides, counts, 2 * size)
        losses += np.bincount(sides, inside * counts * np.log(counts), 2 * size)
    entropies = np.maximum(0, np.log(occurrences) - losses / occurrences)
    entropies = np.round(entropies, 9)  # the same, whatever the order of the sums
    return entropies[::2], entropies[1::2]
