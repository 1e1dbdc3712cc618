"""The files of the word2vec program, text and binary, which most tools read.

    12 3                    words and size; GloVe's files have no such line
    the 0.1 -0.2 0.3        a word, a blank, its numbers
    ...

In the binary form each word and its blank are followed by float32 numbers, little-endian, and
mostly by a line end.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from os import PathLike
from typing import BinaryIO

import numpy as np

from octavo._files import full_disk_named, open_binary, write_atomic
from octavo.errors import DataError, UsageError

LONGEST_LINE, LONGEST_WORD = 1 << 22, 1 << 16  # bytes
LARGEST = 1 << 16  # numbers of a vector
TOGETHER = 1 << 12  # vectors that become one array


def read_text_vectors(path: str | PathLike[str]) -> tuple[list[str], np.ndarray]:
    """The words and vectors of a text file, with or without the line of sizes.

    A word may hold blanks, as some of GloVe's do, but for parts that are numbers.

    Args:
        path: the file; .gz, .bz2, .xz and .zst are unpacked.

    Returns:
        The words, and their vectors, float32 (words, size).

    Raises:
        DataError: naming file and line, if it cannot be read, is not UTF-8, or holds something
            else than its first lines say.
    """
    with open_binary(path) as file:
        lines = _lines(file, path)
        first = next(lines, b"").removeprefix(BOM_UTF8)
        if sizes := _parse_sizes(first, path):
            return _collect(_parse_lines(lines, sizes[1], path, 2), sizes[1], path, sizes[0])
        size = len(first.split()) - 1
        if size < 1:
            raise DataError("no vectors: every line must hold a word and numbers", path, 1)
        return _collect(_parse_lines(chain([first], lines), size, path, 1), size, path)


def read_binary_vectors(path: str | PathLike[str]) -> tuple[list[str], np.ndarray]:
    """The words and vectors of a binary file; as `read_text_vectors` otherwise.

    Raises:
        DataError: naming the file, if it cannot be read or is damaged or cut short.
    """
    with open_binary(path) as file:
        sizes = _parse_sizes(file.readline(LONGEST_WORD), path)
        if sizes is None:
            raise DataError(
                "no binary vectors: the first line must say how many, and their size", path
            )
        return _collect(_parse_binary(file, *sizes, path), sizes[1], path, sizes[0])


def write_text_vectors(
    words: Sequence[str], vectors: np.ndarray, path: str | PathLike[str]
) -> None:
    """Write a text file; the numbers are as exact as float32 is.

    Raises:
        UsageError: if a word is empty or holds white space, which the file cannot say.
        DataError: if it cannot be written.
    """
    check_words(words)
    row = " ".join(["%s", *["%.9g"] * vectors.shape[1]]) + "\n"
    with full_disk_named(path), write_atomic(path) as file:
        file.write(f"{len(words)} {vectors.shape[1]}\n")
        for word, vector in zip(words, vectors, strict=True):
            file.write(row % (word, *vector.tolist()))


def write_binary_vectors(
    words: Sequence[str], vectors: np.ndarray, path: str | PathLike[str]
) -> None:
    """Write a binary file; as `write_text_vectors` otherwise."""
    check_words(words)
    with full_disk_named(path), write_atomic(path, binary=True) as file:
        file.write(f"{len(words)} {vectors.shape[1]}\n".encode())
        for word, vector in zip(words, vectors, strict=True):
            file.write(word.encode() + b" " + vector.astype("<f4").tobytes() + b"\n")


def check_words(words: Iterable[str]) -> None:
    """Raise UsageError if a word cannot stand in a file of word2vec's.

    Example:
        >>> check_words(["New York"])
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: word2vec's words have no blanks. Received: 'New York'
    """
    for word in words:
        if word.split() != [word]:
            raise UsageError(f"word2vec's words have no blanks. Received: {word!r}")


def _parse_sizes(line: bytes, path: str | PathLike[str]) -> tuple[int, int] | None:
    """How many vectors and of what size, if the first line says it."""
    fields = line.split()
    if len(fields) != 2 or not all(field.isdigit() and len(field) < 16 for field in fields):
        return None
    words, size = map(int, fields)
    if not 1 <= size <= LARGEST:
        raise DataError(f"vectors of size {size}; octavo reads those of 1 to {LARGEST}", path, 1)
    return words, size


def _lines(file: BinaryIO, path: str | PathLike[str]) -> Iterator[bytes]:
    """Lines, of a limited length."""
    number = 1
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise DataError(f"no vectors: a line of {LONGEST_LINE:,} bytes or more", path, number)
        number += 1
        yield line


def _parse_lines(
    lines: Iterable[bytes], size: int, path: str | PathLike[str], first: int
) -> Iterator[tuple[bytes, np.ndarray]]:
    for number, line in enumerate(lines, first):
        fields = line.split()
        if not fields:
            continue
        word, numbers = fields[:-size], fields[-size:]
        if not word or any(map(_is_number, word[1:])):  # GloVe has words with blanks
            message = f"{len(fields) - 1} numbers after the word, not {size}"
            raise DataError(message, path, number)
        try:
            vector = np.array(numbers, np.float32)
        except ValueError:
            raise DataError("what follows the word is not all numbers", path, number) from None
        yield b" ".join(word), vector


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _parse_binary(
    file: BinaryIO, words: int, size: int, path: str | PathLike[str]
) -> Iterator[tuple[bytes, np.ndarray]]:
    for number in range(words):
        word = bytearray()
        while (byte := file.read(1)) != b" ":
            word += byte
            if not byte or len(word) > LONGEST_WORD:
                raise DataError(f"damaged or cut short at vector {number + 1} of {words}", path)
        data = file.read(4 * size)
        if len(data) < 4 * size:
            raise DataError(f"cut short at vector {number + 1} of {words}", path)
        yield bytes(word).removeprefix(b"\n"), np.frombuffer(data, "<f4")


def _collect(
    found: Iterator[tuple[bytes, np.ndarray]],
    size: int,
    path: str | PathLike[str],
    expected: int | None = None,
) -> tuple[list[str], np.ndarray]:
    """All words and vectors; memory grows with what is there, not with what the sizes say."""
    words: dict[str, None] = {}
    blocks: list[np.ndarray] = [np.zeros((0, size), np.float32)]
    while some := list(islice(found, TOGETHER)):
        for word, vector in some:
            text = _decode(word, path)
            if text in words:
                raise DataError(f"the word {text!r} is there twice", path)
            if not np.isfinite(vector).all():
                raise DataError(f"a number of the word {text!r} is not finite", path)
            words[text] = None
        blocks.append(np.array([vector for _, vector in some], np.float32))
    if expected is not None and len(words) != expected:
        raise DataError(f"{len(words)} vectors, but the first line says {expected}", path)
    return list(words), np.concatenate(blocks)


def _decode(word: bytes, path: str | PathLike[str]) -> str:
    try:
        return word.decode()
    except UnicodeDecodeError:
        raise DataError(f"the word {word!r} is not UTF-8", path) from None
