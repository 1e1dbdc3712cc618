"""Words, or whatever has a name, and their vectors: look up, compare, save and load."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path

import numpy as np

from octavo._checks import check_whole
from octavo._files import full_disk_named, write_atomic
from octavo.corpus.files import COMPRESSED
from octavo.errors import DataError, UsageError
from octavo.text.vocabulary import load_vocabulary, save_vocabulary
from octavo.vectors.neighbours import nearest_rows, unit_rows
from octavo.vectors.word2vec import (
    read_binary_vectors,
    read_text_vectors,
    write_binary_vectors,
    write_text_vectors,
)

Given = str | np.ndarray | Iterable[str | np.ndarray]
ENDINGS = (".txt", ".vec", ".bin", ".npy")
VOCABULARY = ".vocab.txt"  # beside a .npy


class KeyedVectors:
    """Vectors with names.

    Args:
        keys: the names, each once.
        vectors: float32 (keys, size); finite.

    Attributes:
        key_to_index: the row of each name.

    Raises:
        UsageError: if keys and vectors do not belong together, or a key is there twice.

    Example:
        >>> words = KeyedVectors(["king", "queen", "apple"], np.array([[1, 1], [1, 2], [-1, 0]]))
        >>> [(key, round(cosine, 3)) for key, cosine in words.most_similar("king", top=1)]
        [('queen', 0.949)]
        >>> words["apple"].tolist(), "pear" in words, len(words)
        ([-1.0, 0.0], False, 3)
    """

    def __init__(self, keys: Sequence[str], vectors: np.ndarray) -> None:
        self.keys, self.vectors = list(keys), np.asarray(vectors, np.float32)
        self.key_to_index = {key: row for row, key in enumerate(self.keys)}
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.keys):
            raise UsageError(
                "vectors must be a matrix with a row a key. "
                f"Received: {len(self.keys)} keys, shape {self.vectors.shape}"
            )
        if len(self.key_to_index) != len(self.keys):
            twice = next(key for row, key in enumerate(self.keys) if self.key_to_index[key] != row)
            raise UsageError(f"a key must be there once. Received: {twice!r} twice")

    def __len__(self) -> int:
        return len(self.keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys)

    def __contains__(self, key: object) -> bool:
        return key in self.key_to_index

    def __getitem__(self, key: str | Sequence[str]) -> np.ndarray:
        """The vector of a key, float32 (size,); of several keys, float32 (keys, size).

        Raises:
            KeyError: if there is no such key, naming near ones.
            UsageError: if a key is no text.
        """
        if isinstance(key, list | tuple):
            return np.stack([self[one] for one in key])
        if not isinstance(key, str):
            raise UsageError(f"a key is a text. Received: {key!r}")
        if key not in self.key_to_index:
            near = difflib.get_close_matches(key, self.keys[:100_000], n=3)
            near = [key.lower()] * (key.lower() in self) + near
            raise KeyError(f"no vector of {key!r}" + (f"; near: {', '.join(near)}" if near else ""))
        return self.vectors[self.key_to_index[key]]

    def similarity(self, one: str, other: str) -> float:
        """The cosine of two vectors."""
        first, second = unit_rows(self[[one, other]])
        return float(first @ second)

    def most_similar(
        self, positive: Given = (), negative: Given = (), top: int = 10
    ) -> list[tuple[str, float]]:
        """The keys nearest to the mean of some vectors, less others, by the cosine.

        Args:
            positive: keys, or vectors (size,); with one alone, its neighbours are found.
            negative: keys whose vectors, or vectors that, are subtracted: "king" - "man" + "woman".
            top: how many are found; the keys given are not among them.

        Raises:
            KeyError: if there is no such key.
            UsageError: if nothing is given, or a vector has another size.
        """
        added, taken = _several(positive), _several(negative)
        if not added and not taken:
            raise UsageError("most_similar needs a key. Received: none")
        signs = np.array([1] * len(added) + [-1] * len(taken), np.float32)
        mean = signs @ unit_rows(np.stack([self._vector(one) for one in (*added, *taken)]))
        keys = {one for one in (*added, *taken) if isinstance(one, str)}
        check_whole("top", top, 1)
        numbers, cosines = nearest_rows(mean[None], self.vectors, top + len(keys))
        found = zip((self.keys[row] for row in numbers[0]), cosines[0].tolist(), strict=True)
        return [(key, cosine) for key, cosine in found if key not in keys][:top]

    def _vector(self, given: str | np.ndarray) -> np.ndarray:
        if not isinstance(given, np.ndarray):
            return self[given]
        if given.shape != self.vectors.shape[1:] or not np.isfinite(given).all():
            size = self.vectors.shape[1]
            raise UsageError(f"a vector has {size} finite numbers. Received: {given!r:.80}")
        return given

    def save(self, path: str | PathLike[str]) -> None:
        """Write a file that other tools read.

        Args:
            path: by its ending: .txt or .vec, word2vec's text; .bin, word2vec's binary form; .npy,
                NumPy's, with the keys a line each beside it in NAME.vocab.txt.

        Raises:
            UsageError: if the ending is another, or a key cannot stand in such a file.
            DataError: if it cannot be written.
        """
        ending = check_ending(path, packed=False)
        if ending == ".npy":
            save_vocabulary(self.keys, beside_numpy(path))
            with full_disk_named(path), write_atomic(path, binary=True) as file:
                np.save(file, self.vectors)
        elif ending == ".bin":
            write_binary_vectors(self.keys, self.vectors, path)
        else:
            write_text_vectors(self.keys, self.vectors, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> KeyedVectors:
        """Read what `save`, word2vec, gensim, fastText or GloVe wrote.

        Args:
            path: as for `save`; .gz, .bz2, .xz and .zst behind .txt, .vec and .bin are unpacked.

        Raises:
            UsageError: if the ending is another.
            DataError: naming the file, if it is damaged or cut short.
        """
        ending = check_ending(path)
        if ending == ".npy":
            return cls._load_numpy(path)
        return cls(*(read_binary_vectors if ending == ".bin" else read_text_vectors)(path))

    @classmethod
    def _load_numpy(cls, path: str | PathLike[str]) -> KeyedVectors:
        try:
            vectors = np.load(path, mmap_mode="r", allow_pickle=False)  # no longer than the file
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror or error}", path) from None
        except (ValueError, EOFError, OverflowError):
            raise DataError("damaged or cut short: not an array of NumPy's", path) from None
        keys = load_vocabulary(beside_numpy(path))
        if vectors.ndim != 2 or vectors.dtype.kind != "f" or len(vectors) != len(keys):
            raise DataError(
                f"holds {vectors.dtype} {vectors.shape}, not a vector for each of the {len(keys)} "
                f"lines of {beside_numpy(path).name}",
                path,
            )
        if not np.isfinite(vectors).all():
            raise DataError("a number is not finite", path)
        try:
            return cls(keys, np.array(vectors, np.float32))
        except UsageError as error:
            raise DataError(str(error), beside_numpy(path)) from None


def _several(given: Given) -> list[str | np.ndarray]:
    if isinstance(given, np.ndarray) and given.dtype.kind in "fiu":
        return list(np.atleast_2d(given))
    return [given] if isinstance(given, str) else list(given)


def check_ending(path: str | PathLike[str], packed: bool = True) -> str:
    """The ending of a file of vectors, without that of its packing.

    Args:
        path: the file.
        packed: whether it may be packed; what is read may, what is written is not.

    Raises:
        UsageError: if it is none of them.

    Example:
        >>> check_ending("words.vec.gz")
        '.vec'
    """
    name = Path(path).name.lower()
    for packing in COMPRESSED if packed else ():
        name = name.removesuffix(packing)
    ending = Path(name).suffix
    if ending not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise UsageError(f"a file of vectors ends in one of {known}. Received: {path}")
    return ending


def beside_numpy(path: str | PathLike[str]) -> Path:
    """Where the names of the vectors of a .npy stand.

    Example:
        >>> beside_numpy("words.npy").name
        'words.vocab.txt'
    """
    return Path(path).with_suffix(VOCABULARY)
