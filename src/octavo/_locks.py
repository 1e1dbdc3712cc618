"""A folder that one process at a time fills: two runs with one --out would spoil each other's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path

from octavo._files import check_directory
from octavo.errors import DataError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_HELD: set[Path] = set()  # folders of this process' blocks


@contextmanager
def hold_folder(path: str | PathLike[str]) -> Iterator[None]:
    """Make a folder, if it is missing, and keep other processes' blocks of this kind out of it.

    The lock is the kernel's (flock, of the folder itself) and goes with the process, however that
    ends. Where a system or a file system has none, nothing is kept out. Blocks of one process nest.
    A folder that was made and is empty at the end is removed.

    Raises:
        DataError: if another process has such a block, or the folder cannot be made.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as parent, hold_folder(Path(parent, "run")):
        ...     Path(parent, "run").is_dir()
        True
    """
    folder = check_directory(path, parents=True)
    made = not folder.is_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder)
    except BlockingIOError:
        raise DataError("another run is using it; wait, or name another", path) from None
    except OSError as error:
        raise DataError(f"cannot be written: {error.strerror}", path) from None
    try:
        yield
    finally:
        if lock is not None:
            _HELD.discard(folder)
            os.close(lock)
        if made:
            with suppress(OSError):  # it holds something
                folder.rmdir()


def _lock(folder: Path) -> int | None:
    """A descriptor that holds a folder until it is closed; None where there are no locks."""
    if fcntl is None or folder in _HELD:
        return None
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise
    except OSError:  # a file system without locks
        os.close(lock)
        return None
    _HELD.add(folder)
    return lock
