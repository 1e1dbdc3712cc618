"""Counting the tokens of a file in one of several ways, each in a process of its own.

A line is a text, its tokens stand between single spaces. All ways but octavo's begin with the texts
as strings in memory; octavo reads the file. What counts is imported where it is needed, so that the
dicts are alone in their processes.
"""

from __future__ import annotations

import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from worker import serve

BATCH = 1000  # texts, as in the article
TOP_LEVEL = """
for text in texts:
    for token in text.split(" "):
        tokens[token] = tokens.get(token, 0) + 1
"""
state: dict[str, Any] = {}


def load(path: str, way: str) -> dict[str, str]:
    """Read the texts; the versions of what counts them."""
    texts = [] if way == "octavo" else Path(path).read_text(encoding="utf-8").splitlines()
    state.update(path=path, texts=texts, way=WAYS[way], counts=None)
    return {name: version(name) for name in ("octavo", "pyarrow", "numba")}


def forget() -> None:
    """Free the last result."""
    state["counts"] = None


def count() -> None:
    """Count; the result stays here."""
    state["counts"] = state["way"]()


def digest() -> list[int]:
    """Tokens, different ones, and a sum over both that no order changes."""
    pairs = list(_pairs(state["counts"]))
    mixed = sum(zlib.crc32(token.encode()) * number for token, number in pairs)
    return [sum(number for _, number in pairs), len(pairs), mixed]


def entry_bytes() -> float:
    """Memory of a dict's entry: its place in the table, and the string."""
    counts = state["counts"]
    return (sys.getsizeof(counts) + sum(map(sys.getsizeof, counts))) / len(counts)


def _pairs(counts: Any) -> Iterator[tuple[str, int]]:
    if isinstance(counts, dict):
        return iter(counts.items())
    return zip(counts["token"].to_pylist(), counts["count"].to_pylist(), strict=True)


def _cut() -> dict[str, int]:
    """What every loop does before it counts."""
    for text in state["texts"]:
        for _ in text.split(" "):
            pass
    return {}


def _one_dict() -> dict[str, int]:
    """The article's loop."""
    tokens: dict[str, int] = {}
    for text in state["texts"]:
        for token in text.split(" "):
            tokens[token] = tokens.get(token, 0) + 1
    return tokens


def _top_level() -> dict[str, int]:
    """The article's loop where a script has it, outside of any function."""
    names: dict[str, Any] = {"texts": state["texts"], "tokens": {}}
    exec(compile(TOP_LEVEL, "script", "exec"), names)
    return names["tokens"]


def _small_dicts(batch: int) -> dict[str, int]:
    """The article's batches: a small dict each, added to one for all."""
    total: dict[str, int] = {}
    for start in range(0, len(state["texts"]), batch):
        tokens: dict[str, int] = {}
        for text in state["texts"][start : start + batch]:
            for token in text.split(" "):
                tokens[token] = tokens.get(token, 0) + 1
        for token, number in tokens.items():
            total[token] = total.get(token, 0) + number
    return total


def _counter() -> Counter[str]:
    tokens: Counter[str] = Counter()
    for text in state["texts"]:
        tokens.update(text.split(" "))
    return tokens


def _arrow() -> Any:
    """Arrow counts a batch, and sums the batches at the end."""
    import pyarrow as pa

    parts = []
    for start in range(0, len(state["texts"]), BATCH):
        batch = state["texts"][start : start + BATCH]
        tokens = pa.array([t for text in batch for t in text.split(" ")], pa.large_string())
        parts.append(pa.Table.from_arrays(tokens.value_counts().flatten(), ["token", "count"]))
    sums = pa.concat_tables(parts).group_by("token").aggregate([("count", "sum")])
    return sums.rename_columns(["token", "count"])


def _octavo() -> Any:
    """Files in, a table in order out."""
    from octavo.counting import count_words

    return count_words(state["path"], "whitespace", progress=False).table


WAYS: dict[str, Callable[[], Any]] = {
    "cut": _cut,
    "one dict": _one_dict,
    "top level": _top_level,
    "small dicts": lambda: _small_dicts(BATCH),
    "smaller dicts": lambda: _small_dicts(BATCH // 10),
    "Counter": _counter,
    "Arrow": _arrow,
    "octavo": _octavo,
}

if __name__ == "__main__":
    serve(load=load, forget=forget, count=count, digest=digest, entry_bytes=entry_bytes)
