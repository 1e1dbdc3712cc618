"""A corpus as words' numbers in files that are mapped into memory: encoded once, read often.

    corpus/
      tokens.npy      int32 (tokens,): the words that are kept, by their numbers
      ends.npy        int64 (documents,): one past each document's last token
      counts.npy      int64 (words,): how often each word stands
      vocab.txt       the words, by count, then by code point
      corpus.json     checksums of these files

Each range of the files is cut into words by a process of its own, which numbers the words as they
come. When all words are known, the numbers become those of the vocabulary.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from octavo._files import full_disk_named, write_atomic
from octavo._parallel import run_tasks
from octavo._progress import Progress
from octavo.corpus.documents import Documents
from octavo.corpus.files import find_files, make_ordered_ranges, total_size, unchanged
from octavo.corpus.token_shards import check_files, checksum_file
from octavo.embedding.encoding import (
    TEXTS,
    Options,
    Part,
    Task,
    clean_word,
    encode_documents,
    encode_range,
)
from octavo.errors import DataError
from octavo.segmenting.segmenters import find_segmenter
from octavo.text.vocabulary import load_vocabulary, save_vocabulary

RANGES, SMALLEST_RANGE = 64, 1 << 20  # of a corpus, and bytes of one
ALONE = 1 << 23  # bytes of a corpus that is cut here sooner than other processes begin
BLOCK = 1 << 22  # tokens that get their numbers at a time
TOGETHER = 256  # texts of an iterable
FILES = ("tokens.npy", "ends.npy", "counts.npy", "vocab.txt")
MANIFEST = "corpus.json"


class EncodedCorpus(NamedTuple):
    """A corpus as numbers.

    Args:
        words: the vocabulary, by count, then by code point.
        counts: how often each word stands, int64 (words,).
        tokens: the words' numbers, int32 (tokens,), mapped into memory.
        ends: one past each document's last token, int64 (documents,).
        bad_lines: lines that were not UTF-8, and were left out or mended.
    """

    words: list[str]
    counts: np.ndarray
    tokens: np.ndarray
    ends: np.ndarray
    bad_lines: int = 0


def encode_files(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    folder: Path,
    options: Options,
    min_count: int,
    known: Sequence[str] = (),
    field: str | None = None,
    bad_lines: str = "stop",
    documents: str = "lines",
    workers: int = 1,
    progress: bool = True,
) -> EncodedCorpus:
    """Encode the documents of files; the numbers do not depend on the workers.

    Args:
        paths: files, folders, patterns, or "-", as for `octavo.counting.count_words`.
        folder: where the files of numbers go; it must exist.
        options: how texts become words.
        min_count: the least count of a word that is kept.
        known: words that are kept whatever their count, and come first.
        field: the field of JSON lines or column of CSV or Parquet, "text" by default.
        bad_lines: what becomes of lines that are not UTF-8: "stop", "skip" or "replace".
        documents: what one document is in a text file: "lines", "paragraphs" or "files".
        workers: how many processes cut texts into words.
        progress: whether to show how much of the corpus is done.

    Raises:
        UsageError: if an argument is impossible.
        DataError: naming file and line, if a file cannot be read or is not UTF-8, or the segmenter
            failed; if no word is kept.
    """
    files = find_files(paths)
    ranges = make_ordered_ranges(files, RANGES, SMALLEST_RANGE, documents)
    with TemporaryDirectory(prefix="parts-", dir=folder, ignore_cleanup_errors=True) as place:
        tasks = [
            Task(file_range, f"{place}/{number}", options, field, bad_lines, documents)
            for number, file_range in enumerate(ranges)
        ]
        size = total_size(ranges)
        parts: dict[int, Part] = {}
        if (size or 0) < ALONE or not isinstance(options.segmenter, str):
            workers = 1  # a function may be one that no other process finds
        preload = ("octavo.embedding.encoding", *find_segmenter(options.segmenter).preload)
        with (
            full_disk_named(folder),
            unchanged(files),
            Progress(size, "cutting into words", progress, in_bytes=True) as bar,
        ):
            for number, part in run_tasks(
                encode_range, tasks, min(workers, len(tasks)), preload=preload
            ):
                parts[number] = part
                bar.advance(ranges[number].size)
        return join_parts([parts[number] for number in sorted(parts)], folder, min_count, known)


def encode_texts(
    texts: Iterable[str],
    folder: Path,
    options: Options,
    min_count: int,
    known: Sequence[str] = (),
) -> EncodedCorpus:
    """Encode texts, each a document, as they come; arguments are those of `encode_files`."""
    with TemporaryDirectory(prefix="parts-", dir=folder, ignore_cleanup_errors=True) as place:
        with full_disk_named(folder):
            part = encode_documents(_together(texts), f"{place}/0", options)
        return join_parts([part], folder, min_count, known)


def _together(texts: Iterable[str]) -> Iterator[Documents]:
    waiting: list[str] = []
    for text in texts:
        waiting.append(text)
        if len(waiting) == TOGETHER:
            yield Documents(waiting, TEXTS)
            waiting = []
    yield Documents(waiting, TEXTS)


def join_parts(
    parts: Sequence[Part], folder: Path, min_count: int, known: Sequence[str] = ()
) -> EncodedCorpus:
    """One corpus of all parts, in their order.

    Raises:
        DataError: if there is no document, or no word that is kept; if the disk is full.
    """
    names = [[clean_word(word) for word in part.words] for part in parts]
    totals: dict[str, int] = {}
    for part, words in zip(parts, names, strict=True):
        for word, count in zip(words, part.counts.tolist(), strict=True):
            totals[word] = totals.get(word, 0) + count
    totals.pop("", None)
    kept = {word for word, count in totals.items() if count >= min_count}.difference(known)
    words = [*known, *sorted(kept, key=lambda word: (-totals[word], word))]
    counts = np.array([totals.get(word, 0) for word in words], np.int64)
    documents = sum(len(part.lengths) for part in parts)
    if not counts.sum():
        what = f"no word occurs {min_count} times or more" if totals else "no words"
        raise DataError(f"nothing to learn from: {what} in {documents} documents")
    numbers = {word: number for number, word in enumerate(words)}
    with full_disk_named(folder):
        with write_atomic(folder / "tokens.npy", binary=True) as file:
            shape = (int(counts.sum()),)
            header = {"descr": "<i4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            ends = [np.zeros(0, np.int64)]
            written = 0
            for part, found in zip(parts, names, strict=True):
                table = np.array([numbers.get(word, -1) for word in found], np.int32)
                local = np.zeros(len(part.lengths) + 1, np.int64)
                for place, tokens in _blocks(part, table):
                    file.write(tokens.tobytes())
                    local += place
                ends.append(local[1:] + written)
                written += int(local[-1])
        np.save(folder / "ends.npy", np.concatenate(ends))
        np.save(folder / "counts.npy", counts)
        save_vocabulary(words, folder / "vocab.txt")
        checksums = {name: checksum_file(folder / name) for name in FILES}
        about = {"crc32": checksums, "bad_lines": sum(part.bad_lines for part in parts)}
        with write_atomic(folder / MANIFEST) as file:
            file.write(json.dumps(about) + "\n")
    return load_corpus(folder)


def _blocks(part: Part, table: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The numbers of the vocabulary of a part, and how many more stand before each bound."""
    bounds = np.concatenate([[0], np.cumsum(part.lengths)])
    first = 0
    with open(part.path, "rb") as file:
        while len(block := np.fromfile(file, np.int32, BLOCK)):
            mapped = table[block]
            kept = mapped >= 0
            before = np.concatenate([[0], np.cumsum(kept)])
            yield before[np.clip(bounds - first, 0, len(block))], mapped[kept]
            first += len(block)


def load_corpus(folder: Path) -> EncodedCorpus:
    """Open the files of `join_parts`, whose checksums are compared.

    Raises:
        DataError: naming a file that is missing or damaged.
    """
    path = folder / MANIFEST
    try:
        about = json.loads(path.read_text("utf-8"))
        checksums = {name: about["crc32"][name] for name in FILES}
        bad_lines = int(about["bad_lines"])
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path) from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise DataError("damaged: it does not describe a corpus", path) from None
    check_files(folder, checksums)
    words = load_vocabulary(folder / "vocab.txt")
    counts, ends = np.load(folder / "counts.npy"), np.load(folder / "ends.npy")
    tokens = np.load(folder / "tokens.npy", mmap_mode="r").view(np.ndarray)
    return EncodedCorpus(words, counts, tokens, ends, bad_lines)
