"""Unpacking gzip, bzip2, xz and zstandard, told by a file's first bytes, stream after stream."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import zstandard

GZIP, XZ, ZSTANDARD = b"\x1f\x8b", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"
BZIP2 = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)")  # and its first block, or its end
HEAD = 10  # bytes that tell
SKIPPED = b"\x2a\x4d\x18"  # second to fourth byte of a zstandard frame to skip, as pzstd writes
CHUNK = 1 << 18
PACKED_CHUNK = 1 << 10  # zstandard unpacks a chunk whole, and a byte may become 40,000
WINDOW = 1 << 31  # what `zstd --long=31` asks for; used only as far as a file needs it
DAMAGE = (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile, zstandard.ZstdError)


def has_archive(data: bytes) -> bool:
    """Whether these, a file's first bytes, are those of gzip, bzip2, xz or zstandard.

    Example:
        >>> has_archive(gzip.compress(b"north")), has_archive(b"north")
        (True, False)
    """
    packed = data.startswith((GZIP, XZ)) or BZIP2.match(data) is not None
    return packed or _has_zstandard(data)


def unpacked(raw: io.BufferedReader) -> Any:
    """What reads the contents of a file: its `read` gives bytes, and errors of `DAMAGE`.

    Example:
        >>> unpacked(io.BufferedReader(io.BytesIO(bz2.compress(b"north")))).read(9)
        b'north'
    """
    head = raw.peek(HEAD)
    if head.startswith(GZIP):
        return gzip.GzipFile(fileobj=raw)
    if BZIP2.match(head):
        return _StreamReader(raw, bz2.BZ2Decompressor)
    if head.startswith(XZ):
        return _StreamReader(raw, lzma.LZMADecompressor, padding=b"\0")
    return _ZstandardReader(raw) if _has_zstandard(head) else raw


def _has_zstandard(head: bytes) -> bool:
    return head.startswith(ZSTANDARD) or (head[1:4] == SKIPPED and head[0] >> 4 == 5)


class _StreamReader:
    """Reads streams of bzip2 or xz one after the other.

    Python's own readers take what is no stream after the first one for the end of the file.
    """

    def __init__(
        self, source: io.BufferedReader, make_stream: Callable[[], Any], padding: bytes = b""
    ) -> None:
        self._source = source
        self._make_stream = make_stream
        self._padding = padding  # what may stand between streams, in fours
        self._stream: Any = None
        self._rest = b""  # read, but not of the stream that ended

    def read(self, size: int) -> bytes:
        data = b""
        while not data:
            packed = b""
            if self._stream is None:
                packed = self._skip_padding()
                if not packed:
                    return b""
                self._stream = self._make_stream()
            elif self._stream.needs_input:
                packed = self._source.read1(CHUNK)
                if not packed:
                    raise EOFError
            data = self._stream.decompress(packed, size)
            if self._stream.eof:
                self._rest, self._stream = self._stream.unused_data, None
        return data

    def _skip_padding(self) -> bytes:
        """The first bytes of the next stream; none at the end of the file."""
        skipped, data = 0, self._rest or self._source.read1(CHUNK)
        while data and not (left := data.lstrip(self._padding)):
            skipped, data = skipped + len(data), self._source.read1(CHUNK)
        if data:
            skipped, data = skipped + len(data) - len(left), left
        if skipped % 4:
            raise lzma.LZMAError
        return data


class _ZstandardReader:
    """Reads frames one after the other; unlike the library's reader it notices a missing end."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._frame: Any = None
        self._ready = memoryview(b"")  # its slices are not copies

    def read(self, size: int) -> bytes:
        while not self._ready:
            data = self._source.read(PACKED_CHUNK)
            if not data:
                if self._frame is not None:
                    raise EOFError
                return b""
            self._ready = memoryview(b"".join(self._unpack(data)))
        data, self._ready = bytes(self._ready[:size]), self._ready[size:]
        return data

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        while data:
            frame = (
                self._frame or zstandard.ZstdDecompressor(max_window_size=WINDOW).decompressobj()
            )
            yield frame.decompress(data)
            self._frame, data = (None, frame.unused_data) if frame.eof else (frame, b"")
