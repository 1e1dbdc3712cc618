"""Counting a part of a corpus into runs."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np
import pyarrow as pa

from octavo._lazy import without
from octavo.corpus.documents import (
    BLOCK,
    Block,
    Cleaner,
    Documents,
    line_of,
    read_blocks,
    read_documents,
)
from octavo.corpus.files import STANDARD_INPUT, FileRange, layout
from octavo.corpus.read_ahead import read_ahead
from octavo.counting.blocks import cut_lines, encode, join_texts
from octavo.counting.interrupts import uninterrupted
from octavo.counting.options import Options, Part
from octavo.counting.runs import ROWS, write_run
from octavo.counting.splitting import SEPARATOR
from octavo.counting.table import LARGEST, Segments, TokenTable
from octavo.errors import DataError
from octavo.segmenting.jieba import Jieba
from octavo.segmenting.segmenters import Segmenter, find_segmenter

Advance = Callable[[int], None]
TOGETHER = 1 << 18  # bytes or characters counted at once, where documents or files are small


class _NotUtf8Error(Exception):
    """Found when tokens are written."""


def count_range(
    options: Options,
    file_range: FileRange,
    prefix: str,
    memory: int,
    advance: Advance | None = None,
) -> Part:
    """Count a part of a corpus.

    Args:
        options: how.
        file_range: the part.
        prefix: of the runs' paths.
        memory: bytes that the table may take.
        advance: told the bytes of standard input as they come.

    Raises:
        DataError: naming file and line, if a file cannot be read, is not UTF-8, or the segmenter
            failed.
    """
    careful = STANDARD_INPUT in file_range.paths  # which cannot be read again
    try:
        return _count_range(options, file_range, prefix, memory, careful, advance)
    except _NotUtf8Error:
        return _count_range(options, file_range, prefix, memory, careful=True)


def load_kernels() -> None:
    """Load the compiled code, a third of a second sooner than at its first use.

    numba imports scipy, if it is there, for linear algebra. Only for processes that are octavo's
    alone: in others scipy must stay what it is.
    """
    with without("scipy"):
        TokenTable().add_words(join_texts(["warm up"]))


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


class Counter:
    """A table, and how texts come into it.

    Args:
        options: how.
        prefix: of the runs' paths.
        memory: bytes that the table may take.
        careful: look for bytes that are not UTF-8 before text is counted, not only in tokens.
        when_full: makes room in the table; writes a run by default.

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
    ) -> None:
        segmenter, ngrams, lowercase, nfkc, self._field, bad_lines = options
        self._segment: Segmenter | None = None
        joiner = "" if segmenter == "characters" else " "
        self._runs = _Runs(prefix)
        self._table = table = TokenTable(ngrams, joiner, memory, when_full or self._runs.write)
        self._add: Callable[[Segments], None] = table.add_separated
        if segmenter == "characters":
            self._add = table.add_characters
        elif segmenter == "whitespace":
            self._add = table.add_words
        else:
            self._segment = find_segmenter(segmenter) if isinstance(segmenter, str) else segmenter
        if isinstance(self._segment, Jieba):
            self._add = partial(table.add_chinese, tables=self._segment.tables)
            self._segment = None
        self._change = _changes(lowercase, nfkc)
        self._as_bytes = self._segment is None and not self._change
        self._cleaner, self._careful = Cleaner(bad_lines), careful
        self._documents = 0
        self._blocks, self._texts = _Together(), _Together()

    def add_range(self, file_range: FileRange, advance: Advance | None = None) -> None:
        """Count a part of a corpus; lines of text that need no change many at a time."""
        start, end = file_range.start, file_range.end
        many = len(file_range.paths) > 1
        for path, data in read_ahead(file_range.paths) if many else [(file_range.paths[0], None)]:
            if layout(path, self._field) == "text" and self._as_bytes:
                for block in read_blocks(path, BLOCK, start, end, data):
                    self._add_block(block, path)
                    if advance and path == STANDARD_INPUT:
                        advance(len(block.data))
                continue
            for some in read_documents(path, self._field, start, end, self._cleaner, data):
                self._add_documents(some, path)

    def add_texts(self, texts: Iterable[str]) -> None:
        """Count texts, each a document."""
        texts = map(_check_text, itertools.count(), texts)
        self._add_documents(Documents(texts, itertools.count()), "texts")

    def finish(self) -> Part:
        """Write the last run, and say what was counted."""
        self._count_lines(self._blocks.take())
        self._count_texts(self._texts.take())
        if len(self._table) or not self._runs.paths:
            self._runs.write(self._table)
        runs = self._runs
        return Part(self._documents, runs.tokens, self._cleaner.found, tuple(runs.paths))

    def _add_block(self, block: Block, path: str) -> None:
        _check_size(len(block.data), path, block.start, 0)  # one line, if it is so long
        data = self._cleaner.clean(block, path).data if self._careful else block.data
        if data:  # not all of it was left out
            self._count_lines(self._blocks.add(data))

    def _add_documents(self, documents: Documents, path: str) -> None:
        for text, line in zip(documents.texts, documents.lines, strict=False):
            if 4 * len(text) >= LARGEST:
                _check_size(len(encode(text)), path, documents.start, line)
            try:
                self._add_text(text)
            except _SegmenterError as error:
                number = line_of(path, documents.start, line)
                raise DataError(f"the segmenter failed: {error}", path, number) from error.__cause__

    def _add_text(self, text: str) -> None:
        text = self._change(text) if self._change else text
        if self._segment:
            text = _join_words(self._segment, text)
        self._count_texts(self._texts.add(text))

    def _count_texts(self, texts: list[str]) -> None:
        if texts:
            self._count(join_texts(texts), len(texts))

    def _count_lines(self, blocks: list[bytes]) -> None:
        if not blocks:
            return
        whole = [block if block.endswith(b"\n") else block + b"\n" for block in blocks]
        segments = cut_lines(b"".join(whole))
        self._count(segments, len(segments.bounds) - 1)

    def _count(self, segments: Segments, documents: int) -> None:
        with uninterrupted():
            self._add(segments)
            self._documents += documents


def _check_text(number: int, text: str) -> str:
    if not isinstance(text, str):
        raise DataError(f"texts must be strings; number {number}, from 0, is {text!r}")
    return text


def _check_size(size: int, path: str, start: int, line: int) -> None:
    if size >= LARGEST:
        message = "a text of 2 GB or more cannot be counted; are there no line ends?"
        raise DataError(message, path, line_of(path, start, line))


class _Runs:
    """Writes tables; knows nothing of the counter, so that its memory is freed with it."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.paths: list[str] = []
        self.tokens = 0

    def write(self, table: TokenTable) -> None:
        order, begins = table.order()
        path = f"{self._prefix}-{len(self.paths)}.arrow"
        write_run(path, _batches(table, order), begins)
        self.paths.append(path)
        self.tokens += table.total
        table.clear()


def _batches(table: TokenTable, order: np.ndarray) -> Iterator[pa.RecordBatch]:
    for first in range(0, len(order), ROWS):
        batch = table.rows(order[first : first + ROWS]).to_batch()
        try:
            batch.column(0).validate(full=True)
        except pa.ArrowInvalid:
            raise _NotUtf8Error from None
        yield batch


class _SegmenterError(Exception):
    """A segmenter raised, or gave something else than strings."""


def _join_words(segment: Segmenter, text: str) -> str:
    try:
        words = segment(text.replace(SEPARATOR, " "))
        if isinstance(words, str):
            raise TypeError("one string, expected several")
        return SEPARATOR.join(words)
    except Exception as error:
        raise _SegmenterError(f"{type(error).__name__}: {error}") from error


class _Together:
    """Collects what is small, so that it is counted at once."""

    def __init__(self) -> None:
        self._size = 0
        self._waiting: list = []

    def add(self, item: str | bytes) -> list:
        """All that waits, if with this it is enough, else nothing."""
        self._waiting.append(item)
        self._size += len(item) + 1
        return self.take() if self._size >= TOGETHER else []

    def take(self) -> list:
        """All that waits."""
        waiting, self._waiting, self._size = self._waiting, [], 0
        return waiting


def _changes(lowercase: bool, nfkc: bool) -> Callable[[str], str] | None:
    if nfkc and lowercase:
        return lambda text: unicodedata.normalize("NFKC", text).lower()
    if nfkc:
        return lambda text: unicodedata.normalize("NFKC", text)
    return str.lower if lowercase else None
