"""The batches of a run: what is drawn from rows of a corpus, by number."""

from __future__ import annotations

import numpy as np

from octavo._seeds import make_generator
from octavo.corpus.token_shards import word_flag
from octavo.errors import DataError
from octavo.pretraining.corpus import Corpus
from octavo.pretraining.examples import Examples, Fragments
from octavo.pretraining.packing import PackedRows


class Batches:
    """The batches of a run: batch n is the same whoever asks for it, and in whatever order.

    Every epoch has its own order of the rows and its own masks. An epoch's last batch is filled up
    with rows of the next.

    Args:
        corpus: whose tokens the rows are of.
        rows: that are drawn.
        examples: makes the arrays.
        batch_size: rows of a batch.
        seed: of orders and masks.
        total: batches of the whole run, for what changes in its course.
        once: nothing is asked of rows beyond the first epoch, so that each counts once.
    """

    def __init__(
        self,
        corpus: Corpus,
        rows: PackedRows,
        examples: Examples,
        batch_size: int,
        seed: int,
        total: int = 1,
        once: bool = False,
    ) -> None:
        if not len(rows):
            raise DataError(
                f"no document of {corpus.folder} has enough tokens to train with; where lines "
                "belong together, prepare them with --documents paragraphs or files"
            )
        # as plain arrays: slices of NumPy's memmap class cost a quarter of a batch's time
        self.tokens = [shard.tokens.view(np.ndarray) for shard in corpus.shards]
        self.flag = word_flag(self.tokens[0].dtype)
        self.rows, self.examples, self.batch_size, self.seed = rows, examples, batch_size, seed
        self.total, self.once = total, once
        self._order: tuple[int, np.ndarray] = (-1, np.empty(0))

    def __call__(self, number: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        """Inputs, labels and weights of batch `number`, from 0."""
        random = make_generator(self.seed, "masks", number)
        fragments = self._fragments(self._choose(number * self.batch_size))
        inputs, labels, weights = self.examples.arrays(fragments, random, number / self.total)
        if self.once:
            weights[max(len(self.rows) - number * self.batch_size, 0) :] = 0.0
        return inputs, labels, weights

    def _choose(self, place: int) -> np.ndarray:
        """The rows of a batch that begins at this place of all epochs."""
        parts: list[np.ndarray] = []
        left = self.batch_size
        while left:
            epoch, within = divmod(place, len(self.rows))
            parts.append(self._order_of(epoch)[within : within + left])
            place, left = place + len(parts[-1]), left - len(parts[-1])
        return np.concatenate(parts)

    def _order_of(self, epoch: int) -> np.ndarray:
        known, order = self._order
        if known != epoch:
            order = make_generator(self.seed, "order", epoch).permutation(len(self.rows))
            self._order = epoch, order
        return order

    def _fragments(self, chosen: np.ndarray) -> Fragments:
        """The fragments of some rows."""
        rows = self.rows
        counts = rows.firsts[chosen + 1] - rows.firsts[chosen]
        before = np.cumsum(counts) - counts
        numbers = np.repeat(rows.firsts[chosen] - before, counts) + np.arange(counts.sum())
        sizes = rows.length[numbers].astype(np.int64)
        lists = rows.shard[numbers].tolist(), rows.start[numbers].tolist(), sizes.tolist()
        parts = [self.tokens[shard][at : at + size] for shard, at, size in zip(*lists, strict=True)]
        stored = np.concatenate(parts)
        return Fragments(stored & ~self.flag, stored < self.flag, sizes, counts)
