"""Counting the words of a file, or of a pattern's, between spaces, with duckdb and polars."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from worker import drop_caches, serve

# a line is a column: no line has this character
NONE = "\x1f"
QUERY = """
    SELECT word, count(*) FROM (
        SELECT unnest(string_split(line, ' ')) AS word
        FROM read_csv(?, columns = {'line': 'VARCHAR'}, header = false, delim = '\x1f', quote = '',
                      escape = '', max_line_size = 100000000, auto_detect = false)
    ) WHERE word <> '' GROUP BY word
"""
state: dict[str, Any] = {}


def load(way: str) -> dict[str, str]:
    """Choose the way; versions of what counts."""
    state.update(way=WAYS[way], counts=None)
    return {name: version(name) for name in ("duckdb", "polars")}


def count(path: str, segmenter: str) -> None:
    """Count; the result stays here."""
    assert segmenter == "whitespace"
    state["counts"] = None
    state["counts"] = state["way"](path)


def digest() -> list[int]:
    """Words, different ones, and a sum over both."""
    pairs = state["counts"]
    mixed = sum(zlib.crc32(word.encode()) * number for word, number in pairs)
    return [sum(number for _, number in pairs), len(pairs), mixed]


def _duckdb(path: str) -> list[tuple[str, int]]:
    import duckdb

    with duckdb.connect(config={"threads": os.environ["OMP_NUM_THREADS"]}) as connection:
        return connection.execute(QUERY, [path]).fetchall()


def _polars(path: str) -> list[tuple[str, int]]:
    import polars

    lines = polars.scan_csv(
        path, has_header=False, separator=NONE, quote_char=None, new_columns=["line"]
    )
    words = lines.select(polars.col("line").str.split(" ").explode().alias("word"))
    counts = words.filter(polars.col("word") != "").group_by("word").len()
    return counts.collect(engine="streaming").rows()


WAYS: dict[str, Callable[[str], Any]] = {"duckdb": _duckdb, "polars": _polars}

if __name__ == "__main__":
    serve(load=load, count=count, digest=digest, drop=drop_caches)
