"""Reading the documents of a corpus: lines of text, JSON lines, rows of Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from io import BufferedReader
from typing import Any, BinaryIO, NamedTuple, cast

from octavo._checks import check_one_of
from octavo._files import has_archive, open_binary
from octavo._lazy import require
from octavo.corpus.files import STANDARD_INPUT, layout
from octavo.errors import DataError

BLOCK = 1 << 22
BAD = ("stop", "skip", "replace")
MARK = b"\xef\xbb\xbf"
MISSING = object()


class Block(NamedTuple):
    """Whole lines of a file.

    Args:
        data: bytes of them, with their line ends.
        start: byte of the file, unpacked, at which they begin.
    """

    data: bytes
    start: int


class Documents(NamedTuple):
    """Documents read together.

    Args:
        texts: of the documents.
        lines: 0-based, of each: in its block, or in the file where `start` is 0; or rows.
        start: byte of the file at which the block begins.
    """

    texts: Iterable[str]
    lines: Iterable[int]
    start: int = 0


def read_blocks(
    path: str,
    size: int = BLOCK,
    start: int = 0,
    end: int | None = None,
    data: bytes | None = None,
) -> Iterator[Block]:
    r"""The bytes of a text file in blocks that end where lines do; a byte order mark is dropped.

    Args:
        path: of the file; .gz, .bz2, .xz and .zst are unpacked.
        size: of a block in bytes, 3 or more; longer where a line is.
        start: byte in which, or after which, the first line begins.
        end: lines that begin here or later are left out; None for none.
        data: all that the file holds, if it was read ahead; it is one block, if it is no archive.

    Raises:
        DataError: if the file cannot be read.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp(), "lines.txt")
        >>> _ = path.write_bytes(b"one\ntwo\nthree")
        >>> [block.data for block in read_blocks(str(path), size=6)]
        [b'one\n', b'two\n', b'three']
        >>> list(read_blocks(str(path), end=5))
        [Block(data=b'one\ntwo\n', start=0)]
        >>> list(read_blocks(str(path), start=5))
        [Block(data=b'three', start=8)]
    """
    if data is not None and not has_archive(data):
        text = data.removeprefix(MARK)
        if text:
            yield Block(text, len(data) - len(text))
        return
    waiting: list[bytes] = []  # of a line not yet whole
    with open_binary(path) as file:
        if start:
            file.seek(start - 1)
            start += len(file.readline()) - 1  # the line begun before belongs to others
        at = start
        live = path == STANDARD_INPUT  # lines as they come, not when a block is full
        read = cast(BufferedReader, file).read1 if live else file.read
        for number, some in enumerate(_read_range(file, read, size, start, end)):
            if not number and not start and some.startswith(MARK):
                some, at = some.removeprefix(MARK), len(MARK)
            stop = some.rfind(b"\n") + 1
            if not stop:
                waiting.append(some)
                continue
            whole = b"".join([*waiting, some[:stop]])
            yield Block(whole, at)
            at += len(whole)
            waiting = [some[stop:]]
    if any(waiting):
        yield Block(b"".join(waiting), at)


def _read_range(
    file: BinaryIO, read: Callable[[int], bytes], size: int, start: int, end: int | None
) -> Iterator[bytes]:
    """Bytes from where the file is; the line that holds the last byte before `end` is whole."""
    while end is None or start < end:
        data = read(size if end is None else min(size, end - start))
        while not start and end is None and 0 < len(data) < len(MARK) and MARK.startswith(data):
            more = read(len(MARK) - len(data))  # a pipe may give less than the mark at once
            if not more:
                break
            data += more
        start += len(data)
        if start == end and not data.endswith(b"\n"):
            data += file.readline()
        if not data:
            return
        yield data


class Cleaner:
    r"""What becomes of lines that are not UTF-8.

    Args:
        bad_lines: "stop", an error; "skip", they are left out; "replace", U+FFFD stands for what
            cannot be read.

    Raises:
        UsageError: if `bad_lines` is none of these.

    Example:
        >>> cleaner = Cleaner("skip")
        >>> cleaner.clean(Block(b"a\n\xff\nb\n", 0), "a.txt"), cleaner.found
        (Block(data=b'a\nb\n', start=0), 1)
    """

    def __init__(self, bad_lines: str = "stop") -> None:
        self._bad_lines = check_one_of("bad_lines", bad_lines, BAD)
        self.found = 0

    def decode(self, block: Block, path: str) -> str:
        """The text of a block; arguments and errors as of `clean`."""
        try:
            return block.data.decode()
        except UnicodeDecodeError:
            return self.clean(block, path).data.decode()

    def clean(self, block: Block, path: str) -> Block:
        """The block, of UTF-8 alone; `found` counts the lines that were not.

        Args:
            block: of a file.
            path: of that file, for the message.

        Raises:
            DataError: naming file and line, if the first of these is to be an error.
        """
        if _is_utf8(block.data):
            return block
        lines = block.data.split(b"\n")
        wrong = [number for number, line in enumerate(lines) if not _is_utf8(line)]
        if self._bad_lines == "stop":
            hint = "`iconv -f gb18030 -t utf-8` makes UTF-8 of most Chinese files"
            if b"\0" in block.data or block.data.startswith((b"\xff\xfe", b"\xfe\xff")):
                hint = "it may be UTF-16 (`iconv -f utf-16 -t utf-8`), or no text at all"
            raise DataError(f"not UTF-8; {hint}", path, line_of(path, block.start, wrong[0]))
        self.found += len(wrong)
        for number in reversed(wrong):
            if self._bad_lines == "replace":
                lines[number] = lines[number].decode(errors="replace").encode()
            elif number == len(lines) - 1:
                lines[number] = b""  # what is before ends with its line
            else:
                del lines[number]
        return Block(b"\n".join(lines), block.start)

    def mend(self, value: bytes, row: int, path: str) -> str | None:
        """The text of a row of a table, None if it is to be left out; errors as of `clean`."""
        try:
            return value.decode()
        except UnicodeDecodeError:
            if self._bad_lines == "stop":
                raise DataError(f"the text of row {row + 1} is not UTF-8", path) from None
            self.found += 1
            return value.decode(errors="replace") if self._bad_lines == "replace" else None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def line_of(path: str, start: int, number: int) -> int | None:
    """The 1-based line of a file that is `number` lines after the one at a byte; None if unknown.

    Example:
        >>> line_of("-", 0, 2)
        3
    """
    if not start:
        return number + 1
    if path == STANDARD_INPUT:
        return None  # it is read once
    left = start
    with open_binary(path) as file:
        while left:
            data = file.read(min(left, BLOCK))
            number += data.count(b"\n")
            left -= len(data)
    return number + 1


def read_documents(
    path: str,
    field: str | None = None,
    start: int = 0,
    end: int | None = None,
    cleaner: Cleaner | None = None,
    data: bytes | None = None,
) -> Iterator[Documents]:
    r"""Documents of a file: lines (without "\n"), a field of JSON lines or of Parquet's rows.

    Args:
        path: of the file; .gz, .bz2, .xz and .zst are unpacked.
        field: of JSON lines, column of Parquet, "text" by default; if it is named, standard input
            is JSON lines.
        start: as of `read_blocks`, not of Parquet.
        end: likewise.
        cleaner: of lines that are not UTF-8, an error by default.
        data: as of `read_blocks`.

    Raises:
        DataError: naming file and line, if a file cannot be read, a line is no JSON object, or the
            field is missing or no text.
    """
    kind, cleaner, field = layout(path, field), cleaner or Cleaner(), field or "text"
    if kind == "parquet":
        yield from _read_parquet(path, field, cleaner)
        return
    for found in read_blocks(path, start=start, end=end, data=data):
        text = cleaner.decode(found, path)
        if not text:
            continue  # all of it was left out
        lines = text.removesuffix("\n").split("\n")
        if kind == "text":
            yield Documents(lines, range(len(lines)), found.start)
            continue
        numbers = [number for number, line in enumerate(lines) if line and not line.isspace()]
        texts = [_field(lines[number], field, path, found.start, number) for number in numbers]
        yield Documents(texts, numbers, found.start)


def _field(line: str, field: str, path: str, start: int, number: int) -> str:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"not JSON: {error}", path, line_of(path, start, number)) from None
    text = row.get(field, MISSING) if isinstance(row, dict) else MISSING
    if text is None:
        return ""
    if not isinstance(text, str):
        known = ", ".join(map(str, row)) if isinstance(row, dict) else type(row).__name__
        message = f"no text in field {field!r}; the line has {known}"
        if text is not MISSING:
            message = f"field {field!r} holds no text but {type(text).__name__}"
        raise DataError(message, path, line_of(path, start, number))
    return text


def _read_parquet(path: str, field: str, cleaner: Cleaner) -> Iterator[Documents]:
    pyarrow: Any = require("pyarrow", extra="count")
    parquet = require("pyarrow.parquet", extra="count")
    first = 0
    try:
        file = parquet.ParquetFile(path)
        names, types = file.schema_arrow.names, pyarrow.types
        if field not in names:
            raise DataError(f"no column {field!r}; it has {', '.join(names)}", path)
        for batch in file.iter_batches(columns=[field], batch_size=256):
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
            yield Documents(texts.values(), texts)
            first += len(column)
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(f"cannot be read: {' '.join(str(error).split())}", path) from None
