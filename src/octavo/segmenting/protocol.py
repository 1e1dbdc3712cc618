"""What a segmenter is: what cuts text into words, and what others may ask of it.

Who counts or encodes asks no segmenter for its name or its class, but for what is here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

import numpy as np

from octavo.errors import DataError

SegmenterLike = str | Callable[[str], Iterable[str]]  # a name, a function, a segmenter


class Segmenter(ABC):
    """Cuts text into words.

    Attributes:
        joiner: what stands between the words of an n-gram.
        path: of the dictionary or vocabulary that it reads, None if it reads none of the user's.
        preload: modules that a fork server imports, so that its processes can begin at once.

    Example:
        >>> class Halves(Segmenter):
        ...     def __call__(self, text):
        ...         return [text[: len(text) // 2], text[len(text) // 2 :]]
        >>> Halves().begins("abcd").tolist()
        [True, False, True, False]
    """

    joiner: str = " "
    path: str | None = None
    preload: tuple[str, ...] = ()

    @abstractmethod
    def __call__(self, text: str) -> Iterable[str]:
        """The words of a text, in order; what lies between them may be left out."""

    def join(self, text: str, separator: str) -> str:
        """The words of a text with a separator between them."""
        return separator.join(self(text))

    def load(self) -> None:  # noqa: B027  (most need nothing)
        """Read what cutting needs, for which the first text else waits.

        Raises:
            DataError: if it cannot be read.
        """

    def begins(self, text: str) -> np.ndarray:
        """Whether a word, or what lies between two, begins at a character, bool (characters,).

        Every line is cut apart from the others.

        Raises:
            DataError: if a word is not in the text.
        """
        words = [word for line in text.split("\n") for word in (*self(line), "\n")][:-1]
        begins = np.zeros(len(text) + 1, bool)
        if "".join(words) == text:
            lengths = np.fromiter(map(len, words), np.int64, len(words))
            begins[np.cumsum(lengths) - lengths] = True
            return begins[:-1]
        at = 0  # something was left out, so each word has to be found
        for word in words:
            found = text.find(word, at)
            if found < 0:
                raise DataError(f"the segmenter gave {word!r}, which is not in the text")
            begins[[at, found]] = True
            at = found + len(word)
        begins[at] = True
        return begins[:-1]


class ByteSegmenter(Segmenter):
    """Cuts UTF-8 too, by compiled code that makes no strings and needs no interpreter's lock."""

    @abstractmethod
    def split(self, text: np.ndarray, bounds: np.ndarray, spans: np.ndarray) -> int:
        """Cut segments of text into words, white space left out.

        Args:
            text: UTF-8, uint8, with octavo._numba.PADDING more bytes after its end.
            bounds: int64 (segments + 1,), where each begins and the last one ends.
            spans: int32 (at least bytes + segments, 2), written: a row (start, size in bytes) a
                word, and (place, -1) where a segment ends.

        Returns:
            How many rows were written.
        """
