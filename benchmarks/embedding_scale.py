"""Vectors of up to a million documents: speed stays, and memory is what the guide's formula says.

Texts of Zipf's law over 200,000 words, 30 words a document, two passes on two threads. `octavo
embed` runs as a command, from text to vectors; the resident memory (RSS) of it and of its child
processes is summed 50 times a second, pages of mapped files included. A row's ratio is its words a
second over those of a tenth of the documents, or the formula's memory over the peak. Linux alone.
`--quick`: 10,000 and 30,000 documents, not 100,000 and a million.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from counting_memory import watch
from harness import FOLDER, MissingError, Row, keep_lines, progress, run, summary

CACHE = FOLDER.parent / "runs" / "embedding_scale"
DIFFERENT, LENGTH, SIZE, PASSES = 200_000, 30, 100, 2


def measure(quick: bool) -> dict[str, Any]:
    """A row of speed, and a row of memory a size."""
    if not Path("/proc/self/status").is_file():
        raise MissingError("memory is read from /proc, which only Linux has")
    speeds, rows = [], []
    for documents in (10_000, 30_000) if quick else (100_000, 1_000_000):
        path = keep_lines(CACHE / f"{documents}.txt", make_lines(documents))
        out = CACHE / f"vectors-{documents}"
        shutil.rmtree(out, ignore_errors=True)
        command = [str(Path(sys.executable).with_name("octavo")), "embed", str(path)]
        command += ["--segmenter", "whitespace", "--passes", str(PASSES), "--size", str(SIZE)]
        peak, seconds = watch([*command, "--workers", "2", "--out", str(out)])
        words = sum(1 for _ in (out / "vocab.txt").open(encoding="utf-8"))
        speeds.append(documents * LENGTH * PASSES / seconds)
        expected = formula(words, documents)
        progress(f"{documents:,}: {peak / 1e6:.0f} MB ({expected / 1e6:.0f}), {seconds:.1f} s")
        details = {
            "peak_megabytes": round(peak / 1e6), "formula_megabytes": round(expected / 1e6),
            "words": words, "words_per_second": round(speeds[-1]), "seconds": round(seconds, 1),
        }  # fmt: skip
        name = f"memory of {documents:,} documents: formula / peak"
        rows.append(Row(name, round(expected / peak, 3), 1.0, details))
    flat = Row(
        "words a second of ten times as many documents", round(speeds[1] / speeds[0], 3), 0.9
    )
    return summary(
        f"vectors of {DIFFERENT:,} words' Zipf texts, from 100,000 documents to a million",
        [flat],
        rows,
        unit="speed / speed, formula / peak",
        versions={"numpy": np.__version__},
    )


def formula(words: int, documents: int) -> float:
    """Bytes, as docs/embedding.md has it: interpreters; vectors and their copy to be saved."""
    return 300e6 + 8 * SIZE * (2 * words + documents) + 40 * documents + 4 * documents * LENGTH


def make_lines(documents: int) -> Iterator[str]:
    """A document a line, words by Zipf's law, drawn from one seed."""
    random = np.random.default_rng(0)
    bounds = np.cumsum(1 / np.arange(1, DIFFERENT + 1))
    for first in range(0, documents, 10_000):
        shape = (min(10_000, documents - first), LENGTH)
        ranks = np.searchsorted(bounds, random.random(shape) * bounds[-1])
        for row in ranks.tolist():
            yield " ".join(f"w{rank}" for rank in row) + "\n"


if __name__ == "__main__":
    sys.exit(run("embedding_scale", __doc__ or "", measure))
