"""A small corpus that needs neither numba nor a segmenter, so that all backends can train on it."""

from __future__ import annotations

import numpy as np
import pytest

from octavo.pretraining import Settings, prepare
from octavo.text import save_vocabulary
from octavo.text.vocabulary import SPECIAL_TOKENS

WORDS = [f"w{n}" for n in range(60)]


def write_text(path, documents=150, seed=0):
    """Texts in which a word mostly decides the next one, so that there is something to learn."""
    random = np.random.default_rng(seed)
    lines = []
    for _ in range(documents):
        number = int(random.integers(60))
        line = []
        for _ in range(int(random.integers(20, 60))):
            line.append(WORDS[number])
            number = (7 * number + 3) % 60 if random.random() < 0.9 else int(random.integers(60))
        lines.append(" ".join(line) + " .")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture(scope="session")
def sources(tmp_path_factory):
    """A folder with text.txt and vocab.txt."""
    folder = tmp_path_factory.mktemp("corpus")
    write_text(folder / "text.txt")
    save_vocabulary([*SPECIAL_TOKENS, ".", *WORDS], folder / "vocab.txt")
    return folder


@pytest.fixture(scope="session")
def corpus(sources):
    """Its token shards."""
    return prepare(
        sources / "text.txt", sources / "data", sources / "vocab.txt", segmenter="whitespace",
        progress=False,
    )  # fmt: skip


@pytest.fixture(scope="session")
def settings():
    """Of a model that trains in a second."""
    return Settings(
        sequence_length=32, hidden_size=16, layers=1, heads=2, batch_size=8, steps=12,
        validation_split=0.1, learning_rate=0.01,
    )  # fmt: skip
