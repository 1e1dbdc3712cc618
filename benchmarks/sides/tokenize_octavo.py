"""octavo's WordPiece tokenizer, one text at a time or many."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from octavo.text.wordpiece import WordPieceTokenizer
from worker import serve


class Bench:
    """The tokenizer and the texts, between calls."""

    def load(self, vocabulary: str, texts: str) -> dict[str, str]:
        """Read a vocab.txt and a JSON list of texts; returns versions."""
        self.vocabulary = vocabulary
        self.texts = json.loads(Path(texts).read_text(encoding="utf-8"))
        self.renew()
        return {"numpy": np.__version__}

    def renew(self) -> None:
        """Start with a tokenizer that has seen no text."""
        self.tokenizer = WordPieceTokenizer.from_file(self.vocabulary)

    def encode(self, batch: bool = False) -> int:
        """Encode all texts with ids and character spans; returns how many tokens."""
        if batch:
            return sum(map(len, self.tokenizer.encode_many(self.texts)))
        return sum(len(self.tokenizer.encode(text)) for text in self.texts)

    def digests(self) -> list[str]:
        """A digest of the ids of every text."""
        all_ids = (self.tokenizer.encode(text).ids.tolist() for text in self.texts)
        return [hashlib.md5(str(ids).encode()).hexdigest() for ids in all_ids]


if __name__ == "__main__":
    bench = Bench()
    serve(load=bench.load, renew=bench.renew, encode=bench.encode, digests=bench.digests)
