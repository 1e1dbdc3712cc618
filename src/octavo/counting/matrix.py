"""Document-term matrices: which words each document has, and how often.

scikit-learn's CountVectorizer makes the same, to the last number, where it is given the same words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from os import PathLike
from typing import Any, NoReturn
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from octavo._checks import parse_bytes
from octavo._files import full_disk_named, write_atomic
from octavo._lazy import require
from octavo._progress import Progress
from octavo.corpus.files import find_files, make_ordered_ranges, read_alone, total_size, unchanged
from octavo.counting.kept import Kept
from octavo.counting.options import Options
from octavo.counting.words import LEAST_MEMORY, MEMORY, OVERHEAD, PARTS, SMALLEST_PART
from octavo.errors import UsageError
from octavo.segmenting.protocol import SegmenterLike

TOKENS = "tokens.txt"  # a member of the file


@dataclass(frozen=True)
class DocumentTermMatrix:
    """How often each document has each token.

    Args:
        matrix: scipy.sparse.csr_matrix, int64 (documents, tokens), indices sorted.
        tokens: the token of each column, ordered by code point.
        bad_lines: lines that were not UTF-8, and were left out or mended.

    Example:
        >>> counted = vectorize_texts(["to be", "", "to be or not to be"], "whitespace")
        >>> counted.tokens, counted.matrix.toarray().tolist()
        (['be', 'not', 'or', 'to'], [[1, 0, 0, 1], [0, 0, 0, 0], [2, 1, 1, 2]])
    """

    matrix: Any
    tokens: list[str]
    bad_lines: int = 0

    def write(self, path: str | PathLike[str]) -> None:
        r"""Write the matrix as `scipy.sparse.load_npz` reads it, and the tokens in the same file.

        Args:
            path: of a .npz; its member "tokens.txt" has a token a line, in the order of the columns
                (a tab or line end in a token is written as \t, \n, \r).

        Raises:
            UsageError: if the path has another ending.
            DataError: if the file cannot be created.
        """
        from octavo.counting.rows import SCHEMA, TokenRows  # compiled

        check_npz(path)
        nothing = np.zeros(len(self.tokens), np.int64)
        tokens = pa.array(self.tokens, pa.large_string())
        batch = pa.record_batch([tokens, nothing, nothing], schema=SCHEMA)
        with full_disk_named(path), write_atomic(path, binary=True) as file:
            require("scipy.sparse", extra="matrix").save_npz(file, self.matrix)
            file.flush()
            with ZipFile(file.name, "a") as archive:
                lines = TokenRows.from_batch(batch).to_text(numbers=False)
                archive.writestr(ZipInfo(TOKENS), lines, ZIP_DEFLATED)


def check_npz(path: str | PathLike[str]) -> None:
    """Raise UsageError unless the path ends in .npz.

    Example:
        >>> check_npz("matrix.csv")
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: a matrix is written as .npz. Received: matrix.csv
    """
    if not str(path).endswith(".npz"):
        raise UsageError(f"a matrix is written as .npz. Received: {path}")


def vectorize_files(
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
    memory: str | int = MEMORY,
    progress: bool = True,
) -> DocumentTermMatrix:
    r"""Count the words of each document of files.

    Args:
        paths: files, folders, patterns, or "-", as in `octavo.counting.count_words`; so are the
            other arguments, the documents and the words.
        segmenter: what cuts texts into words.
        ngrams: how many words the longest n-gram has, 1 to 6; all shorter ones are counted too.
        field: the field of JSON lines or column of CSV or Parquet, "text" by default.
        lowercase: whether texts are lower-cased first.
        nfkc: whether texts are brought into Unicode's form NFKC first.
        bad_lines: what becomes of lines that are not UTF-8: "stop", "skip" or "replace".
        documents: what one document is in a text file: its "lines", "paragraphs", or all of it
            ("files").
        min_count: the least count, in all documents, of a token that is kept.
        top: how many of the most frequent tokens are kept; None for all.
        stop_words: words to leave out.
        memory: bytes, or a text such as "500MB", for the matrix and the table of tokens; what does
            not fit is an error. The list of tokens and the interpreter come on top.
        progress: whether to show how much of the corpus is done.

    Returns:
        The matrix, with the documents in the order of the files and lines, and its tokens.

    Raises:
        UsageError: if an argument is impossible, or memory too small for the matrix.
        DataError: naming file and line, if a file cannot be read or is not UTF-8, or the segmenter
            failed.
        MissingExtraError: if SciPy is not installed.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "lines.txt")
        >>> _ = path.write_text("to be or not\nto be\n")
        >>> vectorize_files(path, "whitespace", min_count=2).matrix.toarray().tolist()
        [[1, 1], [1, 1]]
    """
    files = find_files(paths)
    options = Options(segmenter, ngrams, bool(lowercase), bool(nfkc), field, bad_lines, documents)
    vectorizer = _Vectorizer(options, memory, Kept(min_count, top, stop_words))
    ranges = make_ordered_ranges(files, PARTS, SMALLEST_PART, documents)
    size = total_size(ranges)
    with unchanged(read_alone(ranges)), Progress(size, "counting", progress, in_bytes=True) as bar:
        for file_range in ranges:
            vectorizer.counter.add_range(file_range, bar.advance)
            bar.advance(file_range.size)
    return vectorizer.finish()


def vectorize_texts(
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
) -> DocumentTermMatrix:
    """Count the words of each text; arguments are those of `vectorize_files`.

    Example:
        >>> vectorize_texts(["北京大学", "北京"], "characters", top=2).tokens
        ['京', '北']
    """
    options = Options(segmenter, ngrams, bool(lowercase), bool(nfkc))
    vectorizer = _Vectorizer(options, memory, Kept(min_count, top, stop_words))
    vectorizer.counter.add_texts(texts)
    return vectorizer.finish()


class _Vectorizer:
    """A counter that also keeps the cells of the matrix, all of it in memory."""

    def __init__(self, options: Options, memory: str | int, keep: Kept) -> None:
        self._sparse = require("scipy.sparse", extra="matrix")
        limit = parse_bytes("memory", memory, LEAST_MEMORY)
        options.check()
        from octavo.counting.cells import Cells
        from octavo.counting.counter import Counter

        def stop(table: object) -> NoReturn:
            raise UsageError(
                f"the matrix is larger than memory; {self._cells.documents:,} documents fitted. "
                f"Allow more, or count fewer n-grams. Received: memory={memory!r}"
            )

        self._keep, self._cells = keep, Cells()
        self.counter = Counter(options, "", limit - OVERHEAD, True, stop, self._cells)

    def finish(self) -> DocumentTermMatrix:
        """The matrix of what was counted."""
        table, bad_lines = self.counter.finish_table(), self.counter.bad_lines
        columns = np.full(len(table), -1)
        tokens = table.to_arrow().append_column("entry", pa.array(np.arange(len(table))))
        del table, self.counter  # and their memory
        tokens = self._keep.filter(tokens)
        if self._keep.top is not None:
            order = [("count", "descending"), ("token", "ascending")]
            tokens = tokens.sort_by(order).slice(0, self._keep.top)
        tokens = tokens.sort_by("token")
        columns[tokens["entry"].to_numpy()] = np.arange(len(tokens))
        rows = self._cells.to_rows(columns, pc.sum(tokens["documents"], min_count=0).as_py())
        shape = self._cells.documents, len(tokens)
        matrix = self._sparse.csr_matrix(rows, shape)
        matrix.sort_indices()
        return DocumentTermMatrix(matrix, tokens["token"].to_pylist(), bad_lines)
