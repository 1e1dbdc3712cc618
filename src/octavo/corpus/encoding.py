"""Documents to token shards: ids by WordPiece, and where words begin by a segmenter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from octavo.corpus.cleaning import Cleaner, without_halves
from octavo.corpus.documents import read_range
from octavo.corpus.files import FileRange
from octavo.corpus.token_shards import ShardFile, ShardWriter
from octavo.errors import DataError
from octavo.segmenting.protocol import SegmenterLike
from octavo.segmenting.segmenters import find_segmenter
from octavo.text.wordpiece import WordPieceTokenizer

TOGETHER = 1 << 17  # characters that are cut and encoded at once


class EncodingTask(NamedTuple):
    """A range of the files of a corpus, and how it becomes token shards.

    Args:
        file_range: the files, or a range of bytes of one.
        folder: where the token shards are written.
        name: what the names of this range's shards begin with.
        vocabulary: the path of vocab.txt.
        lowercase: whether letters are lowered and accents stripped.
        segmenter: a name that `octavo.segmenting.segmenters.find_segmenter` knows.
        field: the field of JSON lines or column of CSV or Parquet, None for "text".
        bad_lines: what becomes of lines that are not UTF-8: "stop", "skip" or "replace".
        documents: what one document is in a text file: "lines", "paragraphs" or "files".
    """

    file_range: FileRange
    folder: str
    name: str
    vocabulary: str
    lowercase: bool
    segmenter: str
    field: str | None
    bad_lines: str
    documents: str


def encode_range(task: EncodingTask) -> tuple[list[ShardFile], int]:
    """Write the token shards of a range of files; gives them, and how many lines were not UTF-8.

    Raises:
        DataError: naming file and line, if a file cannot be read, is not UTF-8, or the segmenter
            failed; if a shard cannot be written.
    """
    encoder = _make_encoder(task.vocabulary, task.lowercase, task.segmenter)
    writer = ShardWriter(task.folder, task.name, len(encoder.tokenizer))
    cleaner = Cleaner(task.bad_lines)
    for documents in read_range(task.file_range, task.field, cleaner, task.documents):
        for ids, begins in encoder.encode(list(documents.texts), documents.path):
            writer.add(ids, begins)
    return writer.close(), cleaner.found


@lru_cache(maxsize=1)
def _make_encoder(vocabulary: str, lowercase: bool, segmenter: str) -> Encoder:
    """Kept, as every range of a corpus asks for it again."""
    tokenizer = WordPieceTokenizer.from_file(vocabulary, lowercase)
    return Encoder(tokenizer, segmenter)


class Encoder:
    """Ids of documents, and which of them begin a word.

    Args:
        tokenizer: the tokenizer that gives the ids.
        segmenter: cuts texts into words, in order; what lies between them begins words too.

    Example:
        >>> from octavo.text.vocabulary import SPECIAL_TOKENS
        >>> tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "北", "京", "大", "学"])
        >>> encoder = Encoder(tokenizer, lambda text: ["北京", "大学"])
        >>> [(ids.tolist(), begins.tolist()) for ids, begins in encoder.encode(["北京大学"])]
        [([5, 6, 7, 8], [True, False, True, False])]
    """

    def __init__(self, tokenizer: WordPieceTokenizer, segmenter: SegmenterLike) -> None:
        self.tokenizer, self.segmenter = tokenizer, find_segmenter(segmenter)
        self._goes_on = np.array([token.startswith("##") for token in tokenizer.vocabulary])

    def encode(
        self, texts: Sequence[str], path: str = "texts"
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Ids and beginnings of words of each text, int32 (tokens,) and bool (tokens,).

        Args:
            texts: the documents.
            path: the file they are from, for messages.

        Raises:
            DataError: if the segmenter fails, or gives a word that is not in the text.
        """
        waiting: list[str] = []
        size = 0
        for text in texts:
            if size + len(text) > TOGETHER and waiting:
                yield from self._encode(waiting, path)
                waiting, size = [], 0
            if len(text) > TOGETHER:
                pieces = [next(self._encode([piece], path)) for piece in _cut_lines(text)]
                ids, begins = zip(*pieces, strict=True)
                yield np.concatenate(ids), np.concatenate(begins)
                continue
            waiting.append(text)
            size += len(text)
        if waiting:
            yield from self._encode(waiting, path)

    def _encode(self, texts: list[str], path: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        # a line end is a blank, inside a text too: no token and no word crosses it
        joined = "\n".join(without_halves(text) for text in texts)
        begins = self._find_begins(joined, path)
        encoding = self.tokenizer.encode(joined)
        starts = begins[encoding.starts] & ~self._goes_on[encoding.ids]
        lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
        offsets = np.cumsum(lengths) - lengths
        cuts = [*np.searchsorted(encoding.starts, offsets).tolist(), len(encoding)]
        for first, last in pairwise(cuts):
            yield encoding.ids[first:last], starts[first:last]

    def _find_begins(self, text: str, path: str) -> np.ndarray:
        try:
            return self.segmenter.begins(text)
        except DataError as error:
            raise error if error.path else DataError(str(error), path) from error.__cause__


def _cut_lines(text: str) -> Iterator[str]:
    """A long text in pieces of whole lines, as arrays of all of it would take too much memory."""
    first = 0
    while first < len(text):
        last = text.rfind("\n", first, first + TOGETHER)
        if last < 0:
            last = text.find("\n", first + TOGETHER)
        last = last if last >= 0 else len(text)
        yield text[first:last]
        first = last + 1
