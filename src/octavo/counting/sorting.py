"""Sorting counts that may be larger than memory: by count, the largest first, then by token."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from octavo.counting.rows import SCHEMA, TokenRows
from octavo.counting.runs import ROWS, WORKSPACE

SAMPLES = 16  # rows of each sorted file that are looked at, for each range of the result


def sort_tables(tables: Iterable[pa.Table], memory: int, folder: Path) -> pa.Table:
    """Sort the rows of tables by count, the largest first, then by token (by code point).

    What is larger than an eighth of memory is sorted a file of that size at a time. Ranges of
    values, each as large, are then sorted again, from what all files have of them.

    Args:
        tables: tables of SCHEMA, one after the other.
        memory: how many bytes to make do with.
        folder: where the sorted files are written.

    Returns:
        A table; of a file in the folder, mapped into memory, if it is large.
    """
    most = memory // WORKSPACE
    files: list[Path] = []
    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        if sum(some.nbytes for some in held) > most:
            files.append(_write([_sort(held)], folder / f"{len(files)}"))
            held = []
    if not files:
        return _sort(held)
    files.append(_write([_sort(held)], folder / f"{len(files)}"))
    return _map(_write(_merge(files), folder / "sorted"))


def _sort(tables: list[pa.Table]) -> pa.Table:
    rows = TokenRows.from_table(pa.concat_tables([SCHEMA.empty_table(), *tables]))
    return pa.Table.from_batches([rows.take(rows.sort()).to_batch()])


def _merge(files: Sequence[Path]) -> Iterator[pa.Table]:
    for bounds in _ranges(files):
        inside = zip(files, bounds, strict=True)
        yield _sort([_map(file).slice(first, last - first) for file, (first, last) in inside])


def _write(tables: Iterable[pa.Table], path: Path) -> Path:
    with pa.OSFile(os.fsencode(path), "wb") as file, pa.ipc.new_file(file, SCHEMA) as writer:
        for table in tables:
            writer.write_table(table, max_chunksize=ROWS)
    return path


def _map(path: Path) -> pa.Table:
    with pa.memory_map(os.fsencode(path)) as file:
        return pa.ipc.open_file(file).read_all()


def _ranges(files: Sequence[Path]) -> list[list[tuple[int, int]]]:
    """As many ranges of the result as files, for each the rows, first and last, of each file."""
    number = len(files)
    tables = [_Keys(_map(file)) for file in files]
    samples = sorted(
        table[place * len(table) // (number * SAMPLES)]
        for table in tables
        for place in range(number * SAMPLES if len(table) else 0)
    )
    cuts = [samples[place * len(samples) // number] for place in range(1, number)]
    bounds = [[0, *(bisect_left(table, cut) for cut in cuts), len(table)] for table in tables]
    return [[(rows[place], rows[place + 1]) for rows in bounds] for place in range(number)]


class _Keys:
    """What a table's rows are sorted by, as bisect wants it."""

    def __init__(self, table: pa.Table) -> None:
        self._count: Any = table["count"]
        self._token: Any = table["token"]

    def __len__(self) -> int:
        return len(self._count)

    def __getitem__(self, row: int) -> tuple[int, str]:
        return -self._count[row].as_py(), self._token[row].as_py()
