"""Texts on their way into a table: strings that Python changes and, if it must, cuts.

Where Python cuts, the words are joined by SEPARATOR and become bytes again, which are split there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from octavo.corpus.documents import Documents
from octavo.counting.segments import LARGEST, TOO_LARGE, Segments, Waiting, encode, join_texts
from octavo.errors import DataError
from octavo.segmenting.protocol import Segmenter
from octavo.segmenting.splitting import SEPARATOR


class Texts:
    """Takes documents, and gives many at a time.

    Args:
        change: what becomes of a text first, None for nothing.
        segmenter: cuts texts into words; None leaves that to who counts.

    Example:
        >>> texts = Texts(str.lower, None)
        >>> list(texts.add(Documents(["To be", "", "or not"], "a.txt")))
        []
        >>> [segments.bounds.tolist() for segments in texts.finish()]
        [[0, 5, 5, 11]]
    """

    def __init__(self, change: Callable[[str], str] | None, segmenter: Segmenter | None) -> None:
        self._change, self._segmenter = change, segmenter
        self._waiting: Waiting[str] = Waiting()

    def add(self, documents: Documents) -> Iterator[Segments]:
        """Take documents; gives them, and those that waited, when they are enough.

        Raises:
            DataError: naming file and line, if a text is too long, or the segmenter failed.
        """
        for place, text in enumerate(documents.texts):
            if 4 * len(text) >= LARGEST and len(encode(text)) >= LARGEST:
                raise DataError(TOO_LARGE, documents.path, documents.line(place))
            try:
                text = self._prepare(text)
            except DataError as error:
                line = documents.line(place)
                raise DataError(str(error), documents.path, line) from error.__cause__
            if texts := self._waiting.add(text):
                yield join_texts(texts)

    def finish(self) -> Iterator[Segments]:
        """Give what waits."""
        if texts := self._waiting.take():
            yield join_texts(texts)

    def _prepare(self, text: str) -> str:
        text = self._change(text) if self._change else text
        if self._segmenter is None:
            return text
        return self._segmenter.join(text.replace(SEPARATOR, " "), SEPARATOR)
