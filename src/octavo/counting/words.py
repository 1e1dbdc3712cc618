"""Counting the words of a corpus: files or texts in, `Counts` out."""

from __future__ import annotations

import pickle
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from os import PathLike
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from octavo._files import read_text
from octavo._progress import Progress
from octavo.counting.blocks import cut_lines, join_texts
from octavo.counting.counts import Counts, sort_counts
from octavo.counting.kernels import SEPARATOR
from octavo.counting.table import Segments, TokenTable
from octavo.errors import DataError, UsageError
from octavo.text.corpus import (
    STANDARD_INPUT,
    Shard,
    find_files,
    layout,
    make_shards,
    read_blocks,
    read_texts,
)
from octavo.text.parallel import run_tasks
from octavo.text.segmenters import Segmenter, find_segmenter

CHARACTERS = 1 << 20  # of texts segmented and joined at once
LONGEST = 6


def count_words(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    segmenter: str | Segmenter = "rjieba",
    *,
    ngrams: int = 1,
    field: str = "text",
    lower: bool = False,
    nfkc: bool = False,
    workers: int = 1,
    progress: bool = True,
) -> Counts:
    r"""Count the words of files, and the documents they are in.

    A document is a line of a text file, a JSON line or a row of Parquet. Words that are white space
    alone are not counted.

    Args:
        paths: files, folders, patterns, or "-" for standard input; .gz, .xz and .zst are unpacked,
            .jsonl and .parquet are read by `field`, everything else is text.
        segmenter: "rjieba" (as jieba cuts Chinese), "whitespace", "characters", "regex:PATTERN",
            "wordpiece:VOCAB.txt", "module:function", or a function from a text to its words.
        ngrams: words of the longest n-gram, 1 to 6; all shorter ones are counted too. They lie in
            one document, joined by a space (characters by nothing). Where words hold spaces, what
            reads alike is summed, documents too.
        field: of JSON lines and Parquet.
        lower: lower-case texts first.
        nfkc: bring texts into Unicode's form NFKC first (full-width letters become plain ones).
        workers: processes; the counts do not depend on it. A process that is killed is replaced.
        progress: show how many parts of the corpus are done.

    Raises:
        UsageError: if an argument is impossible.
        DataError: naming file and line, if a file cannot be read or is not UTF-8.
        WorkerError: if three processes died at one part of the corpus.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "lines.txt")
        >>> _ = path.write_text("to be or not\nto be\n")
        >>> count_words(path, "whitespace").table.to_pylist()[:1]
        [{'token': 'be', 'count': 2, 'documents': 2}]
    """
    files = find_files([paths] if isinstance(paths, str | PathLike) else paths)
    options = _Options(segmenter, ngrams, lower, nfkc, field)
    counter = _Counter(options)  # also checks the options
    shards = make_shards(files)
    with Progress(len(shards), "counting", enabled=progress) as bar:
        if workers == 1 or len(shards) == 1 or STANDARD_INPUT in files:
            for shard in shards:
                counter.add_shard(shard)
                bar.advance()
            return counter.finish()
        _check_sent(segmenter)
        with TemporaryDirectory(prefix="octavo-count-") as folder:
            tasks = [(options, shard, f"{folder}/{n}.arrow") for n, shard in enumerate(shards)]
            documents = 0
            for _, counted in run_tasks(_count_shard, tasks, workers):
                documents += counted
                bar.advance()
            return _merge([path for _, _, path in tasks], documents)


def _count_shard(task: tuple[_Options, Shard, str]) -> int:
    """Count a part of a corpus into an Arrow file; returns how many documents it has."""
    options, shard, path = task
    counter = _Counter(options)
    counter.add_shard(shard)
    table = counter.table.to_arrow()  # summed and sorted when all parts are there
    with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return counter.documents


def _merge(paths: Iterable[str], documents: int) -> Counts:
    """The counts of parts, no document being in two of them."""
    parts = []
    for path in paths:
        with pa.memory_map(path) as file:
            parts.append(pa.ipc.open_file(file).read_all())
    table = _sum(pa.concat_tables(parts))
    return Counts(sort_counts(table), pc.sum(table["count"]).as_py() or 0, documents)


def _sum(table: pa.Table) -> pa.Table:
    """One row a token."""
    sums = table.group_by("token").aggregate([("count", "sum"), ("documents", "sum")])
    return sums.rename_columns(table.column_names)


def _check_sent(segmenter: str | Segmenter) -> None:
    try:
        pickle.dumps(segmenter)
    except Exception as error:
        raise UsageError(
            f"other processes cannot get this segmenter ({error}); take one of a module, or "
            f"workers=1. Received: {segmenter!r}"
        ) from None


def count_texts(
    texts: Iterable[str],
    segmenter: str | Segmenter = "rjieba",
    *,
    ngrams: int = 1,
    lower: bool = False,
    nfkc: bool = False,
) -> Counts:
    """Count the words of texts, each a document; arguments as of `count_words`.

    Example:
        >>> count_texts(["北京大学", "北京"], "characters", ngrams=2).most_common(3)
        [('京', 2), ('北', 2), ('北京', 2)]
    """
    counter = _Counter(_Options(segmenter, ngrams, lower, nfkc))
    counter.add_texts(texts)
    return counter.finish()


class _Options(NamedTuple):
    segmenter: str | Segmenter
    ngrams: int
    lower: bool
    nfkc: bool
    field: str = "text"


class _Counter:
    """A table, and how texts come into it."""

    def __init__(self, options: _Options) -> None:
        segmenter, ngrams, lower, nfkc, self._field = options
        if isinstance(ngrams, bool) or not isinstance(ngrams, int) or not 1 <= ngrams <= LONGEST:
            raise UsageError(f"ngrams must be 1 to {LONGEST}. Received: ngrams={ngrams!r}")
        characters = segmenter == "characters"
        self.table = TokenTable(ngrams, "" if characters else " ")
        self._segment: Segmenter | None = None
        self._add: Callable[[Segments], None] = self.table.add_separated
        if characters:
            self._add = self.table.add_characters
        elif segmenter == "whitespace":
            self._add = self.table.add_words
        else:
            self._segment = find_segmenter(segmenter) if isinstance(segmenter, str) else segmenter
        # "New York" may be one word and two; the table tells them apart
        self._may_repeat = self._segment is not None and ngrams > 1
        self._change = _changes(lower, nfkc)
        self.documents = 0

    def add_shard(self, shard: Shard) -> None:
        """Count a part of a corpus; of text not segmented or changed, bytes as they are."""
        for path in shard.paths:
            if layout(path) != "text":
                self.add_texts(read_texts(path, self._field))
            else:
                self._add_text_file(path, shard)

    def _add_text_file(self, path: str, shard: Shard) -> None:
        before, as_strings = len(self.table), self._segment or self._change
        for block in read_blocks(path, start=shard.start, end=shard.end):
            if as_strings:
                self.add_texts(_decode(block, path).removesuffix("\n").split("\n"))
            else:
                self._count(cut_lines(block))
        if not as_strings and not self.table.is_utf8(before):
            _raise_not_utf8(path)

    def add_texts(self, texts: Iterable[str]) -> None:
        """Count texts, each a document."""
        changed = (self._change(text) for text in texts) if self._change else iter(texts)
        for batch in _batches(changed):
            self._count(join_texts(self._segmented(batch) if self._segment else batch))

    def _segmented(self, texts: Iterable[str]) -> Iterator[str]:
        assert self._segment is not None
        for text in texts:
            words = self._segment(text.replace(SEPARATOR, " "))
            yield SEPARATOR.join(word for word in words if not word.isspace())

    def _count(self, segments: Segments) -> None:
        self.documents += len(segments.bounds) - 1
        self._add(segments)

    def finish(self) -> Counts:
        """The counts, sorted."""
        table = self.table.to_arrow()
        if self._may_repeat:
            table = _sum(table)
        return Counts(sort_counts(table), self.table.total, self.documents)


def _decode(block: bytes, path: str) -> str:
    try:
        return block.decode()
    except UnicodeDecodeError:
        _raise_not_utf8(path)
        raise


def _raise_not_utf8(path: str) -> None:
    read_text(path)  # says in which line
    raise DataError("not UTF-8", path)  # standard input, which is read once


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text) + 1
        if size >= CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _changes(lower: bool, nfkc: bool) -> Callable[[str], str] | None:
    if nfkc and lower:
        return lambda text: unicodedata.normalize("NFKC", text).lower()
    if nfkc:
        return lambda text: unicodedata.normalize("NFKC", text)
    return str.lower if lower else None
