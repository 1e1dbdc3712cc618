"""Discovering the words of Chinese text: no dictionary, only how its characters keep together.

1. Frequent n-grams of Chinese characters whose least mutual information, over all ways to cut them
   in two, reaches the threshold of their length are kept (`candidates`).
2. They cut the corpus: what overlaps is one word, however long. Words are counted, and kept if they
   are made of kept n-grams alone (`cutting`).
3. What stands before a word and after it must vary: branching entropy.
4. Those whose parts are the least to be expected come first: terms before scraps (`surprisal`).

Source: Su Jianlin, kexue.fm/archives/6920 (1 and 2), kexue.fm/archives/3491 (3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from tempfile import TemporaryFile, gettempdir
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa

from octavo._checks import check_number, check_whole, parse_bytes
from octavo._files import full_disk_named
from octavo._lazy import check_installed
from octavo._numba import compiling_said
from octavo._progress import Progress
from octavo.corpus.cleaning import Cleaner
from octavo.corpus.documents import read_documents
from octavo.corpus.files import find_files, unchanged
from octavo.counting.candidates import Sentences, Trie, find_nodes
from octavo.counting.counts import write_table
from octavo.counting.cutting import cut_words, measure_freedom
from octavo.counting.surprisal import measure_surprisal
from octavo.errors import DataError, UsageError
from octavo.segmenting.jieba_dictionary import load_lexicon

MIN_PMI = (2.0, 4.0, 6.0)
MIN_ENTROPY = 1.0
LEAST = 4  # times, that `min_count` is by itself
LONGEST = 8  # characters of an n-gram
LEAST_BYTES = 50 * 10**6


@dataclass(frozen=True)
class Words:
    """Words found, by surprisal, the largest first; equal ones by count, then by word.

    Args:
        table: columns word (large_string), count (int64, in the cut), surprisal,
            mutual_information, left_entropy and right_entropy (float64, nats).
        characters: how many Chinese characters were read.
        min_count: the least count of a word that is kept.
        bad_lines: lines that were not UTF-8, and were left out or mended.

    Example:
        >>> table = pa.table({"word": ["北京"], "count": [7]})
        >>> Words(table, characters=1000, min_count=4).most_common()
        [('北京', 7)]
    """

    table: pa.Table
    characters: int
    min_count: int
    bad_lines: int = 0

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def most_common(self, most: int | None = None) -> list[tuple[str, int]]:
        """The most frequent words and their counts; of equal counts the smaller word first."""
        order = [("count", "descending"), ("word", "ascending")]
        first = self.table.select(["word", "count"]).sort_by(order).slice(0, most)
        return list(zip(first["word"].to_pylist(), first["count"].to_pylist(), strict=True))

    def write(self, path: str | PathLike[str]) -> None:
        """Write them as a table, or as a list of words.

        Args:
            path: .tsv, a header and the columns, numbers to four places; .parquet; or .txt, one
                word a line, which jieba reads as a user dictionary. "-" is a TSV on standard
                output.

        Raises:
            UsageError: if the path has another ending.
            DataError: if the file cannot be created.
        """
        write_table(self.table, path, "words", _make_lines)


def _make_lines(table: pa.Table, numbers: bool) -> Iterator[bytes]:
    columns = table.columns if numbers else table.columns[:1]
    for row in zip(*map(_texts, columns), strict=True):
        yield ("\t".join(row) + "\n").encode()


def _texts(column: pa.ChunkedArray) -> list[str]:
    if pa.types.is_floating(column.type):
        return [f"{value:.4f}" for value in column.to_pylist()]
    return [str(value) for value in column.to_pylist()]


def discover_words(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    min_count: int | None = None,
    min_pmi: Sequence[float] = MIN_PMI,
    min_entropy: float = MIN_ENTROPY,
    new_only: bool = False,
    field: str | None = None,
    bad_lines: str = "stop",
    memory: str | int = "1GB",
    progress: bool = True,
) -> Words:
    r"""Find the words of a Chinese corpus, of two characters and more.

    Only Chinese characters make words; anything else, and the end of a line, ends a sentence. The
    corpus is read once, its Chinese characters (4 bytes each) into a temporary file that is then
    read again some six times.

    Args:
        paths: files, folders, patterns, or "-" for standard input, as in `count_words`.
        min_count: least count of an n-gram and of a word; None grows with the corpus: a tenth of
            the cube root of its characters, at least 4.
        min_pmi: least pointwise mutual information, in nats, of n-grams of 2, 3, 4... characters;
            as many lengths as there are numbers. More keeps fewer n-grams, and shorter words.
        min_entropy: least entropy, in nats, of the characters before a word and of those after it.
        new_only: whether to leave out what jieba's dictionary has.
        field: the field of JSON lines or column of CSV or Parquet, "text" by default.
        bad_lines: what becomes of lines that are not UTF-8: "stop", an error; "skip", they are left
            out; "replace", U+FFFD stands for what cannot be read.
        memory: bytes, or a text such as "500MB", for the table that counts; with less than it needs
            the corpus is read more often.
        progress: whether to show how far each pass is.

    Raises:
        UsageError: if an argument is impossible.
        DataError: naming file and line, if a file cannot be read; or if there is no Chinese in any.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "lines.txt")
        >>> _ = path.write_text("".join(f"{a}蝴蝶{b}\n" for a in "我你他她" for b in "飞来去在"))
        >>> discover_words(path, min_count=5, min_pmi=(1,)).most_common()
        [('蝴蝶', 16)]
    """
    most_bytes = parse_bytes("memory", memory, LEAST_BYTES)
    _check(min_count, min_pmi, min_entropy)
    files = find_files(paths)
    cleaner = Cleaner(bad_lines)
    check_installed("jieba", extra="count")
    longest = len(min_pmi) + 1
    with (
        compiling_said(),
        full_disk_named(gettempdir()),
        TemporaryFile(prefix="octavo-discover-") as file,
    ):
        sentences = Sentences(cast(BinaryIO, file), progress)
        with unchanged(files):
            _read(files, field, cleaner, sentences)
        if min_count is None:
            min_count = max(LEAST, round(np.cbrt(sentences.total) / 10))
        trie = Trie(sentences.counts, min_count)
        while 0 < trie.longest < longest and trie.grow(sentences, min_count, most_bytes):
            pass
        strengths = trie.mutual_information(sentences.total)
        kept = strengths >= np.append([np.nan, np.nan], min_pmi)[trie.levels]
        cut = cut_words(sentences, trie, kept, longest, min_count)
        left, right = measure_freedom(sentences, trie, cut, longest, most_bytes)
    texts, lexicon = cut.spell(), load_lexicon()
    wanted = (left >= min_entropy) & (right >= min_entropy)
    if new_only:
        known = set(lexicon.words)
        wanted &= np.array([text not in known for text in texts], np.bool_)
    table = pa.table(
        {
            "word": pa.array(texts, pa.large_string()),
            "count": cut.counts,
            "mutual_information": _strengths_of(texts, trie, strengths, longest),
            "left_entropy": left,
            "right_entropy": right,
        }
    )
    table = table.filter(pa.array(wanted))
    surprisal = pa.array(measure_surprisal(table["word"].to_pylist(), lexicon))
    table = table.add_column(2, "surprisal", surprisal)
    order = [("surprisal", "descending"), ("count", "descending"), ("word", "ascending")]
    table = table.sort_by(order)
    return Words(table, sentences.total, min_count, cleaner.found)


def _check(min_count: int | None, min_pmi: Sequence[float], min_entropy: float) -> None:
    if min_count is not None:
        check_whole("min_count", min_count, 1)
    if not 1 <= len(min_pmi) < LONGEST or not np.all(np.isfinite(min_pmi)):
        raise UsageError(
            f"min_pmi must be 1 to {LONGEST - 1} numbers, for n-grams of 2, 3, ... characters. "
            f"Received: min_pmi={min_pmi!r}"
        )
    check_number("min_entropy", min_entropy, least=0)


def _read(files: Sequence[str], field: str | None, cleaner: Cleaner, sentences: Sentences) -> None:
    with Progress(len(files), "reading", enabled=sentences.progress) as bar:
        for path in files:
            for documents in read_documents(path, field, cleaner=cleaner):
                sentences.add("\n".join(documents.texts))
            bar.advance()
    if not sentences.total:
        others = f" and {len(files) - 1:,} other files" if len(files) > 1 else ""
        raise DataError("no Chinese characters, of which alone words are made", files[0] + others)


def _strengths_of(
    words: Sequence[str], trie: Trie, strengths: np.ndarray, longest: int
) -> np.ndarray:
    """Mutual information of words; of one longer than n-grams, the least of its windows."""
    if not words:
        return np.zeros(0)
    text = "\0".join(["", *words])
    codes = np.frombuffer(text.encode("utf-32-le"), np.int32)
    nodes = find_nodes(np.append(codes, 0), trie.children, longest)
    sizes = np.array([len(word) for word in words])
    windows = np.repeat(np.minimum(sizes, longest), sizes + 1)
    inside = nodes[windows, np.arange(len(codes))]
    return np.minimum.reduceat(strengths[inside], np.flatnonzero(codes == 0))
