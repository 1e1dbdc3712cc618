"""A document-term matrix of the Fudan corpus: scikit-learn's CountVectorizer / octavo, one core.

The 9,804 articles of the Fudan corpus, a line each, their words between spaces (as rjieba cuts
them): `CountVectorizer(analyzer=str.split)` and octavo's "whitespace". And 11,314 English messages
(20 newsgroups, the training part) with CountVectorizer's own words, a regular expression over text
in lower case, which octavo leaves to Python's `re` as well.

A row is a call from a file to a matrix and its tokens, in a process that is there already and has
done the same with the first 500 kB. Before a time counts, both matrices must be the same: type,
all three arrays with their types, and the tokens. `--quick`: the first 6 MB of the articles. Peer:
make_peer.py scikit-learn.
"""

from __future__ import annotations

import json
import lzma
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from counting_speedup import QUICK, SMALL, head
from harness import (
    FOLDER,
    MissingError,
    Row,
    Side,
    alternate,
    check_equal,
    compare,
    keep_lines,
    progress,
    run,
    shared_data,
    summary,
)

CACHE = FOLDER.parent / "runs" / "counting_matrix"
ROUNDS = 3
FUDAN, NEWS = "fudan/train.jsonl.xz", "20news/20news-bydate-train.jsonl.xz"


def measure(quick: bool) -> dict[str, Any]:
    """The rows of both corpora."""
    versions: dict[str, str] = {}
    articles, news = _make_file("articles", FUDAN, _cut), _make_file("news", NEWS, str)
    articles = head(articles, QUICK) if quick else articles
    first = _measure("articles, whitespace", articles, "whitespace", 5.0, versions)
    other = _measure("English messages, CountVectorizer's words", news, "words", None, versions)
    return summary(
        f"a document-term matrix of {articles.stat().st_size / 1e6:.0f} MB of words between "
        "spaces on one core: CountVectorizer / octavo",
        [first],
        [other],
        unit="peer's seconds / octavo's",
        versions=versions,
    )


def _measure(
    name: str, path: Path, words: str, target: float | None, versions: dict[str, str]
) -> Row:
    with (
        Side("vectorize_sklearn.py", "scikit-learn", threads=1) as theirs,
        Side("vectorize_octavo.py", threads=1) as ours,
    ):
        sides = {"CountVectorizer": theirs, "octavo": ours}
        for side in sides.values():
            versions |= side.call("load")
        progress(f"{name}: {', '.join(sides)}")
        warm_up = {side: {"path": str(head(path, SMALL))} for side in sides}
        _, times = alternate(
            sides, "vectorize", ROUNDS, warm_up=warm_up, path=str(path), words=words
        )
        digests = [side.call("digest") for side in sides.values()]
    check_equal(f"matrices of {name}", *digests)
    for side, spent in times.items():
        progress(f"  {side}: {spent.median:.2f} s of {', '.join(f'{s:.2f}' for s in spent.rounds)}")
    _, (documents, tokens), cells, *_ = digests[0]
    details = {"documents": documents, "tokens": tokens, "cells": cells}
    return compare(name, times["CountVectorizer"], times["octavo"], target, **details)


def _make_file(name: str, corpus: str, change: Callable[[str], str]) -> Path:
    """A document a line; kept for the next run."""
    texts = _texts(shared_data(corpus))
    return keep_lines(
        CACHE / f"{name}.txt", (" ".join(change(text).split()) + "\n" for text in texts)
    )


def _texts(path: Path) -> Iterator[str]:
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def _cut(text: str) -> str:
    try:
        import rjieba
    except ModuleNotFoundError:
        raise MissingError("rjieba is missing: make setup installs it") from None
    return " ".join(rjieba.cut(text))


if __name__ == "__main__":
    sys.exit(run("counting_matrix", __doc__ or "", measure))
