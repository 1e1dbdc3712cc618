"""Documents to token shards: ids by WordPiece, and where words begin by a segmenter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from octavo.corpus.documents import Cleaner, read_documents
from octavo.corpus.files import FileRange
from octavo.corpus.token_shards import ShardFile, ShardWriter
from octavo.errors import DataError
from octavo.segmenting.jieba import Jieba
from octavo.segmenting.segmenters import Segmenter, find_segmenter
from octavo.text.wordpiece import WordPieceTokenizer

TOGETHER = 1 << 17  # characters that are cut and encoded at once
HALF = re.compile("[\ud800-\udfff]")


class EncodingTask(NamedTuple):
    """A part of a corpus, and how it becomes token shards.

    Args:
        part: the files, or a range of bytes of one.
        folder: of the token shards.
        name: what the names of this part's begin with.
        vocabulary: path of vocab.txt.
        lowercase: as of `WordPieceTokenizer`.
        segmenter: a name, as of `octavo.segmenting.segmenters.find_segmenter`.
        field: of JSON lines and Parquet.
        bad_lines: "stop", "skip" or "replace".
    """

    part: FileRange
    folder: str
    name: str
    vocabulary: str
    lowercase: bool
    segmenter: str
    field: str | None
    bad_lines: str


def encode_part(task: EncodingTask) -> tuple[list[ShardFile], int]:
    """Write the token shards of a part; gives them, and how many lines were not UTF-8.

    Raises:
        DataError: naming file and line, if a file cannot be read, is not UTF-8, or the segmenter
            failed; if a shard cannot be written.
    """
    encoder = _make_encoder(task.vocabulary, task.lowercase, task.segmenter)
    writer = ShardWriter(task.folder, task.name, len(encoder.tokenizer))
    cleaner = Cleaner(task.bad_lines)
    for path in task.part.paths:
        start, end = task.part.start, task.part.end
        for documents in read_documents(path, task.field, start, end, cleaner):
            for ids, begins in encoder.encode(list(documents.texts), path):
                writer.add(ids, begins)
    return writer.close(), cleaner.found


@lru_cache(maxsize=1)
def _make_encoder(vocabulary: str, lowercase: bool, segmenter: str) -> Encoder:
    """Kept, as every part of a corpus asks for it again."""
    tokenizer = WordPieceTokenizer.from_file(vocabulary, lowercase)
    return Encoder(tokenizer, find_segmenter(segmenter))


class Encoder:
    """Ids of documents, and which of them begin a word.

    Args:
        tokenizer: gives the ids.
        segmenter: a text to its words, in order; what lies between them begins words too.

    Example:
        >>> from octavo.text.vocabulary import SPECIAL_TOKENS
        >>> tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "北", "京", "大", "学"])
        >>> encoder = Encoder(tokenizer, lambda text: ["北京", "大学"])
        >>> [(ids.tolist(), begins.tolist()) for ids, begins in encoder.encode(["北京大学"])]
        [([5, 6, 7, 8], [True, False, True, False])]
    """

    def __init__(self, tokenizer: WordPieceTokenizer, segmenter: Segmenter) -> None:
        self.tokenizer, self.segmenter = tokenizer, segmenter
        self._goes_on = np.array([token.startswith("##") for token in tokenizer.vocabulary])

    def encode(
        self, texts: Sequence[str], path: str = "texts"
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Ids and beginnings of words of each text, int32 (tokens,) and bool (tokens,).

        Args:
            texts: the documents.
            path: of their file, for messages.

        Raises:
            DataError: if the segmenter fails, or does not give pieces of the text.
        """
        waiting: list[str] = []
        size = 0
        for text in texts:
            waiting.append(_without_halves(text.replace("\n", " ")))
            size += len(text)
            if size >= TOGETHER:
                yield from self._encode(waiting, path)
                waiting, size = [], 0
        if waiting:
            yield from self._encode(waiting, path)

    def _encode(self, texts: list[str], path: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        joined = "\n".join(texts)  # a line end is a blank: no token and no word crosses it
        begins = self._find_begins(texts, joined, path)
        encoding = self.tokenizer.encode(joined)
        starts = begins[encoding.starts] & ~self._goes_on[encoding.ids]
        lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
        offsets = np.cumsum(lengths) - lengths
        cuts = [*np.searchsorted(encoding.starts, offsets).tolist(), len(encoding)]
        for first, last in pairwise(cuts):
            yield encoding.ids[first:last], starts[first:last]

    def _find_begins(self, texts: list[str], joined: str, path: str) -> np.ndarray:
        """For every character whether a word begins there, bool (characters,)."""
        if isinstance(self.segmenter, Jieba):
            return self.segmenter.begins(joined)
        try:
            words = [word for text in texts for word in (*self.segmenter(text), "\n")][:-1]
            whole = "".join(words) == joined
        except Exception as error:  # of a function of the user's own
            problem = f"{type(error).__name__}: {error}"
            raise DataError(f"the segmenter failed: {problem}", path) from error
        begins = np.zeros(len(joined) + 1, bool)
        if whole:
            lengths = np.fromiter(map(len, words), np.int64, len(words))
            begins[np.cumsum(lengths) - lengths] = True
            return begins
        at = 0  # white space was left out, so each word has to be found
        for word in words:
            found = joined.find(word, at)
            if found < 0:
                raise DataError(f"the segmenter gave {word!r}, which is not in the text", path)
            begins[[at, found]] = True
            at = found + len(word)
        begins[at] = True
        return begins


def _without_halves(text: str) -> str:
    """Text in which half a character, as JSON may hold, is one that says so."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return HALF.sub("\ufffd", text)
    return text
