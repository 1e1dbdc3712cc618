"""`octavo count matrix` as typed."""

from __future__ import annotations

import json
import shlex

import numpy as np
import pytest

from octavo.cli import main

pytest.importorskip("numba")
pytest.importorskip("pyarrow")
sparse = pytest.importorskip("scipy.sparse")


def run(command):
    """The exit code of the verb with these words."""
    return main.run(["count", "matrix", *shlex.split(command)])


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lines.txt").write_text("to be or not\n\nTo be\n")
    (tmp_path / "stop.txt").write_text("or\n not \n\n")
    return tmp_path


def test_the_matrix_and_its_tokens_are_written(corpus, capsys):
    assert run("lines.txt --segmenter whitespace --out m.npz") == 0
    assert capsys.readouterr().out == "wrote 3 documents x 5 words to m.npz\n"
    assert sparse.load_npz("m.npz").toarray().tolist() == [
        [0, 1, 1, 1, 1],
        [0] * 5,
        [1, 1, 0, 0, 0],
    ]
    assert np.load("m.npz")["tokens.txt"].decode().split() == ["To", "be", "not", "or", "to"]


def test_a_document_is_a_line_a_paragraph_or_a_file(corpus, capsys):
    (corpus / "more.txt").write_text("be\n")
    for documents, rows in (("lines", 4), ("paragraphs", 3), ("files", 2)):
        command = f"lines.txt more.txt --segmenter whitespace --documents {documents} --out m.npz"
        assert run(f"{command} --json") == 0
        assert json.loads(capsys.readouterr().out)["documents"] == rows
        assert sparse.load_npz("m.npz").sum() == 7


def test_words_are_left_out_as_count_leaves_them_out(corpus, capsys):
    command = (
        "lines.txt --segmenter whitespace --lowercase --stop-words stop.txt --json --out m.npz"
    )
    assert run(command) == 0
    result = json.loads(capsys.readouterr().out)
    assert result == {"documents": 3, "tokens": 2, "cells": 4, "bad_lines": 0, "out": "m.npz"}
    assert run("lines.txt --segmenter whitespace --min-count 2 --ngrams 2 --top 1 --out m.npz") == 0
    assert np.load("m.npz")["tokens.txt"] == b"be\n"


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("lines.txt", 2, "--out"),
        ("--out m.npz", 2, "name the files to read"),
        ("lines.txt --out m.tsv", 2, "a matrix is written as .npz. Received: m.tsv"),
        ("lines.txt --out -", 2, "a matrix is written as .npz. Received: -"),
        ("lines.txt --memory 1KB --out m.npz", 2, "memory must be an amount"),
        ("lines.txt --segmenter no --out m.npz", 2, "a segmenter is "),
        ("nothing.txt --out m.npz", 1, "nothing.txt: no such file"),
        ("lines.txt --out nowhere/m.npz", 1, "there is no folder nowhere"),
    ],
)
def test_bad_input_is_one_line(corpus, command, code, message, capsys):
    before = sorted(corpus.iterdir())
    assert run(command) == code
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert sorted(corpus.iterdir()) == before
