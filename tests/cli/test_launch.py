"""`octavo launch` with a stand-in for what starts processes: what is passed on and refused."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from octavo.cli.main import run


@pytest.fixture
def launched(monkeypatch):
    calls = []
    monkeypatch.setattr("octavo.training.launch.launch", lambda *call: calls.append(call) or 3)
    return calls


def test_the_verb_is_started_as_it_was_typed(launched):
    command = ["pretrain", "news/", "--out", "x", "--processes", "9"]
    assert run(["launch", "--processes", "4", "--hosts", "a,b", "--", *command]) == 3
    run(["launch", "--node-rank", "1", "--port", "77", "--max-restarts", "0", "--", *command])
    whole = [sys.executable, "-P", "-m", "octavo", *command]
    assert launched == [(whole, 4, 3, ["a", "b"], 0, 0), (whole, 2, 0, [], 1, 77)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "after -- stands pretrain. Received: nothing"),
        (["--", "count", "news/"], "after -- stands pretrain. Received: count news/"),
        (["--retries", "2", "--", "pretrain", "news/"], "no such option; --help lists them"),
        (["--proceses", "2", "--", "pretrain"], "no such option, did you mean --processes? Rec"),
        (["--processes", "1.5", "--", "pretrain"], "it must be a whole number. Received: 1.5"),
    ],
)
def test_what_cannot_be_launched_is_one_line(launched, words, message, capsys):
    assert run(["launch", *words]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert not launched


def test_impossible_numbers_are_named_as_the_options_are(capsys):
    for option, message in (
        (["--processes", "0"], "processes must be a whole number of 1 or more"),
        (["--max-restarts", "-1"], "max_restarts must be a whole number of 0 or more"),
        (["--node-rank", "1"], "node_rank must be a whole number from 0 to 0"),
        (["--hosts", "a,b"], "several hosts need a port"),
    ):
        assert run(["launch", *option, "--", "pretrain"]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["none.txt", "--out", "x"], 1, "octavo: none.txt: no such file or folder\n"),
        (["a.txt", "--out", "x", "--stpes", "3"], 2, "did you mean --steps? Received: --stpes\n"),
        (["a.txt", "--out", "x", "--steps", "0"], 2, "steps must be a whole number of 1 or more"),
    ],
)
def test_an_error_of_all_processes_is_said_once(words, code, said, tmp_path):
    """By whichever is first: the others are ended then."""
    (tmp_path / "a.txt").write_text("to be\n")
    command = [sys.executable, "-m", "octavo", "launch", "--processes", "3", "--", "pretrain"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [*command, *words], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == code
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
