"""The files of a corpus, named by files, folders and patterns; and its ranges, to be read apart."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from os import PathLike
from secrets import token_hex
from typing import NamedTuple

from octavo._files import is_packed
from octavo.errors import DataError, UsageError

DEEP = re.compile(r"(^|/)\*\*(/|$)")
COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
STANDARD_INPUT = "-"
MOST_RANGES = 1000
LAYOUTS = {"jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "tsv": "tsv", "parquet": "parquet"}
TABLES = ("csv", "tsv", "parquet")  # of these layouts, which are read whole


class Files(list[str]):
    """Files that `find_files` found: whoever gets them looks for no others."""


def find_files(paths: str | PathLike[str] | Iterable[str | PathLike[str]]) -> Files:
    """The files of a corpus, in the order given, those of a folder by name.

    Args:
        paths: files, folders (with all below, names that begin with a dot left out), patterns such
            as "news/*.jsonl.gz", or "-" for standard input; or one of these. `Files` come back as
            they are.

    Raises:
        UsageError: if no path is given.
        DataError: if a path is missing, or holds no file.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("b.txt", "a.txt", ".hidden"):
        ...     _ = (folder / name).write_text("")
        >>> [Path(path).name for path in find_files([folder])]
        ['a.txt', 'b.txt']
    """
    if isinstance(paths, Files):
        return paths
    given = [str(path) for path in ([paths] if isinstance(paths, str | PathLike) else paths)]
    if not given:
        raise UsageError("no files to read. Received: paths=[]")
    return Files(file for path in given for file in _expand(path))


@contextmanager
def unchanged(paths: Iterable[str]) -> Iterator[None]:
    """A block in which files are read: what changes meanwhile may have been read half and half.

    Args:
        paths: as `find_files` gives them; pipes and devices are not looked at.

    Raises:
        DataError: at the end of the block, if a file has another size or time than at its begin.

    Example:
        >>> with unchanged([__file__]):
        ...     pass
    """
    before = {path: _stamp(path) for path in paths if path != STANDARD_INPUT}
    yield
    for path, stamp in before.items():
        if stamp is not None and _stamp(path) != stamp:
            raise DataError("has changed while it was read; start again when it is whole", path)


def file_state(path: str) -> list[str | int]:
    """Size and time of a file, by which another one is told; standard input is another each time.

    Example:
        >>> file_state("-") == file_state("-")
        False
    """
    if path == STANDARD_INPUT:
        return [token_hex()]
    status = os.stat(path)
    return [status.st_size, status.st_mtime_ns]


def read_alone(ranges: Iterable[FileRange]) -> set[str]:
    """The files of ranges of one file: those that are cut, and large ones.

    Small files are read together, by `read_ahead`, which sees to it that none changes meanwhile.

    Example:
        >>> read_alone([FileRange(("a", "b")), FileRange(("c",), 0, 9), FileRange(("c",), 9)])
        {'c'}
    """
    return {file_range.paths[0] for file_range in ranges if len(file_range.paths) == 1}


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return (-1, -1)
    return (status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


def _expand(path: str) -> list[str]:
    if path == STANDARD_INPUT or os.path.isfile(path):
        return [path]
    folder = os.path.isdir(path)
    if folder:
        found = list(_walk(path))
    elif DEEP.search(path):
        found = sorted(set(_expand_deep(path)))
    else:  # folders too, as a shell has it
        found = [file for match in sorted(glob.glob(path)) for file in _expand_match(match)]
    if not found and os.path.exists(path) and not folder:
        raise DataError("is no regular file; a pipe goes to standard input, -", path)
    if not found:
        raise DataError("holds no files" if folder else _absence(path), path)
    return found


def _absence(path: str) -> str:
    try:
        os.stat(path)
    except PermissionError as error:
        return f"cannot be read: {error.strerror}"
    except OSError:
        pass
    return "no such file or folder"


def _expand_deep(path: str) -> Iterator[str]:
    """Files of a pattern with "**", any folder below; through no link, as links may go round."""
    deep = DEEP.search(path)
    if deep is None:
        yield from (match for match in glob.iglob(path) if os.path.isfile(match))
        return
    before, after = path[: deep.end(1)], path[deep.end() :] or "*"
    for folder in glob.glob(before) if before else [""]:
        for place in _walk_folders(folder):
            yield from _expand_deep(glob.escape(place) + after)


def _walk_folders(folder: str) -> Iterator[str]:
    """A folder and those below, but for links and names that begin with a dot."""
    yield folder
    with os.scandir(folder or os.curdir) as entries:
        inner = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    for name in inner:
        if not name.startswith("."):
            yield from _walk_folders(os.path.join(folder, name, ""))


def _expand_match(path: str) -> Iterable[str]:
    if os.path.isdir(path):
        return _walk(path)
    return [path] if os.path.isfile(path) else []


def _walk(folder: str) -> Iterator[str]:
    """Files of a folder and those below, by name; one look at each, as there may be very many."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path)
            elif entry.is_file():
                yield entry.path


def layout(path: str, field: str | None = None) -> str:
    """How a file holds documents: "jsonl", "csv", "tsv", "parquet" or, else, "text".

    Args:
        path: the path of the file; "-" is standard input.
        field: if one is named, standard input is JSON lines.

    Example:
        >>> layout("news.jsonl.gz"), layout("news.tsv"), layout("news.parquet"), layout("news")
        ('jsonl', 'tsv', 'parquet', 'text')
    """
    if path == STANDARD_INPUT:
        return "text" if field is None else "jsonl"
    endings = os.path.basename(path).lower().lstrip(".").split(".")[1:]
    kinds = [ending for ending in endings if f".{ending}" not in COMPRESSED]
    return LAYOUTS.get(kinds[-1], "text") if kinds else "text"


class FileRange(NamedTuple):
    """A range of a corpus: whole files, or a range of bytes of one file of lines.

    A line belongs to the range its first byte lies in, and a paragraph to that of the blank line
    before it.

    Args:
        paths: the paths of the files.
        start: the first byte of the range.
        end: the byte after the range, None where the file ends.
        size: how many bytes it has, as stored.
    """

    paths: tuple[str, ...]
    start: int = 0
    end: int | None = None
    size: int = 0


def total_size(ranges: Iterable[FileRange]) -> int | None:
    """Bytes of all ranges; None if standard input is among them, which has no size.

    Example:
        >>> total_size([FileRange(("a.txt",), size=3), FileRange(("b.txt",), size=4)])
        7
    """
    ranges = list(ranges)
    if any(STANDARD_INPUT in file_range.paths for file_range in ranges):
        return None
    return sum(file_range.size for file_range in ranges)


def make_ranges(
    paths: Sequence[str],
    number: int,
    least: int = 1,
    most: int = 1 << 62,
    documents: str = "lines",
) -> list[FileRange]:
    """Ranges of a corpus to be read apart: large files cut, small files together.

    Args:
        paths: as `find_files` gives them.
        number: about how many ranges there are to be; a packed file or a table stays whole.
        least: the fewest bytes of a range, so that there are fewer of a small corpus.
        most: the most bytes of a range, so that there are more of a large one; but no less than a
            thousandth of it, as what is made of each costs memory when all is put together.
        documents: what one document is in a text file; "files" stay whole.

    Raises:
        DataError: if a file cannot be read.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name, size in (("a", 1), ("b", 10), ("c", 2)):
        ...     _ = (folder / name).write_bytes(bytes(size))
        >>> ranges = make_ranges(find_files(folder), number=3, least=4)
        >>> [(len(file_range.paths), file_range.start, file_range.end) for file_range in ranges]
        [(1, 0, 4), (1, 4, 8), (1, 8, None), (2, 0, None)]
    """
    lengths = [_length(path) for path in paths]
    total = sum(lengths)
    size = max(min(most, max(least, total // number)), total // MOST_RANGES)
    ranges: list[FileRange] = []
    small: list[str] = []
    room = size
    for path, length in zip(paths, lengths, strict=True):
        if path == STANDARD_INPUT:
            ranges.append(FileRange((path,)))
            continue
        whole = (*TABLES, "text") if documents == "files" else TABLES
        if length > size and layout(path) not in whole and not is_packed(path):
            starts = range(0, length, size)
            for start in starts:
                end = start + size
                ranges.append(
                    FileRange(
                        (path,), start, end if end < length else None, min(end, length) - start
                    )
                )
            continue
        if small and length > room:
            ranges.append(FileRange(tuple(small), size=size - room))
            small, room = [], size
        small.append(path)
        room -= length
    return [*ranges, FileRange(tuple(small), size=size - room)] if small else ranges


def make_ordered_ranges(
    paths: Sequence[str], number: int, least: int, documents: str = "lines"
) -> list[FileRange]:
    """Ranges as `make_ranges` gives them, but in the order of the files and documents.

    `make_ranges` puts large files before small ones that are read together.
    """

    def stands_alone(path: str) -> bool:
        return path == STANDARD_INPUT or _length(path) > least

    ranges: list[FileRange] = []
    for alone, some in groupby(paths, stands_alone):
        for group in ([path] for path in some) if alone else [list(some)]:
            ranges += make_ranges(group, number, least, documents=documents)
    return ranges


def _length(path: str) -> int:
    try:
        return 0 if path == STANDARD_INPUT else os.stat(path).st_size
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path) from None
