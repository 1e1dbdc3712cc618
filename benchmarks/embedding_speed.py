"""Vectors of 20 Newsgroups: the authors' JoSE program, gensim's Doc2Vec / octavo, end to end.

From a file of text to saved vectors, the same words, pairs and hinges, as the authors published
them: size 100, window 10, 2 negatives, sample 1e-3, words of 5 times or more, on one thread and on
two. octavo's own defaults are a row for information. Counting and numbering the words
is in every time. The program (Apache-2.0, C, of yumeng5/Spherical-Text-Embedding) is built by hand,
once as its makefile has it and once with -Ofast, and named by JOSE and JOSE_OFAST in the
environment; rows of one that is not there are left out.

Before a time counts, all must have found the same words and documents. `--quick`: 500 messages.
Peer: make_peer.py gensim.
"""

from __future__ import annotations

import json
import lzma
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from harness import (
    FOLDER,
    Row,
    Side,
    Times,
    check_equal,
    compare,
    keep_lines,
    progress,
    run,
    shared_data,
    summary,
)

CACHE = FOLDER.parent / "runs" / "embedding_speed"
NEWS = "20news/20news-bydate-train.jsonl.xz"
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|[0-9]+")
DOCUMENTS, QUICK_DOCUMENTS = 3000, 500
PASSES, ROUNDS = 2, 3
PROGRAMS = {"JOSE": ("the program as shipped", 8.0), "JOSE_OFAST": ("the program, -Ofast", 5.0)}
GENSIM = ("gensim Doc2Vec", 2.5)
DEFAULTS = "octavo's defaults"
PUBLISHED = {
    "objective": "hinges", "margin": 0.15, "cosine_factor": True, "shared_negatives": False,
    "document_vectors": "trained",
}  # fmt: skip
START = (
    "from octavo.embedding import JoSE; "
    "JoSE(4, passes=1, min_count=1, segmenter='whitespace').fit(['to be'], progress=False)"
)


def measure(quick: bool) -> dict[str, Any]:
    """Rows of one thread and of two, and how long a process takes to begin."""
    documents = QUICK_DOCUMENTS if quick else DOCUMENTS
    path = keep_lines(CACHE / f"news-{documents}.txt", make_lines(documents))
    words = len(path.read_text("utf-8").split())
    rows: list[Row] = []
    versions: dict[str, str] = {}
    for threads in (1, 2):
        rows += measure_threads(path, words, threads, 1 if quick else ROUNDS, versions)
    headline = [row for row in rows if row.name.startswith(PROGRAMS["JOSE"][0])]
    start = measure_start()
    rest = [row for row in rows if row not in headline]
    return summary(
        f"vectors of {words:,} words in {PASSES} passes, from text to file: peer / octavo",
        headline or rest,
        [*(rest if headline else []), start],
        unit="peer's seconds / octavo's",
        versions=versions,
    )


def measure_threads(
    path: Path, words: int, threads: int, rounds: int, versions: dict[str, str]
) -> list[Row]:
    """One row a peer."""
    with ExitStack() as stack, TemporaryDirectory() as folder:
        arguments = {"path": str(path), "threads": threads, "passes": PASSES}
        sides = {"octavo": Side("embed_octavo.py", threads=threads)}
        sides[DEFAULTS] = Side("embed_octavo.py", threads=threads)
        sides[GENSIM[0]] = Side("embed_gensim.py", "gensim", threads=threads)
        targets: dict[str, float | None] = {GENSIM[0]: GENSIM[1], DEFAULTS: None}
        extra: dict[str, dict[str, Any]] = {"octavo": PUBLISHED}
        for variable, (name, target) in PROGRAMS.items():
            if program := os.environ.get(variable):
                sides[name] = Side("embed_program.py", threads=threads)
                targets[name], extra[name] = target, {"program": program}
            else:
                progress(f"{variable} names no program: no row of {name}")
        for side in sides.values():
            versions |= stack.enter_context(side).call("load")
        seconds: dict[str, list[float]] = {name: [] for name in sides}
        for turn in range(1 + rounds):
            found = {}
            for number, (name, side) in enumerate(sides.items()):
                out = f"{folder}/{turn}-{number}"
                found[name], spent = side.timed(
                    "embed", out=out, **arguments, **extra.get(name, {})
                )
                seconds[name].append(spent)
            for name, sizes in found.items():
                check_equal(f"words and documents of {name}", sizes, found["octavo"])
    times = {name: Times(spent[0], tuple(spent[1:])) for name, spent in seconds.items()}
    for name, spent in times.items():
        speed = words * PASSES / spent.median / 1000
        progress(f"  {threads} threads, {name}: {spent.median:.2f} s, {speed:.0f}k words/s")
    ours = times.pop("octavo")
    return [
        compare(
            f"{name}, {threads} thread{'s' * (threads > 1)}",
            spent,
            ours,
            targets[name],
            peer_words_per_second=round(words * PASSES / spent.median),
            our_words_per_second=round(words * PASSES / ours.median),
        )
        for name, spent in times.items()
    ]


def measure_start() -> Row:
    """A process that learns from two words, with what was compiled in the cache."""
    seconds = []
    for _ in range(4):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", START], check=True)
        seconds.append(time.perf_counter() - started)
    spent = median(seconds[1:])
    progress(f"  a process begins in {spent:.2f} s")
    return Row("1 second / a second process' first vectors", round(1 / spent, 3), 1.0)


def make_lines(documents: int) -> Iterator[str]:
    """A message a line, words in lower case between spaces."""
    with lzma.open(shared_data(NEWS), "rt", encoding="utf-8") as lines:
        for line in islice(lines, documents):
            yield " ".join(WORD.findall(json.loads(line)["text"].lower())) + "\n"


if __name__ == "__main__":
    sys.exit(run("embedding_speed", __doc__ or "", measure))
