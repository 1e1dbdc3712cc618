"""Runs: counts of a part of a corpus in a file, ordered by a hash of the token, to be summed.

Equal tokens are in equal buckets, whichever run they are in. So runs together larger than memory
are summed a few buckets at a time. A bucket that is larger than memory by itself, as of words made
to share one, is read several times, and each time summed in part, by another hash.
"""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from octavo.counting.entries import BUCKETS, find_parts
from octavo.counting.rows import SCHEMA, TokenRows
from octavo.counting.table import TokenTable

ROWS = 1 << 16  # of a record batch
BEGINS = b"begins"  # key of the schema's metadata: int64 (buckets + 1,), first rows of buckets
SUMMED = 1 << 22  # bytes of rows summed at once: the table stays near the processor
WORTH_OPENING = 1 << 18  # bytes of one run that are worth opening its file
WORKSPACE = 8  # parts of memory, of which one holds the rows that are being summed or sorted


class NotUtf8Error(Exception):
    """Found when tokens are written."""


class RunWriter:
    """Writes tables as runs; knows nothing of who fills them, whose memory is freed without it.

    Args:
        prefix: what the runs' paths begin with.

    Attributes:
        paths: the paths of the runs written.
        tokens: how many tokens are in them.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.paths: list[str] = []
        self.tokens = 0

    def write(self, table: TokenTable) -> None:
        """Write a table and empty it.

        Raises:
            NotUtf8Error: if a token is not UTF-8.
        """
        order, begins = table.order()
        path = f"{self._prefix}-{len(self.paths)}.arrow"
        write_run(path, _make_batches(table, order), begins)
        self.paths.append(path)
        self.tokens += table.total
        table.clear()


def _make_batches(table: TokenTable, order: np.ndarray) -> Iterator[pa.RecordBatch]:
    for first in range(0, len(order), ROWS):
        batch = table.rows(order[first : first + ROWS]).to_batch()
        try:
            batch.column(0).validate(full=True)
        except pa.ArrowInvalid:
            raise NotUtf8Error from None
        yield batch


class Run(NamedTuple):
    """A run's file, the first row of each bucket and the bytes of an average row."""

    path: str
    begins: np.ndarray
    row_bytes: float


def write_run(path: str, batches: Iterator[pa.RecordBatch], begins: np.ndarray) -> None:
    """Write a run.

    Args:
        path: the file that is written.
        batches: record batches of SCHEMA, ordered by bucket.
        begins: int64 (buckets + 1,), the first row of each bucket.
    """
    schema = SCHEMA.with_metadata({BEGINS: begins.tobytes()})
    with pa.OSFile(os.fsencode(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def sum_runs(paths: Sequence[str], memory: int) -> Iterator[TokenRows]:
    """Sum runs.

    Args:
        paths: the paths of the runs.
        memory: how many bytes to make do with.

    Yields:
        Rows that together have each token once.
    """
    runs = [_open_run(path) for path in paths]
    sizes = np.zeros(BUCKETS)
    for run in runs:
        sizes += np.diff(run.begins) * run.row_bytes
    together, most = max(SUMMED, len(runs) * WORTH_OPENING), memory // WORKSPACE
    table, seed = TokenTable(), np.uint64(secrets.randbits(63))
    for first, last in _group(sizes, min(together, most)):
        if len(runs) == 1:
            yield from _read_rows(runs[0], first, last)
            continue
        parts = max(1, math.ceil(sizes[first:last].sum() / most))  # 1 unless it is a large bucket
        for part in range(parts):
            for run in runs:
                for rows in _read_rows(run, first, last):
                    if parts > 1:
                        rows = rows.take(np.flatnonzero(find_parts(*rows[:2], seed, parts) == part))
                    table.add_rows(rows)
            yield table.rows(np.arange(len(table)))
            table.clear()


def _open_run(path: str) -> Run:
    with pa.memory_map(os.fsencode(path)) as file:
        run = pa.ipc.open_file(file)
        begins = np.frombuffer(run.schema.metadata[BEGINS], np.int64)
        return Run(path, begins, file.size() / max(1, begins[-1]))


def _read_rows(run: Run, first: int, last: int) -> Iterator[TokenRows]:
    """Rows of buckets, ROWS at most at a time; in memory only while they are used."""
    start, end = int(run.begins[first]), int(run.begins[last])
    with pa.memory_map(os.fsencode(run.path)) as file:
        batches = pa.ipc.open_file(file)
        for number in range(start // ROWS, -(-end // ROWS)):
            at = number * ROWS
            inside = batches.get_batch(number)[max(start - at, 0) : end - at]
            yield TokenRows.from_batch(inside)


def _group(sizes: np.ndarray, most: int) -> list[tuple[int, int]]:
    """Neighbours in groups of up to `most` together, or of one."""
    bounds, ends = [0], np.cumsum(sizes)
    while bounds[-1] < len(sizes):
        done = ends[bounds[-1] - 1] if bounds[-1] else 0
        bounds.append(max(bounds[-1] + 1, int(np.searchsorted(ends, done + most, "right"))))
    return list(pairwise(bounds))
