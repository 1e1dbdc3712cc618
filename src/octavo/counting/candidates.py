"""N-grams of Chinese characters that occur often enough, as a trie, with their mutual information.

All parts of a frequent n-gram are frequent. So the n-grams of each length are counted by one pass
over the corpus, and only where both n-grams one character shorter, the first and the last, were
frequent: memory holds the pairs (n-gram, next character) that may be frequent, not all n-grams.

Node 0 of the trie is the empty n-gram; others follow by length. The suffix of a node is the node of
its n-gram without the first character.

Source: Su Jianlin, kexue.fm/archives/6920; Agrawal and Srikant 1994, "Fast Algorithms for Mining
Association Rules", section 2.1, for counting only what has frequent parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from octavo._numba import compiled
from octavo._progress import Progress
from octavo.counting.pairs import (
    BITS,
    CHARACTER,
    MOST_BYTES,
    PairTable,
    add,
    count_pairs,
    find,
    find_all,
)

CHINESE = ((0x3005, 0x3005), (0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
           (0xF900, 0xFAFF), (0x20000, 0x3FFFD))  # fmt: skip
CODE_POINTS = 0x110000


@compiled
def _cut_sentences(codes, is_chinese, kept):
    """Write Chinese characters, one 0 for anything between them; returns how many codes."""
    kept[0] = 0
    filled = 1
    for code in codes:
        if is_chinese[code]:
            kept[filled] = code
            filled += 1
        elif kept[filled - 1] != 0:
            kept[filled] = 0
            filled += 1
    if kept[filled - 1] != 0:
        kept[filled] = 0
        filled += 1
    return filled


class Sentences:
    """The Chinese sentences of a corpus in a file, to be read again and again.

    A sentence is what stands between two characters that are not Chinese.

    Args:
        file: a binary file, open for writing and reading.
        progress: whether to show how far reading is.

    Example:
        >>> import io
        >>> sentences = Sentences(io.BytesIO(), progress=False)
        >>> sentences.add("北京, Beijing!京")
        >>> [block.tolist() for block in sentences.read("reading")]
        [[0, 21271, 20140, 0, 20140, 0]]
    """

    def __init__(self, file: BinaryIO, progress: bool = True) -> None:
        self._file, self.progress = file, progress
        self._sizes: list[int] = []
        self._is_chinese = np.zeros(CODE_POINTS, np.bool_)
        for first, last in CHINESE:
            self._is_chinese[first : last + 1] = True
        self.counts = np.zeros(CODE_POINTS, np.int64)  # of characters, by code point

    @property
    def total(self) -> int:
        """How many Chinese characters there are."""
        return int(self.counts.sum())

    def add(self, text: str) -> None:
        """Add a text."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.int32)
        block = np.empty(len(codes) + 2, np.int32)
        block = block[: _cut_sentences(codes, self._is_chinese, block)]
        if len(block) > 1:
            counts = np.bincount(block)
            self.counts[1 : len(counts)] += counts[1:]
            self._file.write(block.tobytes())
            self._sizes.append(block.nbytes)

    def read(self, description: str) -> Iterator[np.ndarray]:
        """Blocks of code points, int32; each begins and ends with a 0, as sentences do."""
        self._file.seek(0)
        with Progress(len(self._sizes), description, enabled=self.progress) as bar:
            for size in self._sizes:
                yield np.frombuffer(self._file.read(size), np.int32)
                bar.advance()


@compiled
def find_nodes(block, children, longest):
    """The n-grams of a block.

    A length at a time, so that no look-up waits for the one before.

    Args:
        block: int32 (characters,), code points, ending with a 0.
        children: the table of a trie's children.
        longest: how many characters the longest n-gram asked for has.

    Returns:
        int32 (longest + 1, characters): the node of so many characters from each on, or 0.
    """
    nodes = np.zeros((longest + 1, block.size), np.int32)
    for i in range(block.size):
        if block[i] != 0:
            nodes[1, i] = max(0, find(children, 0, block[i]))
    for length in range(2, longest + 1):
        for i in range(block.size - length):
            if nodes[length - 1, i] != 0 and nodes[length - 1, i + 1] != 0:
                node = find(children, nodes[length - 1, i], block[i + length - 1])
                nodes[length, i] = max(0, node)
    return nodes


@compiled
def _add_extensions(block, nodes, first, last, table, used, part, parts):
    """Count n-grams one character longer than a row of nodes, whose two parts are nodes."""
    longest = nodes.shape[0] - 1
    for i in range(first, min(last, block.size - longest)):
        if nodes[longest, i] != 0 and nodes[longest, i + 1] != 0:
            add(table, used, nodes[longest, i], block[i + longest], part, parts)


class Trie:
    """Frequent n-grams, by length.

    Args:
        counts: how often each character occurs, by code point, int64.
        min_count: the least count of an n-gram that is kept.

    Example:
        >>> import io
        >>> sentences = Sentences(io.BytesIO(), progress=False)
        >>> sentences.add("北京，北京")
        >>> trie = Trie(sentences.counts, min_count=2)
        >>> trie.grow(sentences, min_count=2)
        True
        >>> trie.counts.tolist(), trie.levels.tolist(), trie.suffixes.tolist()
        ([0, 2, 2, 2], [0, 1, 1, 2], [0, 0, 0, 1])
    """

    def __init__(self, counts: np.ndarray, min_count: int) -> None:
        self.counts = self.parents = self.characters = self.suffixes = np.zeros(1, np.int64)
        self.levels = np.zeros(1, np.int64)
        self._children = PairTable()
        characters = np.flatnonzero(counts >= min_count)
        self._append(characters, counts[characters], np.zeros_like(characters))

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def children(self) -> np.ndarray:
        """Nodes by their pair (parent, last character)."""
        return self._children.table

    @property
    def longest(self) -> int:
        """Characters of the longest n-gram counted."""
        return int(self.levels[-1])

    def grow(self, sentences: Sentences, min_count: int, most_bytes: int = MOST_BYTES) -> bool:
        """Add the n-grams one character longer; returns whether there are any."""
        longest = self.longest

        def read() -> Iterator[tuple[int, Any]]:
            for block in sentences.read(f"n-grams of {longest + 1}"):
                yield len(block), (block, find_nodes(block, self.children, longest))

        def add_block(block: Any, *rest: Any) -> None:
            _add_extensions(*block, *rest)

        every = list(count_pairs(read, add_block, 1, min_count, most_bytes))
        keys = np.concatenate([keys for keys, _ in every])
        order = np.argsort(keys)
        keys, counts = keys[order], np.concatenate([counts for _, counts in every])[order]
        lasts = self.suffixes[keys >> BITS] << BITS | keys & CHARACTER
        self._append(keys, counts, find_all(self.children, lasts))
        return len(keys) > 0

    def _append(self, keys: np.ndarray, counts: np.ndarray, suffixes: np.ndarray) -> None:
        numbers = np.arange(len(self), len(self) + len(keys))
        self._children.put(keys, numbers)
        levels = self.levels[keys >> BITS] + 1
        self.parents = np.append(self.parents, keys >> BITS)
        self.characters = np.append(self.characters, keys & CHARACTER)
        self.counts = np.append(self.counts, counts)
        self.suffixes = np.append(self.suffixes, suffixes)
        self.levels = np.append(self.levels, levels)

    def mutual_information(self, total: int) -> np.ndarray:
        """The least, over all ways to cut an n-gram ab in two, of log(N c(ab) / (c(a) c(b))).

        Args:
            total: N, the number of characters of the corpus.

        Returns:
            float64 (nodes,), in nats; inf where there is nothing to cut.
        """
        least = np.full(len(self), np.inf)
        logarithms = np.log(np.maximum(self.counts, 1))
        for level in range(2, self.longest + 1):
            nodes = np.flatnonzero(self.levels == level)
            firsts, lasts = [nodes], [nodes]
            for _ in range(level - 1):
                firsts.append(self.parents[firsts[-1]])
                lasts.append(self.suffixes[lasts[-1]])
            for size in range(1, level):  # of the last part
                apart = logarithms[firsts[size]] + logarithms[lasts[level - size]]
                least[nodes] = np.minimum(least[nodes], np.log(total) + logarithms[nodes] - apart)
        return least
