"""Two processes with one folder: the second is told, and nothing is left when the first dies."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from octavo._locks import hold_folder
from octavo.errors import DataError

pytest.importorskip("fcntl")
HOLDING = """
import sys, time
from octavo._locks import hold_folder
with hold_folder(sys.argv[1]):
    print("held", flush=True)
    time.sleep(100)
"""


def test_a_folder_is_of_one_process_until_it_is_killed(tmp_path):
    folder = tmp_path / "run"
    command = [sys.executable, "-c", HOLDING, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(DataError, match="run: another run is using it"), hold_folder(folder):
            pass
        process.kill()
    with hold_folder(folder), hold_folder(folder):  # blocks of one process nest
        (folder / "file").touch()
    assert list(folder.iterdir()) == [folder / "file"]


def test_an_empty_folder_is_removed_if_it_was_made(tmp_path):
    with pytest.raises(KeyError), hold_folder(tmp_path / "deep" / "run"):
        raise KeyError
    assert not (tmp_path / "deep" / "run").exists()
    with hold_folder(tmp_path / "deep"):
        pass
    assert (tmp_path / "deep").exists()


def test_what_is_no_folder_or_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    for name, message in (
        ("file", "is a file"),
        ("file/run", "cannot be written: .*file is a file"),
    ):
        with pytest.raises(DataError, match=message), hold_folder(tmp_path / name):
            pass


def test_a_file_system_without_locks_keeps_nothing_out(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("octavo._locks.fcntl.flock", refuse)
    with hold_folder(tmp_path / "run"):
        assert (tmp_path / "run").is_dir()


def test_two_counts_with_one_output(tmp_path):
    pytest.importorskip("numba")
    count = [sys.executable, "-m", "octavo", "count", "-", "--segmenter", "whitespace"]
    count += ["--out", "counts.tsv"]
    folder = tmp_path / "counts.tsv.parts"
    first = subprocess.Popen(count, cwd=tmp_path, stdin=subprocess.PIPE)
    while not folder.exists():
        assert first.poll() is None
        time.sleep(0.01)
    for options in ([], ["--resume"]):
        second = subprocess.run(
            [*count, *options], cwd=tmp_path, input="or not", capture_output=True, text=True
        )
        assert second.returncode == 1
        assert (
            second.stderr == "octavo: counts.tsv.parts: another run is using it; wait, or "
            "name another\n"
        )
    first.communicate(b"to be\n")
    assert first.returncode == 0
    assert (tmp_path / "counts.tsv").read_text().count("\n") == 3
    assert not folder.exists()
