"""Files read ahead are those that opening would give, in order."""

from __future__ import annotations

import gzip
import os
import threading

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from octavo._files import has_archive
from octavo.corpus.blocks import Block, read_blocks
from octavo.corpus.documents import read_documents
from octavo.corpus.read_ahead import MANY, SMALL, TOGETHER, read_ahead
from octavo.errors import DataError


@pytest.mark.parametrize("number", [0, 1, TOGETHER, TOGETHER + 1, TOGETHER * (MANY + 2)])
def test_files_come_in_order_and_whole(number, tmp_path):
    paths = [str(tmp_path / f"{i}.txt") for i in range(number)]
    for i, path in enumerate(paths):
        with open(path, "wb") as file:
            file.write(bytes([i % 256]) * i)
    expected = [(path, bytes([i % 256]) * i) for i, path in enumerate(paths)]
    assert list(read_ahead(paths)) == expected


def test_large_and_missing_files_are_left_to_who_opens_them(tmp_path):
    (tmp_path / "small").write_bytes(b"a" * SMALL)
    (tmp_path / "large").write_bytes(b"a" * (SMALL + 1))
    paths = [str(tmp_path / name) for name in ("small", "large", "missing", ".")]
    assert [data for _, data in read_ahead(paths)] == [b"a" * SMALL, None, None, None]
    with pytest.raises(DataError, match=r"missing.*cannot be read"):
        [found for path, data in read_ahead(paths[2:]) for found in read_blocks(path, data=data)]


def test_threads_end_with_who_reads(tmp_path):
    paths = [os.fspath(tmp_path / "a.txt")] * (TOGETHER * MANY * 2)
    before = threading.active_count()
    reading = read_ahead(paths)
    assert next(reading) == (paths[0], None)
    assert threading.active_count() > before
    reading.close()
    assert threading.active_count() == before


@given(st.binary(max_size=9), st.booleans())
def test_it_does_not_matter_whether_a_file_was_read_ahead(tmp_path_factory, data, mark):
    path = str(tmp_path_factory.getbasetemp() / "ahead.txt")
    text = b"\xef\xbb\xbf" * mark + data
    with open(path, "wb") as file:
        file.write(text)
    assume(not has_archive(text))  # an archive that is none
    opened, ahead = list(read_blocks(path)), list(read_blocks(path, data=text))
    assert [block.start for block in ahead] == [block.start for block in opened[:1]]
    assert b"".join(block.data for block in ahead) == b"".join(block.data for block in opened)


def test_an_archive_read_ahead_is_unpacked(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "to be"}\n'))
    [(name, data)] = read_ahead([str(path)])
    assert list(read_blocks(name, data=data)) == [Block(b'{"text": "to be"}\n', name, 0)]
    [documents] = read_documents(name, data=data)
    assert list(documents.texts) == ["to be"]
