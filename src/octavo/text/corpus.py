"""Documents of a corpus: files, folders and patterns; lines of text, JSON lines, Parquet."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import BinaryIO, NamedTuple

from octavo._files import is_packed, open_binary, open_text
from octavo._lazy import require
from octavo.errors import DataError, UsageError

COMPRESSED = (".gz", ".xz", ".zst")
STANDARD_INPUT = "-"
BLOCK = 1 << 22


def find_files(paths: Iterable[str | PathLike[str]]) -> list[str]:
    """The files of a corpus, in the order given, those of a folder by name.

    Args:
        paths: files, folders (with all below, names that begin with a dot left out), patterns such
            as "news/*.jsonl.gz", or "-" for standard input.

    Raises:
        UsageError: if no path is given.
        DataError: if a path is missing, or holds no file.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("b.txt", "a.txt", ".hidden"):
        ...     _ = (folder / name).write_text("")
        >>> [Path(path).name for path in find_files([folder])]
        ['a.txt', 'b.txt']
    """
    given = [str(path) for path in ([paths] if isinstance(paths, str | PathLike) else paths)]
    if not given:
        raise UsageError("no files to read. Received: paths=[]")
    return [file for path in given for file in _expand(path)]


def _expand(path: str) -> list[str]:
    if path == STANDARD_INPUT or Path(path).is_file():
        return [path]
    if Path(path).is_dir():
        inside = sorted(Path(path).rglob("*"))
        found = [str(p) for p in inside if p.is_file() and not _is_hidden(p.relative_to(path))]
    else:
        found = sorted(p for p in glob.glob(path, recursive=True) if Path(p).is_file())
    if not found:
        what = "holds no files" if Path(path).is_dir() else "no such file or folder"
        raise DataError(what, path)
    return found


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def layout(path: str) -> str:
    """How a file holds documents: "jsonl", "parquet" or, by any other name, "text".

    Example:
        >>> layout("news.jsonl.gz"), layout("news.parquet"), layout("news")
        ('jsonl', 'parquet', 'text')
    """
    endings = [ending for ending in Path(path).suffixes if ending not in COMPRESSED]
    kind = endings[-1][1:] if endings else "text"
    return kind if kind in ("jsonl", "parquet") else "text"


def read_texts(path: str, field: str = "text") -> Iterator[str]:
    r"""Documents of a file: lines of a text file (without "\n"), a field of rows or JSON lines.

    Args:
        path: of the file; .gz, .xz and .zst are unpacked.
        field: of JSON lines, column of Parquet.

    Raises:
        DataError: naming file and line, if a file cannot be read, a line is no JSON object, or the
            field is missing or no text.
    """
    kind = layout(path)
    if kind == "parquet":
        yield from _read_parquet(path, field)
        return
    with open_text(path) as file:
        for number, line in enumerate(file, 1):
            if kind == "text":
                yield line.removesuffix("\n")
            elif line.strip():
                yield _field(line, field, path, number)


def _field(line: str, field: str, path: str, number: int) -> str:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise DataError(f"not JSON: {error}", path, number) from None
    text = row.get(field) if isinstance(row, dict) else None
    if not isinstance(text, str):
        known = ", ".join(map(str, row)) if isinstance(row, dict) else type(row).__name__
        raise DataError(f"no text in field {field!r}; the line has {known}", path, number)
    return text


def _read_parquet(path: str, field: str) -> Iterator[str]:
    pyarrow = require("pyarrow", extra="count")
    parquet = require("pyarrow.parquet", extra="count")
    try:
        file = parquet.ParquetFile(path)
        names, types = file.schema_arrow.names, pyarrow.types
        if field not in names:
            raise DataError(f"no column {field!r}; it has {', '.join(names)}", path)
        for batch in file.iter_batches(columns=[field], batch_size=4096):
            column = batch.column(0)
            if not (types.is_string(column.type) or types.is_large_string(column.type)):
                raise DataError(f"column {field!r} holds {column.type}, not text", path)
            yield from (text or "" for text in column.to_pylist())
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(f"cannot be read: {' '.join(str(error).split())}", path) from None


class Shard(NamedTuple):
    """A part of a corpus: whole files, or a range of bytes of one text file.

    A line belongs to the range its first byte lies in.

    Args:
        paths: of the files.
        start: first byte of the range.
        end: byte after the range, None where the file ends.
        size: in bytes, as stored.
    """

    paths: tuple[str, ...]
    start: int = 0
    end: int | None = None
    size: int = 0


def make_shards(paths: Sequence[str], size: int = 1 << 25) -> list[Shard]:
    """Parts of a corpus to be read apart: large text files cut, small files together.

    Args:
        paths: as `find_files` gives them.
        size: of a part in bytes, about; a packed, JSON lines or Parquet file stays whole.

    Raises:
        DataError: if a file cannot be read.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name, size in (("a", 1), ("b", 10), ("c", 2)):
        ...     _ = (folder / name).write_bytes(bytes(size))
        >>> shards = make_shards(find_files(folder), size=4)
        >>> [(len(shard.paths), shard.start, shard.end) for shard in shards]
        [(1, 0, 4), (1, 4, 8), (1, 8, None), (2, 0, None)]
    """
    shards: list[Shard] = []
    small: list[str] = []
    room = size
    for path in paths:
        length = 0 if path == STANDARD_INPUT else Path(path).stat().st_size
        if length > size and layout(path) == "text" and not is_packed(path):
            starts = range(0, length, size)
            for start in starts:
                end = start + size
                shards.append(
                    Shard((path,), start, end if end < length else None, min(end, length) - start)
                )
            continue
        if small and length > room:
            shards.append(Shard(tuple(small), size=size - room))
            small, room = [], size
        small.append(path)
        room -= length
    return [*shards, Shard(tuple(small), size=size - room)] if small else shards


def read_blocks(
    path: str, size: int = BLOCK, start: int = 0, end: int | None = None
) -> Iterator[bytes]:
    r"""The bytes of a text file in blocks that end where lines do; a byte order mark is dropped.

    Args:
        path: of the file; .gz, .xz and .zst are unpacked.
        size: of a block in bytes, 3 or more; longer where a line is.
        start: byte in which, or after which, the first line begins.
        end: lines that begin here or later are left out; None for none.

    Raises:
        DataError: if the file cannot be read.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp(), "lines.txt")
        >>> _ = path.write_bytes(b"one\ntwo\nthree")
        >>> list(read_blocks(str(path), size=6))
        [b'one\n', b'two\n', b'three']
        >>> list(read_blocks(str(path), end=5)), list(read_blocks(str(path), start=5))
        ([b'one\ntwo\n'], [b'three'])
    """
    rest = b""
    with open_binary(path) as file:
        if start:
            file.seek(start - 1)
            start += len(file.readline()) - 1  # the line begun before belongs to others
        for number, data in enumerate(_read_range(file, size, start, end)):
            rest += data if start or number else data.removeprefix(b"\xef\xbb\xbf")
            stop = rest.rfind(b"\n") + 1
            if stop:
                yield rest[:stop]
            rest = rest[stop:]
    if rest:
        yield rest


def _read_range(file: BinaryIO, size: int, start: int, end: int | None) -> Iterator[bytes]:
    """Bytes from where the file is; the line that holds the last byte before `end` is whole."""
    while end is None or start < end:
        data = file.read(size if end is None else min(size, end - start))
        start += len(data)
        if start == end and not data.endswith(b"\n"):
            data += file.readline()
        if not data:
            return
        yield data
