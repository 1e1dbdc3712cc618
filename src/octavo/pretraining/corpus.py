"""A prepared corpus: its token shards, its vocabulary, and which documents are held out."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from octavo._seeds import make_generator
from octavo.corpus.token_shards import TokenShard, check_shards, hash_file, load_manifest, word_flag
from octavo.errors import DataError
from octavo.pretraining.examples import Examples, Pieces
from octavo.pretraining.packing import PackedRows, find_marks, make_rows
from octavo.text import WordPieceTokenizer

VOCABULARY = "vocab.txt"
MOST_COUNTED = 1 << 26  # tokens: more take long, while other processes wait, and change little
HELD_OUT = "held out"  # name of the random stream that chooses validation documents


class Corpus:
    """The token shards of a folder that `octavo.pretraining.prepare` made.

    Args:
        folder: of the shards.
        check: compare the checksum of every file first.
        progress: show how far that is.

    Attributes:
        tokenizer: the one the shards were made with.
        shards: mapped into memory.
        tokens: of all documents.

    Raises:
        DataError: naming the file, if one is missing or damaged.

    Example: see `octavo.pretraining.prepare`.
    """

    def __init__(
        self, folder: str | PathLike[str], check: bool = True, progress: bool = False
    ) -> None:
        self.folder = Path(folder)
        self.manifest = load_manifest(folder)
        if check:
            check_shards(folder, self.manifest["shards"], progress)
        vocabulary = self.folder / VOCABULARY
        if hash_file(vocabulary) != self.manifest["tokens_blake2b"]:
            raise DataError("damaged: it is not the vocabulary of the token shards", vocabulary)
        self.tokenizer = WordPieceTokenizer.from_file(
            vocabulary, lowercase=self.manifest["lower_case"]
        )
        self.shards = [TokenShard(folder, file) for file in self.manifest["shards"]]
        if not self.shards:
            raise DataError("no document has a token", self.folder)

    @property
    def tokens(self) -> int:
        """Of all documents, those that are there twice too."""
        return sum(len(shard.tokens) for shard in self.shards)

    def unknown(self) -> float:
        """Share of [UNK] among the tokens, 0-1; of the first 64 million."""
        found, size = 0, 0
        for shard in self.shards:
            if size > MOST_COUNTED:
                break
            found += int(np.count_nonzero(shard.ids() == self.tokenizer.unk_id))
            size += len(shard.tokens)
        return found / size

    def split(
        self, validation_split: float, seed: int = 0
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Which documents to train with, and which to hold out; of equal ones the first alone.

        Args:
            validation_split: share of the documents that is held out, one at least if it is not 0.
            seed: decides which.

        Returns:
            (training, validation), for each shard bool (documents,).
        """
        hashes = np.concatenate([shard.hashes for shard in self.shards])
        first = np.zeros(len(hashes), bool)
        first[np.unique(hashes, return_index=True)[1]] = True
        draws = make_generator(seed, HELD_OUT).random(len(hashes))
        held_out = draws < validation_split
        if validation_split and first.sum() > 1 and not (first & held_out).any():
            held_out[np.where(first, draws, 2.0).argmin()] = True  # one at least
        cuts = np.cumsum([len(shard.hashes) for shard in self.shards])[:-1]
        return np.split(first & ~held_out, cuts), np.split(first & held_out, cuts)

    def rows(self, kept: Sequence[np.ndarray], length: int, specials: int) -> PackedRows:
        """The documents that are kept, packed into rows of `length` tokens."""
        return make_rows(self.shards, kept, length, specials, find_marks(self.tokenizer.vocabulary))


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
                f"no document of {corpus.folder} has enough tokens to train with; is the "
                "corpus one document a line?"
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
        pieces = self._pieces(self._choose(number * self.batch_size))
        inputs, labels, weights = self.examples.arrays(pieces, random, number / self.total)
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

    def _pieces(self, chosen: np.ndarray) -> Pieces:
        """The pieces of some rows."""
        rows = self.rows
        counts = rows.firsts[chosen + 1] - rows.firsts[chosen]
        before = np.cumsum(counts) - counts
        numbers = np.repeat(rows.firsts[chosen] - before, counts) + np.arange(counts.sum())
        sizes = rows.length[numbers].astype(np.int64)
        lists = rows.shard[numbers].tolist(), rows.start[numbers].tolist(), sizes.tolist()
        parts = [self.tokens[shard][at : at + size] for shard, at, size in zip(*lists, strict=True)]
        stored = np.concatenate(parts)
        return Pieces(stored & ~self.flag, stored < self.flag, sizes, counts)
