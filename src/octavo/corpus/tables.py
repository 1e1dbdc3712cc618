"""Reading a column of tables: .csv and .tsv as pandas and Excel write them, and .parquet."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Sequence
from itertools import chain, count, islice
from typing import Any, BinaryIO

from octavo._files import open_binary
from octavo._lazy import require
from octavo.corpus.blocks import LONGEST, MARK
from octavo.corpus.cleaning import Cleaner, encoding_hint
from octavo.errors import DataError

ROWS = 256  # read together
ESCAPED = "surrogateescape"  # bytes that are not UTF-8 are halves of characters, and come back
TABS = re.compile(r"\.tsv(\.|$)")


def read_parquet(
    path: str, field: str, cleaner: Cleaner
) -> Iterator[tuple[list[str], Sequence[int]]]:
    """The texts of a column of a Parquet file, some rows at a time, and the number of each row.

    Args:
        path: the file.
        field: the column.
        cleaner: what becomes of texts that are not UTF-8.

    Raises:
        DataError: naming the file, if it cannot be read or has no such column of texts.
        MissingExtraError: if pyarrow is not installed.
    """
    pyarrow: Any = require("pyarrow", extra="count")
    parquet = require("pyarrow.parquet", extra="count")
    first = 0
    try:
        file = parquet.ParquetFile(pyarrow.OSFile(os.fsencode(path)))  # any name
        names, types = file.schema_arrow.names, pyarrow.types
        _find_column(path, field, names)
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
                mended = ((row, cleaner.mend(value or b"", row, path)) for row, value in values)
                texts = {row: text for row, text in mended if text is not None}
            yield list(texts.values()), list(texts)
            first += len(column)
    except (OSError, pyarrow.ArrowException, UnicodeDecodeError) as error:  # a column's name
        raise DataError(f"cannot be read: {' '.join(str(error).split())}", path) from None


def read_csv(
    path: str, field: str, cleaner: Cleaner, longest: int = LONGEST
) -> Iterator[tuple[list[str], Sequence[int]]]:
    r"""The texts of a column of a .csv or .tsv, some rows at a time, and the line of each, from 0.

    The first line names the columns. Between cells stands a comma, in a .tsv a tab; a semicolon, if
    the first line has no comma. A cell in double quotes may hold these, line ends, and quotes
    that are doubled. Blank lines are no rows.

    Args:
        path: the file; .gz, .bz2, .xz and .zst are unpacked.
        field: the column.
        cleaner: what becomes of texts that are not UTF-8.
        longest: bytes of a line, and of a cell, that are held at once.

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
    with open_binary(path) as file:
        lines = _read_lines(file, path, longest)
        first = next(lines, "")
        if first != first.encode(errors="replace").decode():
            hint = encoding_hint(first.encode(errors=ESCAPED))
            raise DataError(f"the names of its columns are not UTF-8; {hint}", path, 1)
        comma = "," if "," in first else ";"
        separator = "\t" if TABS.search(os.path.basename(path).lower()) else comma
        rows = _read_rows(csv.reader(chain([first], lines), delimiter=separator, strict=True), path)
        _, names = next(rows, (0, [""]))
        column = _find_column(path, field, names)
        while some := _take(rows, longest):
            texts: dict[int, str] = {}
            for line, row in some:
                if len(row) != len(names):
                    message = f"{len(row)} cells, where {len(names)} columns are named"
                    raise DataError(message, path, line + 1)
                text = cleaner.mend(row[column].encode(errors=ESCAPED), line, path)
                if text is not None:
                    texts[line] = text
            yield list(texts.values()), list(texts)


def _find_column(path: str, field: str, names: Sequence[str]) -> int:
    if names.count(field) == 1:
        return names.index(field)
    if field in names:
        raise DataError(f"several columns are called {field!r}", path)
    raise DataError(f"no column {field!r}; it has {', '.join(names)[:200]}", path)


def _read_lines(file: BinaryIO, path: str, longest: int) -> Iterator[str]:
    """Lines with their ends, without a byte order mark; what is not UTF-8 as half characters."""
    for number in count(1):
        line = file.readline(longest + 1)
        if len(line) > longest:
            raise DataError(f"a line of more than {longest / 1e6:,.0f} MB", path, number)
        if not line:
            return
        yield line.removeprefix(MARK if number == 1 else b"").decode(errors=ESCAPED)


def _read_rows(reader: Any, path: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, and the line, from 0, on which each begins."""
    while True:
        line = reader.line_num
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            message = f"{error}: quotes stand around a whole cell, and those inside are doubled"
            raise DataError(message, path, line + 1) from None
        if row:
            yield line, row


def _take(rows: Iterator[tuple[int, list[str]]], longest: int) -> list[tuple[int, list[str]]]:
    """Some rows; the longest cell is a setting of all Python's readers, left as it was."""
    before = csv.field_size_limit(longest)
    try:
        return list(islice(rows, ROWS))
    finally:
        csv.field_size_limit(before)
