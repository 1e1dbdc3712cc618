"""Reading many small files before they are needed."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from octavo.corpus.files import unchanged

SMALL = 1 << 16  # bytes of a file
TOGETHER = 64  # files that a thread reads in one go
SLOW = 1e-4  # seconds a file: it comes from a disk or a network, not from memory
FEW, MANY = 2, 8  # times TOGETHER files on their way, where reading is fast and where it is slow
READERS = 4  # threads: with more of them Python's lock takes longer than disks do

BINARY = getattr(os, "O_BINARY", 0)  # Windows alone knows another way

Read = list[tuple[str, bytes | None]]


def read_ahead(paths: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
    """Small files with what they hold, read by threads while those before are worked on.

    Where reading is slow, all threads read; else, as they would wait for each other, hardly more
    than one.

    Args:
        paths: the files, in the order in which they are wanted.

    Yields:
        Each path, in order, with the file's bytes as stored, read in one go; None for a file of
        more than 64 KB and one that cannot be read, which opening it will explain.

    Raises:
        DataError: if a file of more than 64 KB has changed before the next one was asked for.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp(), "a.txt")
        >>> _ = path.write_bytes(b"to be")
        >>> [data for _, data in read_ahead([str(path), str(path.parent)])]
        [b'to be', None]
    """
    for read in _read_batches(paths):
        for path, data in read:
            if data is not None:
                yield path, data
                continue
            with unchanged([path]):
                yield path, None


def _read_batches(paths: Sequence[str]) -> Iterator[Read]:
    pool, batches, most = ThreadPoolExecutor(READERS), deque[Future[tuple[Read, float]]](), FEW
    try:
        for first in range(0, len(paths), TOGETHER):
            batches.append(pool.submit(_read_all, paths[first : first + TOGETHER]))
            if len(batches) < most:
                continue
            read, seconds = batches.popleft().result()
            if seconds > SLOW * len(read):
                most = MANY
            yield read
        for batch in batches:
            yield batch.result()[0]
    finally:
        pool.shutdown(cancel_futures=True)


def _read_all(paths: Sequence[str]) -> tuple[Read, float]:
    """Files, and how long it took."""
    start = time.perf_counter()
    return [(path, _read_small(path)) for path in paths], time.perf_counter() - start


def _read_small(path: str) -> bytes | None:
    """Without Python's buffers, which take longer than the reading."""
    try:
        file = os.open(path, os.O_RDONLY | BINARY)
    except OSError:
        return None
    try:
        data = os.read(file, SMALL + 1)
        return data if len(data) == os.fstat(file).st_size <= SMALL else None
    except OSError:
        return None
    finally:
        os.close(file)
