"""BERT's tokenizer as its rules read, one character after the other: slow, and obvious.

It shares nothing with octavo.text but the ranges of characters. Spans are carried along
as (character, place) pairs through every step.
"""

from __future__ import annotations

import unicodedata

from octavo.text.characters import CHINESE, CONTROL, MARK, PUNCTUATION, SPACE

Letters = list[tuple[str, int]]


def encode(text: str, vocabulary: list[str], lowercase: bool = True) -> list[tuple[int, int, int]]:
    """Tokens as (id, start, end)."""
    tokens = []
    for word in split_words(normalise(text, lowercase)):
        for piece, first, last in cut(word, vocabulary):
            tokens.append((vocabulary.index(piece), word[first][1], word[last - 1][1] + 1))
    return tokens


def normalise(text: str, lowercase: bool) -> Letters:
    spaced: Letters = []
    for place, character in enumerate(text):
        if character in CONTROL:
            continue
        if character in SPACE:
            spaced.append((" ", place))
        elif character in CHINESE:
            spaced += [(" ", place), (character, place), (" ", place)]
        else:
            spaced.append((character, place))
    if not lowercase:
        return spaced
    parts = [
        (part, place)
        for character, place in spaced
        for part in unicodedata.normalize("NFD", character)
    ]
    bare = [(part, place) for part, place in bubble(parts) if part not in MARK]
    return [(low, place) for part, place in bare for low in part.lower()]


def bubble(parts: Letters) -> Letters:
    """The canonical ordering algorithm of the Unicode standard (D109), word for word."""
    parts = list(parts)
    exchanged = True
    while exchanged:
        exchanged = False
        for n in range(len(parts) - 1):
            left, right = (unicodedata.combining(part) for part, _ in parts[n : n + 2])
            if left > right > 0:
                (one, first), (other, second) = parts[n : n + 2]
                parts[n : n + 2] = [(other, first), (one, second)]  # places stay in order
                exchanged = True
    return parts


def split_words(letters: Letters) -> list[Letters]:
    words: list[Letters] = [[]]
    for letter in letters:
        if letter[0] == " ":
            words.append([])
        elif letter[0] in PUNCTUATION:
            words += [[letter], []]
        else:
            words[-1].append(letter)
    return [word for word in words if word]


def cut(word: Letters, vocabulary: list[str]) -> list[tuple[str, int, int]]:
    text = "".join(letter for letter, _ in word)
    unknown = [("[UNK]", 0, len(text))]
    if len(text) > 100:
        return unknown
    pieces = []
    first = 0
    while first < len(text):
        for last in range(len(text), first, -1):
            piece = ("##" if first else "") + text[first:last]
            if piece in vocabulary:
                pieces.append((piece, first, last))
                first = last
                break
        else:
            return unknown
    return pieces
