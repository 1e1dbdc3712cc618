"""`octavo embed` as typed. Covers octavo.cli.vectors, octavo.cli.document_vectors."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from octavo.cli import main
from octavo.vectors import nearest_rows
from two_themes import make_texts

pytest.importorskip("numba")
pytest.importorskip("safetensors")

from octavo.embedding import JoSE

SMALL = "--segmenter whitespace --size 12 --min-count 2 --sample 0 --deterministic"


def run(command):
    """The exit code of the verb with these words."""
    return main.run(["embed", *shlex.split(command)])


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts.txt").write_text("\n".join(make_texts(200)) + "\n")
    return tmp_path


def test_vectors_are_learned_shown_and_exported(corpus, capsys):
    assert run(f"texts.txt {SMALL} --out vectors") == 0
    assert capsys.readouterr().out == "wrote vectors of 22 words, 200 documents to vectors\n"
    names = sorted(path.name for path in (corpus / "vectors").iterdir())
    assert names == ["config.json", "model.safetensors", "vocab.txt"]
    assert run("similar vectors river --top 3") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert run("similar vectors river boat --without lake --top 2 --json") == 0
    assert len(json.loads(capsys.readouterr().out)["similar"]) == 2
    for name in ("w.bin", "w.vec", "w.npy"):
        assert run(f"export vectors {name}") == 0
        assert run(f"similar {name} river --top 3") == 0
        assert capsys.readouterr().out.splitlines()[1:] == lines
    assert run("export vectors d.npy --kind documents") == 0
    assert np.load("d.npy").shape == (200, 12)


def test_new_documents_get_vectors_and_find_their_like(corpus, capsys):
    assert run(f"texts.txt {SMALL} --out vectors") == 0
    (corpus / "new.csv").write_text('id,text\n1,"the river\nand a boat"\n2,zebra\n')
    assert run("transform vectors new.csv --out new.npy") == 0
    assert capsys.readouterr().out.endswith("wrote vectors of 2 documents to new.npy\n")
    model = JoSE.load("vectors")
    vectors = model.transform(["the river and a boat", "zebra"])
    np.testing.assert_array_equal(np.load("new.npy"), vectors)
    assert run("search vectors 'the river and a boat' texts.txt --top 3") == 0
    lines = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    numbers, cosines = nearest_rows(vectors[:1], model.document_vectors_, 3)
    texts = make_texts(200)
    assert [(int(number), text) for _, number, text in lines] == [
        (number, texts[number][:80].rstrip()) for number in numbers[0]
    ]
    assert run("search vectors 'the river and a boat' --json") == 0
    found = json.loads(capsys.readouterr().out)["similar"]
    assert len(found) == 10
    assert found[0] == {"document": numbers[0, 0], "cosine": pytest.approx(cosines[0, 0])}


def test_a_text_without_known_words_and_other_files_are_errors(corpus, capsys):
    assert run(f"texts.txt {SMALL} --out vectors") == 0
    assert run("search vectors zebra") == 2
    assert "no word of it has a vector. Received: zebra" in capsys.readouterr().err
    (corpus / "few.txt").write_text("the river\n")
    assert run("search vectors river few.txt") == 1
    assert "few.txt: 1 documents, where there are vectors of 200" in capsys.readouterr().err
    (corpus / "others.txt").write_text("the river\n" * 200)
    assert run("search vectors river others.txt") == 1
    assert "others.txt: other texts than the vectors were learned" in capsys.readouterr().err
    assert run("search vectors river .") == 1  # the folder of the vectors is left out
    assert "401 documents" in capsys.readouterr().err
    assert run("search vectors --jsn") == 2
    assert run("transform vectors texts.txt --out texts.txt") == 2


def test_maps_and_losses_are_drawn(corpus, capsys):
    pytest.importorskip("matplotlib")
    pytest.importorskip("sklearn")
    assert run(f"texts.txt {SMALL} --out vectors --plot loss.png --json") == 0
    assert json.loads(capsys.readouterr().out)["plot"] == "loss.png"
    (corpus / "labels.txt").write_text("water\nmoney\n" * 100)
    assert run("map vectors words.svg --top 9") == 0
    assert run("map vectors documents.png --kind documents --labels labels.txt --top 40") == 0
    assert capsys.readouterr().out == "drew 9 words: words.svg\ndrew 40 documents: documents.png\n"
    names = ("loss.png", "documents.png", "words.svg")
    assert all((corpus / name).stat().st_size > 1000 for name in names)
    assert run("map vectors words.svg --labels labels.txt") == 1
    assert "200 labels of 22 words" in capsys.readouterr().err


def test_lines_that_are_left_out_are_said(corpus, capsys):
    with (corpus / "texts.txt").open("ab") as file:
        file.write(b"the \xff river\n")
    assert run(f"texts.txt {SMALL} --bad-lines skip --out vectors") == 0
    found = capsys.readouterr()
    assert "1 lines are not UTF-8 and were left out" in found.err
    assert "200 documents" in found.out


def test_json_says_what_was_learned(corpus, capsys):
    assert run(f"texts.txt {SMALL} --passes 2 --objective joint --out vectors --json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["words"], found["documents"], found["size"]) == (22, 200, 12)
    assert found["tokens"] == sum(len(text.split()) for text in make_texts(200))
    assert 0 < found["loss"] < 0.3


def test_a_killed_training_goes_on_to_the_same_vectors(corpus, capsys, interrupts):
    passes = "--passes 200 --save-seconds 0"
    assert run(f"texts.txt {SMALL} {passes} --out whole") == 0
    command = f"embed texts.txt {SMALL} {passes} --out killed"
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        done = subprocess.Popen([sys.executable, "-m", "octavo", *shlex.split(command)])
        state = corpus / "killed" / "training" / "state"
        before = state.stat().st_ctime_ns if state.exists() else None
        while done.poll() is None and (not state.exists() or state.stat().st_ctime_ns == before):
            time.sleep(0.01)
        done.send_signal(number)
        assert done.wait() != 0
    capsys.readouterr()
    assert main.run(shlex.split(command)) == 0
    for name in ("model.safetensors", "vocab.txt", "config.json"):
        assert (corpus / "whole" / name).read_bytes() == (corpus / "killed" / name).read_bytes()


def test_a_run_that_was_killed_when_all_was_written_is_finished(corpus, capsys):
    command = f"texts.txt {SMALL} --out vectors"
    assert run(command) == 0
    model = (corpus / "vectors" / "model.safetensors").read_bytes()
    (corpus / "vectors").rename(corpus / "before")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("octavo.cli.embed.shutil", SimpleNamespace(rmtree=lambda folder: None))
        assert run(command) == 0  # as if it had been killed before it could remove its folder
    assert (corpus / "vectors" / "training").is_dir()
    assert run(command) == 0
    assert not (corpus / "vectors" / "training").exists()
    assert (corpus / "vectors" / "model.safetensors").read_bytes() == model


def test_a_stopped_training_says_how_it_goes_on(corpus, capsys, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("octavo.embedding.jose.infer", interrupted)
    assert run(f"texts.txt {SMALL} --out vectors") == 130
    assert "stopped; the same command goes on from the last save" in capsys.readouterr().err


def test_a_model_is_not_overwritten_by_what_is_made_of_it(corpus, capsys):
    assert run(f"texts.txt {SMALL} --no-shared-negatives --out vectors") == 0
    for name in ("vocab.txt", "../vectors/vocab.txt"):
        assert run(f"export vectors vectors/{name}") == 2
        assert "would overwrite" in capsys.readouterr().err
    assert run("similar vectors river") == 0


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("none.txt --out v", 1, "none.txt"),
        ("texts.txt --out v --min-count 100000 --segmenter whitespace", 1, "nothing to learn from"),
        ("texts.txt --out v --learning-rate nan", 2, "learning_rate must be a number"),
        ("texts.txt --out texts.txt", 1, "is a file, expected a folder"),
        ("texts.txt --out full", 1, "holds other files"),
        ("similar full river", 1, "config.json"),
        ("similar none.vec river", 1, "none.vec"),
        ("export full words.vec.gz", 2, "ends in one of"),
        ("export full words.csv", 2, "ends in one of .txt, .vec, .bin, .npy"),
    ],
)
def test_errors_are_one_line(command, code, message, corpus, capsys):
    (corpus / "full").mkdir()
    (corpus / "full" / "letter.txt").write_text("keep me")
    assert run(command) == code
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error


def test_a_word_that_is_not_there_is_named(corpus, capsys):
    assert run(f"texts.txt {SMALL} --passes 1 --out vectors") == 0
    assert run("similar vectors rivers") == 2
    assert "no vector of 'rivers'; near: river" in capsys.readouterr().err
