"""Learn the pieces of words from counts: the most frequent neighbours are merged, again and again.

Source: Sennrich, Haddow and Birch 2016, "Neural machine translation of rare words with subword
units", algorithm 1; written with WordPiece's "##" for a piece that does not begin its word.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from heapq import heapify, heappop, heappush
from itertools import pairwise

Pair = tuple[str, str]


def split_letters(word: str) -> list[str]:
    """The one-letter pieces of a word.

    Example:
        >>> split_letters("1420")
        ['1', '##4', '##2', '##0']
    """
    return [word[:1], *("##" + letter for letter in word[1:])]


def learn_pieces(words: Mapping[str, int], number: int, minimum_count: int = 2) -> list[str]:
    """The pieces of two letters and more that save the most tokens.

    Args:
        words: how often each word was seen.
        number: how many pieces to learn.
        minimum_count: pieces seen less often are not learned.

    Returns:
        At most `number` pieces, in the order of merging; ties go to the pair first in the alphabet.

    Example:
        >>> learn_pieces({"2019": 5, "2018": 3, "19": 2}, number=3)
        ['##01', '201', '2019']
    """
    pieces = {word: split_letters(word) for word in words}
    counts: Counter[Pair] = Counter()
    holders: defaultdict[Pair, set[str]] = defaultdict(set)
    for word, count in words.items():
        for pair in pairwise(pieces[word]):
            counts[pair] += count
            holders[pair].add(word)
    heap = [(-count, pair) for pair, count in counts.items()]
    heapify(heap)
    learned: dict[str, None] = {}
    while heap and len(learned) < number:
        count, pair = heappop(heap)
        if counts[pair] != -count:  # an old entry: the pair was pushed again with its new count
            continue
        if -count < minimum_count:
            break
        learned[_join(pair)] = None
        for changed in _merge(pair, words, pieces, counts, holders):
            heappush(heap, (-counts[changed], changed))
    return list(learned)


def _merge(
    pair: Pair,
    words: Mapping[str, int],
    pieces: dict[str, list[str]],
    counts: Counter[Pair],
    holders: defaultdict[Pair, set[str]],
) -> set[Pair]:
    """Merge `pair` in every word that holds it; returns the pairs whose count changed."""
    changed: set[Pair] = set()
    for word in holders.pop(pair):
        old, new = pieces[word], _merge_word(pieces[word], pair)
        pieces[word] = new
        for neighbours in pairwise(old):
            counts[neighbours] -= words[word]
        for neighbours in pairwise(new):
            counts[neighbours] += words[word]
            holders[neighbours].add(word)
        changed.update(pairwise(old), pairwise(new))
    return {neighbours for neighbours in changed if counts[neighbours] > 0}


def _merge_word(pieces: list[str], pair: Pair) -> list[str]:
    merged: list[str] = []
    at = 0
    while at < len(pieces):
        if tuple(pieces[at : at + 2]) == pair:
            merged.append(_join(pair))
            at += 2
        else:
            merged.append(pieces[at])
            at += 1
    return merged


def _join(pair: Pair) -> str:
    return pair[0] + pair[1].removeprefix("##")
