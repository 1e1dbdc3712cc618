"""Writes TensorFlow's checkpoints byte by byte: slow, obvious, and sharing nothing with octavo.

The layout is that of LevelDB's doc/table_format.md and TensorFlow's tensor_bundle.proto. The
checksum is a long division, one bit at a time, highest power first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

KINDS = {
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "complex64": 8,
    "int64": 9, "bool": 10, "uint16": 17, "complex128": 18, "float16": 19, "uint32": 22,
    "uint64": 23,
}  # fmt: skip
CASTAGNOLI = 0x11EDC6F41


def write_checkpoint(
    prefix: str | os.PathLike[str],
    arrays: Mapping[str, np.ndarray],
    shards: int = 1,
    restart: int = 16,
    block_size: int = 4096,
    compression: int = 0,
    kinds: Mapping[str, int] | None = None,
    sliced: tuple[str, ...] = (),
    big_endian: bool = False,
) -> None:
    """Write PREFIX.index and its data files; arrays go to the data files in turn.

    `kinds` gives arrays another number of a kind than their own; `compression` is only said.
    """
    data = [b""] * shards
    order = ">" if big_endian else "<"
    rows = {b"": _field(1, shards) + _field(2, int(big_endian)) + _field(3, _field(1, 1))}
    for number, (name, array) in enumerate(arrays.items()):
        shard = number % shards
        octets = array.astype(array.dtype.newbyteorder(order)).tobytes()
        kind = (kinds or {}).get(name) or KINDS[array.dtype.name]
        shape = b"".join(_field(2, _field(1, size)) for size in array.shape)
        row = _field(1, kind) + _field(2, shape) + _field(3, shard)
        row += _field(4, len(data[shard])) + _field(5, len(octets))
        row += bytes([6 << 3 | 5]) + masked(octets).to_bytes(4, "little")
        rows[name.encode()] = row + (_field(7, b"") if name in sliced else b"")
        data[shard] += octets
    Path(f"{prefix}.index").write_bytes(_table(rows, restart, block_size, compression))
    for shard, octets in enumerate(data):
        Path(f"{prefix}.data-{shard:05d}-of-{shards:05d}").write_bytes(octets)


def slow_crc32c(octets: bytes) -> int:
    """Divide the message by the polynomial; bytes are read lowest bit first."""
    state = 0xFFFFFFFF
    for octet in octets:
        for place in range(8):
            state = state << 1 ^ (octet >> place & 1) << 32
            if state >> 32:
                state ^= CASTAGNOLI
    return int(f"{state ^ 0xFFFFFFFF:032b}"[::-1], 2)


def masked(octets: bytes) -> int:
    """The checksum as LevelDB stores it."""
    value = slow_crc32c(octets)
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _table(rows: dict[bytes, bytes], restart: int, block_size: int, compression: int) -> bytes:
    file, index = b"", {}
    for part in _parts(rows, block_size):
        index[max(part)] = _number(len(file)) + _number(len(_block(part, restart)))
        file += _trailed(_block(part, restart), compression)
    handles = b""
    for last in ({}, index):
        block = _block(last, 1)
        handles += _number(len(file)) + _number(len(block))
        file += _trailed(block, 0)
    return file + handles.ljust(40, b"\0") + (0xDB4775248B80FB57).to_bytes(8, "little")


def _parts(rows: dict[bytes, bytes], block_size: int) -> Iterator[dict[bytes, bytes]]:
    part: dict[bytes, bytes] = {}
    for key in sorted(rows):
        part[key] = rows[key]
        if sum(len(k) + len(v) for k, v in part.items()) >= block_size:
            yield part
            part = {}
    if part:
        yield part


def _block(rows: dict[bytes, bytes], restart: int) -> bytes:
    block, starts, before = b"", [], b""
    for number, (key, value) in enumerate(rows.items()):
        shared = 0
        while (
            number % restart and key[: shared + 1] == before[: shared + 1] and shared < len(before)
        ):
            shared += 1
        if number % restart == 0:
            starts.append(len(block))
        block += _number(shared) + _number(len(key) - shared) + _number(len(value))
        block += key[shared:] + value
        before = key
    starts = starts or [0]
    return block + b"".join(s.to_bytes(4, "little") for s in [*starts, len(starts)])


def _trailed(block: bytes, compression: int) -> bytes:
    block += bytes([compression])
    return block + masked(block).to_bytes(4, "little")


def _number(value: int) -> bytes:
    octets = bytearray()
    while value >= 0x80:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*octets, value])


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return _number(number << 3) + _number(value)
    return _number(number << 3 | 2) + _number(len(value)) + value
