"""Checksums as LevelDB and TensorFlow store them: CRC-32C, masked.

A checksum of data that hold checksums would be a weak one, so what is stored is turned by 15 bits
and a constant is added.

Source: Castagnoli, Bräuer and Herrmann 1993 (the polynomial); LevelDB's util/crc32c.h (the mask).
"""

from __future__ import annotations

import numpy as np

from octavo._lazy import require

DELTA = 0xA282EAD8  # LevelDB's kMaskDelta


def masked_crc32c(data: bytes | np.ndarray) -> int:
    """The masked CRC-32C of bytes, from 0 to 2^32 - 1.

    Args:
        data: bytes, or a contiguous array of uint8.

    Raises:
        MissingExtraError: if google-crc32c is not installed.

    Example:
        >>> hex(masked_crc32c(b"123456789"))
        '0xc78ab0e5'
    """
    crc = require("google_crc32c", extra="neural").value(data)
    return ((crc >> 15 | crc << 17) + DELTA) & 0xFFFFFFFF
