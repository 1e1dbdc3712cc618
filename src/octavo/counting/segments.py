"""Text in segments, as it is counted: made of strings, or of the lines of a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from octavo._numba import PADDING

LARGEST = 1 << 31  # bytes of segments together: spans have 32 bits
TOO_LARGE = "a text of 2 GB or more cannot be counted; are there no line ends?"
TOGETHER = 1 << 18  # bytes or characters counted at once, where documents or files are small

Text = TypeVar("Text", str, bytes)


class Segments(NamedTuple):
    """Text in segments, each a document; tokens and n-grams lie inside one.

    Args:
        text: uint8, UTF-8 with PADDING more bytes.
        bounds: int64 (segments + 1,), where each begins and the last one ends.
    """

    text: np.ndarray
    bounds: np.ndarray

    @property
    def documents(self) -> int:
        """How many there are."""
        return len(self.bounds) - 1


class Waiting(Generic[Text]):
    """Small texts, or blocks of lines, that wait until they are worth counting.

    Example:
        >>> waiting = Waiting()
        >>> waiting.add("to be"), waiting.take(), waiting.take()
        ([], ['to be'], [])
    """

    def __init__(self) -> None:
        self._size = 0
        self._waiting: list[Text] = []

    def add(self, text: Text) -> list[Text]:
        """All that waits, if with this it is enough, else nothing."""
        self._waiting.append(text)
        self._size += len(text) + 1
        return self.take() if self._size >= TOGETHER else []

    def take(self) -> list[Text]:
        """All that waits."""
        waiting, self._waiting, self._size = self._waiting, [], 0
        return waiting


def join_texts(texts: Iterable[str]) -> Segments:
    """One segment, a document, a text.

    Args:
        texts: strings; a lone surrogate, which no UTF-8 has, becomes U+FFFD.

    Example:
        >>> join_texts(["ab", "", "c"]).bounds.tolist()
        [0, 2, 2, 3]
    """
    encoded = [encode(text) for text in texts]
    bounds = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(text) for text in encoded], out=bounds[1:])
    return Segments(np.frombuffer(b"".join(encoded) + bytes(PADDING), np.uint8), bounds)


def cut_lines(block: bytes) -> Segments:
    r"""One segment, a document, a line; its end belongs to it, as white space.

    Args:
        block: UTF-8 that ends where a line does.

    Example:
        >>> cut_lines(b"a b\n\nc").bounds.tolist()
        [0, 4, 5, 6]
    """
    text = np.frombuffer(block + bytes(PADDING), np.uint8)
    ends = np.flatnonzero(text[: len(block)] == ord("\n")) + 1
    if block and not block.endswith(b"\n"):
        ends = np.append(ends, len(block))
    return Segments(text, np.concatenate([[0], ends]))


def encode(text: str) -> bytes:
    r"""UTF-8 of a text; a lone surrogate, half a character, becomes U+FFFD.

    Example:
        >>> encode("a\ud83d").decode()
        'a\ufffd'
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
