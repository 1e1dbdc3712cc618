"""Which of the counted tokens are kept."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from octavo._checks import check_whole
from octavo.errors import UsageError


class Kept:
    """Which of the counted tokens are kept.

    Args:
        min_count: the least count of a token that is kept.
        top: how many of the most frequent tokens are kept; None for all.
        stop_words: words to leave out.

    Attributes:
        types: how many tokens there were in the tables filtered so far.

    Raises:
        UsageError: if an argument is impossible.

    Example:
        >>> table = pa.table({"token": ["a", "b", "the"], "count": [1, 2, 9]})
        >>> Kept(min_count=2, top=None, stop_words=["the"]).filter(table)["token"].to_pylist()
        ['b']
    """

    def __init__(self, min_count: int, top: int | None, stop_words: Iterable[str]) -> None:
        self._min_count = check_whole("min_count", min_count, 1)
        self.top = None if top is None else check_whole("top", top, 1)
        if isinstance(stop_words, str):
            raise UsageError(
                f"stop_words must be words, not a string. Received: stop_words={stop_words!r}"
            )
        self._stop_words = pa.array(list(stop_words), pa.large_string())
        self.types = 0

    def filter(self, table: pa.Table) -> pa.Table:
        """Those of a table; also counts how many there were."""
        self.types += len(table)
        if self._min_count > 1:
            table = table.filter(pc.field("count") >= self._min_count)
        if len(self._stop_words):
            table = table.filter(pc.invert(pc.is_in(table["token"], value_set=self._stop_words)))
        return table
