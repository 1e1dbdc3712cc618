"""Counting the words of a corpus: files or texts in, `Counts` out.

The compiled code is imported where it is used: it takes a second to load, in every process, and the
workers are to start before that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from octavo._checks import check_whole, parse_bytes
from octavo._files import full_disk_named
from octavo._lazy import check_installed
from octavo._locks import hold_folder
from octavo._progress import Progress
from octavo.corpus.files import find_files, make_ranges, read_alone, total_size, unchanged
from octavo.counting.counts import Counts
from octavo.counting.crew import Crew, count_parts
from octavo.counting.kept import Kept
from octavo.counting.options import Options
from octavo.counting.parts import SORTED, Part
from octavo.errors import UsageError
from octavo.segmenting.protocol import SegmenterLike

# Parts are so large that summing them costs little, and enough for all workers; where compiled code
# does it all, one takes a second or less, and larger ones are better.
PARTS, SMALLEST_PART, LARGEST_PART = 24, 1 << 22, 1 << 25
BYTEWISE_PARTS, LARGEST_BYTEWISE_PART = 8, 3 << 25
MEMORY = "2GB"
OVERHEAD = 40 * 10**6  # bytes of a worker besides its table: blocks of text, words
LEAST_MEMORY = 2 * OVERHEAD


def count_words(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    segmenter: SegmenterLike = "jieba",
    *,
    ngrams: int = 1,
    field: str | None = None,
    lowercase: bool = False,
    nfkc: bool = False,
    bad_lines: str = "stop",
    documents: str = "lines",
    min_count: int = 1,
    top: int | None = None,
    stop_words: Iterable[str] = (),
    workers: int = 1,
    memory: str | int = MEMORY,
    folder: str | PathLike[str] | None = None,
    cluster: str | None = None,
    approximate: bool = False,
    progress: bool = True,
) -> Counts:
    r"""Count the words of files, and the documents they are in.

    A document is a line of a text file, or what `documents` says; a JSON line; or a row
    of CSV or Parquet.
    Words that are white space alone are not counted.

    Args:
        paths: files, folders, patterns, or "-" for standard input; .gz, .bz2, .xz and .zst are
            unpacked; .jsonl, .csv, .tsv and .parquet are read by `field`, all else is text.
        segmenter: "jieba" (as jieba cuts Chinese), "jieba:DICT.txt" (with words of your own),
            "whitespace", "characters", "regex:PATTERN", "wordpiece:VOCAB.txt", "module:function",
            or a function from a text to its words.
        ngrams: how many words the longest n-gram has, 1 to 6; all shorter ones are counted too.
            They lie in one document, joined by a space (characters by nothing). Where words hold
            spaces, what reads alike is one.
        field: the field of JSON lines or column of CSV or Parquet, "text" by default; if named,
            standard input is JSON lines.
        lowercase: whether texts are lower-cased first.
        nfkc: whether texts are brought into Unicode's form NFKC first (full-width letters become
            plain ones).
        bad_lines: what becomes of lines that are not UTF-8: "stop", an error; "skip", they are left
            out; "replace", U+FFFD stands for what cannot be read.
        documents: what one document is in a text file: each of its "lines", an empty one too; its
            "paragraphs", with blank lines between; or, of "files", the whole.
        min_count: the least count of a token that is kept.
        top: how many of the most frequent tokens are kept; None for all.
        stop_words: words to leave out.
        workers: threads, or processes where Python code makes the words; the counts do not depend
            on it. A process that is killed is replaced.
        memory: bytes, or a text such as "500MB", for the buffers of all workers together; what
            does not fit goes to disk. A document's words and the interpreters come on top.
        folder: where finished parts are kept; called again after it was stopped, with this folder
            and the same arguments, the function goes on from them. A temporary one by default.
        cluster: address of a Dask scheduler whose workers count the parts; they see the files at
            the same paths. `memory` is then for each of them, and `workers` of no account.
        approximate: forget the rarest words when memory is full, for streams that never end; Ctrl-C
            ends the counting. The result's `error` says by how much any count may be too low.
        progress: whether to show how much of the corpus is done.

    Raises:
        UsageError: if an argument is impossible.
        DataError: naming file and line, if a file cannot be read or is not UTF-8, or the segmenter
            failed; if another process counts with this folder.
        WorkerError: if processes died again and again at one part of the corpus.
        MissingExtraError: if a cluster is to count and Dask is not installed.

    Source: Su Jianlin, kexue.fm/archives/7031: many processes, each with a table of its own for a
    batch, merged by one.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "lines.txt")
        >>> _ = path.write_text("to be or not\nto be\n")
        >>> count_words(path, "whitespace").table.to_pylist()[:1]
        [{'token': 'be', 'count': 2, 'documents': 2}]
    """
    files = find_files(paths)
    options = Options(segmenter, ngrams, bool(lowercase), bool(nfkc), field, bad_lines, documents)
    check_whole("workers", workers, 1)
    if approximate and (workers > 1 or cluster or folder):
        raise UsageError(
            "approximate counts are of one table: no workers, cluster or folder. Received: "
            f"workers={workers!r}, cluster={cluster!r}, folder={folder!r}"
        )
    if cluster is not None:
        check_installed("distributed", extra="dask")
    what_for = f" for {workers} workers" if workers > 1 else ""
    limit = parse_bytes("memory", memory, workers * LEAST_MEMORY, what_for)
    keep = Kept(min_count, top, stop_words)
    found = options.check()
    few, many = (BYTEWISE_PARTS, LARGEST_BYTEWISE_PART), (PARTS, LARGEST_PART)
    number, largest = few if options.keep_bytes(found) else many
    ranges = make_ranges(files, number, SMALLEST_PART, largest, documents)
    with _folder(folder) as place, full_disk_named(place), unchanged(read_alone(ranges)):
        with Progress(total_size(ranges), "counting", progress, in_bytes=True) as bar:
            if approximate:
                from octavo._numba import compiling_said
                from octavo.counting.stream import count_stream

                prefix, memory = f"{place}/stream", limit - OVERHEAD
                with compiling_said():
                    parts = [count_stream(options, ranges, prefix, memory, bar.advance)]
            else:
                each = limit // (1 if cluster else workers) - OVERHEAD
                crew = Crew(workers, each, cluster, found)
                parts = count_parts(options, ranges, place, crew, bar)
        return _gather(parts, options, keep, limit, place)


def count_texts(
    texts: Iterable[str],
    segmenter: SegmenterLike = "jieba",
    *,
    ngrams: int = 1,
    lowercase: bool = False,
    nfkc: bool = False,
    min_count: int = 1,
    top: int | None = None,
    stop_words: Iterable[str] = (),
    memory: str | int = MEMORY,
) -> Counts:
    """Count the words of texts, each a document; arguments are those of `count_words`.

    Example:
        >>> count_texts(["北京大学", "北京"], "characters", ngrams=2).most_common(3)
        [('京', 2), ('北', 2), ('北京', 2)]
    """
    options = Options(segmenter, ngrams, bool(lowercase), bool(nfkc))
    limit = parse_bytes("memory", memory, LEAST_MEMORY)
    keep = Kept(min_count, top, stop_words)
    options.check()
    from octavo.counting.counter import Counter

    with _folder(None) as place, full_disk_named(place):
        counter = Counter(options, f"{place}/texts", limit - OVERHEAD)
        counter.add_texts(texts)
        return _gather([counter.finish()], options, keep, limit, place)


@contextmanager
def _folder(folder: str | PathLike[str] | None) -> Iterator[Path]:
    if folder is None:
        with TemporaryDirectory(prefix="octavo-count-", ignore_cleanup_errors=True) as temporary:
            yield Path(temporary)
    else:
        with hold_folder(folder):
            yield Path(folder)


def _gather(parts: list[Part], options: Options, keep: Kept, memory: int, folder: Path) -> Counts:
    """Sum the runs of all parts and sort them."""
    from octavo.counting.runs import sum_runs
    from octavo.counting.sorting import sort_tables

    runs = [run for part in parts for run in part.runs]
    tables = (pa.Table.from_batches([rows.to_batch()]) for rows in sum_runs(runs, memory))
    with TemporaryDirectory(prefix=SORTED, dir=folder, ignore_cleanup_errors=True) as place:
        table = sort_tables(map(keep.filter, tables), memory, Path(place))  # outlives its file
    return Counts(
        table.slice(0, keep.top),
        tokens=sum(part.tokens for part in parts),
        types=keep.types,
        documents=sum(part.documents for part in parts),
        bad_lines=sum(part.bad_lines for part in parts),
        error=sum(part.error for part in parts),
    )
