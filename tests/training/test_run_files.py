"""Files that are put into the folder of a run: each old or new, whenever the process dies."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from octavo.errors import DataError
from octavo.training.run_files import write_files


def test_the_folder_is_never_away(tmp_path):
    """A process that dies between two files leaves the first new and the second old."""
    for name in ("a", "b", "state"):
        (tmp_path / name).write_text("old")
    before = tmp_path.stat().st_ino
    code = (
        "import os; from pathlib import Path; from octavo.training.run_files import write_files\n"
        "left, replace = [None], os.replace\n"
        "os.replace = lambda *names: (left or os._exit(9)) and left.pop() or replace(*names)\n"
        f"with write_files(Path({str(tmp_path)!r})) as folder:\n"
        "    [(folder / name).write_text('new') for name in 'ab']\n"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 9
    texts = {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()}
    assert texts == {"a": "new", "b": "old", "state": "old"}
    with write_files(tmp_path) as folder:
        (folder / "b").write_text("new")
    assert sorted(os.listdir(tmp_path)) == ["a", "b", "state"]  # what the dead one left is gone
    assert (tmp_path / "b").read_text() == "new"
    assert tmp_path.stat().st_ino == before


def test_an_error_leaves_the_old_files(tmp_path):
    (tmp_path / "a").write_text("old")

    def fail():
        with write_files(tmp_path) as folder:
            (folder / "a").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (os.listdir(tmp_path), (tmp_path / "a").read_text()) == (["a"], "old")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with (
        pytest.raises(DataError, match="absent: cannot be written"),
        write_files(tmp_path / "absent"),
    ):
        pytest.fail("the block must not run")
