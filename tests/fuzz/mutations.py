"""Damages bytes as disks, editors, networks and enemies do; the same seed, the same damage."""

from __future__ import annotations

import random
import re

EXTREMES = (
    "0", "-0", "-1", "1", "2147483648", "4294967296", "9223372036854775808", "-9223372036854775809",
    "1e308", "1e999", "-1e999", "1e-999", "NaN", "Infinity", "0.5", "9" * 5000, "1" * 30,
)  # fmt: skip
VALUES = ("null", "true", "{}", "[]", '""', '"\\ud800"', '"\\u0000"', "[[]]", '{"a": 1}', "3")
DEEP = ("[" * 100_000, '{"a":' * 100_000, "[" * 900 + "]" * 900, "(" * 2000)
WORDS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, (1 << 63) - 1, (1 << 64) - 1)
STRAY = (b"\xff", b"\x00", b"\n", b"\r", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xff\xfe", b" ", b'"')


def mutate(data: bytes, draw: random.Random) -> bytes:
    """One to three damages; the result may be what it was."""
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        data = draw.choice(DAMAGES)(data, draw)
    return data


def flip_bits(data: bytes, draw: random.Random) -> bytes:
    """Some bits are others."""
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 4, 16)) if data else 0):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def cut(data: bytes, draw: random.Random) -> bytes:
    """The end is missing, or the beginning."""
    place = draw.randrange(len(data) + 1)
    return data[:place] if draw.random() < 0.8 else data[place:]


def drop(data: bytes, draw: random.Random) -> bytes:
    """A part is missing."""
    first, last = _part(data, draw)
    return data[:first] + data[last:]


def double(data: bytes, draw: random.Random) -> bytes:
    """A part, or all, is there twice."""
    if draw.random() < 0.3:
        return data * 2
    first, last = _part(data, draw)
    return data[:last] + data[first:]


def insert(data: bytes, draw: random.Random) -> bytes:
    """Something strange stands in between."""
    place = draw.randrange(len(data) + 1)
    more = draw.choice(STRAY) if draw.random() < 0.5 else draw.randbytes(draw.choice((1, 4, 300)))
    return data[:place] + more + data[place:]


def swap(data: bytes, draw: random.Random) -> bytes:
    """Two parts have changed places."""
    a, b, c, d = sorted(draw.randrange(len(data) + 1) for _ in range(4))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def replace_number(data: bytes, draw: random.Random) -> bytes:
    """A number of a text is an extreme one."""
    return _replace(rb"-?\d+(\.\d+)?", draw.choice(EXTREMES).encode(), data, draw)


def replace_value(data: bytes, draw: random.Random) -> bytes:
    """A value of JSON is one of another kind."""
    found = rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null'
    return _replace(found, draw.choice(VALUES).encode(), data, draw)


def nest(data: bytes, draw: random.Random) -> bytes:
    """A value of JSON is a very deep one, or a bracket opens very often."""
    return _replace(rb'"(?:[^"\\]|\\.)*"|\d+|[\[{]', draw.choice(DEEP).encode(), data, draw)


def replace_word(data: bytes, draw: random.Random) -> bytes:
    """Four or eight bytes are a number at a limit, as sizes of binary files are."""
    size = draw.choice((1, 2, 4, 8))
    place = draw.randrange(len(data) + 1)
    word = (draw.choice(WORDS) & ((1 << 8 * size) - 1)).to_bytes(
        size, draw.choice(("little", "big"))
    )
    return data[:place] + word + data[place + size :]


def _part(data: bytes, draw: random.Random) -> tuple[int, int]:
    first = draw.randrange(len(data) + 1)
    return first, min(len(data), first + draw.choice((1, 8, 64, 1000)))


def _replace(pattern: bytes, by: bytes, data: bytes, draw: random.Random) -> bytes:
    places = [match.span() for match in re.finditer(pattern, data)]
    if not places:
        return flip_bits(data, draw)
    first, last = draw.choice(places)
    return data[:first] + by + data[last:]


DAMAGES = (
    flip_bits, flip_bits, cut, drop, double, insert, swap, replace_number, replace_value, nest,
    replace_word,
)  # fmt: skip
