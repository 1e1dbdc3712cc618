"""`octavo pretrain` as typed: what is parsed, printed, written and refused."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys

import pytest

from octavo.cli.main import app, run, show_default
from octavo.errors import DataError, UsageError
from octavo.pretraining import Intervals, Settings
from octavo.text import save_vocabulary
from octavo.text.vocabulary import SPECIAL_TOKENS

SIZES = "--sequence-length 16 --hidden-size 8 --layers 1 --heads 2 --batch-size 4 --steps 2"
SMALL = f"{SIZES} --segmenter whitespace --validation-split 0.2".split()


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A corpus of forty lines, its vocabulary, and nothing else in the working directory."""
    monkeypatch.chdir(tmp_path)
    words = [f"w{n}" for n in range(20)]
    lines = [" ".join(words[(n * k) % 20] for k in range(1, 12)) for n in range(40)]
    (tmp_path / "text.txt").write_text("\n".join(lines), "utf-8")
    save_vocabulary([*SPECIAL_TOKENS, *words], tmp_path / "vocab.txt")
    return ["text.txt", "--vocabulary", "vocab.txt"]


def parse(*words):
    """The verb's arguments that these words give; nothing is run."""
    command = ["pretrain", "text.txt", "--out", "out", *words]
    return app.parse_args(command, print_error=False, exit_on_error=False)[1].arguments


def test_the_model_is_written_and_its_score_said(sources, tmp_path, capsys):
    assert run(["pretrain", *sources, "--out", "out", *SMALL]) == 0
    said, scores = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"wrote a model of [\d,]+ parameters to out", said)
    assert re.match(r"held-out text: accuracy 0\.\d{3} \(the most frequent token 0\.\d", scores)
    assert run(["pretrain", *sources, "--out", "out", *SMALL, "--json"]) == 0  # it goes on
    (line,) = capsys.readouterr().out.splitlines()
    result = json.loads(line)
    assert f"{result['parameters']:,}" in said
    assert (result["steps"], result["log"], result["out"]) == (2, "out/log.csv", "out")
    assert f"accuracy {result['validation']['accuracy']:.3f}" in scores
    assert (tmp_path / "out" / "model.safetensors").is_file()
    assert run(["pretrain", *sources, "--out", "out", *SMALL, "--no-resume"]) == 1
    assert "out: holds a run already" in capsys.readouterr().err


def test_a_document_may_be_a_file(sources, tmp_path):
    with pytest.warns(UserWarning, match="documents are short, 11 tokens in the median of 40"):
        assert run(["pretrain", *sources, "--out", "lines", *SMALL]) == 0
    assert run(["pretrain", *sources, "--out", "files", "--documents", "files", *SMALL]) == 0
    manifest = json.loads((tmp_path / "files" / "data" / "manifest.json").read_text())
    assert (manifest["documents_as"], manifest["documents"]) == ("files", 1)


def test_a_run_that_launch_starts_again_goes_on(sources, capsys, monkeypatch):
    """Whatever was typed: a run without --resume would meet the states of its own first start."""
    anew = ["pretrain", *sources, "--out", "out", *SMALL, "--no-resume"]
    assert run(anew) == 0
    monkeypatch.setenv("OCTAVO_RESTARTS", "1")
    assert run(anew) == 0
    assert "2 of 2 steps are done" in capsys.readouterr().err


def test_a_run_may_lie_inside_its_corpus(sources, tmp_path, capsys):
    (tmp_path / "news").mkdir()
    (tmp_path / "text.txt").rename(tmp_path / "news" / "text.txt")
    command = ["pretrain", "news", "--vocabulary", "vocab.txt", "--out", "news/run", *SMALL]
    assert run(command) == 0
    assert run(command) == 0
    assert "2 of 2 steps are done" in capsys.readouterr().err


def test_every_setting_is_an_option(tmp_path):
    values = {
        field.name: {"int": 32, "float": 0.05, "str": "mlm:2,lm:1", "bool": True}[field.type]
        for field in dataclasses.fields(Settings)
    } | {"optimizer": "lamb", "precision": "mixed_bfloat16", "preset": "model", "heads": 8}
    given = [
        word
        for name, value in values.items()
        for word in [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
    ]
    assert parse(*given)["settings"] == Settings(**values)
    every = {field.name: 7 for field in dataclasses.fields(Intervals)}
    given = [f"--{name.replace('_', '-')}={value}" for name, value in every.items()]
    assert parse(*given)["intervals"] == Intervals(**every)


def test_options_go_before_the_file_and_the_file_before_the_defaults(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text("layers = 2\nheads = 3\nhidden_size = 96\nsteps = 5\nrecompute = true\n")
    found = parse("--config", str(path), "--steps", "10000", "--hidden-size", "48")["settings"]
    expected = {"layers": 2, "heads": 3, "hidden_size": 48, "steps": 10_000, "recompute": True}
    assert found == Settings(**expected)  # 10000 is the default, and was given
    path.write_text("heads = 3\n")  # impossible without the option
    assert parse("--config", str(path), "--hidden-size", "48")["settings"].heads == 3
    with pytest.raises(UsageError, match=r"small\.toml: hidden_size must be a multiple of heads"):
        parse("--config", str(path))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("layer = 2", UsageError, "small.toml: no setting layer; known: batch_size, dropout"),
        ("save_steps = 2", UsageError, "small.toml: no setting save_steps"),
        ("layers = [", DataError, "small.toml: not TOML"),
        ("layers = 0", UsageError, "small.toml: layers must be a whole number of 1 or more"),
        ("layers = 1.5", UsageError, "small.toml: layers must be of type int"),
        ('dropout = "0.2"', UsageError, "small.toml: dropout must be of type float"),
        (None, DataError, "small.toml: cannot be read: No such file"),
    ],
)
def test_a_bad_file_is_named(tmp_path, monkeypatch, text, error, message):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "small.toml").write_text(text)
    with pytest.raises(error) as caught:
        parse("--config", "small.toml", "--steps", "3")
    assert str(caught.value).startswith(message)


LOOK = """
import sys
from octavo.cli.main import run
code = run(sys.argv[1:])
assert "keras" not in sys.modules
sys.exit(code)
"""


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ("--preset model --vocabulary-size 99", 2, "the vocabulary is that of model. Received: --"),
        ("--vocabulary a.txt --vocabulary-size 99", 2, "a.txt has a size of its own. Received: "),
        (
            "--vocabulary-size 5",
            2,
            "vocabulary must be a whole number of 109 or more. Received: vocabulary=5",
        ),
        ("--segmenter jeiba", 2, "a segmenter is jieba, jieba:DICT.txt, whitespace"),
        ("--segmenter jieba:none.txt", 1, "none.txt: no dictionary that can be read"),
        ("--layers 0", 2, "layers must be a whole number of 1 or more. Received: layers=0"),
        ("--layers 1.5", 2, "--layers: it must be a whole number. Received: 1.5"),
        ("--dropout nan", 2, "dropout must be of type float. Received: dropout=nan"),
        ("--workers 0", 2, "workers must be a whole number of 1 or more. Received: workers=0"),
        (
            "--save-steps 0",
            2,
            "save_steps must be a whole number of 1 or more. Received: save_steps=0",
        ),
        ("--field body", 2, "only .jsonl, .csv, .tsv and .parquet files"),
        ("--stpes 3", 2, "Received: --stpes"),
        ("none.txt", 1, "none.txt: no such file or folder"),
    ],
)
def test_a_wrong_option_is_named_before_keras_is_loaded(sources, options, code, message):
    command = [sys.executable, "-c", LOOK, "pretrain", "text.txt", "--out", "out", *options.split()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_without_files_the_data_is_needed(capsys):
    assert run(["pretrain", "--out", "out"]) == 2
    assert "name the files to read, or the --data they became" in capsys.readouterr().err


def test_help_shows_every_setting_and_its_default_and_loads_nothing_heavy():
    source = (
        "import sys\nfrom octavo.cli.main import run\n"
        "code = run(['pretrain', '--help'])\n"
        "heavy = {'keras', 'jax', 'numpy', 'matplotlib', 'torch'} & set(sys.modules)\n"
        "print(code, heavy, file=sys.stderr)"
    )
    environment = {**os.environ, "COLUMNS": "150"}
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, env=environment
    )
    assert done.stderr == "0 set()\n"
    shown = " ".join(re.sub(r"[│╭╰─╮╯*]", " ", done.stdout).split()).partition(" Parameters ")[2]
    for kind in (Settings, Intervals):
        for field in dataclasses.fields(kind):
            option = f"--{field.name.replace('_', '-')} "
            text = shown.partition(option)[2].partition(" --")[0]
            default = show_default(field.default)
            assert text.endswith("." if default is None else f". [default: {default}]"), option
            assert len(text.partition("[default:")[0]) > 15, option  # it says something too
