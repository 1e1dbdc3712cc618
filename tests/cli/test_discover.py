"""`octavo count discover` as typed."""

from __future__ import annotations

import io
import json
import random
import shlex

import pytest

from octavo.cli import main

pytest.importorskip("numba")
pq = pytest.importorskip("pyarrow.parquet")


def run(command):
    """The exit code of the verb with these words."""
    return main.run(["count", "discover", *shlex.split(command)])


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Two words among characters that follow no rule."""
    drawn = random.Random(1)
    others = [chr(0x4E00 + n) for n in range(200)]
    lines = [
        "".join(drawn.choices([*others, "蝴蝶", "葡萄牙"], [*[1] * 200, 20, 3], k=30))
        for _ in range(300)
    ]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lines.txt").write_text("\n".join(lines))
    return lines


def test_the_first_are_shown(corpus, capsys):
    assert run("lines.txt --min-count 100") == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in out[:-1]] == ["蝴蝶", "葡萄牙"]
    characters = sum(map(len, corpus))
    assert out[-1] == f"2 words, 100 times or more, in {characters:,} Chinese characters"


def test_words_are_written(corpus, tmp_path, capsys):
    for ending in ("tsv", "txt", "parquet"):
        assert run(f"lines.txt --min-count 100 --json --out words.{ending}") == 0
        result = json.loads(capsys.readouterr().out)
        assert (result["words"], result["out"]) == (2, f"words.{ending}")
    header, *rows = (tmp_path / "words.tsv").read_text().split("\n")
    assert header == "word\tcount\tsurprisal\tmutual_information\tleft_entropy\tright_entropy"
    table = pq.read_table(tmp_path / "words.parquet").to_pylist()
    for row, expected in zip(rows, [*table, None], strict=True):
        if expected:
            word, count, *numbers = row.split("\t")
            assert (word, int(count)) == (expected["word"], expected["count"])
            assert [float(n) for n in numbers] == pytest.approx([*expected.values()][2:], abs=5e-5)
    assert (tmp_path / "words.txt").read_text() == "蝴蝶\n葡萄牙\n"


def test_a_file_of_the_folder_is_not_overwritten(corpus, tmp_path, capsys):
    (tmp_path / "words.tsv").write_text("mine")
    assert run(". --out words.tsv") == 2
    assert "--out would overwrite ./words.tsv, which is read" in capsys.readouterr().err
    assert (tmp_path / "words.tsv").read_text() == "mine"


def test_thresholds_and_known_words(corpus, capsys):
    assert run("lines.txt --min-count 100 --min-pmi 9,1 --out -") == 0
    assert run("lines.txt --min-count 100 --min-entropy 20 --out -") == 0
    assert run("lines.txt --min-count 100 --new-only --out -") == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in out] == ["word", "葡萄牙", "word", "word"]


def test_standard_input_and_bad_lines(corpus, monkeypatch, capsys):
    data = b"\xff\n" + "\n".join(corpus).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert run("- --min-count 100 --bad-lines skip --out words.txt") == 0
    captured = capsys.readouterr()
    assert captured.out == "wrote 2 words to words.txt\n"
    assert "1 lines are not UTF-8 and were left out" in captured.err


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("", 2, "name the files to read"),
        ("lines.txt --out words.csv", 2, "Received: words.csv"),
        ("lines.txt --out lines.txt", 2, "--out would overwrite"),
        ("lines.txt --min-count 1.5", 2, "it must be a whole number. Received: 1.5"),
        ("lines.txt --min-count 0", 2, "min_count must be a whole number of 1 or more"),
        ("lines.txt --min-pmi 2,x", 2, "Received: 2,x"),
        ("lines.txt --min-pmi nan", 2, "min_pmi must be 1 to 7 numbers"),
        ("lines.txt --min-pmi 1,1,1,1,1,1,1,1", 2, "min_pmi must be 1 to 7 numbers"),
        ("lines.txt --min-entropy=-1", 2, "min_entropy must be a number of 0 or more"),
        ("lines.txt --min-entropy nan", 2, "min_entropy must be a number of 0 or more"),
        ("lines.txt --memory 1KB", 2, "memory must be an amount"),
        ("nothing.txt", 1, "nothing.txt: no such file"),
        ("english.txt", 1, "english.txt: no Chinese characters"),
        ("broken.jsonl", 1, "broken.jsonl, line 2"),
        ("bad.txt", 1, "bad.txt, line 2: not UTF-8"),
    ],
)
def test_bad_input_is_one_line(corpus, command, code, message, capsys, tmp_path):
    (tmp_path / "english.txt").write_text("Beijing")
    (tmp_path / "broken.jsonl").write_text('{"text": "北京"}\n{"title": "北京"}\n')
    (tmp_path / "bad.txt").write_bytes("北京\n".encode() + b"\xb1\xb1\n")
    before = sorted(tmp_path.iterdir())
    assert run(command) == code
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before
