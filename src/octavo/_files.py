r"""Reading files whatever their compression, and writing them whole or not at all.

`open_text` and `open_binary` look at a file's first bytes, not at its name: gzip, bzip2, xz and
zstandard are read transparently, on standard input ("-") too. `write_atomic` and `write_directory`
write beside the target and rename at the end: a run that fails leaves what was there before.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO, TextIO, cast

from octavo._archives import CHUNK, DAMAGE, HEAD, has_archive, unpacked
from octavo.errors import DataError


@contextmanager
def open_binary(path: str | PathLike[str]) -> Iterator[BinaryIO]:
    """Open a file for reading bytes, decompressed; "-" is standard input.

    Raises:
        DataError: if the file is missing or cannot be read, or its archive is damaged or cut short
            (found while reading).

    Example:
        >>> import gzip
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "words")
        ...     _ = path.write_bytes(gzip.compress(b"north"))
        ...     with open_binary(path) as file:
        ...         file.read()
        b'north'
    """
    with _open_raw(path) as raw:
        try:
            source = _Checked(unpacked(raw), path)
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", path) from None
        yield cast(BinaryIO, io.BufferedReader(source, CHUNK))


@contextmanager
def open_text(path: str | PathLike[str]) -> Iterator[TextIO]:
    r"""Open a file for reading UTF-8 text, decompressed; "-" is standard input.

    A byte order mark is dropped. Lines end at "\n" alone: neither "\r" nor U+2028 ends one.

    Raises:
        DataError: as `open_binary`; or if a line is not UTF-8, naming the line.
    """
    with open_binary(path) as binary:
        text = io.TextIOWrapper(binary, "utf-8-sig", newline="\n")
        try:
            yield text
        except UnicodeDecodeError as error:
            line = _first_bad_line(path) if Path(path).is_file() else None  # a pipe is read once
            wide = error.object.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            hint = (
                "it is UTF-16: `iconv -f utf-16 -t utf-8` makes UTF-8 of it"
                if wide
                else "`iconv -f gb18030 -t utf-8` makes UTF-8 of most Chinese files"
            )
            raise DataError(f"not UTF-8 ({error.reason}); {hint}", path, line) from None


def is_packed(path: str | PathLike[str]) -> bool:
    """Whether a file's first bytes are those of gzip, bzip2, xz or zstandard.

    Raises:
        DataError: if the file cannot be read.

    Example:
        >>> is_packed(__file__)
        False
    """
    with _open_raw(path) as raw:
        return has_archive(raw.peek(HEAD))


def read_text(path: str | PathLike[str]) -> str:
    """The whole text of a file.

    Raises:
        DataError: as `open_text`.
    """
    with open_text(path) as file:
        return file.read()


@contextmanager
def write_atomic(path: str | PathLike[str], binary: bool = False) -> Iterator[Any]:
    """Open a file for writing that appears at `path` only when the block ends without an error.

    "-" is standard output; it and devices are written directly.

    Args:
        path: where the file goes; a file there is replaced, a symbolic link is followed.
        binary: write bytes instead of UTF-8 text.

    Raises:
        DataError: if the file cannot be created.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     with write_atomic(Path(folder, "words.txt")) as file:
        ...         _ = file.write("north")
        ...     Path(folder, "words.txt").read_text()
        'north'
    """
    if str(path) == "-":
        yield sys.stdout.buffer if binary else sys.stdout
        return
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():  # a device; a folder fails below
        with _create(target, "w", binary, path) as file:
            yield file
        return
    beside = _sibling(target)
    file = _create(beside, "x", binary, path)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def write_directory(path: str | PathLike[str]) -> Iterator[Path]:
    """A folder to write into that takes its place at `path` when the block ends without an error.

    What an older folder at `path` holds under other names stays in it. A reader sees the old folder
    or the new one; only a process killed between the two renames leaves the old one beside its
    place, whole, as ".NAME.....old". The next writer puts it back; see `find_left`.

    Raises:
        DataError: if `path` is no folder or the working directory, or its parent does not exist or
            cannot be written.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as parent:
        ...     with write_directory(Path(parent, "preset")) as folder:
        ...         _ = (folder / "config.json").write_text("{}")
        ...     [path.name for path in Path(parent, "preset").iterdir()]
        ['config.json']
    """
    target = check_directory(path)
    beside = _sibling(target)
    try:
        if left := find_left(target):
            os.rename(left, target)
        beside.mkdir()
    except OSError as error:
        raise DataError(f"cannot be written: {error.strerror}", path) from None
    try:
        yield beside
        sync_files(beside)
        _swap(beside, target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def full_disk_named(path: str | PathLike[str]) -> Iterator[None]:
    """Turn the error of a disk that is full, which names no file, into a DataError of the path.

    Example:
        >>> with full_disk_named("counts.tsv"):
        ...     raise OSError(errno.ENOSPC, "No space left on device")
        Traceback (most recent call last):
        ...
        octavo.errors.DataError: counts.tsv: cannot be written: No space left on device
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            raise
        raise DataError(f"cannot be written: {os.strerror(error.errno)}", path) from None


def check_file(path: str | PathLike[str]) -> None:
    """Find out before long work whether `write_atomic` will be able to write a file.

    An empty file is made beside it and removed: permissions alone do not tell.

    Raises:
        DataError: if it cannot be written.

    Example:
        >>> check_file("no/such/folder/words.txt")
        Traceback (most recent call last):
        ...
        octavo.errors.DataError: no/such/folder/words.txt: cannot be written: there is no folder no/such/folder
    """  # noqa: E501
    target = Path(os.path.realpath(path))
    if str(path) == "-":
        return
    if target.is_dir():
        raise DataError("cannot be written: it is a folder", path)
    if not target.exists() or target.is_file():
        _try_beside(target, path)
    elif not os.access(target, os.W_OK):  # a device, or a pipe, which opening would wait for
        raise DataError(f"cannot be written: {os.strerror(errno.EACCES)}", path)


def check_directory(path: str | PathLike[str], parents: bool = False) -> Path:
    """The absolute place of a folder that may be made, or replaced by `write_directory`.

    Args:
        path: the folder.
        parents: whether the folders above are made too and files are put into the folder one by
            one, as those of a run are.

    Raises:
        DataError: if `path` is no folder or the working directory, or cannot be written.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_dir():
        raise DataError("is a file, expected a folder", path)
    if target == Path.cwd():
        raise DataError("is the folder you are in, which cannot be replaced; name another", path)
    if parents:
        check_inside(path)
    else:
        _try_beside(target, path)
    return target


def check_inside(path: str | PathLike[str]) -> None:
    """Find out before long work whether files can be put into a folder, made if it is not there.

    Raises:
        DataError: if they cannot.
    """
    target = near = Path(os.path.realpath(path))
    while not near.exists():
        near = near.parent
    if not near.is_dir():
        raise DataError(f"cannot be written: {near} is a file", path)
    _try_beside(near / target.name, path)


def sync_files(folder: Path) -> None:
    """Wait until all files of a folder are on the disk."""
    for path in folder.rglob("*"):
        if path.is_file():
            with open(path, "rb") as file:
                os.fsync(file.fileno())


class _Checked(io.RawIOBase):
    """Passes bytes on and turns what goes wrong while reading into a DataError of the file.

    Only reading is watched: an error of the code that uses the file stays what it is.
    """

    def __init__(self, source: Any, path: str | PathLike[str]) -> None:
        self._path = path
        self._source = source
        # what a pipe has, not what fills the buffer: while it waits for more, Ctrl-C is not heard
        self._read = source.read1 if isinstance(source, io.BufferedReader) else source.read

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(getattr(self._source, "seekable", bool)())

    def seek(self, place: int, whence: int = 0) -> int:
        return int(self._source.seek(place, whence))

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._read(len(buffer))
        except DAMAGE:
            raise DataError("the archive is damaged or cut short", self._path) from None
        except OSError as error:
            if error.errno is None:  # bzip2's way to say it
                raise DataError("the archive is damaged or cut short", self._path) from None
            raise DataError(f"cannot be read: {error.strerror}", self._path) from None
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def _open_raw(path: str | PathLike[str]) -> Iterator[io.BufferedReader]:
    if str(path) == "-":
        # below Python's own buffer, which would wait until all that is asked for has come
        source: Any = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
        raw = io.BufferedReader(source, CHUNK)
        try:
            yield cast(io.BufferedReader, raw)
        finally:
            raw.detach()  # standard input is not ours to close
        return
    try:
        file = open(path, "rb")  # noqa: SIM115  (only opening may fail with our message)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path) from None
    with file:
        yield file


def _first_bad_line(path: str | PathLike[str]) -> int | None:
    with open_binary(path) as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return None


def _create(file: Path, mode: str, binary: bool, path: str | PathLike[str]) -> Any:
    """Open `file` for writing, with the permissions any new file would have."""
    try:
        if binary:
            return open(file, mode + "b")
        return open(file, mode, encoding="utf-8", newline="")
    except OSError as error:
        raise DataError(f"cannot be written: {error.strerror}", path) from None


def _try_beside(target: Path, path: str | PathLike[str]) -> None:
    """Make a file beside `target` and remove it."""
    if not target.parent.is_dir():
        raise DataError(f"cannot be written: there is no folder {Path(path).parent}", path)
    beside = _sibling(target)
    _create(beside, "x", True, path).close()
    beside.unlink()


def _sibling(target: Path, ending: str = "part") -> Path:
    return target.with_name(f".{target.name}.{token_hex(4)}.{ending}")


def find_left(path: str | PathLike[str]) -> Path | None:
    """The newest folder that a killed process left beside `path`; None where `path` is there."""
    target = Path(os.path.realpath(path))
    if target.exists() or not target.parent.is_dir():
        return None
    name = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{8}}\.old")
    left = [one for one in target.parent.iterdir() if name.fullmatch(one.name)]
    return max(left, key=lambda one: one.stat().st_mtime, default=None)


def describe_absence(folder: str | PathLike[str]) -> str:
    """What is said of a folder that is not there, and of what a killed process left of it."""
    left = find_left(folder)
    hint = f"; a killed process has left it as {left}: rename it" if left else ""
    return f"no such folder{hint}"


def _swap(new: Path, target: Path) -> None:
    """Put `new` at `target`, keeping what an older folder there holds under other names."""
    if not target.exists():
        os.rename(new, target)
        return
    for entry in target.iterdir():
        if not (new / entry.name).exists():
            _link(entry, new / entry.name)
    old = _sibling(target, "old")
    os.rename(target, old)
    try:
        os.rename(new, target)
    except OSError:
        os.rename(old, target)
        raise
    shutil.rmtree(old)


def _link(source: Path, target: Path) -> None:
    """A second name for a file or for all files of a folder; a copy where there are no links."""
    if source.is_dir() and not source.is_symlink():
        target.mkdir()
        for entry in source.iterdir():
            _link(entry, target / entry.name)
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
