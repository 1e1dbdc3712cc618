"""Functions from a text to its tokens, by name."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from octavo._lazy import require
from octavo.errors import UsageError
from octavo.text.wordpiece import WordPieceTokenizer

Segmenter = Callable[[str], Iterable[str]]
NAMES = 'rjieba, regex:PATTERN, wordpiece:VOCAB.txt, or a function as "module:name"'


def find_segmenter(name: str) -> Segmenter:
    r"""The function a name stands for.

    Args:
        name: "rjieba" (Chinese words, as jieba cuts them), "regex:PATTERN" (every match),
            "wordpiece:PATH" (pieces of a BERT vocabulary), or "module:function" of a function from
            a str to strings, found on the path or in the working directory.

    Raises:
        UsageError: if there is no such segmenter.
        MissingExtraError: if rjieba is not installed.

    Example:
        >>> find_segmenter(r"regex:[a-z]+")("the cat's")
        ['the', 'cat', 's']
    """
    kind, _, rest = name.partition(":")
    if name == "rjieba":
        return require("rjieba", extra="count").cut
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


def _import(module: str, function: str, name: str) -> Segmenter:
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"{error}; a segmenter is {NAMES}. Received: {name}") from None
    if not callable(found):
        raise UsageError(f"{function} of {module} is no function. Received: {name}")
    return found
