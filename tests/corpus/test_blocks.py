"""Blocks hold every line of a file once, wherever the cuts fall."""

from __future__ import annotations

import os
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.corpus.blocks import Block, read_blocks
from octavo.corpus.files import make_ranges
from octavo.errors import DataError

marks = st.sampled_from([b"a", b" ", b"\r", b"\x00", b"\xef\xbb\xbf", "京".encode()])

lines = st.lists(st.lists(marks, max_size=6).map(b"".join), max_size=12)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("corpus") / "lines.txt"


@given(lines, st.booleans(), st.integers(4, 20), st.integers(3, 20))
def test_ranges_and_blocks_hold_every_line_once_and_whole(path, lines, ended, size, block):
    text = b"\n".join(lines) + b"\n" * ended
    path.write_bytes(text)
    ranges = make_ranges([str(path)], 1, most=size)
    assert sum(file_range.size for file_range in ranges) == len(text)
    blocks = [
        found for _, start, end, _ in ranges for found in read_blocks(str(path), block, start, end)
    ]
    assert b"".join(found.data for found in blocks) == text.removeprefix(b"\xef\xbb\xbf")
    assert all(found.data.endswith(b"\n") for found in blocks[:-1])
    assert all(text[found.start :].startswith(found.data) for found in blocks)


def test_a_byte_order_mark_is_dropped_at_the_beginning_alone(path):
    mark = b"\xef\xbb\xbf"
    path.write_bytes(mark + b"a\n" + mark + b"b\n")
    assert b"".join(block.data for block in read_blocks(str(path), 5)) == b"a\n" + mark + b"b\n"
    assert list(read_blocks(str(path), start=5)) == [Block(mark + b"b\n", str(path), 5)]


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    missing = str(tmp_path / "missing.txt")
    with pytest.raises(DataError, match=r"missing\.txt: cannot be read"):
        list(read_blocks(missing))


@given(lines, st.integers(3, 20), st.data())
def test_the_line_of_a_place_is_found_again(path, lines, block, data):
    text = b"\n".join(lines)
    path.write_bytes(text)
    for found in read_blocks(str(path), block):
        inside = data.draw(st.integers(0, found.data.count(b"\n")))
        assert found.line(inside) == text[: found.start].count(b"\n") + inside + 1


def test_a_mark_that_comes_a_byte_at_a_time_is_dropped(monkeypatch):
    reading, writing = os.pipe()

    def write():
        with os.fdopen(writing, "wb", buffering=0) as file:
            for some in (b"\xef", b"\xbb\xbft", b"o be\n"):
                file.write(some)
                time.sleep(0.2)

    thread = threading.Thread(target=write)
    thread.start()
    with open(reading, encoding="utf-8") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert b"".join(block.data for block in read_blocks("-")) == b"to be\n"
    thread.join()


def test_the_line_of_a_place_in_a_stream_is_known_at_its_beginning_alone():
    assert Block(b"a\nb\n", "-", 0).line(1) == 2
    assert Block(b"a\nb\n", "-", 7).line(1) is None


@pytest.mark.parametrize("start", [0, 5])
@pytest.mark.parametrize("end", [None, 8])
def test_a_line_that_is_too_long_to_hold_is_named(tmp_path, start, end):
    path = tmp_path / "long.txt"
    path.write_bytes(b"a\nbb\n" + b"c" * 100 + b"\nd\n")
    with pytest.raises(DataError, match=r"long\.txt, line 3: a line of more than 0 MB"):
        list(read_blocks(str(path), 8, start, end, longest=40))
    blocks = list(read_blocks(str(path), 8, 30, longest=40))  # the long one begins before
    assert b"".join(block.data for block in blocks) == b"d\n"
    whole = b"".join(block.data for block in read_blocks(str(path), 8, longest=100))
    assert whole == path.read_bytes()
