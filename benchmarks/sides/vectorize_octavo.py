"""The words of each document by octavo; a document is a line of a file."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from vectorize_digest import digest_matrix

from octavo.counting.matrix import vectorize_files
from worker import serve

SEGMENTERS: dict[str, dict[str, Any]] = {
    "whitespace": {"segmenter": "whitespace"},
    "words": {"segmenter": r"regex:\b\w\w+\b", "lowercase": True},
}
state: dict[str, Any] = {}


def load() -> dict[str, str]:
    """Versions of what counts."""
    return {name: version(name) for name in ("octavo", "pyarrow", "numba")}


def vectorize(path: str, words: str) -> None:
    """Make the matrix; it stays here."""
    state.clear()
    state["counted"] = vectorize_files(path, **SEGMENTERS[words], progress=False)


def digest() -> list[Any]:
    """What must be the same."""
    return digest_matrix(state["counted"].matrix, state["counted"].tokens)


if __name__ == "__main__":
    serve(load=load, vectorize=vectorize, digest=digest)
