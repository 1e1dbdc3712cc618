"""The files of a corpus, named by files, folders and patterns; and its parts, to be read apart."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from octavo._files import is_packed
from octavo.errors import DataError, UsageError

COMPRESSED = (".gz", ".xz", ".zst")
STANDARD_INPUT = "-"


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


class Shard(NamedTuple):
    """A part of a corpus: whole files, or a range of bytes of one file of lines.

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
    """Parts of a corpus to be read apart: large files cut at lines, small files together.

    Args:
        paths: as `find_files` gives them.
        size: of a part in bytes, about; a packed or Parquet file stays whole.

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
        if length > size and layout(path) != "parquet" and not is_packed(path):
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
