"""Shards and blocks of a corpus: every line once, wherever the cuts fall."""

from __future__ import annotations

import gzip
import os
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.corpus.documents import Block, Cleaner, line_of, read_blocks, read_documents
from octavo.corpus.files import find_files, make_ranges
from octavo.errors import DataError

pieces = st.sampled_from([b"a", b" ", b"\r", b"\x00", b"\xef\xbb\xbf", "京".encode()])
lines = st.lists(st.lists(pieces, max_size=6).map(b"".join), max_size=12)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("corpus") / "lines.txt"


@given(lines, st.booleans(), st.integers(4, 20), st.integers(3, 20))
def test_shards_and_blocks_hold_every_line_once_and_whole(path, lines, ended, size, block):
    text = b"\n".join(lines) + b"\n" * ended
    path.write_bytes(text)
    ranges = make_ranges([str(path)], 1, most=size)
    assert sum(part.size for part in ranges) == len(text)
    blocks = [
        found for part in ranges for found in read_blocks(str(path), block, part.start, part.end)
    ]
    assert b"".join(found.data for found in blocks) == text.removeprefix(b"\xef\xbb\xbf")
    assert all(found.data.endswith(b"\n") for found in blocks[:-1])
    assert all(text[found.start :].startswith(found.data) for found in blocks)


def test_a_byte_order_mark_is_dropped_at_the_beginning_alone(path):
    mark = b"\xef\xbb\xbf"
    path.write_bytes(mark + b"a\n" + mark + b"b\n")
    assert b"".join(block.data for block in read_blocks(str(path), 5)) == b"a\n" + mark + b"b\n"
    assert list(read_blocks(str(path), start=5)) == [Block(mark + b"b\n", 5)]


def test_what_cannot_be_cut_stays_whole_and_small_files_go_together(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"x" * 100)
    (tmp_path / "b.txt").write_bytes(gzip.compress(bytes(range(256)) * 9))
    for number in range(10):
        (tmp_path / f"c{number}").write_bytes(b"1234")
    ranges = make_ranges(find_files(tmp_path), 1, most=20)
    assert [path for part in ranges for path in part.paths] == find_files(tmp_path)
    assert [len(part.paths) for part in ranges] == [1, 1, 5, 5]
    assert all((part.start, part.end) == (0, None) for part in ranges)


def test_names_that_look_like_patterns_are_names(tmp_path):
    names = ["a*.txt", "ab.txt", "[c].txt", "c.txt"]
    for name in names:
        (tmp_path / name).write_text("x")
    found = find_files(tmp_path)
    assert [os.path.basename(file) for file in found] == sorted(names)
    for name in names:
        assert find_files(tmp_path / name) == [str(tmp_path / name)]
    (tmp_path / "a*.txt").unlink()
    assert find_files(found) is found  # not looked for again: ab.txt would stand there twice


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
        number = line_of(str(path), found.start, inside)
        assert number == text[: found.start].count(b"\n") + inside + 1


@pytest.mark.parametrize("bad_lines", ["skip", "replace"])
@given(st.lists(st.sampled_from([b"a", b"", "京".encode(), b"\xff", b"a\xe4\xba", b"\xc0\x80"])))
def test_lines_that_are_no_utf8_are_left_out_or_mended(path, bad_lines, lines):
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    cleaner, texts = Cleaner(bad_lines), []
    for documents in read_documents(str(path), cleaner=cleaner):
        texts += documents.texts
    bad = [line for line in lines if "\ufffd" in line.decode(errors="replace")]
    good = [line for line in lines if bad_lines == "replace" or line not in bad]
    assert texts == [line.decode(errors="replace") for line in good]
    assert cleaner.found == len(bad)


def test_bad_json_is_found_in_its_line_wherever_a_part_begins(path):
    path.write_bytes(b'{"text": "a"}\n\n{"text": "b"}\n{"text"}\n')
    with pytest.raises(DataError, match="line 4: not JSON"):
        list(read_documents(str(path.rename(path.with_suffix(".jsonl"))), start=20))


def test_a_corpus_has_no_more_than_a_thousand_parts_however_large_it_is(tmp_path):
    for name in ("a.txt", "b.txt"):
        with open(tmp_path / name, "wb") as file:
            file.truncate(1 << 39)  # of holes: it takes no room on the disk
    ranges = make_ranges(find_files(tmp_path), 24, most=1 << 25)
    assert len(ranges) <= 1002
    assert sum(part.size for part in ranges) == 1 << 40


def test_a_folder_without_permission_is_named(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("octavo.corpus.files.os.stat", refuse)
    monkeypatch.setattr("octavo.corpus.files.glob.glob", lambda path: [])
    with pytest.raises(DataError, match=r"a\.txt: cannot be read: Permission denied"):
        find_files(tmp_path / "a.txt")


def test_a_pattern_finds_folders_as_a_shell_does(tmp_path):
    for name in ("a.txt", "sub/b.txt", "sub/deep/c.txt", ".hidden/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    everything = [str(tmp_path / name) for name in ("a.txt", "sub/b.txt", "sub/deep/c.txt")]
    assert find_files(tmp_path / "*") == everything
    assert find_files(tmp_path / "s*") == everything[1:]
    assert find_files(tmp_path / "**" / "*") == everything  # each once


def test_a_mark_that_comes_in_pieces_is_dropped(monkeypatch):
    reading, writing = os.pipe()

    def write():
        with os.fdopen(writing, "wb", buffering=0) as file:
            for piece in (b"\xef", b"\xbb\xbft", b"o be\n"):
                file.write(piece)
                time.sleep(0.2)

    thread = threading.Thread(target=write)
    thread.start()
    with open(reading, encoding="utf-8") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert b"".join(block.data for block in read_blocks("-")) == b"to be\n"
    thread.join()


def test_a_text_that_is_null_is_an_empty_one_in_every_layout(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n{"text": null}\n')
    columns = {"plain": pa.array(["a", None]), "encoded": pa.array(["a", None]).dictionary_encode()}
    for name, column in columns.items():
        pq.write_table(pa.table({"text": column}), tmp_path / f"{name}.parquet")
    for path in find_files(tmp_path):
        texts = [text for documents in read_documents(path) for text in documents.texts]
        assert texts == ["a", ""]
