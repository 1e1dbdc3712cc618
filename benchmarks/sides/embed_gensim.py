"""Vectors of words and documents by gensim's Doc2Vec (dbow_words), from a file, its fastest way."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
from gensim.models.doc2vec import Doc2Vec

from worker import serve


def load() -> dict[str, str]:
    """Versions of what counts."""
    return {"gensim": version("gensim")}


def embed(path: str, out: str, threads: int, passes: int, seed: int = 0) -> list[int]:
    """From the file to a saved model; gives how many words and documents there are."""
    model = Doc2Vec(
        corpus_file=path, dm=0, dbow_words=1, vector_size=100, window=10, negative=2, sample=1e-3,
        min_count=5, epochs=passes, workers=threads, seed=seed,
    )  # fmt: skip
    model.save(out)
    return [len(model.wv), len(model.dv)]


def export(path: str, words: str, documents: str) -> None:
    """Write the vectors of a saved model: words in word2vec's binary form, documents as .npy."""
    model = Doc2Vec.load(path)
    model.wv.save_word2vec_format(words, binary=True)
    np.save(documents, model.dv.vectors)


if __name__ == "__main__":
    serve(load=load, embed=embed, export=export)
