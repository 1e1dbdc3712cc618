"""Reading a column of tables: .csv and .tsv as pandas and Excel write them, and .parquet."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from itertools import count
from threading import Lock
from typing import Any, BinaryIO

from octavo._archives import has_archive
from octavo._files import open_binary
from octavo._lazy import require
from octavo.corpus.blocks import BLOCK, LONGEST, MARK
from octavo.corpus.cleaning import Cleaner, encoding_hint
from octavo.errors import DataError

ROWS = 256  # read together
SHOWN = 200  # characters of the names of columns
ESCAPED = "surrogateescape"  # bytes that are not UTF-8 are halves of characters, and come back
CELLS = Lock()


def read_parquet(
    path: str, field: str, cleaner: Cleaner, data: bytes | None = None
) -> Iterator[tuple[list[str], list[int]]]:
    """The texts of a column of a Parquet file, some rows at a time, and the number of each row.

    Args:
        path: the file.
        field: the column.
        cleaner: what becomes of texts that are not UTF-8.
        data: all that the file holds, if it was read ahead.

    Raises:
        DataError: naming the file, if it cannot be read or has no such column of texts.
        MissingExtraError: if pyarrow is not installed.
    """
    pyarrow: Any = require("pyarrow", extra="count")
    parquet = require("pyarrow.parquet", extra="count")
    first = 0
    try:
        source = pyarrow.OSFile(os.fsencode(path)) if data is None else BytesIO(data)  # any name
        file = parquet.ParquetFile(source)
        names, types = file.schema_arrow.names, pyarrow.types
        if field not in names:
            raise _no_column(path, field, names)
        for batch in file.iter_batches(columns=[field], batch_size=ROWS):
            column = batch.column(0)
            if types.is_dictionary(column.type):
                column = column.dictionary_decode()
            if not (types.is_string(column.type) or types.is_large_string(column.type)):
                raise DataError(f"column {field!r} holds {column.type}, not text", path)
            try:
                texts = {row: text or "" for row, text in enumerate(column.to_pylist(), first)}
            except UnicodeDecodeError:
                values = enumerate(column.cast(pyarrow.large_binary()).to_pylist(), first)
                mended = (
                    (row, cleaner.mend(value or b"", f"row {row + 1}", path))
                    for row, value in values
                )
                texts = {row: text for row, text in mended if text is not None}
            yield list(texts.values()), list(texts)
            first += len(column)
    except (OSError, pyarrow.ArrowException, UnicodeDecodeError) as error:  # a column's name
        raise DataError(f"cannot be read: {' '.join(str(error).split())}", path) from None


def read_csv(
    path: str,
    field: str,
    cleaner: Cleaner,
    data: bytes | None = None,
    longest: int = LONGEST,
    separators: str = ",;",
) -> Iterator[tuple[list[str], list[int]]]:
    r"""The texts of a column of a table, some rows at a time, and the line of each, from 0.

    The first line names the columns. A cell in double quotes may hold separators, line ends, and
    quotes that are doubled. Blank lines are no rows.

    Args:
        path: the file; .gz, .bz2, .xz and .zst are unpacked.
        field: the column.
        cleaner: what becomes of texts that are not UTF-8.
        data: all that the file holds, if it was read ahead.
        longest: bytes of a line, and characters of a cell, that are held at once.
        separators: what may stand between cells; it is the first by which there is such a column.

    Raises:
        DataError: naming file and line, if it cannot be read, has no such column, or a row has
            more or fewer cells than the first line.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp(), "papers.csv")
        >>> _ = path.write_text('id,text\n1,"to be,\nor not"\n2,to be\n')
        >>> list(read_csv(str(path), "text", Cleaner()))
        [(['to be,\nor not', 'to be'], [1, 3])]
    """
    names: list[str] = []
    for separator in separators:
        with _open(path, data) as file:
            rows = _read_rows(file, path, separator, longest)
            try:
                found = next(rows, (0, []))[1]
            except DataError:  # of quotes, before another separator
                if separator == separators[-1] and not names:
                    raise
                continue
            if field in found:
                yield from _together(_read_cells(rows, path, found, field), path, cleaner)
                return
            names = max(names, found, key=len)
    if not names:
        raise DataError("is empty; its first line was to name its columns", path)
    raise _no_column(path, field, names)


def _no_column(path: str, field: str, names: Sequence[str]) -> DataError:
    shown = ", ".join(names)
    raw = shown.encode(errors=ESCAPED)
    if b"\0" in raw or raw.decode(errors="replace") != shown:
        return DataError(f"the names of its columns are not UTF-8; {encoding_hint(raw)}", path)
    more = " ..." if len(shown) > SHOWN else ""
    return DataError(f"no column {field!r}; it has {shown[:SHOWN]}{more}", path)


def _open(path: str, data: bytes | None) -> AbstractContextManager[BinaryIO]:
    return open_binary(path) if data is None or has_archive(data) else nullcontext(BytesIO(data))


def _read_rows(
    file: BinaryIO, path: str, separator: str, longest: int
) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, and the line, from 0, on which each begins."""
    reader = csv.reader(_read_lines(file, path, longest), delimiter=separator, strict=True)
    while True:
        line = reader.line_num
        try:
            with CELLS:  # the longest cell is a setting of all of Python's readers
                before = csv.field_size_limit(longest)
                try:
                    row = next(reader, None)
                finally:
                    csv.field_size_limit(before)
        except csv.Error as error:
            why = "quotes stand around whole cells, and are doubled inside"
            what = str(error)
            if "new-line" in what:
                what, why = "a carriage return", r"lines end in \n or \r\n"
            raise DataError(f"{what}: {why}", path, line + 1) from None
        if row is None:
            return
        if row:
            yield line, row


def _read_lines(file: BinaryIO, path: str, longest: int) -> Iterator[str]:
    """Lines with their ends, without a byte order mark; what is not UTF-8 as half characters."""
    for number in count(1):
        line = file.readline(longest + 1)
        if len(line) > longest:
            raise DataError(f"a line of more than {longest / 1e6:,.0f} MB", path, number)
        if not line:
            return
        yield line.removeprefix(MARK if number == 1 else b"").decode(errors=ESCAPED)


def _read_cells(
    rows: Iterable[tuple[int, list[str]]], path: str, names: Sequence[str], field: str
) -> Iterator[tuple[int, str]]:
    """The cell of one column in each row, and its line."""
    if names.count(field) > 1:
        raise DataError(f"several columns are called {field!r}", path)
    column = names.index(field)
    for line, row in rows:
        if len(row) == len(names):
            yield line, row[column]
        elif len(row) > 1 or row[0].strip():  # else a line of blanks
            message = f"{len(row)} cells, where {len(names)} columns are named"
            raise DataError(message, path, line + 1)


def _together(
    cells: Iterable[tuple[int, str]], path: str, cleaner: Cleaner
) -> Iterator[tuple[list[str], list[int]]]:
    texts: list[str] = []
    lines: list[int] = []
    size = 0
    for line, cell in cells:
        text = cleaner.mend(cell.encode(errors=ESCAPED), f"line {line + 1}", path)
        if text is not None:
            texts.append(text)
            lines.append(line)
            size += len(text)
        if len(texts) == ROWS or size >= BLOCK:
            yield texts, lines
            texts, lines, size = [], [], 0
    yield texts, lines
