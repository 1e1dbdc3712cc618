"""What BERT does to a text before it cuts words into pieces, one character or stretch at a time.

A stretch is text between blanks, Chinese characters and punctuation marks: what may be one word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from octavo.text.characters import CHINESE, CONTROL, MARK, PUNCTUATION, SPACE

BLANK, PART = " ", ""


def classify_character(character: str, lower_case: bool = True) -> str:
    """What a character is to the tokenizer, whatever stands around it.

    Returns:
        `BLANK` if it ends a word, `PART` if it is part of a stretch, or else the normalised
        character that it is as a word of its own.

    Example:
        >>> [classify_character(character) for character in "年A ≠"]
        ['年', '', ' ', '=']
    """
    if character in CONTROL:
        return PART  # it goes, and the word goes on around it
    if character in SPACE:
        return BLANK
    form = character
    if lower_case:
        parts = unicodedata.normalize("NFD", character)
        form = "".join(part.lower() for part in parts if part not in MARK)
    alone = len(form) == 1 and (character in CHINESE or form in PUNCTUATION)
    return form if alone else PART


def split_stretch(stretch: str, lower_case: bool = True) -> Iterator[tuple[str, list[int]]]:
    """The normalised words of a stretch, each with the place in it that every letter comes from.

    Example:
        >>> list(split_stretch("Cafe\u0301s"))
        [('cafes', [0, 1, 2, 3, 5])]
    """
    letters, places = _normalise_stretch(stretch, lower_case)
    first = 0
    for last in range(len(letters) + 1):
        if last == len(letters) or letters[last] in PUNCTUATION:
            if last > first:
                yield letters[first:last], places[first:last]
            if last < len(letters):
                yield letters[last], places[last : last + 1]
            first = last + 1


def _normalise_stretch(stretch: str, lower_case: bool) -> tuple[str, list[int]]:
    kept = [(part, at) for at, part in enumerate(stretch) if part not in CONTROL]
    if lower_case:
        kept = _order_marks(
            [(part, at) for whole, at in kept for part in unicodedata.normalize("NFD", whole)]
        )
        kept = [(low, at) for part, at in kept if part not in MARK for low in part.lower()]
    return "".join(part for part, _ in kept), [at for _, at in kept]


def _order_marks(parts: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Unicode's canonical order: neighbours of nonzero combining class, sorted by it."""
    ordered: list[tuple[str, int]] = []
    marks: list[tuple[str, int]] = []
    for part in [*parts, ("a", -1)]:  # the letter flushes the last marks and is taken off again
        if unicodedata.combining(part[0]):
            marks.append(part)
        else:
            ordered += [*sorted(marks, key=lambda mark: unicodedata.combining(mark[0])), part]
            marks = []
    return ordered[:-1]
