"""Token shards: a corpus as numbers in files that are mapped into memory, not read.

    data/
      manifest.json        what the shards were made of, and their sizes and checksums
      vocab.txt            the tokens' names
      00000-000.tokens.npy      uint16 or uint32 (tokens,): ids; the highest bit is set where a
                                token goes on with the word of the one before
      00000-000.documents.npy   uint64 (documents, 2): one past a document's last token, and a
                                hash of its ids, by which documents that are there twice are found

Any NumPy opens the arrays. The highest bit tells which tokens are masked together (whole words).
"""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from octavo._files import full_disk_named, write_atomic
from octavo._progress import Progress
from octavo.errors import DataError

MANIFEST = "manifest.json"
FORMAT = 1
MOST_TOKENS = 1 << 24  # of a shard: 32 or 64 MB in memory while it is made
KINDS = ("tokens", "documents")
CHUNK = 1 << 22  # bytes that are checked at a time


@dataclass(frozen=True)
class ShardFile:
    """One shard: its name, how much it holds, and a checksum of each of its files.

    Args:
        name: the name of its files, without their endings.
        tokens: how many tokens it has.
        documents: how many documents it has.
        crc32: the checksums of the file of tokens and of that of documents.

    Raises:
        ValueError: if a value is of another type; TypeError and KeyError, if it has no such parts.
    """

    name: str
    tokens: int
    documents: int
    crc32: dict[str, int]

    def __post_init__(self) -> None:
        """Refuse what no writer made."""
        numbers = [self.tokens, self.documents, *(self.crc32[kind] for kind in KINDS)]
        if type(self.name) is not str or any(type(number) is not int for number in numbers):
            raise ValueError("no shard of tokens")


class ShardWriter:
    """Writes documents into shards of limited size.

    Args:
        folder: where the shards are written; it must exist.
        name: what the shards' names begin with.
        vocabulary_size: how many tokens there are, which decides between 16 and 32 bits a token.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> writer = ShardWriter(folder, "00000", vocabulary_size=100)
        >>> writer.add(np.array([7, 8, 9]), begins=np.array([True, False, True]))
        >>> [shard.name for shard in writer.close()]
        ['00000-000']
        >>> TokenShard(folder, writer.shards[0]).tokens.tolist()
        [7, 32776, 9]
    """

    def __init__(self, folder: str | PathLike[str], name: str, vocabulary_size: int) -> None:
        self.folder, self.name = Path(folder), name
        self.dtype = token_dtype(vocabulary_size)
        self.flag = word_flag(self.dtype)
        self.shards: list[ShardFile] = []
        self._texts: list[np.ndarray] = []
        self._documents: list[tuple[int, int]] = []
        self._size = 0

    def add(self, ids: np.ndarray, begins: np.ndarray) -> None:
        """One document.

        Args:
            ids: the numbers of its tokens, integers (n,); a document without tokens is left out.
            begins: where words begin, bool (n,).

        Raises:
            DataError: if a shard that is full cannot be written.
        """
        if not len(ids):
            return
        if self._size + len(ids) > MOST_TOKENS:
            self._write()
        tokens = ids.astype(self.dtype)
        digest = hashlib.blake2b(tokens.tobytes(), digest_size=8).digest()
        self._texts.append(np.where(begins, tokens, tokens | self.flag))
        self._size += len(ids)
        self._documents.append((self._size, int.from_bytes(digest, "little")))

    def close(self) -> list[ShardFile]:
        """Write what is left; gives all the shards.

        Raises:
            DataError: if it cannot be written.
        """
        self._write()
        return self.shards

    def _write(self) -> None:
        if not self._texts:
            return
        name = f"{self.name}-{len(self.shards):03}"
        arrays = {
            "tokens": np.concatenate(self._texts),
            "documents": np.array(self._documents, np.uint64),
        }
        checksums = {}
        for kind, array in arrays.items():
            buffer = io.BytesIO()
            np.save(buffer, array)
            data = buffer.getbuffer()
            path = shard_path(self.folder, name, kind)
            with full_disk_named(path), write_atomic(path, binary=True) as file:
                file.write(data)
            checksums[kind] = zlib.crc32(data)
        self.shards.append(ShardFile(name, self._size, len(self._documents), checksums))
        self._texts, self._documents, self._size = [], [], 0


class TokenShard:
    """A shard's arrays, mapped into memory.

    Args:
        folder: the folder that it is in.
        file: what the manifest says of it.

    Attributes:
        tokens: uint16 or uint32 (tokens,), as the module says.
        ends: one past each document's last token, uint64 (documents,).
        hashes: a hash of each document's ids, uint64 (documents,).

    Raises:
        DataError: if a file is missing or does not hold what the manifest says.
    """

    def __init__(self, folder: str | PathLike[str], file: ShardFile) -> None:
        self.file = file
        self.tokens = _open_array(folder, file, "tokens", (file.tokens,))
        documents = _open_array(folder, file, "documents", (file.documents, 2))
        self.ends, self.hashes = documents[:, 0], documents[:, 1]
        if self.ends[-1] != file.tokens or (np.diff(self.ends.astype(np.int64)) <= 0).any():
            path = shard_path(folder, file.name, "documents")
            raise DataError("damaged: its documents do not cover the tokens", path)

    def ids(self) -> np.ndarray:
        """The tokens' ids alone, uint16 or uint32 (tokens,), in memory."""
        return self.tokens.view(np.ndarray) & ~word_flag(self.tokens.dtype)


def token_dtype(vocabulary_size: int) -> np.dtype:
    """16 bits where they hold every id beside the highest bit, else 32.

    Example:
        >>> token_dtype(21128), token_dtype(50000)
        (dtype('uint16'), dtype('uint32'))
    """
    return np.dtype(np.uint16 if vocabulary_size <= 1 << 15 else np.uint32)


def word_flag(dtype: np.dtype) -> Any:
    """The highest bit of a token: it goes on with the word before.

    Example:
        >>> int(word_flag(np.dtype(np.uint16)))
        32768
    """
    return dtype.type(1 << (8 * dtype.itemsize - 1))


def shard_path(folder: str | PathLike[str], name: str, kind: str) -> Path:
    """The file of a shard: "tokens" or "documents"."""
    return Path(folder, f"{name}.{kind}.npy")


def save_manifest(
    folder: str | PathLike[str], about: dict[str, Any], shards: Sequence[ShardFile]
) -> None:
    """Write manifest.json, last of all: without it a folder holds no shards.

    Args:
        folder: the folder that the shards are in.
        about: what the shards were made of, in JSON types.
        shards: all shards of the folder.
    """
    totals = {
        "tokens": sum(shard.tokens for shard in shards),
        "documents": sum(shard.documents for shard in shards),
    }
    manifest = {"format": FORMAT, **about, **totals, "shards": [asdict(s) for s in shards]}
    with write_atomic(Path(folder, MANIFEST)) as file:
        file.write(json.dumps(manifest, indent=1) + "\n")


def load_manifest(folder: str | PathLike[str]) -> dict[str, Any]:
    """What manifest.json holds, its "shards" as `ShardFile`.

    Raises:
        DataError: if it is missing, damaged or of another version.
    """
    path = Path(folder, MANIFEST)
    try:
        manifest = json.loads(path.read_text("utf-8"))
        version = manifest["format"]
        manifest["shards"] = [ShardFile(**shard) for shard in manifest["shards"]]
    except OSError as error:
        raise DataError(f"no token shards: {error.strerror}", path) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DataError("damaged: not the manifest of token shards", path) from None
    if version != FORMAT:
        raise DataError(f"token shards of format {version}, not {FORMAT}", path)
    return manifest


def check_shards(
    folder: str | PathLike[str], shards: Iterable[ShardFile], progress: bool = False
) -> None:
    """Read every file once and compare its checksum.

    Args:
        folder: the folder that the shards are in.
        shards: the shards that are checked.
        progress: whether to show a bar on stderr.

    Raises:
        DataError: naming the first file that is missing or damaged.
    """
    files = [(shard_path(folder, s.name, kind), s.crc32[kind]) for s in shards for kind in KINDS]
    with Progress(len(files), "checking token shards", progress) as bar:
        for path, wanted in files:
            if checksum_file(path) != wanted:
                raise DataError("damaged: its checksum is not that of the manifest", path)
            bar.advance()


def checksum_file(path: str | PathLike[str]) -> int:
    """The CRC-32 of a file's bytes, as stored: against damage, six times as fast as `hash_file`.

    Raises:
        DataError: if the file cannot be read.

    Example:
        >>> checksum_file(__file__) == zlib.crc32(Path(__file__).read_bytes())
        True
    """
    total = 0
    for data in _read_chunks(Path(path)):
        total = zlib.crc32(data, total)
    return total


def check_files(folder: str | PathLike[str], checksums: Mapping[str, int]) -> None:
    """Raise DataError, naming it, if a file of a folder has another checksum or is not there."""
    for name, wanted in checksums.items():
        path = Path(folder, name)
        if checksum_file(path) != wanted:
            raise DataError("damaged: its checksum is another", path)


def hash_file(path: str | PathLike[str]) -> str:
    """A hash of a file's bytes, as stored.

    Raises:
        DataError: if the file cannot be read.

    Example:
        >>> len(hash_file(__file__))
        32
    """
    digest = hashlib.blake2b(digest_size=16)
    for data in _read_chunks(Path(path)):
        digest.update(data)
    return digest.hexdigest()


def _read_chunks(path: Path) -> Iterator[bytes]:
    try:
        with open(path, "rb") as file:
            while data := file.read(CHUNK):
                yield data
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path) from None


def _open_array(
    folder: str | PathLike[str], file: ShardFile, kind: str, shape: tuple[int, ...]
) -> np.ndarray:
    path = shard_path(folder, file.name, kind)
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", path) from None
    except (ValueError, EOFError):  # NumPy's words for a header or a length that is wrong
        raise DataError("damaged or cut short: not an array of NumPy's", path) from None
    if array.shape != shape or array.dtype.kind != "u":
        raise DataError(f"holds {array.dtype} {array.shape}, not {shape} as it should", path)
    return array
