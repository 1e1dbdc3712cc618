"""Counting 10 million different words under --memory 500MB: peak memory of all processes, exact.

20 million words, each of 10 million once, twice or thrice, in random order. `octavo count` runs as
a command; the resident memory (RSS) of it and of all its child processes is summed 50 times a
second. That includes interpreters, libraries, and pages of files that are mapped (the result).
The counts must be those the file was made with, every one. A row's ratio is 1.2 GB over the peak:
above 1 is below 1.2 GB. For information: the peak of a Python dict. Linux alone. `--quick`: 300,000
words under 100MB.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from harness import FOLDER, MissingError, Row, check_equal, keep_lines, progress, run, summary

LIMIT = 1.2e9  # bytes
CACHE = FOLDER.parent / "runs" / "counting_memory"
FACTOR = 0x9E3779B97F4A7C15  # odd: another 64 bits for each number, and back by its inverse
DICT = """
import sys
tokens = {}
with open(sys.argv[1], encoding="utf-8") as texts:
    for text in texts:
        for token in text.split():
            tokens[token] = tokens.get(token, 0) + 1
print(len(tokens))
"""


def measure(quick: bool) -> dict[str, Any]:
    """Peaks with one worker and with two, and of a dict."""
    if not Path("/proc/self/status").is_file():
        raise MissingError("memory is read from /proc, which only Linux has")
    different, memory = (300_000, "100MB") if quick else (10_000_000, "500MB")
    path = keep_lines(CACHE / f"{different}.txt", _make_lines(different))
    rows = []
    for workers in (1, 2) if not quick else (1,):
        out = CACHE / "counts.parquet"
        out.unlink(missing_ok=True)
        command = [str(Path(sys.executable).with_name("octavo")), "count", str(path)]
        command += ["--segmenter", "whitespace", "--memory", memory, "--workers", str(workers)]
        peak, seconds = watch([*command, "--out", str(out)])
        _check(out, different)
        rows.append(_row(f"{workers} worker{'s' * (workers > 1)}", peak, seconds, 1.0))
    peak, seconds = watch([sys.executable, "-c", DICT, str(path)])
    rows.append(_row("a Python dict", peak, seconds, None))
    return summary(
        f"counting {different / 1e6:g} million different words under --memory {memory}: "
        "1.2 GB / peak memory of all processes",
        rows[:-1],
        rows[-1:],
        unit="1.2 GB / peak RSS",
        versions={"numpy": np.__version__},
    )


def _row(name: str, peak: int, seconds: float, target: float | None) -> Row:
    progress(f"{name}: {peak / 1e6:.0f} MB, {seconds:.1f} s")
    details = {"peak_megabytes": round(peak / 1e6), "seconds": round(seconds, 1)}
    return Row(name, round(LIMIT / peak, 3), target, details)


def _make_lines(different: int) -> Iterator[str]:
    """Number i, mixed and in hexadecimal, 1 + i % 3 times; ten words a line."""
    numbers = np.arange(different, dtype=np.uint64)
    every = np.random.default_rng(0).permutation(
        np.repeat(numbers, 1 + (numbers % 3).astype(np.int64))
    )
    for start in range(0, len(every), 1_000_000):
        words = [f"{word:x}" for word in (every[start : start + 1_000_000] * FACTOR).tolist()]
        for at in range(0, len(words), 10):
            yield " ".join(words[at : at + 10]) + "\n"


def _check(path: Path, different: int) -> None:
    """Raise DifferenceError unless every word has its count."""
    import pyarrow.parquet as pq

    inverse, seen = pow(FACTOR, -1, 1 << 64), np.zeros(different, bool)
    for batch in pq.ParquetFile(path).iter_batches():
        words = [int(word, 16) for word in batch.column("token").to_pylist()]
        numbers = np.array(words, np.uint64) * np.uint64(inverse)
        check_equal("a count", bool((numbers < different).all()), True)
        wrong = batch.column("count").to_numpy() != 1 + numbers % np.uint64(3)
        check_equal("wrong counts", int(wrong.sum()), 0)
        seen[numbers.astype(np.int64)] = True
    check_equal("words found", int(seen.sum()), different)


def watch(command: list[str]) -> tuple[int, float]:
    """Peak of the summed resident memory of a command and its children, and the seconds it took."""
    start, peak = time.perf_counter(), 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        peak = max(peak, sum(map(_resident, _family(process.pid))))
        time.sleep(0.02)
    check_equal(f"exit code of {command[0]}", process.returncode, 0)
    return peak, time.perf_counter() - start


def _family(process: int) -> Iterator[int]:
    yield process
    try:
        threads = os.listdir(f"/proc/{process}/task")
        children = [Path(f"/proc/{process}/task/{thread}/children") for thread in threads]
        found = [int(child) for path in children for child in path.read_text().split()]
    except OSError:  # it has ended
        return
    for child in found:
        yield from _family(child)


def _resident(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS")), 0)


if __name__ == "__main__":
    sys.exit(run("counting_memory", __doc__ or "", measure))
