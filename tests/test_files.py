"""Reading whatever the compression; writing whole or not at all.

Covers octavo._archives.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import subprocess
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo._files import (
    check_directory,
    check_file,
    check_inside,
    find_left,
    open_binary,
    open_text,
    read_text,
    write_atomic,
    write_directory,
)
from octavo.errors import DataError

PACKERS = {
    "plain": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}
ARCHIVES = [name for name in PACKERS if name != "plain"]
TEXT = "北京\r\nline\u2028still the same line\n" + "".join(f"{n * n}\n" for n in range(50_000))


@pytest.mark.parametrize("packer", PACKERS)
def test_reads_back_what_was_packed_whatever_the_name(tmp_path: Path, packer: str) -> None:
    path = tmp_path / "file.with-any-name"
    path.write_bytes(PACKERS[packer](TEXT.encode()))
    assert read_text(path) == TEXT
    with open_text(path) as file:
        assert list(file) == [line + "\n" for line in TEXT.split("\n")[:-1]]
    with open_binary(path) as binary:
        assert binary.read() == TEXT.encode()


@pytest.mark.parametrize("packer", ARCHIVES)
def test_archives_one_after_the_other_are_one_file(tmp_path: Path, packer: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(PACKERS[packer](b"one,") + PACKERS[packer](b"two"))
    assert read_text(path) == "one,two"


@pytest.mark.parametrize("packer", PACKERS)
def test_reads_standard_input_and_leaves_it_open(
    packer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(PACKERS[packer](TEXT.encode())))
    monkeypatch.setattr("sys.stdin", stdin)
    assert read_text("-") == TEXT
    assert not stdin.closed


@pytest.mark.parametrize("packer", PACKERS)
def test_an_empty_file_is_an_empty_text(tmp_path: Path, packer: str) -> None:
    (tmp_path / "file").write_bytes(PACKERS[packer](b""))
    assert read_text(tmp_path / "file") == ""


def test_drops_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbfword")
    assert read_text(tmp_path / "file") == "word"


@pytest.mark.parametrize("packer", ARCHIVES)
@pytest.mark.parametrize("kept", [0.01, 0.5, 0.9999])
def test_a_truncated_archive_is_a_data_error(tmp_path: Path, packer: str, kept: float) -> None:
    packed = PACKERS[packer](TEXT.encode())
    path = tmp_path / "file"
    path.write_bytes(packed[: max(8, int(len(packed) * kept))])
    with pytest.raises(DataError, match="damaged or cut short") as caught:
        read_text(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("packer", ["gz", "bz2", "xz"])
def test_a_corrupt_archive_is_a_data_error(tmp_path: Path, packer: str) -> None:
    packed = bytearray(PACKERS[packer](TEXT.encode()))
    packed[len(packed) // 2] ^= 0xFF
    (tmp_path / "file").write_bytes(packed)
    with pytest.raises(DataError, match="damaged or cut short"):
        read_text(tmp_path / "file")


PARTS = [bytes(random.Random(n).choices(b"north south", k=4_000)) for n in range(3)]


def pack_streams(packer):
    return [{"bz2": bz2.compress, "xz": lzma.compress}[packer](part) for part in PARTS]


@pytest.mark.parametrize("packer", ["bz2", "xz"])
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_a_later_stream_is_never_lost_in_silence(packer, data):
    streams = pack_streams(packer)
    place = data.draw(st.integers(0, len(streams[1]) - 1))
    damaged = bytearray(streams[1])
    damaged[place] ^= 1 << data.draw(st.integers(0, 7))
    with TemporaryDirectory() as folder:
        path = Path(folder, "text")
        path.write_bytes(streams[0] + damaged + streams[2])
        with suppress(DataError):
            assert read_text(path) == b"".join(PARTS).decode()  # some bits of bzip2 say nothing


@pytest.mark.parametrize("packer", ["bz2", "xz"])
@pytest.mark.parametrize("rest", [b"no archive", b"B", b"\0" * 7, b"\0" * 100_001])
def test_what_follows_the_last_stream_is_no_end(tmp_path, packer, rest):
    (tmp_path / "text").write_bytes(b"".join(pack_streams(packer)) + rest)
    with pytest.raises(DataError, match="damaged or cut short"):
        read_text(tmp_path / "text")


@pytest.mark.parametrize("between", [4, 1 << 19])
def test_zeros_between_streams_of_xz_are_padding(tmp_path, between):
    (tmp_path / "text").write_bytes((b"\0" * between).join([*pack_streams("xz"), b""]))
    assert read_text(tmp_path / "text") == b"".join(PARTS).decode()


@pytest.mark.parametrize("packer", PACKERS)
def test_names_the_line_that_is_not_utf8(tmp_path: Path, packer: str) -> None:
    lines = [b"fine\n"] * 70_000
    lines[65_432] = "中文".encode("gbk") + b"\n"
    (tmp_path / "file").write_bytes(PACKERS[packer](b"".join(lines)))
    with pytest.raises(DataError, match="line 65433: not UTF-8"):
        read_text(tmp_path / "file")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf16_is_named(tmp_path: Path, encoding: str) -> None:
    mark = b"" if encoding == "utf-16" else b"\xfe\xff"
    (tmp_path / "file").write_bytes(mark + "何时？".encode(encoding))
    with pytest.raises(DataError, match=r"line 1: .* it is UTF-16: `iconv -f utf-16"):
        read_text(tmp_path / "file")


def test_a_missing_file_and_a_folder_are_data_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(DataError, match=f"{path}: cannot be read"):
            read_text(path)


def test_errors_of_the_caller_pass_unchanged(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("word")
    with pytest.raises(EOFError, match="the caller's"), open_text(tmp_path / "file"):
        raise EOFError("the caller's")


def test_write_atomic_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with write_atomic(path) as file:
        file.write("北京\n")
        assert path.read_text() == "old"
    with write_atomic(tmp_path / "bytes", binary=True) as file:
        file.write(b"\x00")
    assert path.read_bytes() == "北京\n".encode()
    assert sorted(os.listdir(tmp_path)) == ["bytes", "file"]


def test_write_atomic_keeps_the_old_file_on_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail() -> None:
        with write_atomic(path) as file:
            file.write("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_write_atomic_follows_links_and_has_ordinary_permissions(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "ordinary").touch()
    with write_atomic(tmp_path / "link") as file:
        file.write("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"
    assert (tmp_path / "target").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_write_atomic_does_not_replace_a_device() -> None:
    with write_atomic(os.devnull) as file:
        file.write("gone")
    assert not Path(os.devnull).is_file()


def test_write_atomic_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with write_atomic("-") as file:
        file.write("shown")
    assert capsys.readouterr().out == "shown"


def test_write_atomic_where_no_folder_is(tmp_path: Path) -> None:
    for path in (tmp_path / "absent" / "file", tmp_path):
        with pytest.raises(DataError, match=f"{path}: cannot be written"), write_atomic(path):
            pytest.fail("the block must not run")


def test_reads_frames_with_a_large_window_and_frames_to_skip(tmp_path: Path) -> None:
    large = zstandard.ZstdCompressionParameters(window_log=28)
    frame = zstandard.ZstdCompressor(compression_params=large).compressobj()
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip"  # as pzstd writes them
    packed = frame.compress(TEXT.encode()) + frame.flush()
    (tmp_path / "file").write_bytes(skipped + packed + skipped + packed)
    assert read_text(tmp_path / "file") == TEXT + TEXT


@pytest.mark.parametrize(("deadly", "place"), [("rename", ".run.*.old"), ("rmtree", "run")])
def test_the_rest_of_a_folder_moves_with_it(tmp_path: Path, deadly: str, place: str) -> None:
    """A process that dies between the renames, or after them, leaves every file in one folder."""
    path = tmp_path / "run"
    (path / "deeper").mkdir(parents=True)
    for name in ("state", "deeper/log"):
        (path / name).write_text("mine")
    module, times = {"rename": ("os", 1), "rmtree": ("shutil", 0)}[deadly]
    code = (
        f"import os, {module} as module; from octavo._files import write_directory\n"
        f"left, do = [None] * {times}, module.{deadly}\n"
        f"module.{deadly} = lambda *names: (left or os._exit(9)) and left.pop() or do(*names)\n"
        f"with write_directory({str(path)!r}) as folder: (folder / 'new').write_text('new')\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 9
    (found,) = tmp_path.glob(place)
    for name in ("state", "deeper/log"):
        assert (found / name).read_text() == "mine"
    assert find_left(path) == (None if found == path else found)
    with write_directory(path) as folder:  # the next writer puts it back
        (folder / "new").write_text("newer")
    assert sorted(one.name for one in path.rglob("*")) == ["deeper", "log", "new", "state"]
    assert find_left(path) is None


def test_write_directory_replaces_and_keeps_other_files(tmp_path: Path) -> None:
    path = tmp_path / "preset"
    for content in ("old", "new"):
        with write_directory(path) as folder:
            (folder / "config.json").write_text(content)
        if content == "old":
            (path / "notes.txt").write_text("mine")
            (path / "deeper").mkdir()
    assert sorted(os.listdir(path)) == ["config.json", "deeper", "notes.txt"]
    assert (path / "config.json").read_text() == "new"
    assert os.listdir(tmp_path) == ["preset"]


@pytest.mark.parametrize("existing", [True, False])
def test_write_directory_leaves_no_trace_of_an_error(tmp_path: Path, existing: bool) -> None:
    path = tmp_path / "preset"
    if existing:
        path.mkdir()
        (path / "config.json").write_text("old")

    def fail() -> None:
        with write_directory(path) as folder:
            (folder / "config.json").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert os.listdir(tmp_path) == (["preset"] if existing else [])
    assert not existing or (path / "config.json").read_text() == "old"


def test_write_directory_where_it_cannot(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "absent" / "preset"):
        with pytest.raises(DataError, match=str(path)), write_directory(path):
            pytest.fail("the block must not run")


@pytest.mark.parametrize(
    ("name", "file", "folder", "inside"),
    [
        ("new", True, True, True),
        ("file", True, False, False),
        ("folder", False, True, True),
        ("link", True, False, False),
        ("absent/new", False, False, True),
        ("file/new", False, False, False),
        ("x" * 250, False, False, False),  # what is written beside it has a longer name
        ("pipe", True, False, False),
    ],
)
def test_what_is_checked_first_is_what_comes_true(name, file, folder, inside, tmp_path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    before, path = sorted(tmp_path.rglob("*")), tmp_path / name
    checks = {check_file: file, check_directory: folder, check_inside: inside}
    for check, fine in checks.items():
        with suppress(DataError) if not fine else nullcontext():
            check(path)
            assert fine
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "file").read_text() == "old"
    if name == "pipe":
        return  # nobody reads it
    with pytest.raises(DataError) if not file else nullcontext(), write_atomic(path) as text:
        text.write("new")
    if file and name == "new":
        path.unlink()
    with pytest.raises(DataError) if not folder else nullcontext(), write_directory(path):
        pass


def test_standard_output_and_devices_are_no_places_to_look_at() -> None:
    check_file("-")
    check_file(os.devnull)


def test_what_is_written_is_on_the_disk_before_it_takes_the_place_of_the_old(tmp_path, monkeypatch):
    done: list[str] = []
    for name in ("fsync", "replace", "rename"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *given, real=real, name=name: [done.append(name), real(*given)][1]
        )
    with write_atomic(tmp_path / "file") as file:
        file.write("new")
    assert done == ["fsync", "replace"]
    done.clear()
    with write_directory(tmp_path / "folder") as folder:
        for name in ("one", "two"):
            (Path(folder) / name).write_text("new")
    assert done == ["fsync", "fsync", "rename"]
