"""Functions from a text to its tokens, by name."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from octavo.errors import UsageError
from octavo.segmenting.jieba import Jieba
from octavo.text.wordpiece import WordPieceTokenizer

Segmenter = Callable[[str], Iterable[str]]
NAMES = (
    "jieba, jieba:DICT.txt, whitespace, characters, regex:PATTERN, wordpiece:VOCAB.txt, or a "
    'function as "module:name"'
)


def find_segmenter(name: str) -> Segmenter:
    r"""The function a name stands for.

    Args:
        name: "jieba" (Chinese words, as jieba cuts them), "jieba:PATH" (with the words of a
            dictionary file), "whitespace", "characters" (white space left out), "regex:PATTERN"
            (every match), "wordpiece:PATH" (pieces of a BERT vocabulary), or "module:function" of a
            function from a str to strings, found on the path or in the working directory.

    Raises:
        UsageError: if there is no such segmenter.
        MissingExtraError: if jieba is not installed.
        DataError: if a dictionary or vocabulary cannot be read.

    Example:
        >>> find_segmenter(r"regex:[a-z]+")("the cat's")
        ['the', 'cat', 's']
    """
    kind, _, rest = name.partition(":")
    if kind == "jieba" and (rest or name == kind):
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


def cuts_chinese(segmenter: str | Segmenter) -> bool:
    """Whether a segmenter, or that of a name, is jieba's.

    Example:
        >>> cuts_chinese("jieba:words.txt"), cuts_chinese("rjieba:cut")
        (True, False)
    """
    if isinstance(segmenter, str):
        return segmenter.partition(":")[0] == "jieba"
    return isinstance(segmenter, Jieba)


def segmenter_file(name: str) -> str | None:
    """The dictionary or vocabulary that a segmenter's name speaks of.

    Example:
        >>> segmenter_file("jieba:words.txt"), segmenter_file("jieba")
        ('words.txt', None)
    """
    kind, _, path = name.partition(":")
    return path if path and kind in ("jieba", "wordpiece") else None


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
