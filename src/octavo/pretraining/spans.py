"""Questions that a text asks of itself: a span that stands in it twice, hidden in one sentence.

The sentence becomes the question, [MASK] in place of the span; the rest of the text is the passage,
where the span still stands. A reader answers its questions in the same layout.

Source: Ram et al. 2021, "Few-Shot Question Answering by Pretraining Span Selection" (Splinter),
section 3.1, for spans that recur; there a place is selected, here the span is written.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LEAST, MOST = 2, 10  # tokens of a span


class Question(NamedTuple):
    """A passage, a question about it with [MASK] in it, and the answer, all as ids."""

    passage: np.ndarray
    question: np.ndarray
    answer: np.ndarray


def ask_span(
    ids: np.ndarray,
    begins: np.ndarray,
    ended: np.ndarray,
    marks: np.ndarray,
    mask_id: int,
    random: np.random.Generator,
) -> Question | None:
    """A question about a text, None if no word of two tokens or more stands in two sentences.

    Args:
        ids: the token ids of the text, integers (n,).
        begins: where words begin, bool (n,).
        ended: where sentences end, bool (n,).
        marks: where punctuation stands, which is in no span, bool (n,).
        mask_id: the id of [MASK].
        random: chooses the word, and which of its places is hidden.

    Example:
        >>> ids = np.array([7, 8, 5, 9, 7, 8, 5])  # "7 8 ." and "9 7 8 ."
        >>> begins = np.array([True, False, True, True, True, False, True])
        >>> question = ask_span(ids, begins, ids == 5, ids == 5, 4, np.random.default_rng(0))
        >>> [part.tolist() for part in question]
        [[7, 8, 5], [9, 4, 5], [7, 8]]
    """
    words = np.append(np.flatnonzero(begins), len(ids))
    sentences = np.cumsum(ended) - ended  # the number of each token's
    numbers = np.where(marks, -1 - np.arange(len(ids)), ids)  # no mark is equal to another
    places = _recurring(numbers, words, sentences)
    if not places:
        return None
    found = places[int(random.integers(len(places)))]
    hidden = found[int(random.integers(len(found)))]
    others = [place for place in found if sentences[words[place]] != sentences[words[hidden]]]
    if not others:
        return None
    first, last = _extend(numbers, words, sentences, hidden, others[0])
    number = sentences[first]
    start, end = (int(np.searchsorted(sentences, number, side)) for side in ("left", "right"))
    return Question(
        np.concatenate((ids[:start], ids[end:])),
        np.concatenate((ids[start:first], [mask_id], ids[last:end])),
        ids[first:last],
    )


def _recurring(numbers: np.ndarray, words: np.ndarray, sentences: np.ndarray) -> list[list[int]]:
    """The numbers of the words that are equal, for every word that stands in two sentences."""
    lengths = np.diff(words)
    found: dict[bytes, list[int]] = {}
    for word in np.flatnonzero((lengths >= LEAST) & (lengths <= MOST)).tolist():
        found.setdefault(numbers[words[word] : words[word + 1]].tobytes(), []).append(word)
    return [
        places
        for places in found.values()
        if len(places) > 1 and sentences[words[places[0]]] != sentences[words[places[-1]]]
    ]


def _extend(
    numbers: np.ndarray, words: np.ndarray, sentences: np.ndarray, one: int, other: int
) -> tuple[int, int]:
    """The longest stretch of words around `one` that stands around `other` too, as tokens."""
    after = _shared(numbers, words, sentences, one, other, step=1)
    before = _shared(numbers, words, sentences, one, other, step=-1)
    while words[one + after] - words[one - before + 1] > MOST and (before > 1 or after > 1):
        if before > 1:
            before -= 1
        else:
            after -= 1
    return int(words[one - before + 1]), int(words[one + after])


def _shared(
    numbers: np.ndarray, words: np.ndarray, sentences: np.ndarray, one: int, other: int, step: int
) -> int:
    """How many words from both places on are equal and of one sentence, the first ones included."""
    number, last = 0, len(words) - 1
    while 0 <= one < last and 0 <= other < last:
        if number and (
            sentences[words[one]] != sentences[words[one - step]]
            or sentences[words[other]] != sentences[words[other - step]]
        ):
            break
        mine, theirs = (numbers[words[place] : words[place + 1]] for place in (one, other))
        if not np.array_equal(mine, theirs):
            break
        number, one, other = number + 1, one + step, other + step
    return number
