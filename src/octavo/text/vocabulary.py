r"""Vocabularies: read and write vocab.txt, and build one from texts.

A vocab.txt has one token a line, a token's number being its line. Lines end at "\n" alone: Chinese
BERT's has tokens that hold U+2028, which other ways of cutting lines take for an end.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike

from octavo._checks import check_number, check_whole
from octavo._files import read_text, write_atomic
from octavo.errors import DataError, UsageError
from octavo.text.bpe import learn_pieces, split_letters
from octavo.text.normalising import PART, classify_character, normalise_word

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def load_vocabulary(path: str | PathLike[str]) -> list[str]:
    """Read the tokens of a vocab.txt; an empty line is a token that no text has.

    Raises:
        DataError: if the file cannot be read or is empty.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     save_vocabulary(["[UNK]", "北"], f"{folder}/vocab.txt")
        ...     load_vocabulary(f"{folder}/vocab.txt")
        ['[UNK]', '北']
    """
    lines = read_text(path).removesuffix("\n").split("\n")
    tokens = [line.removesuffix("\r") for line in lines]
    if tokens == [""]:
        raise DataError("the vocabulary is empty", path, 1)
    return tokens


def save_vocabulary(tokens: Sequence[str], path: str | PathLike[str]) -> None:
    """Write a vocab.txt that `load_vocabulary` reads back.

    Raises:
        UsageError: if a token holds what would break its line.
        DataError: if the file cannot be created.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     save_vocabulary(["[UNK]", "北"], f"{folder}/vocab.txt")
        ...     load_vocabulary(f"{folder}/vocab.txt")
        ['[UNK]', '北']
    """
    for token in tokens:
        if "\n" in token or token.endswith("\r"):
            raise UsageError(f"a token is one line of text. Received: {token!r}")
    with write_atomic(path) as file:
        file.writelines(f"{token}\n" for token in tokens)


def build_vocabulary(
    texts: Iterable[str] | Mapping[str, int],
    size: int,
    lowercase: bool = True,
    minimum_count: int = 2,
    piece_share: float = 0.2,
) -> list[str]:
    """A vocabulary from the counts of texts, in which no word of ASCII letters and digits is [UNK].

    In this order: the special tokens; single characters (those of ASCII, whatever their count, and
    the most frequent others; letters also as "##" pieces) by count; longer pieces of words (years,
    numbers, Latin words) by the order in which they were learned. Equal counts go by the token.

    Args:
        texts: the texts, read once; or words, each with how often it occurs, as octavo.counting
            counts them.
        size: how many tokens at most; fewer when the texts hold no more.
        lowercase: whether letters are lowered and accents stripped, as the tokenizer will do.
        minimum_count: what was seen less often is left out.
        piece_share: the part of the vocabulary kept for pieces of two letters and more, 0 to 1.

    Raises:
        UsageError: if `size` has no room for the special tokens and ASCII, or the share is not
            between 0 and 1.

    Example:
        >>> vocabulary = build_vocabulary(["建成于1420年。", "1420年，永乐"], size=150)
        >>> vocabulary[:6], vocabulary[-3:]
        (['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '##0'], ['##20', '##420', '1420'])
    """
    check_number("piece_share", piece_share, least=0, most=1)
    characters, words = count_words(texts, lowercase)
    for word, count in words.items():
        for letter in split_letters(word):
            characters[letter] += count
    needed = _ascii_tokens(lowercase)
    smallest = len(SPECIAL_TOKENS) + len(needed)
    room = check_whole("size", size, smallest) - smallest
    others = _by_count(
        {t: n for t, n in characters.items() if n >= minimum_count and t not in needed}
    )
    pieces = learn_pieces(words, room, minimum_count)
    kept_pieces = pieces[: max(int(room * piece_share), room - len(others))]
    kept = {*needed, *others[: room - len(kept_pieces)]}
    singles = _by_count({token: characters[token] for token in kept})
    return [*SPECIAL_TOKENS, *singles, *kept_pieces]


def smallest_vocabulary(lowercase: bool = True) -> int:
    """The least size of a vocabulary: the special tokens, and ASCII.

    Example:
        >>> smallest_vocabulary()
        109
    """
    return len(SPECIAL_TOKENS) + len(_ascii_tokens(lowercase))


def count_words(
    texts: Iterable[str] | Mapping[str, int], lowercase: bool = True
) -> tuple[Counter[str], Counter[str]]:
    """Count what the tokenizer takes for characters standing alone, and for words.

    Args:
        texts: the texts, or words with how often each occurs, as in `build_vocabulary`.
        lowercase: whether letters are lowered and accents stripped.

    Returns:
        The counts of the normalised characters, and of the normalised words.

    Example:
        >>> count_words(["In 2019年年"])
        (Counter({'年': 2}), Counter({'in': 1, '2019': 1}))
    """
    raw_characters: Counter[str] = Counter()
    raw_words: Counter[str] = Counter()
    blanks = _BlankUnlessPart(lowercase)
    if isinstance(texts, Mapping):
        for text, count in texts.items():
            for character in text:
                raw_characters[character] += count
            for word in text.translate(blanks).split(" "):
                raw_words[word] += count
    else:
        for text in texts:
            raw_characters.update(text)
            raw_words.update(text.translate(blanks).split(" "))
    characters: Counter[str] = Counter()
    for character, count in raw_characters.items():
        characters[classify_character(character, lowercase)] += count
    del characters[PART], characters[" "]
    words: Counter[str] = Counter()
    for raw_word, count in raw_words.items():
        words[normalise_word(raw_word, lowercase)[0]] += count
    del words[""]
    return characters, words


class _BlankUnlessPart(dict[int, str]):
    """A table for `str.translate`: what is no part of a word becomes a blank."""

    def __init__(self, lowercase: bool) -> None:
        super().__init__()
        self._lowercase = lowercase

    def __missing__(self, code: int) -> str:
        is_part = classify_character(chr(code), self._lowercase) == PART
        value = self[code] = chr(code) if is_part else " "
        return value


def _ascii_tokens(lowercase: bool) -> set[str]:
    letters = string.ascii_lowercase + ("" if lowercase else string.ascii_uppercase)
    parts = letters + string.digits
    return {*parts, *("##" + letter for letter in parts), *string.punctuation}


def _by_count(counts: dict[str, int]) -> list[str]:
    return sorted(counts, key=lambda token: (-counts[token], token))
