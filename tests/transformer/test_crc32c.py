"""The folded checksum is the long division's, and Q is what the folding needs."""

from __future__ import annotations

import numpy as np
import pytest
from checkpoint_writer import CASTAGNOLI, slow_crc32c

from octavo.transformer import crc32c as module
from octavo.transformer.crc32c import DEGREE, SHIFTS, crc32c, unmask

BYTES = np.random.default_rng(0).integers(0, 256, 200_000, dtype=np.uint8)


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
    assert crc32c(data) == slow_crc32c(data) == value


@pytest.mark.parametrize(
    "size",
    [
        *(1, 3, 7, DEGREE - 1, DEGREE, DEGREE + 1, DEGREE + 3, DEGREE + 9),
        *(8 * DEGREE + more for more in (-1, 0, 1, 8, 15)),
        *(100_003, 200_000),
    ],
)
def test_every_length_is_folded_as_it_is_divided(size, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 5000)  # of 8 bytes: several blocks, shorter than DEGREE
    assert crc32c(BYTES[:size]) == slow_crc32c(BYTES[:size].tobytes())


def test_blocks_of_any_length_give_one_value(monkeypatch):
    data = np.tile(BYTES, 8)  # more than one block of the usual length
    whole = crc32c(data)
    monkeypatch.setattr(module, "BLOCK", 7001)
    assert crc32c(data) == crc32c(data.tobytes()) == whole
    data[777_777] ^= 1
    assert crc32c(data) != whole


@pytest.mark.parametrize("power", [1, 8, 64])
def test_q_is_a_multiple_of_p(power):
    remainder = sum(1 << power * (DEGREE - shift) for shift in (0, *SHIFTS))
    while (over := remainder.bit_length() - CASTAGNOLI.bit_length()) >= 0:
        remainder ^= CASTAGNOLI << over
    assert remainder == 0


def test_masks_come_off():
    assert unmask(0xC78AB0E5) == 0xE3069283
    assert unmask(((0x113FDB5C >> 15 | 0x113FDB5C << 17) + 0xA282EAD8) & 0xFFFFFFFF) == 0x113FDB5C
