"""Counting the words of a file, or of a pattern's, with Python's own means, awk, and octavo.

A line is a document. All read the file and keep the counts; octavo's are sorted besides.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from glob import glob
from importlib.metadata import version
from itertools import islice
from typing import Any

from worker import drop_caches, serve

BATCH = 1000  # texts, as in the article
OURS = {"rjieba": "jieba"}  # what octavo cuts with, where others take this
AWK = '{for (i = 1; i <= NF; i++) c[$i]++} END {for (w in c) print c[w] " " w}'
state: dict[str, Any] = {}


def load(way: str) -> dict[str, str]:
    """Choose the way; versions of what counts."""
    state.update(way=WAYS[way], counts=None)
    return {name: version(name) for name in ("octavo", "pyarrow", "numba", "jieba", "rjieba")}


def count(path: str, segmenter: str) -> None:
    """Count; the result stays here."""
    state["counts"] = None
    state["counts"] = state["way"](path, segmenter)


def digest() -> list[int]:
    """Words, different ones, and a sum over both; octavo leaves out words of white space alone."""
    pairs = [(w, n) for w, n in _pairs(state["counts"]) if not w.isspace()]
    mixed = sum(zlib.crc32(word.encode()) * number for word, number in pairs)
    return [sum(number for _, number in pairs), len(pairs), mixed]


def _pairs(counts: Any) -> Iterable[tuple[str, int]]:
    if isinstance(counts, dict):
        return counts.items()
    if isinstance(counts, bytes):
        lines = (line.partition(" ") for line in counts.decode().splitlines())
        return ((word, int(number)) for number, _, word in lines)
    return zip(counts["token"].to_pylist(), counts["count"].to_pylist(), strict=True)


def _segment(name: str) -> Callable[[str], list[str]]:
    if name == "whitespace":
        return str.split
    if name == "jieba":
        import jieba

        jieba.setLogLevel("ERROR")
        return jieba.lcut
    import rjieba

    return rjieba.cut


def _plain_loop(path: str, segmenter: str) -> dict[str, int]:
    """The article's loop."""
    segment = _segment(segmenter)
    tokens: dict[str, int] = {}
    for name in glob(path, recursive=True):
        with open(name, encoding="utf-8") as texts:
            for text in texts:
                for token in segment(text):
                    tokens[token] = tokens.get(token, 0) + 1
    return tokens


def _counter(path: str, segmenter: str) -> Counter[str]:
    segment = _segment(segmenter)
    tokens: Counter[str] = Counter()
    with open(path, encoding="utf-8") as texts:
        for text in texts:
            tokens.update(segment(text))
    return tokens


def _batched(path: str, segmenter: str, processes: int) -> dict[str, int]:
    """The article's second version: a small dict for every batch, merged by the parent."""
    total: dict[str, int] = {}
    with open(path, encoding="utf-8") as texts:
        tasks = ((batch, segmenter) for batch in _batches(texts))
        if processes == 1:
            for tokens in map(_count_batch, tasks):
                _add(tokens, total)
            return total
        with multiprocessing.Pool(processes) as pool:
            for tokens in pool.imap_unordered(_count_batch, tasks):
                _add(tokens, total)
    return total


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    texts = iter(texts)
    while batch := list(islice(texts, BATCH)):
        yield batch


def _count_batch(task: tuple[list[str], str]) -> dict[str, int]:
    segment = _segment(task[1])
    tokens: dict[str, int] = {}
    for text in task[0]:
        for token in segment(text):
            tokens[token] = tokens.get(token, 0) + 1
    return tokens


def _add(tokens: dict[str, int], total: dict[str, int]) -> None:
    for token, number in tokens.items():
        total[token] = total.get(token, 0) + number


def _awk(path: str, segmenter: str) -> bytes:
    assert segmenter == "whitespace"
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(
        ["awk", AWK, path], check=True, capture_output=True, env=environment
    ).stdout


def _first_octavo(path: str, segmenter: str) -> Any:
    """With the dictionary not loaded yet."""
    from octavo.segmenting import jieba

    jieba._load_tables.cache_clear()
    return _octavo(path, segmenter, 2)


def _octavo(path: str, segmenter: str, workers: int) -> Any:
    from octavo.counting import count_words

    segmenter = OURS.get(segmenter, segmenter)
    return count_words(path, segmenter, workers=workers, progress=False).table


def _read(path: str, segmenter: str) -> None:
    """Find and read files, as octavo does, and no more."""
    from octavo.corpus.files import find_files, make_ranges
    from octavo.corpus.read_ahead import read_ahead
    from octavo.counting.words import BYTEWISE_PARTS

    for file_range in make_ranges(find_files(path), BYTEWISE_PARTS):
        deque(read_ahead(file_range.paths), maxlen=0)


WAYS: dict[str, Callable[[str, str], Any]] = {
    "plain loop": _plain_loop,
    "Counter": _counter,
    "batches": lambda path, segmenter: _batched(path, segmenter, 1),
    "batches, 2 processes": lambda path, segmenter: _batched(path, segmenter, 2),
    "awk": _awk,
    "octavo": lambda path, segmenter: _octavo(path, segmenter, 1),
    "octavo, 2 workers": lambda path, segmenter: _octavo(path, segmenter, 2),
    "octavo, 2 workers, first time": _first_octavo,
    "octavo, reading alone": _read,
}

if __name__ == "__main__":
    serve(load=load, count=count, digest=digest, drop=drop_caches)
