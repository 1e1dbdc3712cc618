"""Checkpoints of TensorFlow (NAME.index and NAME.data-00000-of-00001), read without TensorFlow.

The index is a sorted table: name -> kind of number, shape, file, place and checksum of an array,
as a protobuf. Arrays are read when they are asked for, each with its checksum.

Not here: texts, such as the object graph of tf.train.Checkpoint, are left out; variables that were
cut into partitions are refused; nothing is written (`save_preset` writes safetensors).

Source: TensorFlow's tensor_bundle.proto and tensor_bundle.h.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from octavo.errors import PresetError
from octavo.transformer.crc32c import masked_crc32c
from octavo.transformer.sorted_table import read_fields, read_table

BFLOAT16, STRING = 14, 7
DTYPES = {
    1: "f4", 2: "f8", 3: "i4", 4: "u1", 5: "i2", 6: "i1", 8: "c8", 9: "i8", 10: "b1",
    BFLOAT16: "u2", 17: "u2", 18: "c16", 19: "f2", 22: "u4", 23: "u8",
}  # fmt: skip
ENDING = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")
HEADER = b""  # the key of the entry about the whole


class Checkpoint(Mapping[str, np.ndarray]):
    """The arrays of a checkpoint by name, each read when it is asked for.

    bfloat16 comes as float32, every other kind as it is stored.

    Args:
        path: what the files' names begin with, "bert_model.ckpt", or one of the files.

    Attributes:
        shapes: the shape of every array, by name; known without reading it.

    Raises:
        PresetError: if the index is missing, damaged or cut short; when an array is read, if its
            file is, or if it is a partitioned variable or of a kind NumPy lacks.

    Example: `Checkpoint("bert_model.ckpt")["bert/embeddings/word_embeddings"]`.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = ENDING.sub("", str(path))
        index = self.path + ".index"
        try:
            table = read_table(Path(index).read_bytes())
            header = _Header.parse(table.pop(HEADER, b""))
            entries = {_decode(key): _Entry.parse(value) for key, value in table.items()}
        except OSError as error:
            raise PresetError(f"cannot be read: {error.strerror}", path=index) from None
        except PresetError as error:
            raise PresetError(str(error), path=index) from None
        self._shards, self._order = header.shards, ">" if header.big_endian else "<"
        # a partition's key begins with a zero; what it is a part of has an entry as well
        self._entries = {
            name: entry
            for name, entry in entries.items()
            if entry.dtype != STRING and not name.startswith("\0")
        }
        self.shapes = {name: entry.shape for name, entry in self._entries.items()}

    def __iter__(self) -> Iterator[str]:
        """The names, in order."""
        return iter(self._entries)

    def __len__(self) -> int:
        """How many arrays there are."""
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        """Whether there is such an array, without reading it."""
        return name in self._entries

    def __getitem__(self, name: str) -> np.ndarray:
        """Read an array.

        Raises:
            KeyError: if there is none of that name.
            PresetError: see the class.
        """
        entry = self._entries[name]
        path = f"{self.path}.data-{entry.shard:05d}-of-{self._shards:05d}"
        try:
            return self._read(entry, Path(path))
        except OSError as error:
            raise PresetError(f"cannot be read: {error.strerror}", path=path) from None
        except PresetError as error:
            raise PresetError(f"{name} {error}", path=path) from None

    def _read(self, entry: _Entry, path: Path) -> np.ndarray:
        if entry.sliced:
            raise PresetError("is cut into partitions, which octavo cannot read")
        if entry.dtype not in DTYPES:
            raise PresetError(f"is of a kind that NumPy lacks (number {entry.dtype})")
        dtype = np.dtype(self._order + DTYPES[entry.dtype])
        if entry.size != math.prod(entry.shape) * dtype.itemsize:
            raise PresetError(f"of shape {entry.shape} cannot have {entry.size} bytes")
        end, there = entry.offset + entry.size, path.stat().st_size
        if end > there:
            raise PresetError(f"ends at byte {end} of {there}: the file is cut short")
        data = np.fromfile(path, np.uint8, entry.size, offset=entry.offset)
        if masked_crc32c(data) != entry.checksum:
            raise PresetError("is damaged: its checksum differs")
        array = data.view(dtype).astype(dtype.newbyteorder("="), copy=False)
        try:
            array = array.reshape(entry.shape)
        except ValueError:  # it is empty, and longer than any array in another direction
            raise PresetError(f"of shape {entry.shape} cannot be made") from None
        if entry.dtype == BFLOAT16:
            array = (array.astype(np.uint32) << 16).view(np.float32)
        return array


def read_checkpoint(path: str | Path) -> dict[str, np.ndarray]:
    """All arrays of a checkpoint, by name.

    Args:
        path: what the files' names begin with, "bert_model.ckpt", or one of the files; `Checkpoint`
            reads only what is asked for.

    Raises:
        PresetError: if a file is missing, damaged or cut short, or holds what octavo cannot read.

    Example: `read_checkpoint("bert_model.ckpt")["cls/predictions/output_bias"].shape`.
    """
    return dict(Checkpoint(path))


def is_checkpoint(path: str | Path) -> bool:
    """Whether a path means a checkpoint: what its files' names begin with, or one of them.

    Example:
        >>> is_checkpoint("bert_model.ckpt.index"), is_checkpoint("model.safetensors")
        (True, False)
    """
    return ENDING.search(str(path)) is not None or Path(f"{path}.index").is_file()


@dataclass(frozen=True)
class _Header:
    """BundleHeaderProto: of how many data files, and in which order their bytes are."""

    shards: int
    big_endian: bool

    @classmethod
    def parse(cls, data: bytes) -> _Header:
        fields = dict(read_fields(data))
        if not fields:
            raise PresetError("a table, but not a checkpoint's: it lacks the entry of the whole")
        return cls(_number(fields.get(1, 0)), bool(fields.get(2, 0)))


@dataclass(frozen=True)
class _Entry:
    """BundleEntryProto: what an array is and where its bytes are."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int
    sliced: bool

    @classmethod
    def parse(cls, data: bytes) -> _Entry:
        fields = dict(read_fields(data))  # of repeated ones (slices) that they are there is enough
        shape = fields.get(2, b"")
        if isinstance(shape, int):
            raise PresetError("damaged: a shape is a number")
        numbers = [_number(fields.get(key, 0)) for key in (1, 3, 4, 5, 6)]
        dtype, shard, offset, size, checksum = numbers
        return cls(dtype, _sizes(shape), shard, offset, size, checksum, 7 in fields)


def _sizes(data: bytes) -> tuple[int, ...]:
    """TensorShapeProto: a message for each dimension, whose first field is the size."""
    sizes = []
    for key, dimension in read_fields(data):
        if key == 2 and isinstance(dimension, bytes):
            sizes.append(_number(dict(read_fields(dimension)).get(1, 0)))
    return tuple(sizes)


def _number(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise PresetError("damaged: a number is wanted")
    return value


def _decode(key: bytes) -> str:
    return key.decode("utf-8", errors="backslashreplace")
