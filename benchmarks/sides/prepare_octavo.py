"""What octavo trains from: token shards, rows packed from them, and batches with their masks.

Masks are drawn while it trains, so one epoch of batches is made and thrown away: what bert4keras
has written when it is done is as far as that.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from worker import serve

VALIDATION = 0.0  # every document is trained with


class Bench:
    """The corpus and its shards, between calls.

    octavo is imported where it is used, so that the processes it starts, which import this file,
    load no more of it than they need.
    """

    def load(self, vocabulary: str, corpus: str, length: int) -> dict[str, str]:
        """Load what `prepare` needs in this process; returns versions."""
        import octavo.pretraining.preparation  # noqa: F401
        from octavo.segmenting.segmenters import find_segmenter

        find_segmenter("jieba").load()  # its dictionary, as the peer's is
        self.vocabulary, self.corpus, self.length = vocabulary, corpus, length
        self._held = tempfile.TemporaryDirectory()
        self.folder = Path(self._held.name) / "shards"
        return {}

    def ids(self, sentences: list[str]) -> list[list[int]]:
        """The ids of each, as shards hold them."""
        from octavo.corpus.encoding import Encoder
        from octavo.text import WordPieceTokenizer

        encoder = Encoder(WordPieceTokenizer.from_file(self.vocabulary), "jieba")
        return [ids.tolist() for ids, _ in encoder.encode(sentences)]

    def clear(self) -> None:
        """Remove the shards of the last call."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def prepare(self, workers: int) -> dict[str, Any]:
        """Make shards, rows and an epoch of batches; gives tokens and seconds."""
        from octavo.pretraining.batches import Batches
        from octavo.pretraining.examples import Examples
        from octavo.pretraining.objectives import SPECIALS, Masking
        from octavo.pretraining.preparation import prepare
        from octavo.training.prefetch import Prefetched

        start = time.perf_counter()
        corpus = prepare(self.corpus, self.folder, self.vocabulary, workers=workers, progress=False)
        prepared = time.perf_counter()
        kept, _ = corpus.split(VALIDATION)
        rows = corpus.rows(kept, self.length, SPECIALS["mlm"])
        packed = time.perf_counter()
        examples = Examples(corpus.tokenizer, self.length, {"mlm": 1.0}, Masking())
        batches = Batches(corpus, rows, examples, batch_size=64, seed=0)
        size = -(-len(rows) // 64)
        with Prefetched(batches, 0, size) as data:
            for number in range(size):
                data[number]
        seconds = {
            "shards": prepared - start,
            "rows": packed - prepared,
            "batches": time.perf_counter() - packed,
        }
        return {"tokens": rows.tokens, **{k: round(v, 2) for k, v in seconds.items()}}

    def train(self, settings: dict[str, Any], log: int) -> list[dict[str, float]]:
        """Pretrain on the shards there are; gives the lines of the log."""
        from octavo.pretraining import Intervals, Settings, pretrain

        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "model"
            pretrain(
                self.folder,
                out,
                Settings(**settings),
                intervals=Intervals(logging_steps=log),
                progress=False,
            )
            with open(out / "log.csv", encoding="utf-8", newline="") as file:
                return [
                    {k: float(v) for k, v in line.items() if v} for line in csv.DictReader(file)
                ]


if __name__ == "__main__":
    bench = Bench()
    serve(
        load=bench.load, ids=bench.ids, clear=bench.clear, prepare=bench.prepare, train=bench.train
    )
