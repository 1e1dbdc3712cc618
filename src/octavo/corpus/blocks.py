"""Reading text files in blocks of whole lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BufferedReader
from typing import BinaryIO, NamedTuple, cast

from octavo._archives import has_archive
from octavo._files import open_binary
from octavo.corpus.files import STANDARD_INPUT
from octavo.errors import DataError

BLOCK = 1 << 22  # bytes
LONGEST = 1 << 27  # bytes of a line
MARK = b"\xef\xbb\xbf"
HINT = "is more than is held at once: are there no line ends? `fold -s` makes some"


class Block(NamedTuple):
    """Whole lines of a file.

    Args:
        data: the bytes of the lines, with their line ends.
        path: the file they are from.
        start: the byte of the unpacked file at which they begin.
    """

    data: bytes
    path: str
    start: int

    def line(self, number: int) -> int | None:
        """The file's line, counted from 1, that is one of the block's, counted from 0."""
        return find_line(self.path, self.start, number)


def find_line(path: str, start: int, number: int) -> int | None:
    """The 1-based line of a file that is `number` lines after the one at a byte; None if unknown.

    Example:
        >>> find_line("-", 0, 2)
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


def read_blocks(
    path: str,
    size: int = BLOCK,
    start: int = 0,
    end: int | None = None,
    data: bytes | None = None,
    longest: int = LONGEST,
) -> Iterator[Block]:
    r"""The bytes of a text file in blocks that end where lines do; a byte order mark is dropped.

    Args:
        path: the file that is read; .gz, .bz2, .xz and .zst are unpacked.
        size: the bytes of a block, 3 or more; it is longer where a line is.
        start: byte in which, or after which, the first line begins.
        end: lines that begin here or later are left out; None for none.
        data: all that the file holds, if it was read ahead; it is one block, if it is no archive.
        longest: bytes of a line from which on it may be an error: it is held whole.

    Raises:
        DataError: if the file cannot be read, or a line is longer than that and a block.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp(), "lines.txt")
        >>> _ = path.write_bytes(b"one\ntwo\nthree")
        >>> [block.data for block in read_blocks(str(path), size=6)]
        [b'one\n', b'two\n', b'three']
        >>> [(block.data, block.start) for block in read_blocks(str(path), end=5)]
        [(b'one\ntwo\n', 0)]
        >>> [(block.data, block.start) for block in read_blocks(str(path), start=5)]
        [(b'three', 8)]
    """
    if data is not None and not has_archive(data):
        text = data.removeprefix(MARK)
        if text:
            yield Block(text, path, len(data) - len(text))
        return
    waiting: list[bytes] = []  # of a line not yet whole
    held = 0
    with open_binary(path) as file:
        if start:
            file.seek(start - 1)
            start += _skip_line(file, size) - 1  # the line begun before belongs to others
        at = start
        live = path == STANDARD_INPUT  # lines as they come, not when a block is full
        read = cast(BufferedReader, file).read1 if live else file.read
        for number, some in enumerate(_read_range(file, read, size, start, end)):
            if not number and not start and some.startswith(MARK):
                some, at = some.removeprefix(MARK), len(MARK)
            stop = some.rfind(b"\n") + 1
            if not stop:
                waiting.append(some)
                held += len(some)
                if held > longest:
                    message = f"a line of more than {longest / 1e6:,.0f} MB {HINT}"
                    raise DataError(message, path, find_line(path, at, 0))
                continue
            whole = b"".join([*waiting, some[:stop]])
            yield Block(whole, path, at)
            at += len(whole)
            waiting = [some[stop:]]
            held = len(waiting[0])
    if any(waiting):
        yield Block(b"".join(waiting), path, at)


def _read_range(
    file: BinaryIO, read: Callable[[int], bytes], size: int, start: int, end: int | None
) -> Iterator[bytes]:
    """Bytes from where the file is; the line that holds the last byte before `end` is whole."""
    data = b"\n"
    while end is None or start < end:
        data = read(size if end is None else min(size, end - start))
        while not start and end is None and 0 < len(data) < len(MARK) and MARK.startswith(data):
            more = read(len(MARK) - len(data))  # a pipe may give less than the mark at once
            if not more:
                break
            data += more
        if not data:
            return
        start += len(data)
        if start == end and not data.endswith(b"\n"):
            data += file.readline(size)
        yield data
    while not data.endswith(b"\n"):
        data = file.readline(size)
        if not data:
            return
        yield data


def _skip_line(file: BinaryIO, size: int) -> int:
    """Read to the end of the line, so many bytes at a time; gives how many there were."""
    skipped, data = 0, b" "
    while data and not data.endswith(b"\n"):
        data = file.readline(size)
        skipped += len(data)
    return skipped
