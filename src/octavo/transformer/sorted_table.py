"""The sorted table of LevelDB, in which TensorFlow keeps the index of a checkpoint, and protobufs.

A table is a file of blocks, a footer last. A block holds entries (bytes of the key shared with the
one before, bytes that follow, length of the value, those bytes, the value), then the places where
nothing is shared, their number, a byte for the compression and a checksum. The footer says where
the index block is, whose values say where the other blocks are. All blocks are read in order, so
the places to start from are not needed.

Blocks packed by snappy are refused: only a TensorFlow before 1.2 can have written such.

Source: LevelDB's doc/table_format.md; protobuf's encoding guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from octavo.errors import PresetError
from octavo.transformer.crc32c import masked_crc32c

FOOTER = 48
TRAILER = 5  # the compression and the checksum after a block
MAGIC = 0xDB4775248B80FB57
LONGEST = 10  # bytes of a number of 64 bits
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # protobuf's ways to write a field


def read_table(data: bytes) -> dict[bytes, bytes]:
    """Keys and values of a table, in their order.

    Args:
        data: what the whole file holds.

    Raises:
        PresetError: if it is no such table, is cut short, or a checksum differs.

    Example:
        >>> read_table(b"a text")
        Traceback (most recent call last):
        ...
        octavo.errors.PresetError: not a checkpoint's index, or cut short
    """
    magic = int.from_bytes(data[-8:], "little")
    if len(data) < FOOTER or magic != MAGIC:
        raise PresetError("not a checkpoint's index, or cut short")
    place = len(data) - FOOTER
    for _ in range(2):  # where the block of metadata is, which nothing asks for
        _, place = read_varint(data, place)
    found: dict[bytes, bytes] = {}
    for handle in _entries(_block(data, place)).values():
        found.update(_entries(_block(handle, 0, data)))
    return found


def read_varint(data: bytes, place: int) -> tuple[int, int]:
    """A number written seven bits a byte, lowest first, and the place after it.

    Raises:
        PresetError: if the bytes end before the number does.

    Example:
        >>> read_varint(bytes([0xAC, 0x02]), 0)
        (300, 2)
    """
    number = 0
    for shift, octet in enumerate(data[place : place + LONGEST]):
        number |= (octet & 0x7F) << 7 * shift
        if octet < 0x80:
            return number, place + shift + 1
    raise PresetError("damaged: a number has no end")


def read_fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field of a protobuf message.

    Raises:
        PresetError: if it is no message.

    Example:
        >>> list(read_fields(bytes([0x08, 0xAC, 0x02, 0x12, 0x01, 0x41])))
        [(1, 300), (2, b'A')]
    """
    place = 0
    while place < len(data):
        key, place = read_varint(data, place)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, place = read_varint(data, place)
            yield number, value
            continue
        if kind not in (FIXED64, BYTES, FIXED32):
            raise PresetError(f"damaged: a field of the kind {kind}")
        size = 8 if kind == FIXED64 else 4
        if kind == BYTES:
            size, place = read_varint(data, place)
        part = _cut(data, place, size)
        place += size
        yield number, part if kind == BYTES else int.from_bytes(part, "little")


def _block(handle: bytes, place: int, data: bytes | None = None) -> bytes:
    """The block of `data` (or of `handle` itself) that the two numbers at a place of it mean."""
    data = handle if data is None else data
    start, place = read_varint(handle, place)
    size, _ = read_varint(handle, place)
    content = _cut(data, start, size + TRAILER)
    stored = int.from_bytes(content[-4:], "little")
    if masked_crc32c(content[:-4]) != stored:
        raise PresetError(f"damaged: the checksum of the block at byte {start} differs")
    if content[size]:
        raise PresetError("its blocks are packed (by snappy), which octavo cannot read")
    return content[:size]


def _entries(block: bytes) -> dict[bytes, bytes]:
    """Keys and values of a block."""
    starts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 * (starts + 1)
    if end < 0:
        raise PresetError("damaged: a block is shorter than it says")
    found: dict[bytes, bytes] = {}
    key, place = b"", 0
    while place < end:
        shared, place = read_varint(block, place)
        more, place = read_varint(block, place)
        size, place = read_varint(block, place)
        key = key[:shared] + _cut(block, place, more)
        place += more
        found[key] = _cut(block, place, size)
        place += size
    return found


def _cut(data: bytes, place: int, size: int) -> bytes:
    """So many bytes from a place."""
    part = data[place : place + size]
    if len(part) != size:
        raise PresetError("damaged: it ends within an entry")
    return part
