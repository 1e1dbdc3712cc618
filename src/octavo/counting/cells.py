"""Cells of a document-term matrix, as a table counts them: document after document."""

from __future__ import annotations

from collections import deque

import numpy as np

Scratch = tuple[np.ndarray, np.ndarray, np.ndarray]
NO_CELLS: Scratch = (np.empty((0, 2), np.int32), np.empty(0, np.int32), np.empty(0, np.int64))
CELL_BYTES = 8 + 12  # as it is kept here, and in the matrix
MOST_OF_32_BITS = (1 << 31) - 1


class Cells:
    """Takes cells, and gives them as the arrays of a matrix in compressed sparse rows.

    Attributes:
        documents: how many documents' cells it has.

    Example:
        >>> cells = Cells()
        >>> scratch, _, sizes = cells.make_room(grams=3, documents=2, entries=9)
        >>> scratch[:], sizes[:] = [[5, 1], [7, 2], [5, 4]], [2, 1]  # entries and their counts
        >>> cells.keep(3)
        60
        >>> columns = np.full(9, -1)
        >>> columns[5] = 0
        >>> [array.tolist() for array in cells.to_rows(columns, total=2)]
        [[1, 4], [0, 0], [0, 1, 2]]
    """

    def __init__(self) -> None:
        self._scratch, self._places, self._sizes = NO_CELLS
        self._kept: deque[tuple[np.ndarray, np.ndarray]] = deque()
        self.documents = 0

    def make_room(self, grams: int, documents: int, entries: int) -> Scratch:
        """The arrays `cells`, `places` and `sizes` that `kernels.count_spans` writes.

        Args:
            grams: how many cells there may be.
            documents: how many documents are to be counted.
            entries: how many the table may have.
        """
        if len(self._scratch) < grams:
            self._scratch = np.empty((grams, 2), np.int32)
        if len(self._places) < entries:  # what was written is of other documents
            self._places = np.empty(entries, np.int32)
        self._sizes = np.zeros(documents, np.int64)
        return self._scratch, self._places, self._sizes

    def keep(self, filled: int) -> int:
        """Keep the cells that were written; says how many bytes they take, here and as a matrix."""
        self._kept.append((self._scratch[:filled].copy(), self._sizes))
        self.documents += len(self._sizes)
        return filled * CELL_BYTES

    def to_rows(self, columns: np.ndarray, total: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The arrays of the matrix; no cell is kept here any more.

        Args:
            columns: int64 (entries,), the column of each entry, -1 for one that is left out.
            total: how many cells are not left out.

        Returns:
            Counts, int64 (total,); their columns, (total,), not sorted; and where each row begins
            and the last one ends, (documents + 1,); both int32, or int64 if that is too small.
        """
        index = np.int32 if total <= MOST_OF_32_BITS else np.int64
        data, indices = np.empty(total, np.int64), np.empty(total, index)
        bounds = np.zeros(self.documents + 1, index)
        at = row = 0
        while self._kept:
            cells, sizes = self._kept.popleft()
            found = columns[cells[:, 0]]
            inside = found >= 0
            ends = np.append(0, np.cumsum(inside))[np.cumsum(sizes)]
            end = at + int(np.count_nonzero(inside))
            indices[at:end], data[at:end] = found[inside], cells[inside, 1]
            bounds[row + 1 : row + 1 + len(sizes)] = at + ends
            at, row = end, row + len(sizes)
        return data, indices, bounds
