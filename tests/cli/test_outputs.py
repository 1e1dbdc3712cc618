"""What can be known of a result is told before the work: where it goes, what it is made with."""

from __future__ import annotations

import inspect
import os
import sys
from typing import get_args

import pytest

pytest.importorskip("pyarrow", reason="octavo[count] is not installed")

from pathlib import Path

from octavo.cli.main import VERBS, app, run
from octavo.errors import MissingExtraError

# The options of each verb that name a result, with the rest of the command.
RESULTS = {
    "count": (["count", "text.txt", "--segmenter", "whitespace"], {"out", "plot"}),
    "community": (["community", "links.txt"], {"out"}),
    "discover": (["count", "discover", "text.txt"], {"out"}),
    "matrix": (["count", "matrix", "text.txt", "--segmenter", "whitespace"], {"out"}),
    "pretrain": (["pretrain", "text.txt", "--segmenter", "whitespace"], {"out", "data"}),
    "ask": (["read", "ask", "哪年？", "text.txt"], {"html"}),
    "evaluate": (["read", "evaluate", "asked.jsonl"], {"out", "html"}),
    "train": (["read", "train", "asked.jsonl"], {"out"}),
    "calibrate": (["read", "calibrate", "asked.jsonl"], {"out", "plot"}),
    "embed": (["embed", "text.txt", "--segmenter", "whitespace"], {"out", "plot"}),
    "export": (["embed", "export", "vectors"], {"out"}),
    "draw_map": (["embed", "map", "vectors"], {"out"}),
    "transform": (["embed", "transform", "vectors", "text.txt"], {"out"}),
    "sogou": (["read", "sogou", "text.txt", "text.txt"], {"out"}),
}
# verbs that cannot do without --out
NEEDED = {"matrix", "pretrain", "train", "calibrate", "embed", "export", "draw_map", "transform"}
# files that are read
READ = {"stop_words", "config", "vocabulary", "source", "similarity", "analogies", "labels"}
ENDINGS = {"plot": ".png", "html": ".html", "out": ".tsv", "data": ""}
CASES = [(verb, name) for verb, (_, names) in RESULTS.items() for name in sorted(names)]
LONG_WORK = (
    "octavo.counting.words.count_words",
    "octavo.counting.discovery.discover_words",
    "octavo.counting.matrix.vectorize_files",
    "octavo.community.infomap.Infomap.fit",
    "octavo.embedding.jose.JoSE.fit_files",
    "octavo.embedding.jose.JoSE.load",
    "octavo.training.devices.find_devices",
    "octavo.cli.ask.load_reader",
    "octavo.cli.read.load_reader",
    "octavo.reading.sogou_files.read_predictions",
    "octavo.reading.sogou_files.read_accepted_answers",
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working directory, in which no long work may begin."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("to be or not\n")
    (tmp_path / "links.txt").write_text("to be\n")
    (tmp_path / "asked.jsonl").write_text(
        '{"question": "哪年？", "passages": ["建成于1420年"], "answers": ["1420年"]}\n', "utf-8"
    )

    def begin(*_, **__):
        raise AssertionError("the long work began")

    for name in LONG_WORK:
        monkeypatch.setattr(name, begin)
    return tmp_path


def ending(verb, name):
    return {"matrix": ".npz", "export": ".vec", "draw_map": ".png", "transform": ".vec"}.get(
        verb, ENDINGS[name]
    )


def command(verb, name, path):
    needed = ["--out", "result"] if verb in NEEDED and name != "out" else []
    return [*RESULTS[verb][0], f"--{name}", str(path), *needed]


def fails(capsys, folder, tokens, code):
    """The one line of a command that must fail and leave nothing."""
    before = sorted(folder.rglob("*"))
    assert run(tokens) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert sorted(folder.rglob("*")) == before
    return captured.err


def test_every_option_of_a_file_is_compared():
    found = {}
    for verb in VERBS:
        subs = [app[verb][sub] for sub in app[verb] if not sub.startswith("-")]
        for function in filter(None, (one.default_command for one in [app[verb], *subs])):
            hints = inspect.get_annotations(function, eval_str=True)
            inside = {name: _inside(hint) for name, hint in hints.items()}
            paths = {n for n, parts in inside.items() if Path in parts and str not in parts}
            if paths - READ:
                found[function.__name__] = paths - READ
    assert found == {verb: names for verb, (_, names) in RESULTS.items()}


def _inside(hint):
    return {hint, *(one for part in get_args(hint) for one in _inside(part))}


@pytest.mark.parametrize(("verb", "name"), CASES)
def test_a_place_that_cannot_be_written_is_told_first(verb, name, folder, capsys):
    long = "x" * (250 - len(ending(verb, name))) + ending(
        verb, name
    )  # what stands beside it is too long
    error = fails(capsys, folder, command(verb, name, long), 1)
    assert error == f"octavo: {long}: cannot be written: File name too long\n"
    (folder / "file").touch()
    inside = f"file/x{ending(verb, name)}"
    error = fails(capsys, folder, command(verb, name, inside), 1)
    assert error.startswith(f"octavo: {inside}: cannot be written: ")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write it all")
@pytest.mark.parametrize(("verb", "name"), CASES)
def test_a_folder_that_may_not_be_written_is_told_first(verb, name, folder, capsys):
    (folder / "mine").mkdir(mode=0o500)
    error = fails(capsys, folder, command(verb, name, f"mine/x{ending(verb, name)}"), 1)
    assert error.endswith("cannot be written: Permission denied\n")


@pytest.mark.parametrize("verb", ["count", "calibrate"])
def test_a_picture_that_cannot_be_drawn_is_told_first(verb, folder, capsys, monkeypatch):
    for path in ("a.jpg", "a", "-"):
        error = fails(capsys, folder, command(verb, "plot", path), 2)
        assert error == f"octavo: pictures are .png, .svg or .pdf. Received: {path}\n"
    (folder / "font.ttf").write_text("no font")
    monkeypatch.setenv("OCTAVO_FONT", "font.ttf")
    assert "name another in OCTAVO_FONT" in fails(capsys, folder, command(verb, "plot", "a.png"), 2)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    error = fails(capsys, folder, command(verb, "plot", "a.png"), 2)
    assert error == f"octavo: {MissingExtraError('matplotlib', 'plot')}\n"


@pytest.mark.parametrize(
    ("module", "tokens", "extra"),
    [
        ("numba", ["count", "text.txt"], "count"),
        ("pyarrow", ["count", "discover", "text.txt"], "count"),
        ("numba", command("pretrain", "out", "run"), "count"),
        ("pyarrow", command("pretrain", "out", "run"), "count"),
        ("safetensors", command("pretrain", "out", "run"), "neural"),
    ],
)
def test_a_package_that_is_missing_is_told_first(
    module, tokens, extra, folder, capsys, monkeypatch
):
    monkeypatch.setitem(sys.modules, module, None)
    error = fails(capsys, folder, tokens, 2)
    assert error == f"octavo: {MissingExtraError(module, extra)}\n"
