"""Hugging Face `tokenizers`: BERT's WordPiece, one text at a time or as a batch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import tokenizers

from worker import serve


class Bench:
    """The tokenizer and the texts, between calls."""

    def load(self, vocabulary: str, texts: str) -> dict[str, str]:
        """Read a vocab.txt and a JSON list of texts; returns versions."""
        self.vocabulary = vocabulary
        self.texts = json.loads(Path(texts).read_text(encoding="utf-8"))
        self.renew()
        return {"tokenizers": tokenizers.__version__}

    def renew(self) -> None:
        """Start with a tokenizer that has seen no text."""
        self.tokenizer = tokenizers.BertWordPieceTokenizer(self.vocabulary, lowercase=True)

    def encode(self, batch: bool = False) -> int:
        """Encode all texts with ids and character spans; returns how many tokens."""
        return sum(len(encoding.ids) for encoding in self._encodings(batch))

    def digests(self) -> list[str]:
        """A digest of the ids of every text."""
        return [hashlib.md5(str(e.ids).encode()).hexdigest() for e in self._encodings(True)]

    def _encodings(self, batch: bool) -> list[Any]:
        if batch:
            return self.tokenizer.encode_batch(self.texts, add_special_tokens=False)
        return [self.tokenizer.encode(text, add_special_tokens=False) for text in self.texts]


if __name__ == "__main__":
    bench = Bench()
    serve(load=bench.load, renew=bench.renew, encode=bench.encode, digests=bench.digests)
