"""A prepared corpus: its token shards, its vocabulary, and which documents are held out."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from octavo._seeds import make_generator
from octavo.corpus.token_shards import MANIFEST, TokenShard, check_shards, hash_file, load_manifest
from octavo.errors import DataError
from octavo.pretraining.packing import PackedRows, find_marks, make_rows
from octavo.text import WordPieceTokenizer

VOCABULARY = "vocab.txt"
MOST_COUNTED = 1 << 26  # tokens: more take long, while other processes wait, and change little
NEEDED = ("tokens", "documents", "lower_case", "tokens_blake2b")  # in the manifest
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
        if lacking := [key for key in NEEDED if key not in self.manifest]:
            raise DataError(f"damaged: it lacks {lacking[0]}", self.folder / MANIFEST)
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

    def document_lengths(self) -> np.ndarray:
        """Tokens of each document, int64 (documents,)."""
        ends = (np.append(0, shard.ends.astype(np.int64)) for shard in self.shards)
        return np.concatenate([np.diff(some) for some in ends])

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
