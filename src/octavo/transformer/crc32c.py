"""CRC-32C of large arrays at memory speed, in NumPy: most of the message is folded away by XOR.

A message of n bits is a polynomial over two elements, and its checksum what remains after division
by P. Q = x^5685 + x^1362 + x^426 + 1 is a multiple of P, and so are Q(x^8) and Q(x^64), since
squaring in that arithmetic is Q(x)^2 = Q(x^2). Modulo P, then, a 64-bit word may be taken away
where it stands if it is added (XOR) 5685 - 1362, 5685 - 426 and 5685 words further on. All but the
last 5685 words go that way, thousands at a time, then all but 5685 bytes; a table does the rest.

Source: Russell, "Chorba: A novel CRC32 implementation", arXiv 2412.16398, which folds by such a
multiple for CRC-32; Q here is our own search's. CRC-32C: Castagnoli, Bräuer and Herrmann 1993;
RFC 3720, section 12.1, whose examples the tests hold.
"""

from __future__ import annotations

from typing import Any

import numpy as np

POLYNOMIAL = 0x82F63B78  # P without x^32, lowest power in the highest bit, as bytes are read
DEGREE = 5685
SHIFTS = (DEGREE - 1362, DEGREE - 426, DEGREE)
ALL_ONES = 0xFFFFFFFF
BLOCK = 1 << 16  # words folded at a time: 512 KB stay in the processor's cache


def crc32c(data: Any) -> int:
    """The CRC-32C of bytes, or of whatever gives its memory as bytes, such as a NumPy array.

    Args:
        data: bytes, or a contiguous array.

    Returns:
        The checksum, from 0 to 2^32 - 1.

    Example:
        >>> hex(crc32c(b"123456789"))
        '0xe3069283'
    """
    has_bytes = memoryview(data).nbytes > 0  # an empty one is refused by NumPy
    octets = np.frombuffer(data, np.uint8) if has_bytes else np.zeros(0, np.uint8)
    state = ALL_ONES
    if len(octets) > DEGREE:
        octets = _fold(_fold_words(octets))
        state = 0  # the ones were added to the message's first bytes before these were folded
    for octet in octets.tobytes():
        state = TABLE[(state ^ octet) & 0xFF] ^ state >> 8
    return state ^ ALL_ONES


def unmask(stored: int) -> int:
    """The checksum that LevelDB and TensorFlow store turned by 15 bits, with a constant added.

    Example:
        >>> hex(unmask(0xC78AB0E5))
        '0xe3069283'
    """
    turned = (stored - 0xA282EAD8) & ALL_ONES
    return (turned >> 17 | turned << 15) & ALL_ONES


def _fold_words(octets: np.ndarray) -> np.ndarray:
    """At most 8 x DEGREE + 7 bytes with the same remainder, after all ones were added in front."""
    words = octets[: len(octets) // 8 * 8].view(np.uint64)
    carry = np.zeros(DEGREE, np.uint64)
    carry.view(np.uint8)[:4] = 0xFF
    buffer = np.empty(BLOCK + DEGREE, np.uint64)
    start, last = 0, max(len(words) - DEGREE, 0)
    while start < last:
        size = min(BLOCK, last - start)
        buffer[:size] = words[start : start + size]
        buffer[size:] = 0
        buffer[:DEGREE] ^= carry
        carry = _fold(buffer[: size + DEGREE]).copy()
        start += size
    rest = octets[8 * start :].copy()
    rest[: 8 * DEGREE] ^= carry.view(np.uint8)[: len(rest)]
    return rest


def _fold(units: np.ndarray) -> np.ndarray:
    """The last DEGREE units, after what stands before them was added to them; changes `units`."""
    stop = len(units) - DEGREE
    for start in range(0, stop, SHIFTS[0]):
        head = units[start : min(start + SHIFTS[0], stop)]  # reaches no unit of its own
        for shift in SHIFTS:
            units[start + shift : start + shift + len(head)] ^= head
    return units[stop:] if stop > 0 else units


def _make_table() -> list[int]:
    """The remainders of all bytes."""
    table = []
    for state in range(256):
        for _ in range(8):
            state = state >> 1 ^ (POLYNOMIAL if state & 1 else 0)
        table.append(state)
    return table


TABLE = _make_table()
