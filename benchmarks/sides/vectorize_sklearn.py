"""The words of each document by scikit-learn's CountVectorizer; a document is a line of a file."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from sklearn.feature_extraction.text import CountVectorizer
from vectorize_digest import digest_matrix

from worker import serve

ANALYZERS: dict[str, dict[str, Any]] = {
    "whitespace": {"analyzer": str.split},
    "words": {},  # its defaults: two letters or more, lower case
}
state: dict[str, Any] = {}


def load() -> dict[str, str]:
    """Versions of what counts."""
    return {name: version(name) for name in ("scikit-learn", "scipy", "numpy")}


def vectorize(path: str, words: str) -> None:
    """Make the matrix; it stays here."""
    state.clear()
    vectorizer = CountVectorizer(**ANALYZERS[words])
    with open(path, encoding="utf-8", newline="\n") as lines:
        state["matrix"] = vectorizer.fit_transform(lines)
    state["tokens"] = vectorizer.get_feature_names_out()


def digest() -> list[Any]:
    """What must be the same."""
    return digest_matrix(state["matrix"], state["tokens"])


if __name__ == "__main__":
    serve(load=load, vectorize=vectorize, digest=digest)
