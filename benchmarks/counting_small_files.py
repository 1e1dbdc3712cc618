"""Counting a folder of 50,000 files of 3 KB: how many a second, and how much of it is reading.

The 27.7 million words of counting_speedup, cut into files, 500 a folder. The plain loop, duckdb and
polars read the same pattern; all counts must be equal before a time counts. Then the same again
with the system's cache of files emptied before every call, which needs Linux and root (left out
otherwise). The share of reading is the time of finding and reading all files, as counting does,
over the time of counting them. `--quick`: 2,000 files. Peer: make_peer.py tables.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from counting_speedup import CACHE, SMALL, head, make_files, start
from harness import Row, Times, alternate, check_equal, compare, progress, run, summary

FILES, QUICK = 50_000, 2_000
BYTES = 3_200  # of a file, about
FOLDER = 500  # files in one
ROUNDS = 3
DROP = Path("/proc/sys/vm/drop_caches")

PEERS = ("plain loop", "duckdb", "polars", "duckdb, 2 threads", "polars, 2 threads")
OURS = ("octavo", "octavo, 2 workers", "octavo, reading alone")
PAIRS = (
    ("plain loop", "octavo"),
    ("plain loop", "octavo, 2 workers"),
    ("duckdb", "octavo"),
    ("polars", "octavo"),
    ("duckdb, 2 threads", "octavo, 2 workers"),
    ("polars, 2 threads", "octavo, 2 workers"),
)


def measure(quick: bool) -> dict[str, Any]:
    """Rows with files in the system's cache, and without."""
    files = QUICK if quick else FILES
    folder = _make_folder(files)
    versions: dict[str, str] = {}
    warm = _measure("cached", folder, files, versions)
    cold = []
    if os.access(DROP, os.W_OK):
        cold = _measure("not cached", folder, files, versions, before="drop")
    return summary(
        f"counting the words of {files:,} small files: a plain loop / octavo",
        warm[:1],
        [*warm[1:], *cold],
        unit="peer's seconds / octavo's",
        versions=versions,
    )


def _measure(
    state: str, folder: Path, files: int, versions: dict[str, str], before: str | None = None
) -> list[Row]:
    pattern = str(folder / "**" / "*.txt")
    with ExitStack() as stack:
        sides = {way: stack.enter_context(start(way)) for way in (*PEERS, *OURS)}
        for way, side in sides.items():
            versions |= side.call("load", way=way.removesuffix(", 2 threads"))
        small = str(head(make_files()[1], SMALL))
        warm_up = {way: {"path": small} for way in sides}
        progress(f"{state}: {', '.join(sides)}")
        _, times = alternate(
            sides, "count", ROUNDS, warm_up=warm_up, before=before, path=pattern,
            segmenter="whitespace",
        )  # fmt: skip
        digests = {way: sides[way].call("digest") for way in (*PEERS, *OURS[:2])}
    for way, digest in digests.items():
        check_equal(f"counts of {way}", digest, digests["octavo"])
    for way, spent in times.items():
        progress(f"  {way}: {spent.median:.2f} s of {', '.join(f'{s:.2f}' for s in spent.rounds)}")
    rows = [_row(state, *pair, times, files) for pair in PAIRS]
    reading = times["octavo, reading alone"].median / times["octavo"].median
    return [*rows, Row(f"{state}: octavo reading / octavo counting", round(reading, 3), None)]


def _row(state: str, theirs: str, ours: str, times: dict[str, Times], files: int) -> Row:
    details = {"files_per_second": round(files / times[ours].median)}
    return compare(f"{state}: {theirs} / {ours}", times[theirs], times[ours], None, **details)


def _make_folder(files: int) -> Path:
    """Files of whole words, made once."""
    folder = CACHE.parent / "counting_small_files" / str(files)
    if folder.is_dir():
        return folder
    words = make_files()[1].read_bytes()
    beside = folder.with_name(f"{files}.part")
    progress("making the files")
    at = 0
    for number in range(files):
        if number % FOLDER == 0:
            place = beside / f"{number // FOLDER:03}"
            place.mkdir(parents=True, exist_ok=True)
        end = words.find(b" ", at + BYTES) + 1
        (place / f"{number:05}.txt").write_bytes(words[at:end] + b"\n")
        at = end
    return beside.rename(folder)


if __name__ == "__main__":
    sys.exit(run("counting_small_files", __doc__ or "", measure))
