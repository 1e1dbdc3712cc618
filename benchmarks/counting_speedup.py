"""Counting the words of 140 MB of Chinese text: the plain loop, the article's batches, other tools.

The Fudan corpus as lines of text. Its words: one Python dict with rjieba, the fastest jieba there
is to install, the article's (kexue.fm/archives/7031) small dict for every 1,000 texts, in one
process and in two, octavo with one worker and with two, which cuts by itself. Then the same words,
already cut, between spaces: the same, Counter, awk, and duckdb and polars with one thread and with
two.

A row is a call from a file to its counts, in a process that is there already and has counted a
small file (with "first time", octavo loads its dictionary again); octavo counts documents and sorts
besides. Before a time counts, all counts must be equal, leaving out words of white space alone,
which octavo does. Of the words that octavo cuts it is those of a loop with jieba itself, over the
first 6 MB, that must be equal; rjieba cuts some Latin words otherwise, the rows say how many.
`--quick`: the first 6 MB. Peer: make_peer.py tables.
"""

from __future__ import annotations

import json
import lzma
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from harness import (
    FOLDER,
    MissingError,
    Row,
    Side,
    Times,
    alternate,
    check_equal,
    compare,
    keep_lines,
    progress,
    run,
    shared_data,
    summary,
)

CACHE = FOLDER.parent / "runs" / "counting_speedup"
QUICK = 6_000_000  # bytes
SMALL = 500_000  # of a warm-up
ROUNDS = 3

# of each row: the way it is measured against, octavo's, and the target
BY_RJIEBA = (
    ("plain loop", "octavo, 2 workers", 2.2),
    ("plain loop", "octavo", None),
    ("plain loop", "octavo, 2 workers, first time", None),
    ("octavo", "octavo, 2 workers", None),
    ("batches", "octavo", None),
    ("batches, 2 processes", "octavo, 2 workers", None),
)
BY_JIEBA = (("plain loop", "octavo", None),)
BY_SPACES = (
    ("plain loop", "octavo", 5.0),
    ("plain loop", "octavo, 2 workers", 9.0),
    ("awk", "octavo", 1.0),
    ("duckdb", "octavo", 1.0),
    ("polars", "octavo", 1.0),
    ("duckdb, 2 threads", "octavo, 2 workers", 1.0),
    ("polars, 2 threads", "octavo, 2 workers", 1.0),
    ("Counter", "octavo", None),
    ("batches", "octavo", None),
    ("batches, 2 processes", "octavo, 2 workers", None),
    ("octavo", "octavo, 2 workers", None),
)


def measure(quick: bool) -> dict[str, Any]:
    """The rows of both ways to cut."""
    versions: dict[str, str] = {}
    text, words = make_files(quick)
    by_jieba = _measure("jieba", head(text, QUICK), BY_JIEBA, versions)
    by_rjieba = _measure("rjieba", text, BY_RJIEBA, versions)
    by_spaces = _measure("whitespace", words, BY_SPACES, versions)
    return summary(
        f"counting {text.stat().st_size / 1e6:.0f} MB of Chinese text: "
        "a plain loop with rjieba / octavo on 2 cores",
        by_rjieba[:1],
        [*by_rjieba[1:], *by_jieba, *by_spaces],
        unit="peer's seconds / octavo's",
        versions=versions,
    )


def _measure(
    segmenter: str,
    path: Path,
    pairs: Sequence[tuple[str, str, float | None]],
    versions: dict[str, str],
) -> list[Row]:
    small = head(path, SMALL)
    ways = list(dict.fromkeys(way for pair in pairs for way in pair[:2]))
    with ExitStack() as stack:
        sides = {way: stack.enter_context(start(way)) for way in ways}
        for way, side in sides.items():
            versions |= side.call("load", way=way.removesuffix(", 2 threads"))
        warm_up = {way: {"path": str(small)} for way in ways}
        progress(f"{segmenter}: {', '.join(ways)}")
        _, times = alternate(
            sides, "count", ROUNDS, warm_up=warm_up, path=str(path), segmenter=segmenter
        )
        digests = {way: side.call("digest") for way, side in sides.items()}
    for way, digest in digests.items():
        own = segmenter == "rjieba" and not way.startswith("octavo")
        check_equal(f"counts of {way}", digest, digests["plain loop" if own else "octavo"])
    for way, spent in times.items():
        progress(f"  {way}: {spent.median:.2f} s of {', '.join(f'{s:.2f}' for s in spent.rounds)}")
    return [_row(segmenter, *pair, times, digests) for pair in pairs]


def _row(
    segmenter: str,
    theirs: str,
    ours: str,
    target: float | None,
    times: dict[str, Times],
    digests: dict[str, Any],
) -> Row:
    words, different, _ = digests[ours]
    details = {"words": words, "different": different, "words_of_other": digests[theirs][0]}
    name = f"{segmenter}: {theirs} / {ours}"
    return compare(name, times[theirs], times[ours], target, **details)


def start(way: str) -> Side:
    threads = 2 if ", 2 " in way else 1
    if way.startswith(("duckdb", "polars")):
        return Side("count_tables.py", "tables", threads)
    return Side("count_words.py", threads=threads)


def make_files(quick: bool = False) -> tuple[Path, Path]:
    """The corpus as lines, and its words between spaces; kept for the next run."""
    text, words = CACHE / "text.txt", CACHE / "words.txt"
    if not words.is_file():
        keep_lines(text, _lines(shared_data("fudan/train.jsonl.xz")))
        with open(text, encoding="utf-8") as lines:
            keep_lines(words, map(_cut, lines))
    return (head(text, QUICK), head(words, QUICK)) if quick else (text, words)


def _lines(path: Path) -> Iterable[str]:
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"] + "\n"


def _cut(line: str) -> str:
    try:
        import rjieba
    except ModuleNotFoundError:
        raise MissingError("rjieba is missing: make setup installs it") from None
    return " ".join(word for word in rjieba.cut(line) if not word.isspace()) + "\n"


def head(path: Path, size: int) -> Path:
    """The first lines of a file, of about so many bytes."""
    head = path.with_name(f"{path.stem}-{size}.txt")
    with open(path, "rb") as file:
        head.write_bytes(file.read(size) + file.readline())
    return head


if __name__ == "__main__":
    sys.exit(run("counting_speedup", __doc__ or "", measure))
