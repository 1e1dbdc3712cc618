"""What BERT does to a text before it cuts words into pieces, one character or word at a time.

A word is what lies between blanks, Chinese characters and punctuation marks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

from octavo.text.characters import CHINESE, CONTROL, MARK, PUNCTUATION, SPACE

BLANK, PART = " ", ""


def classify_character(character: str, lowercase: bool = True) -> str:
    """What a character is to the tokenizer, whatever stands around it.

    Returns:
        `BLANK` if it ends a word, `PART` if it is part of one, or else the normalised
        character that it is as a word of its own.

    Example:
        >>> [classify_character(character) for character in "年A ≠"]
        ['年', '', ' ', '=']
    """
    if "\u4e00" <= character <= "\u9fff":
        return character  # most of a Chinese text: none of the rules below changes these
    if character in CONTROL:
        return PART  # it goes, and the word goes on around it
    if character in SPACE:
        return BLANK
    form = character
    if lowercase:
        parts = unicodedata.normalize("NFD", character)
        form = "".join(part.lower() for part in parts if part not in MARK)
    alone = len(form) == 1 and (character in CHINESE or form in PUNCTUATION)
    return form if alone else PART


def normalise_word(word: str, lowercase: bool = True) -> tuple[str, Sequence[int]]:
    """The letters of a word as the vocabulary has them, each with its place in the word.

    A word is a stretch of characters that are all `PART` to `classify_character`: their
    decompositions hold no blank, Chinese character or punctuation mark (tested for all of Unicode).

    Example:
        >>> normalise_word("Cafe\u0301s")
        ('cafes', [0, 1, 2, 3, 5])
    """
    if word.isascii() and word.isprintable():  # nothing to take away: most words, and fast
        return (word.lower() if lowercase else word), range(len(word))
    kept = [(part, at) for at, part in enumerate(word) if part not in CONTROL]
    if lowercase:
        kept = [(part, at) for whole, at in kept for part in unicodedata.normalize("NFD", whole)]
        if any(unicodedata.combining(part) and part not in MARK for part, _ in kept):
            kept = _order_marks(kept)  # rare: the other marks go, in whatever order
        kept = [(low, at) for part, at in kept if part not in MARK for low in part.lower()]
    return "".join(part for part, _ in kept), [at for _, at in kept]


def _order_marks(parts: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Unicode's canonical order: neighbours of nonzero combining class, sorted by it.

    The places stay in order, so that no token can end before it begins.
    """
    ordered: list[tuple[str, int]] = []
    marks: list[tuple[str, int]] = []
    for part in [*parts, ("a", -1)]:  # the letter flushes the last marks and is taken off again
        if unicodedata.combining(part[0]):
            marks.append(part)
        else:
            letters = sorted((mark for mark, _ in marks), key=unicodedata.combining)
            ordered += [*zip(letters, (at for _, at in marks), strict=True), part]
            marks = []
    return ordered[:-1]


def find_change(lowercase: bool, nfkc: bool) -> Callable[[str], str] | None:
    """What lower-cases texts, or brings them into the form NFKC; None for neither.

    Example:
        >>> find_change(lowercase=True, nfkc=True)("ＡＢ")
        'ab'
    """
    if nfkc and lowercase:
        return lambda text: unicodedata.normalize("NFKC", text).lower()
    if nfkc:
        return lambda text: unicodedata.normalize("NFKC", text)
    return str.lower if lowercase else None
