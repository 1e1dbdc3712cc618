"""Functions from a text to its tokens, by name."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import Any

from octavo._files import open_text
from octavo._lazy import require
from octavo.errors import DataError, UsageError
from octavo.text.wordpiece import WordPieceTokenizer

Segmenter = Callable[[str], Iterable[str]]
NAMES = (
    "rjieba, rjieba:DICT.txt, whitespace, characters, regex:PATTERN, wordpiece:VOCAB.txt, or a "
    'function as "module:name"'
)
_ENTRY = re.compile(r"(?P<word>.+?)(?:\s+(?P<count>\d+))?(?:\s+(?P<tag>[a-z]+))?")


class Jieba:
    """Chinese words as jieba cuts them; lines are cut apart, so that many can be cut at once.

    Args:
        dictionary: a file of more words as jieba takes them, one a line: word, count, tag, the last
            two as you like.

    Raises:
        MissingExtraError: if rjieba is not installed.
        DataError: if the file cannot be read.

    Example:
        >>> Jieba()("我来到北京清华大学")
        ['我', '来到', '北京', '清华大学']
    """

    def __init__(self, dictionary: str | PathLike[str] | None = None) -> None:
        if dictionary is None:
            self.cut = require("rjieba", extra="count").cut
            return
        try:
            changed = os.stat(dictionary).st_mtime_ns
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", dictionary) from None
        self.cut = _load_dictionary(os.path.abspath(dictionary), changed).cut

    def __call__(self, text: str) -> list[str]:
        """The words of a text, white space too."""
        return self.cut(text)


@lru_cache(maxsize=1)
def _load_dictionary(path: str, changed: int) -> Any:
    """Jieba with more words; kept, as every part of a corpus asks for it again."""
    jieba = require("rjieba", extra="count").Jieba()
    with open_text(path) as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                _add_word(jieba, line.strip(), path, number)
    return jieba


def _add_word(jieba: Any, line: str, path: str | PathLike[str], number: int) -> None:
    found = _ENTRY.fullmatch(line)
    assert found is not None  # anything is a word
    word, count, tag = found.group("word", "count", "tag")
    if any(character.isspace() for character in word):
        raise DataError(f"expected a word, a count and a tag, found {line!r}", path, number)
    try:
        jieba.add_word(word, int(count) if count else None, tag)
    except OverflowError:
        raise DataError(f"{count} is too large a count", path, number) from None


def find_segmenter(name: str) -> Segmenter:
    r"""The function a name stands for.

    Args:
        name: "rjieba" (Chinese words, as jieba cuts them), "rjieba:PATH" (with the words of a
            dictionary file), "whitespace", "characters" (white space left out), "regex:PATTERN"
            (every match), "wordpiece:PATH" (pieces of a BERT vocabulary), or "module:function" of a
            function from a str to strings, found on the path or in the working directory.

    Raises:
        UsageError: if there is no such segmenter.
        MissingExtraError: if rjieba is not installed.
        DataError: if a dictionary or vocabulary cannot be read.

    Example:
        >>> find_segmenter(r"regex:[a-z]+")("the cat's")
        ['the', 'cat', 's']
    """
    kind, _, rest = name.partition(":")
    if kind == "rjieba" and (rest or name == kind):
        return Jieba(rest or None)
    if name == "whitespace":
        return str.split
    if name == "characters":
        return lambda text: [character for character in text if not character.isspace()]
    if kind == "regex" and rest:
        try:
            pattern = re.compile(rest)
        except re.error as error:
            raise UsageError(f"no regular expression: {error}. Received: {name}") from None
        return lambda text: [match.group() for match in pattern.finditer(text)]
    if kind == "wordpiece" and rest:
        return WordPieceTokenizer.from_file(rest).tokens
    if rest:
        return _import(kind, rest, name)
    raise UsageError(f"a segmenter is {NAMES}. Received: {name}")


def segmenter_file(name: str) -> str | None:
    """The dictionary or vocabulary that a segmenter's name speaks of.

    Example:
        >>> segmenter_file("rjieba:words.txt"), segmenter_file("rjieba")
        ('words.txt', None)
    """
    kind, _, path = name.partition(":")
    return path if path and kind in ("rjieba", "wordpiece") else None


def _import(module: str, function: str, name: str) -> Segmenter:
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), function)
    except (Exception, SystemExit) as error:  # of that module, whatever it is
        raise UsageError(
            f"{type(error).__name__}: {error}; a segmenter is {NAMES}. Received: {name}"
        ) from None
    if not callable(found):
        raise UsageError(f"{function} of {module} is no function. Received: {name}")
    return found
