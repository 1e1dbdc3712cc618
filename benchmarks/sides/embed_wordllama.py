"""Vectors of documents as means of ready-made vectors of their tokens, by wordllama.

Its package holds the vectors, 256 numbers a token, learned elsewhere from far more English text.
"""

from __future__ import annotations

from collections import Counter
from importlib.metadata import version
from pathlib import Path

import numpy as np
import wordllama

from worker import serve


def load() -> dict[str, str]:
    """Versions of what counts."""
    return {"wordllama": version("wordllama")}


def embed(path: str, out: str) -> list[int]:
    """Write OUT.npy, documents, OUT-words.npy and OUT-words.vocab.txt, words of 5 times or more."""
    folder = Path(wordllama.__file__).parent  # else its tokenizer is downloaded
    model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)
    texts = Path(path).read_text("utf-8").removesuffix("\n").split("\n")
    counts = Counter(word for text in texts for word in text.split())
    words = [word for word, count in counts.items() if count >= 5]
    Path(f"{out}-words.vocab.txt").write_text("".join(f"{word}\n" for word in words), "utf-8")
    for file, named in ((f"{out}-words.npy", words), (f"{out}.npy", texts)):
        np.save(file, np.asarray(model.embed(named), np.float32))
    return [len(words), len(texts)]


if __name__ == "__main__":
    serve(load=load, embed=embed)
