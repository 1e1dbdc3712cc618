"""Texts to the numbers of their words, as the words come, in a file of one part of a corpus."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np

from octavo.corpus.cleaning import Cleaner, without_halves
from octavo.corpus.documents import Documents, read_range
from octavo.corpus.files import FileRange
from octavo.errors import DataError
from octavo.segmenting.protocol import SegmenterLike
from octavo.segmenting.segmenters import find_segmenter
from octavo.text.normalising import find_change

TEXTS = "documents"  # the path of those that come from no file


class Options(NamedTuple):
    """How texts become words; as the arguments of `octavo.embedding.JoSE`."""

    segmenter: SegmenterLike = "jieba"
    lowercase: bool = False
    nfkc: bool = False

    def make_cutter(self) -> Callable[[str], Iterable[str]]:
        """What cuts a text into words.

        Raises:
            UsageError: if there is no such segmenter.
        """
        cut, change = find_segmenter(self.segmenter), find_change(self.lowercase, self.nfkc)
        return (lambda text: cut(change(text))) if change else cut


class Part(NamedTuple):
    """A part of a corpus: words numbered as they came.

    Args:
        path: of the file of numbers, int32 without a header.
        words: the word of each number.
        counts: how often each stands there, int64 (words,).
        lengths: how many words each document has, int64 (documents,).
        bad_lines: lines that were not UTF-8.
    """

    path: str
    words: list[str]
    counts: np.ndarray
    lengths: np.ndarray
    bad_lines: int = 0


class Task(NamedTuple):
    """A range of the files of a corpus, and how and where it is encoded.

    Args:
        file_range: the files, or a range of bytes of one.
        path: of the file of numbers.
        options: how texts become words.
        field: the field of JSON lines or column of CSV or Parquet, None for "text".
        bad_lines: what becomes of lines that are not UTF-8: "stop", "skip" or "replace".
        documents: what one document is in a text file: "lines", "paragraphs" or "files".
    """

    file_range: FileRange
    path: str
    options: Options
    field: str | None
    bad_lines: str
    documents: str


class _Numbers(dict[str, int]):
    """A number for each word, in the order in which they come."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


def encode_range(task: Task) -> Part:
    """Encode a range of files.

    Raises:
        DataError: naming file and line, if a file cannot be read, is not UTF-8, or the segmenter
            failed; if the disk is full.
    """
    cleaner = Cleaner(task.bad_lines)
    documents = read_range(task.file_range, task.field, cleaner, task.documents)
    part = encode_documents(documents, task.path, task.options)
    return part._replace(bad_lines=cleaner.found)


def encode_documents(documents: Iterable[Documents], path: str, options: Options) -> Part:
    """Encode documents.

    Args:
        documents: the texts.
        path: of the file of numbers, which is written.
        options: how texts become words.

    Raises:
        DataError: naming file and line, if the segmenter failed.

    Example:
        >>> import tempfile
        >>> path = tempfile.mkdtemp() + "/numbers"
        >>> texts = Documents(["to be or", "", "not to be"], "texts")
        >>> part = encode_documents([texts], path, Options("whitespace"))
        >>> part.words, part.counts.tolist(), part.lengths.tolist()
        (['to', 'be', 'or', 'not'], [2, 2, 1, 1], [3, 0, 3])
    """
    cut = options.make_cutter()
    numbers, lengths = _Numbers(), array("q")
    counts = np.zeros(0, np.int64)
    with open(path, "wb") as file:
        for some in documents:
            found = array("i")
            for place, text in enumerate(some.texts):
                before = len(found)
                words = cut_text(cut, text, some, place, len(lengths))
                found.extend(map(numbers.__getitem__, words))
                lengths.append(len(found) - before)
            counts = _add(counts, np.frombuffer(found, np.int32), len(numbers))
            found.tofile(file)
    return Part(path, list(numbers), counts, np.array(lengths, np.int64))


def encode_known(
    texts: Iterable[str], options: Options, vocabulary: Mapping[str, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Texts in the numbers of a vocabulary, other words left out, in memory.

    Args:
        texts: the texts.
        options: how they become words.
        vocabulary: the number of each word.

    Returns:
        The numbers, int32 (tokens,), and one past each text's last, int64 (texts,).

    Raises:
        DataError: if a text is none, or the segmenter failed.
    """
    cut = options.make_cutter()
    tokens, ends = array("i"), array("q")
    documents = Documents((), TEXTS)
    for place, text in enumerate(texts):
        words = map(clean_word, cut_text(cut, text, documents, place, place))
        tokens.extend(vocabulary[word] for word in words if word in vocabulary)
        ends.append(len(tokens))
    return np.array(tokens, np.int32), np.array(ends, np.int64)


def cut_text(
    cut: Callable[[str], Iterable[str]], text: str, documents: Documents, place: int, number: int
) -> Iterable[str]:
    """The words of one of some documents.

    Args:
        cut: what cuts a text.
        text: the document.
        documents: those it is one of.
        place: which of them it is, from 0.
        number: which of all, from 0.

    Raises:
        DataError: naming the document, if it is no text or the segmenter failed.
    """
    if not isinstance(text, str):
        shown = repr(text)[:80]
        raise DataError(f"documents must be strings; number {number}, from 0, is {shown}")
    try:
        return cut(text)
    except DataError as error:
        if documents.path == TEXTS:
            raise DataError(f"document {number}, from 0: {error}") from error.__cause__
        line = documents.line(place)
        raise DataError(str(error), documents.path, line) from error.__cause__


def clean_word(word: str) -> str:
    r"""A word as a line of a vocabulary can hold it, without byte order marks, which nobody sees.

    Nothing, if it is white space.

    Example:
        >>> clean_word("New\nYork")
        'New York'
    """
    if word.isalnum():
        return word
    return without_halves(" ".join(word.replace("\ufeff", " ").split()))


def _add(counts: np.ndarray, found: np.ndarray, words: int) -> np.ndarray:
    """Counts with those of some more words."""
    more = np.bincount(found, minlength=words)
    more[: len(counts)] += counts
    return more
