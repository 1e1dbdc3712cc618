"""`octavo count` as typed."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest

from octavo.cli.main import run

pytest.importorskip("numba", reason="octavo[count] is not installed")
pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("to be or not\nto be the\n")
    return str(path)


def test_the_most_frequent_are_shown(lines, capsys):
    assert run(["count", lines, "--segmenter", "whitespace"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].split() == ["2", "be"]
    assert out[-1] == "5 words, 7 times, in 2 documents"


def test_counts_are_written(lines, tmp_path, capsys):
    (tmp_path / "stop.txt").write_text("the\n")
    out, stop = str(tmp_path / "counts.tsv"), str(tmp_path / "stop.txt")
    options = ["--out", out, "--stop-words", stop, "--top", "3", "--ngrams", "2", "--json"]
    assert run(["count", lines, "--segmenter", "whitespace", *options]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result == {
        "tokens": 12, "types": 9, "documents": 2, "bad_lines": 0, "error": 0,
        "written": 3, "out": out, "plot": None,
    }  # fmt: skip
    written = (tmp_path / "counts.tsv").read_text().split("\n")
    assert written == ["token\tcount\tdocuments", "be\t2\t2", "to\t2\t2", "to be\t2\t2", ""]


def test_a_picture_is_drawn_of_all_words(lines, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["count", lines, "--segmenter", "whitespace", "--plot", "counts.svg"]
    assert run(command) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "drew counts.svg"
    assert (tmp_path / "counts.svg").read_text().startswith("<?xml")
    assert run([*command, "--top", "3", "--min-count", "2"]) == 2
    assert "Received: --plot counts.svg --top 3 --min-count 2\n" in capsys.readouterr().err


def test_a_picture_that_cannot_be_drawn_leaves_no_parts(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.txt").write_text("")
    command = ["count", "empty.txt", "--segmenter", "whitespace", "--out", "a.tsv"]
    for _ in range(2):
        assert run([*command, "--plot", "a.svg"]) == 1
        assert "nothing to draw" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tsv", "empty.txt"]


def test_json_lines_on_standard_input(monkeypatch, capsys):
    rows = [{"body": "to be"}, {"body": "or"}]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    command = ["count", "-", "--segmenter", "whitespace", "--field", "body"]
    assert run([*command, "--top", "2", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["most_common"] == [["be", 1], ["or", 1]]
    assert (result["tokens"], result["documents"]) == (3, 2)


def test_as_many_are_shown_as_asked_for(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("\n".join(f"w{n}\x1b" for n in range(50)))
    for options, shown in ([], 20), (["--top", "30"], 30):
        assert run(["count", str(tmp_path), "--segmenter", "whitespace", *options]) == 0
        out = capsys.readouterr().out.splitlines()
        assert len(out) == shown + 1
        assert out[0].endswith("  w0\\x1b")  # the terminal gets no escape


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a process are Linux's here")
def test_a_full_disk_is_named_and_parts_are_kept(tmp_path):
    words = "\n".join(f"{n:09}" for n in range(60_000))
    (tmp_path / "a.txt").write_text(words)
    code = """
import resource, sys
import octavo.counting.words as words
words.SMALLEST_PART = 100_000
resource.setrlimit(resource.RLIMIT_FSIZE, (MOST, resource.RLIM_INFINITY))
from octavo.cli.main import run
sys.exit(run(["count", "a.txt", "--segmenter", "whitespace", "--out", "a.tsv", *sys.argv[1:]]))
"""

    def count(limit, *options):
        script = code.replace("MOST", str(limit))
        return subprocess.run(
            [sys.executable, "-c", script, *options], cwd=tmp_path, capture_output=True, text=True
        )

    done = count(700_000)
    assert done.returncode == 1
    assert "a.tsv: cannot be written: File too large" in done.stderr
    assert "--resume goes on from what is in a.tsv.parts" in done.stderr
    assert count(1 << 30, "--resume").returncode == 0
    assert (tmp_path / "a.tsv").read_text().count("\n") == 60_001
    assert not (tmp_path / "a.tsv.parts").exists()


def test_documents_may_be_paragraphs_or_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("to be\nor\n\nnot to be\n")
    (tmp_path / "a.jsonl").write_text('{"text": "to be"}\n')
    for documents, number in ("lines", 4), ("paragraphs", 2), ("files", 1):
        command = ["count", "a.txt", "--segmenter", "whitespace", "--documents", documents]
        assert run([*command, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["documents"] == number
    assert run(["count", "a.jsonl", "--documents", "files"]) == 2
    assert "no text file was given. Received: --documents files" in capsys.readouterr().err
    assert run(["count", "a.jsonl", "a.txt", "--documents", "files", "--top", "1"]) == 0
    assert run(["count", "a.txt", "--documents", "sentences"]) == 2


def test_standard_input_and_output(monkeypatch, capfdbinary):
    stdin = io.TextIOWrapper(io.BytesIO("北 京\n北".encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    assert run(["count", "-", "--segmenter", "whitespace", "--out", "-"]) == 0
    assert capfdbinary.readouterr().out.decode().splitlines()[1:] == ["北\t2\t2", "京\t1\t1"]


def test_a_folder_does_not_hold_what_is_written(lines, tmp_path, capsys):
    folder, options = tmp_path / "news", ["--segmenter", "whitespace"]
    folder.mkdir()
    (folder / "a.txt").write_text("to be\n")
    out = ["--out", str(folder / "counts.tsv")]
    assert run(["count", str(folder), *options, *out]) == 0
    assert run(["count", str(folder), *options, *out]) == 2
    assert f"--out would overwrite {folder / 'counts.tsv'}" in capsys.readouterr().err
    (folder / "counts.tsv").unlink()
    (folder / "counts.tsv.parts").mkdir()
    (folder / "counts.tsv.parts" / f"{0:016}.json").write_text("{}")
    assert run(["count", str(folder), *options, *out, "--resume"]) == 0
    assert (folder / "counts.tsv").read_text().split() == [
        "token", "count", "documents", "be", "1", "1", "to", "1", "1",
    ]  # fmt: skip
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "counts.tsv"]


def test_a_name_that_looks_like_a_pattern_is_a_file(tmp_path, monkeypatch, capsys):
    for name in ("a*.txt", "ab.txt", "[c].txt", "c.txt"):
        (tmp_path / name).write_text(f"{name}\n")
    looked, isfile = [], os.path.isfile
    monkeypatch.setattr(os.path, "isfile", lambda path: looked.append(path) or isfile(path))
    assert run(["count", str(tmp_path), "--segmenter", "whitespace", "--out", "-"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()[1:]]
    assert [(token, count) for token, count, _ in rows] == [
        ("[c].txt", "1"), ("a*.txt", "1"), ("ab.txt", "1"), ("c.txt", "1"),
    ]  # fmt: skip
    inside = [path for path in looked if str(path).startswith(str(tmp_path))]
    assert inside == [str(tmp_path)]  # paths are expanded once


def test_blank_lines_of_a_stop_list_are_nothing(lines, tmp_path, capsys):
    (tmp_path / "stop.txt").write_text("to\r\n\nbe\r\n")
    options = [
        "--segmenter",
        "whitespace",
        "--stop-words",
        str(tmp_path / "stop.txt"),
        "--out",
        "-",
    ]
    assert run(["count", lines, *options]) == 0
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()[1:]] == [
        "not", "or", "the",
    ]  # fmt: skip


def test_standard_input_that_is_no_utf8(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\xff\n")))
    assert run(["count", "-", "--segmenter", "whitespace"]) == 1
    assert "not UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([], 2, "name the files to read"),
        (["FILE", "--out", "counts.csv"], 2, "Received: counts.csv"),
        (["FILE", "--out", "lines.txt"], 2, "--out would overwrite"),
        (["FILE", "--min-count", "0"], 2, "min_count must be a whole number of 1 or more"),
        (["FILE", "--top", "-1"], 2, "top must be a whole number of 1 or more"),
        (["FILE", "--approximate", "--resume"], 2, "--approximate --resume"),
        (["FILE", "--ngrams", "1.5"], 2, "1.5"),
        (["FILE", "--workers", "100"], 2, "at least 8000MB for 100 workers"),
        (["FILE", "--resume"], 2, "Received: --resume\n"),
        (["FILE", "--ngrams", "9"], 2, "ngrams must be a whole number from 1 to 6"),
        (["FILE", "--field", "body"], 2, "none of these was given. Received: --field body"),
        (["FILE", "--segmenter", "none"], 2, "Received: none"),
        (["nothing.txt"], 1, "nothing.txt: no such file"),
        (["FILE", "--out", "no/such/counts.tsv"], 1, "no/such/counts.tsv"),
    ],
)
def test_bad_input_is_one_line(lines, options, code, message, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert run(["count", *(lines if option == "FILE" else option for option in options)]) == code
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lines.txt"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' names are text")
@pytest.mark.parametrize("ending", [".tsv", ".parquet", ".txt"])
def test_names_that_are_not_utf8_are_names(tmp_path, ending, capsys):
    name = os.fsdecode(b"n\xff")
    (tmp_path / f"{name}.txt").write_text("to be\n")
    pq.write_table(pa.table({"text": ["or not"]}), tmp_path / "plain")
    (tmp_path / "plain").rename(tmp_path / f"{name}.parquet")
    out = tmp_path / f"{name}{ending}.out{ending}"
    options = ["--segmenter", "whitespace", "--workers", "2", "--json"]
    inputs = [str(tmp_path / f"{name}{kind}") for kind in (".txt", ".parquet")]
    assert run(["count", *inputs, "--out", str(out), *options]) == 0
    assert json.loads(capsys.readouterr().out)["types"] == 4
    assert out.stat().st_size
