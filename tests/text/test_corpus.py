"""Shards and blocks of a corpus: every line once, wherever the cuts fall."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import DataError
from octavo.text.corpus import find_files, make_shards, read_blocks

pieces = st.sampled_from([b"a", b" ", b"\r", b"\x00", b"\xef\xbb\xbf", "京".encode()])
lines = st.lists(st.lists(pieces, max_size=6).map(b"".join), max_size=12)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("corpus") / "lines.txt"


@given(lines, st.booleans(), st.integers(4, 20), st.integers(3, 20))
def test_shards_and_blocks_hold_every_line_once_and_whole(path, lines, ended, size, block):
    text = b"\n".join(lines) + b"\n" * ended
    path.write_bytes(text)
    shards = make_shards([str(path)], size)
    assert sum(shard.size for shard in shards) == len(text)
    blocks = [
        found for shard in shards for found in read_blocks(str(path), block, shard.start, shard.end)
    ]
    assert b"".join(blocks) == text.removeprefix(b"\xef\xbb\xbf")
    assert all(found.endswith(b"\n") for found in blocks[:-1])


def test_a_byte_order_mark_is_dropped_at_the_beginning_alone(path):
    mark = b"\xef\xbb\xbf"
    path.write_bytes(mark + b"a\n" + mark + b"b\n")
    assert b"".join(read_blocks(str(path), 5)) == b"a\n" + mark + b"b\n"
    assert list(read_blocks(str(path), start=5)) == [mark + b"b\n"]


def test_what_cannot_be_cut_stays_whole_and_small_files_go_together(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b"x" * 100)
    (tmp_path / "b.txt").write_bytes(gzip.compress(bytes(range(256)) * 9))
    for number in range(10):
        (tmp_path / f"c{number}").write_bytes(b"1234")
    shards = make_shards(find_files(tmp_path), size=20)
    assert [path for shard in shards for path in shard.paths] == find_files(tmp_path)
    assert [len(shard.paths) for shard in shards] == [1, 1, 5, 5]
    assert all((shard.start, shard.end) == (0, None) for shard in shards)


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    missing = str(tmp_path / "missing.txt")
    with pytest.raises(DataError, match=r"missing\.txt: cannot be read"):
        list(read_blocks(missing))
