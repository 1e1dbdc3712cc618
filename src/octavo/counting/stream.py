"""Approximate counts of streams that never end, in memory that does not grow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from octavo._interrupts import Terminated
from octavo.corpus.files import FileRange
from octavo.counting.counter import Counter
from octavo.counting.options import Options
from octavo.counting.parts import Part
from octavo.counting.table import TokenTable


def count_stream(
    options: Options,
    ranges: Sequence[FileRange],
    prefix: str,
    memory: int,
    advance: Callable[[int], None],
) -> Part:
    """Count all ranges of a corpus into one table; Ctrl-C ends it, and what was counted stands.

    So does SIGTERM, where a command is told to end by it.

    Args:
        options: how texts become tokens.
        ranges: the ranges of the corpus.
        prefix: what the run's path begins with.
        memory: how many bytes the table may take.
        advance: told the bytes read.

    Returns:
        What was counted; `error` says by how much any count may be too low.

    Raises:
        DataError: as `count_range`.
    """
    pruner = Pruner()
    counter = Counter(options, prefix, memory, careful=True, when_full=pruner.prune)
    try:
        for file_range in ranges:
            counter.add_range(file_range, advance)
            advance(file_range.size)
    except (KeyboardInterrupt, Terminated):
        pass
    part = counter.finish()
    return part._replace(tokens=part.tokens + pruner.forgotten, error=pruner.error)


class Pruner:
    """Makes room by forgetting the rarer half of a table; knows by how much counts may be too low.

    A token that is forgotten was counted at most as often as the median, so every prune adds the
    median to what any count may lack: lossy counting with a bound on memory in place of one on the
    error.

    Source: Manku and Motwani 2002, Approximate Frequency Counts over Data Streams.
    """

    def __init__(self) -> None:
        self.error = self.forgotten = 0

    def prune(self, table: TokenTable) -> None:
        """Forget tokens counted no more often than the median."""
        counts = table.counts()
        median = int(np.median(counts))
        rare = counts <= median
        self.error += median
        self.forgotten += int(counts[rare].sum())
        table.keep(~rare)
