"""The files of a corpus are found, and go into ranges that are read apart."""

from __future__ import annotations

import gzip
import os

import pytest

from octavo.corpus.files import find_files, make_ranges, total_size, unchanged
from octavo.errors import DataError


def test_what_cannot_be_cut_stays_whole_and_small_files_go_together(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"x" * 100)
    (tmp_path / "b.txt").write_bytes(gzip.compress(bytes(range(256)) * 9))
    for number in range(10):
        (tmp_path / f"c{number}").write_bytes(b"1234")
    ranges = make_ranges(find_files(tmp_path), 1, most=20)
    assert [path for file_range in ranges for path in file_range.paths] == find_files(tmp_path)
    assert [len(file_range.paths) for file_range in ranges] == [1, 1, 5, 5]
    assert all((file_range.start, file_range.end) == (0, None) for file_range in ranges)


def test_ranges_are_as_large_as_their_files_and_standard_input_has_no_size(tmp_path):
    for number in range(3):
        (tmp_path / f"c{number}").write_bytes(b"1234" * (1 + 9 * number))
    assert total_size(make_ranges(find_files(tmp_path), 4)) == 4 * (1 + 10 + 19)
    assert total_size(make_ranges([*find_files(tmp_path), "-"], 4)) is None


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


def test_a_corpus_has_no_more_than_a_thousand_parts_however_large_it_is(tmp_path):
    for name in ("a.txt", "b.txt"):
        with open(tmp_path / name, "wb") as file:
            file.truncate(1 << 39)  # of holes: it takes no room on the disk
    ranges = make_ranges(find_files(tmp_path), 24, most=1 << 25)
    assert len(ranges) <= 1002
    assert sum(file_range.size for file_range in ranges) == 1 << 40


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


def test_a_deep_pattern_goes_through_no_link_as_links_may_go_round(tmp_path, monkeypatch):
    for name in ("one/a.txt", "one/two/b.txt", "one/two/[c]/c.txt", "one/.no/d.txt", "three/e.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    for place in ("one/up", "one/two/up", "one/two/here"):
        (tmp_path / place).symlink_to("." if place.endswith("here") else "..")
    texts = ["one/a.txt", "one/two/[c]/c.txt", "one/two/b.txt"]
    everything = [*texts, "three/e.md"]
    monkeypatch.chdir(tmp_path)
    for pattern, names in (
        ("**", everything),
        ("**/*.txt", texts),
        ("**/two/**/*.txt", texts[1:]),
        ("o*/**", texts),
        ("*/two/**/c.*", texts[1:2]),
    ):
        assert find_files(pattern) == names
        assert find_files(tmp_path / pattern) == [str(tmp_path / name) for name in names]


@pytest.mark.parametrize("change", ["grows", "shrinks", "goes", "is another"])
def test_a_file_that_changes_while_it_is_read_is_named(tmp_path, change):
    path = tmp_path / "text"
    path.write_text("a b\n" * 10)
    os.utime(path, (1, 1))
    actions = {
        "grows": lambda: path.write_text("a b\n" * 11),
        "shrinks": lambda: path.write_text("a b\n" * 9),
        "goes": path.unlink,
        "is another": lambda: path.write_text("b a\n" * 10),
    }
    with pytest.raises(DataError, match="text: has changed while it was read"), unchanged([path]):
        actions[change]()


def test_pipes_and_what_stays_are_no_change(tmp_path):
    (tmp_path / "text").write_text("a b\n")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    os.utime(pipe, (1, 1))
    with unchanged(["-", str(tmp_path / "text"), str(pipe)]):
        assert (tmp_path / "text").read_text() == "a b\n"
        os.utime(pipe, (2, 2))  # as when something is written into it
    assert pipe.stat().st_mtime == 2
