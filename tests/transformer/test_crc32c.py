"""The masked checksum is the long division's, turned and added to."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from checkpoint_writer import masked, slow_crc32c

from octavo.errors import MissingExtraError
from octavo.transformer.crc32c import masked_crc32c

BYTES = np.random.default_rng(0).integers(0, 256, 20_000, dtype=np.uint8)


def unmask(stored: int) -> int:
    turned = (stored - 0xA282EAD8) & 0xFFFFFFFF
    return (turned >> 17 | turned << 15) & 0xFFFFFFFF


# RFC 3720, B.4, and the check value of the catalogues
@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_published_values(data, value):
    assert unmask(masked_crc32c(data)) == slow_crc32c(data) == value


@pytest.mark.parametrize("size", [0, 1, 3, 7, 8, 9, 255, 4099, 20_000])
def test_bytes_and_arrays_of_any_length_are_divided_alike(size):
    data = BYTES[:size]
    assert masked_crc32c(data) == masked_crc32c(data.tobytes()) == masked(data.tobytes())


def test_one_bit_makes_a_difference():
    other = BYTES.copy()
    other[7_777] ^= 1
    assert masked_crc32c(other) != masked_crc32c(BYTES)


def test_the_extra_is_named_where_the_package_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "google_crc32c", None)
    with pytest.raises(MissingExtraError, match=r"\[neural\]"):
        masked_crc32c(b"")
