"""Sorting counts that may be larger than memory: by count, the largest first, then by token."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from octavo.counting.rows import SCHEMA, TokenRows
from octavo.counting.runs import ROWS, WORKSPACE

SAMPLES = 16  # rows looked at, of each piece, for each part of the result


def sort_tables(tables: Iterable[pa.Table], memory: int, folder: Path) -> pa.Table:
    """Sort the rows of tables by count, the largest first, then by token (by code point).

    What is larger than an eighth of memory is sorted in pieces, which are cut by value into ranges
    that are sorted again, each as large.

    Args:
        tables: of SCHEMA.
        memory: bytes to make do with.
        folder: for the pieces.

    Returns:
        A table; of a file in the folder, mapped into memory, if it is large.
    """
    most = memory // WORKSPACE
    pieces: list[Path] = []
    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        if sum(part.nbytes for part in held) > most:
            pieces.append(_write([_sort(held)], folder / f"{len(pieces)}"))
            held = []
    if not pieces:
        return _sort(held)
    pieces.append(_write([_sort(held)], folder / f"{len(pieces)}"))
    return _map(_write(_merge(pieces, len(pieces)), folder / "sorted"))


def _sort(tables: list[pa.Table]) -> pa.Table:
    rows = TokenRows.from_table(pa.concat_tables([SCHEMA.empty_table(), *tables]))
    return pa.Table.from_batches([rows.take(rows.sort()).to_batch()])


def _merge(pieces: Sequence[Path], parts: int) -> Iterator[pa.Table]:
    for bounds in _ranges(pieces, parts):
        inside = zip(pieces, bounds, strict=True)
        yield _sort([_map(piece).slice(first, last - first) for piece, (first, last) in inside])


def _write(tables: Iterable[pa.Table], path: Path) -> Path:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, SCHEMA) as writer:
        for table in tables:
            writer.write_table(table, max_chunksize=ROWS)
    return path


def _map(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def _ranges(pieces: Sequence[Path], parts: int) -> list[list[tuple[int, int]]]:
    """For each part of the result the rows, first and last, of each piece."""
    rows = [_Keys(_map(piece)) for piece in pieces]
    samples = sorted(
        table[place * len(table) // (parts * SAMPLES)]
        for table in rows
        for place in range(parts * SAMPLES if len(table) else 0)
    )
    cuts = [samples[part * len(samples) // parts] for part in range(1, parts)]
    bounds = [[0, *(bisect_left(table, cut) for cut in cuts), len(table)] for table in rows]
    return [[(piece[part], piece[part + 1]) for piece in bounds] for part in range(parts)]


class _Keys:
    """What a table's rows are sorted by, as bisect wants it."""

    def __init__(self, table: pa.Table) -> None:
        self._count: Any = table["count"]
        self._token: Any = table["token"]

    def __len__(self) -> int:
        return len(self._count)

    def __getitem__(self, row: int) -> tuple[int, str]:
        return -self._count[row].as_py(), self._token[row].as_py()
