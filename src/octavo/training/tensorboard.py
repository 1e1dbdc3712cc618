"""The log as TensorBoard reads it, written without TensorFlow.

An events file is a row of records: length, a checksum of it, a message, a checksum of that. The
messages are `Event` of TensorFlow's event.proto, of which four fields are used.

Source: tensorflow/core/util/event.proto and tensorflow/core/lib/io/record_writer.h (the format).
"""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from octavo.transformer.crc32c import masked_crc32c

VERSION = b"brain.Event:2"
WALL_TIME, STEP, FILE_VERSION, SUMMARY, SESSION = 1, 2, 3, 5, 7  # fields of Event
VARINT, DOUBLE, BYTES, FLOAT = 0, 1, 2, 5  # kinds of fields


class EventFile:
    """Numbers by name and step, for TensorBoard.

    Args:
        folder: where the file goes; named by time and process, as TensorBoard expects.
        step: at which this run begins; what earlier files hold of later steps counts no more.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> EventFile(folder, step=0).write([{"step": 1, "loss": 2.5}])
        >>> [path.name[:20] for path in folder.iterdir()]
        ['events.out.tfevents.']
    """

    def __init__(self, folder: Path, step: int) -> None:
        self.path = folder / f"events.out.tfevents.{time.time():.0f}.{os.getpid()}"
        self._start = _event(0, _field(FILE_VERSION, VERSION))
        if step:  # SessionLog, status START
            self._start += _event(step + 1, _field(SESSION, _number(1, 1)))

    def write(self, lines: Iterable[Mapping[str, float]]) -> None:
        """Append lines of the log, each with its "step"."""
        data = b"" if self.path.exists() else self._start
        for line in lines:
            values = b"".join(
                _field(1, _field(1, name.encode()) + _key(2, FLOAT) + struct.pack("<f", value))
                for name, value in line.items()
                if name != "step"
            )
            data += _event(int(line["step"]), _field(SUMMARY, values))
        with open(self.path, "ab") as file:
            file.write(data)


def _event(step: int, content: bytes) -> bytes:
    """One record that holds an Event."""
    head = _key(WALL_TIME, DOUBLE) + struct.pack("<d", time.time())
    message = head + _number(STEP, step) + content
    length = struct.pack("<Q", len(message))
    return length + _checksum(length) + message + _checksum(message)


def _checksum(data: bytes) -> bytes:
    return struct.pack("<I", masked_crc32c(data))


def _key(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _number(field: int, value: int) -> bytes:
    return _key(field, VARINT) + _varint(value)


def _field(field: int, data: bytes) -> bytes:
    return _key(field, BYTES) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    data = b""
    while value > 127:
        data += bytes([value & 127 | 128])
        value >>= 7
    return data + bytes([value])
