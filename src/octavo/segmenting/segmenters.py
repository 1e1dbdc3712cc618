"""Segmenters by name, and a user's own function as one.

Only jieba's and what cuts bytes need compiled code, which they import where they cut.
"""

from __future__ import annotations

import importlib
import pickle
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np

from octavo.errors import DataError, UsageError
from octavo.segmenting.jieba import Jieba
from octavo.segmenting.protocol import ByteSegmenter, Segmenter, SegmenterLike
from octavo.text.wordpiece import WordPieceTokenizer

NAMES = (
    "jieba, jieba:DICT.txt, whitespace, characters, regex:PATTERN, wordpiece:VOCAB.txt, or a "
    'function as "module:name"'
)


class Whitespace(ByteSegmenter):
    """What stands between white space, as `str.split` sees it.

    Example:
        >>> Whitespace()("to be,  or not")
        ['to', 'be,', 'or', 'not']
    """

    def __call__(self, text: str) -> list[str]:
        """The words of a text."""
        return text.split()

    def split(self, text: np.ndarray, bounds: np.ndarray, spans: np.ndarray) -> int:
        """Cut UTF-8, as `ByteSegmenter.split` says."""
        from octavo.segmenting.splitting import split_words

        return split_words(text, bounds, spans)


class Characters(ByteSegmenter):
    """Characters that are no white space; those of an n-gram stand side by side.

    Example:
        >>> Characters()("北京 大学")
        ['北', '京', '大', '学']
    """

    joiner = ""

    def __call__(self, text: str) -> list[str]:
        """The characters of a text."""
        return [character for character in text if not character.isspace()]

    def split(self, text: np.ndarray, bounds: np.ndarray, spans: np.ndarray) -> int:
        """Cut UTF-8, as `ByteSegmenter.split` says."""
        from octavo.segmenting.splitting import split_characters

        return split_characters(text, bounds, spans)


class Regex(Segmenter):
    """Every match of a regular expression.

    Args:
        pattern: a regular expression of Python's `re`.

    Raises:
        re.error: if it is none.

    Example:
        >>> Regex("[a-z]+")("the cat's")
        ['the', 'cat', 's']
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern)

    def __call__(self, text: str) -> list[str]:
        """The matches in a text."""
        return [match.group() for match in self._pattern.finditer(text)]


class WordPiece(Segmenter):
    """Word pieces of a BERT vocabulary.

    Args:
        path: the file of the vocabulary, a word piece a line.

    Raises:
        DataError: if it cannot be read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._tokenizer = WordPieceTokenizer.from_file(path)

    def __call__(self, text: str) -> list[str]:
        """The word pieces of a text."""
        return self._tokenizer.tokens(text)


class Function(Segmenter):
    """A function of the user's own, which may do anything.

    Args:
        function: from a text to its words.
        name: "module:function", under which another process finds it; None: as pickle does.

    Example:
        >>> Function(lambda text: text)("ab")
        Traceback (most recent call last):
        ...
        octavo.errors.DataError: the segmenter failed: TypeError: one string, expected several
    """

    def __init__(self, function: Callable[[str], Iterable[str]], name: str | None = None) -> None:
        self._function, self._name = function, name

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as its name, if it has one."""
        return (find_segmenter, (self._name,)) if self._name else (Function, (self._function,))

    def __call__(self, text: str) -> list[str]:
        """The words of a text.

        Raises:
            DataError: if the function raises, or gives something else than strings.
        """
        with _failure_named():
            words = list(self._call(text))
            "".join(words)  # raises what is no string
        return words

    def join(self, text: str, separator: str) -> str:
        """The words of a text with a separator between them; errors are those of a call."""
        with _failure_named():
            return separator.join(self._call(text))

    def _call(self, text: str) -> Iterable[str]:
        words = self._function(text)
        if isinstance(words, str):
            raise TypeError("one string, expected several")
        return words


@contextmanager
def _failure_named() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise DataError(f"the segmenter failed: {type(error).__name__}: {error}") from error


def find_segmenter(segmenter: SegmenterLike) -> Segmenter:
    r"""The segmenter that a name stands for, or that a function is.

    Args:
        segmenter: "jieba" (Chinese words, as jieba cuts them), "jieba:PATH" (with the words of a
            dictionary file), "whitespace", "characters" (white space left out), "regex:PATTERN"
            (every match), "wordpiece:PATH" (pieces of a BERT vocabulary), or "module:function" of a
            function from a str to strings, found on the path or in the working directory; or such a
            function; or a segmenter.

    Raises:
        UsageError: if there is no such segmenter.
        MissingExtraError: if jieba is not installed.
        DataError: if a dictionary or vocabulary cannot be read.

    Example:
        >>> find_segmenter(r"regex:[a-z]+")("the cat's")
        ['the', 'cat', 's']
    """
    if isinstance(segmenter, Segmenter):
        return segmenter
    if callable(segmenter):
        return Function(segmenter)
    kind, _, rest = str(segmenter).partition(":")
    if kind == "jieba" and (rest or segmenter == kind):
        return Jieba(rest or None)
    if segmenter == "whitespace":
        return Whitespace()
    if segmenter == "characters":
        return Characters()
    if kind == "regex" and rest:
        try:
            return Regex(rest)
        except re.error as error:
            raise UsageError(f"not a regular expression: {error}. Received: {segmenter}") from None
    if kind == "wordpiece" and rest:
        return WordPiece(rest)
    if rest:
        return Function(_import(kind, rest, segmenter), segmenter)
    raise UsageError(f"a segmenter is {NAMES}. Received: {segmenter}")


def _import(module: str, function: str, name: str) -> Callable[[str], Iterable[str]]:
    """A function of a module, which may stand in the working folder.

    The folder is looked into while that module is imported, and last: no pandas.py in it is taken
    for a package that some library looks for later.
    """
    sys.path.append(folder := str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), function)
    except (Exception, SystemExit) as error:  # of that module, whatever it is
        raise UsageError(
            f"{type(error).__name__}: {error}; a segmenter is {NAMES}. Received: {name}"
        ) from None
    finally:
        del sys.path[len(sys.path) - 1 - sys.path[::-1].index(folder)]
    if not callable(found):
        raise UsageError(f"{function} of {module} is no function. Received: {name}")
    return found


def describe_segmenter(segmenter: SegmenterLike) -> str:
    """A text by which another segmenter is told; a function that has none is another each time.

    Example:
        >>> describe_segmenter("jieba"), describe_segmenter(len) == describe_segmenter(len)
        ('jieba', True)
    """
    if isinstance(segmenter, str):
        return segmenter
    try:
        return pickle.dumps(segmenter).hex()
    except Exception:
        return token_hex()
