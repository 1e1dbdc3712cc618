"""What the verbs share of their arguments: files read, files written, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from octavo.cli.arguments import (
    check_apart,
    check_inputs,
    check_outputs,
    find_corpus,
    leave_out,
    say_bad_lines,
)
from octavo.corpus.files import Files
from octavo.errors import DataError, UsageError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working directory, with two files and a folder of one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    for name in ("a.txt", "b.jsonl", "run/log.csv"):
        (tmp_path / name).write_text("x")
    return tmp_path


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["--jsno"], r"no such option; --help lists them \(a file would be \./--jsno\)"),
        (["-", "a.txt", "-"], "standard input can be read only once"),
    ],
)
def test_an_option_is_no_file(paths, message):
    with pytest.raises(UsageError, match=message):
        check_inputs(*paths)
    with pytest.raises(UsageError, match=message):
        find_corpus(paths, field=None)


def test_a_corpus_is_found_and_what_octavo_fills_left_out(folder):
    files = find_corpus(["."], field="body")
    assert files == ["./a.txt", "./b.jsonl", "./run/log.csv"]
    assert leave_out(files, Path("run"), Path("elsewhere")) == ["./a.txt", "./b.jsonl"]
    assert isinstance(leave_out(files), Files)  # which nobody expands again
    assert find_corpus(["-"], field="body") == ["-"]
    with pytest.raises(UsageError, match=r"none of these was given\. Received: --field body"):
        find_corpus(["a.txt"], field="body")
    with pytest.raises(UsageError, match="Received: no paths"):
        find_corpus([], field=None)


def test_nothing_that_is_read_is_overwritten(folder):
    (folder / "link.txt").hardlink_to(folder / "a.txt")
    check_apart(["a.txt", "-"], out=Path("new.tsv"), plot=None)
    with pytest.raises(UsageError, match=r"--plot would overwrite a\.txt, which is read"):
        check_apart(["-", "a.txt"], out=Path("b.jsonl"), plot=Path("link.txt"))
    with pytest.raises(UsageError, match=r"--out would overwrite a\.txt$"):
        check_outputs(["a.txt"], out=Path("./run/../a.txt"))
    with pytest.raises(UsageError, match="--html would overwrite the file of --out"):
        check_outputs(["a.txt"], out=Path("c"), html=Path("./c"))


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("-x", UsageError, r"--out needs a file \(\./-x, if meant\)"),
        ("run", DataError, "run: cannot be written: it is a folder"),
        ("no/c.tsv", DataError, r"no.c\.tsv: cannot be written: there is no folder no"),
    ],
)
def test_a_result_has_a_place_to_go(path, error, message):
    check_outputs(["-", "a.txt"], out=Path("-"), plot=Path("c.png"))
    with pytest.raises(error, match=message):
        check_outputs(["a.txt"], out=Path(path))


def test_bad_lines_are_said_where_there_are_any(capsys):
    say_bad_lines(0, "skip")
    assert capsys.readouterr().err == ""
    say_bad_lines(1234, "skip")
    assert capsys.readouterr().err == "octavo: 1,234 lines are not UTF-8 and were left out\n"
    say_bad_lines(1, "replace")
    assert "were mended" in capsys.readouterr().err
