"""Lines of text files on their way into a table: as the bytes they are."""

from __future__ import annotations

from collections.abc import Iterator

from octavo.corpus.blocks import Block
from octavo.corpus.cleaning import Cleaner
from octavo.counting.segments import LARGEST, TOO_LARGE, Segments, Waiting, cut_lines
from octavo.errors import DataError


class Lines:
    r"""Takes blocks of lines, each a document, and gives many at a time.

    Args:
        cleaner: looks for bytes that are not UTF-8; None leaves that to who writes the tokens.

    Example:
        >>> lines = Lines(cleaner=None)
        >>> list(lines.add(Block(b"a\nb", "a.txt", 0)))
        []
        >>> list(lines.add(Block(b"c\n", "b.txt", 0)))
        []
        >>> [segments.bounds.tolist() for segments in lines.finish()]
        [[0, 2, 4, 6]]
    """

    def __init__(self, cleaner: Cleaner | None) -> None:
        self._cleaner = cleaner
        self._waiting: Waiting[bytes] = Waiting()

    def add(self, block: Block) -> Iterator[Segments]:
        """Take a block; gives it, and those that waited, when they are enough.

        Raises:
            DataError: naming file and line, if a line is too long, or not UTF-8.
        """
        if len(block.data) >= LARGEST:  # it is one line
            raise DataError(TOO_LARGE, block.path, block.line(0))
        data = self._cleaner.clean(block).data if self._cleaner else block.data
        if data and (blocks := self._waiting.add(data)):  # not all of it was left out
            yield _join(blocks)

    def finish(self) -> Iterator[Segments]:
        """Give what waits."""
        if blocks := self._waiting.take():
            yield _join(blocks)


def _join(blocks: list[bytes]) -> Segments:
    whole = [block if block.endswith(b"\n") else block + b"\n" for block in blocks]
    return cut_lines(b"".join(whole))
