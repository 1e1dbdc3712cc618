"""Vectors of words and documents by octavo; a document is a line of a file."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from octavo.embedding import JoSE
from worker import serve


def load() -> dict[str, str]:
    """Versions of what counts."""
    return {name: version(name) for name in ("octavo", "numba", "numpy")}


def embed(path: str, out: str, threads: int, passes: int, **params: Any) -> list[int]:
    """From the file to a folder of vectors; gives how many words and documents there are."""
    model = JoSE(100, window=10, passes=passes, segmenter="whitespace", workers=threads, **params)
    model.fit_files(path, progress=False)
    model.save(out)
    return [len(model.words_), len(model.document_vectors_)]


if __name__ == "__main__":
    serve(load=load, embed=embed)
