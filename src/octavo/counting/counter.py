"""Counting a range of a corpus into runs.

Text comes into the table in one of two ways. Lines of text files that need no change, each a
document, and that compiled code cuts, stay the bytes they are (`lines`). All else becomes strings,
which Python changes and, if it must, cuts (`texts`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from octavo._interrupts import uninterrupted
from octavo._lazy import without
from octavo.corpus.blocks import BLOCK, read_blocks
from octavo.corpus.cleaning import Cleaner
from octavo.corpus.documents import Documents, read_documents
from octavo.corpus.files import STANDARD_INPUT, FileRange, layout
from octavo.corpus.read_ahead import read_ahead
from octavo.counting.cells import Cells
from octavo.counting.lines import Lines
from octavo.counting.options import Options
from octavo.counting.parts import Part
from octavo.counting.runs import NotUtf8Error, RunWriter
from octavo.counting.segments import Segments, join_texts
from octavo.counting.table import TokenTable
from octavo.counting.texts import Texts
from octavo.errors import DataError, UsageError
from octavo.segmenting.protocol import ByteSegmenter
from octavo.segmenting.segmenters import find_segmenter
from octavo.segmenting.splitting import split_separated, split_words
from octavo.text.normalising import find_change

LINE_PART = 8  # of the memory, at most, a line or a document may be: its words take more

Advance = Callable[[int], object]


def count_range(
    options: Options,
    file_range: FileRange,
    prefix: str,
    memory: int,
    advance: Advance | None = None,
) -> Part:
    """Count a range of a corpus.

    Args:
        options: how texts become tokens.
        file_range: the files, or the range of one, that is counted.
        prefix: what the runs' paths begin with.
        memory: how many bytes the table may take.
        advance: told the bytes of standard input as they come.

    Raises:
        DataError: naming file and line, if a file cannot be read, is not UTF-8, or the segmenter
            failed.
    """
    careful = STANDARD_INPUT in file_range.paths  # which cannot be read again
    try:
        return _count_range(options, file_range, prefix, memory, careful, advance)
    except NotUtf8Error:
        pass  # where the exception ends, the table's memory does
    return _count_range(options, file_range, prefix, memory, careful=True)


def _count_range(
    options: Options,
    file_range: FileRange,
    prefix: str,
    memory: int,
    careful: bool,
    advance: Advance | None = None,
) -> Part:
    counter = Counter(options, prefix, memory, careful)
    counter.add_range(file_range, advance)
    return counter.finish()


def load_kernels() -> None:
    """Load the compiled code, a third of a second sooner than at its first use.

    numba imports scipy, if it is there, for linear algebra. Only for processes that are octavo's
    alone: in others scipy must stay what it is.
    """
    with without("scipy"):
        TokenTable().add(join_texts(["warm up"]), split_words)


class Counter:
    """A table, and how texts come into it.

    Args:
        options: how texts become tokens.
        prefix: what the runs' paths begin with.
        memory: how many bytes the table may take.
        careful: whether to look for bytes that are not UTF-8 before text is counted, not only in
            tokens.
        when_full: makes room in the table; writes a run by default.
        cells: takes the cells of a document-term matrix, the documents in order.

    Raises:
        UsageError: if there is no such segmenter.
        DataError: if a dictionary cannot be read.
    """

    def __init__(
        self,
        options: Options,
        prefix: str,
        memory: int,
        careful: bool = False,
        when_full: Callable[[TokenTable], None] | None = None,
        cells: Cells | None = None,
    ) -> None:
        segmenter = find_segmenter(options.segmenter)
        segmenter.load()
        bytewise = segmenter if isinstance(segmenter, ByteSegmenter) else None
        change = find_change(options.lowercase, options.nfkc)
        self._split = bytewise.split if bytewise else split_separated
        self._runs = RunWriter(prefix)
        self._table = TokenTable(
            options.ngrams, segmenter.joiner, memory, when_full or self._runs.write, cells
        )
        self._cleaner, self._field = Cleaner(options.bad_lines), options.field
        self._unit = options.documents
        self._as_bytes = options.keep_bytes(segmenter)
        self._lines = Lines(self._cleaner if careful else None)
        self._texts = Texts(change, None if bytewise else segmenter)
        self._last: Lines | Texts = self._lines  # what was read last
        self._longest = max(memory // LINE_PART, BLOCK)
        self._documents = 0

    def add_range(self, file_range: FileRange, advance: Advance | None = None) -> None:
        """Count a range of a corpus; `advance` is told the bytes of standard input."""
        paths, start, end, _ = file_range
        for path, data in read_ahead(paths) if len(paths) > 1 else [(paths[0], None)]:
            tell = advance if advance and path == STANDARD_INPUT else _tell_nobody
            if self._as_bytes and layout(path, self._field) == "text":
                self._turn_to(self._lines)
                for block in read_blocks(path, BLOCK, start, end, data, self._longest):
                    self._count(self._lines.add(block))
                    tell(len(block.data))
            else:
                self._turn_to(self._texts)
                cleaner = self._cleaner
                where = (path, self._field, start, end, cleaner, data, self._longest, self._unit)
                for some in read_documents(*where):
                    self._count(self._texts.add(some))
                    tell(some.size)

    def add_texts(self, texts: Iterable[str]) -> None:
        """Count texts, each a document.

        Raises:
            UsageError: if one text was given instead of several.
        """
        if isinstance(texts, str):
            raise UsageError(f"texts must be several; one is [text]. Received: {texts[:50]!r}")
        checked = map(_check_text, itertools.count(), texts)
        self._turn_to(self._texts)
        self._count(self._texts.add(Documents(checked, "texts")))

    @property
    def bad_lines(self) -> int:
        """Lines that were not UTF-8, so far."""
        return self._cleaner.found

    def finish_table(self) -> TokenTable:
        """The table, where nothing waits any more."""
        self._count(self._last.finish())
        return self._table

    def finish(self) -> Part:
        """Write the last run, and say what was counted."""
        self.finish_table()
        if len(self._table) or not self._runs.paths:
            self._runs.write(self._table)
        runs = self._runs
        return Part(self._documents, runs.tokens, self.bad_lines, tuple(runs.paths))

    def _turn_to(self, kind: Lines | Texts) -> None:
        """Count what waits of the other kind: documents are counted in their order."""
        if kind is not self._last:
            self._count(self._last.finish())
            self._last = kind

    def _count(self, every: Iterable[Segments]) -> None:
        for segments in every:
            with uninterrupted():
                self._table.add(segments, self._split)
                self._documents += segments.documents


def _tell_nobody(size: int) -> None:
    pass


def _check_text(number: int, text: str) -> str:
    if not isinstance(text, str):
        raise DataError(f"texts must be strings; number {number}, from 0, is {text!r}")
    return text
