"""Reading the documents of a corpus: of text files, JSON lines, rows of CSV and Parquet."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from octavo.corpus.blocks import LONGEST, Block, find_line
from octavo.corpus.cleaning import Cleaner
from octavo.corpus.files import TABLES, FileRange, layout
from octavo.corpus.tables import read_csv, read_parquet
from octavo.corpus.units import cut_block, read_units
from octavo.errors import DataError

MISSING = object()
SEPARATORS = {"csv": ",;", "tsv": "\t"}  # what may stand between cells


class Documents(NamedTuple):
    """Documents read together.

    Args:
        texts: the texts of the documents.
        path: the file they are from.
        lines: the line each document begins on, counted from 0: in its block, or in the file
            where `start` is 0; or its row.
        start: byte of the file at which the block begins.
        size: bytes of the block, as read.
    """

    texts: Iterable[str]
    path: str
    lines: Sequence[int] = range(sys.maxsize)
    start: int = 0
    size: int = 0

    def line(self, place: int) -> int | None:
        """The file's line, counted from 1, on which a document begins; None if it is not known.

        Example:
            >>> Documents(["to be", "or not"], "lines.txt").line(1)
            2
        """
        return find_line(self.path, self.start, self.lines[place])


def read_documents(
    path: str,
    field: str | None = None,
    start: int = 0,
    end: int | None = None,
    cleaner: Cleaner | None = None,
    data: bytes | None = None,
    longest: int = LONGEST,
    documents: str = "lines",
) -> Iterator[Documents]:
    r"""Documents of a file: those of its text, a field of JSON lines or of a table's rows.

    Args:
        path: the file that is read; .gz, .bz2, .xz and .zst are unpacked.
        field: the field of JSON lines or column of CSV and Parquet, "text" by default; if it is
            named, standard input is JSON lines.
        start: byte from which on it is read, as for `read_units`; a table is read whole.
        end: byte from which on others read it; None for none.
        cleaner: what becomes of lines that are not UTF-8; by default they are an error.
        data: all that the file holds, if it was read ahead.
        longest: bytes of a line or a document, as for `read_units`.
        documents: what one document is in a text file: "lines", "paragraphs" or "files".

    Raises:
        DataError: naming file and line, if a file cannot be read, a line is no JSON object or too
            long, or the field is missing or no text.
    """
    kind, cleaner, field = layout(path, field), cleaner or Cleaner(), field or "text"
    if kind in TABLES:
        if kind == "parquet":
            found = read_parquet(path, field, cleaner, data)
        else:
            found = read_csv(path, field, cleaner, data, longest, SEPARATORS[kind])
        yield from (Documents(texts, path, lines) for texts, lines in found)
        return
    unit = documents if kind == "text" else "lines"
    for block in read_units(path, unit, start, end, data, longest):
        texts, lines = cut_block(block, unit, cleaner)
        if kind == "jsonl":
            rows = {line: text for line, text in zip(lines, texts, strict=True) if text.strip()}
            texts = [_field(text, field, block, line) for line, text in rows.items()]
            lines = list(rows)
        yield Documents(texts, path, lines, block.start, len(block.data))


def read_range(
    file_range: FileRange, field: str | None, cleaner: Cleaner, documents: str = "lines"
) -> Iterator[Documents]:
    """Documents of a range of a corpus; arguments and errors are those of `read_documents`."""
    paths, start, end, _ = file_range
    for path in paths:
        yield from read_documents(path, field, start, end, cleaner, documents=documents)


def read_texts(
    paths: Iterable[str], field: str | None, cleaner: Cleaner, documents: str = "lines"
) -> Iterator[str]:
    """The documents of files, one after the other, as `read_documents` reads each.

    Example:
        >>> len(list(read_texts([__file__], None, Cleaner(), "files")))
        1
    """
    for some in read_range(FileRange(tuple(paths)), field, cleaner, documents):
        yield from some.texts


def _field(line: str, field: str, block: Block, number: int) -> str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"not JSON: {error}", block.path, block.line(number)) from None
    text = row.get(field, MISSING) if isinstance(row, dict) else MISSING
    if text is None:
        return ""
    if not isinstance(text, str):
        known = ", ".join(map(str, row)) if isinstance(row, dict) else type(row).__name__
        message = f"no text in field {field!r}; the line has {known}"
        if text is not MISSING:
            message = f"field {field!r} holds no text but {type(text).__name__}"
        raise DataError(message, block.path, block.line(number))
    return text
