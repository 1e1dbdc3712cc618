"""Killed workers and parents, failing segmenters: the counts are those of an undisturbed run.

Covers octavo.counting.crew, octavo.counting.preloaded.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise

import pytest

from octavo._progress import Progress
from octavo.counting import count_texts, count_words
from octavo.errors import DataError
from parallel_tasks import fail_at_seven

MAIN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
from octavo.cli.main import main
main()
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Nine parts of text."""
    folder = tmp_path_factory.mktemp("corpus")
    line = " ".join(f"word{number * number % 1009}" for number in range(200)) + "\n"
    (folder / "lines.txt").write_text(line * (9 * (1 << 22) // len(line)))
    return folder / "lines.txt"


def test_a_killed_worker_changes_nothing(corpus, tmp_path, monkeypatch):
    whole = count_words(corpus, "whitespace", progress=False)
    monkeypatch.setenv("DIES_ONCE", str(tmp_path / "died"))
    name = "parallel_tasks:split_unless_killed"
    counts = count_words(corpus, name, workers=2, progress=False)
    assert (tmp_path / "died").exists()
    assert counts.table.equals(whole.table)
    assert (counts.tokens, counts.documents) == (whole.tokens, whole.documents)


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_goes_on_from_its_finished_parts(corpus, tmp_path, kill):
    out, parts = tmp_path / "counts.tsv", tmp_path / "counts.tsv.parts"
    command = [sys.executable, "-c", MAIN, "count"]
    command += [str(corpus), "--segmenter", r"regex:\S+"]
    command += ["--workers", "2", "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while len(list(parts.glob("*.json"))) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    if kill == signal.SIGINT:
        os.killpg(process.pid, kill)  # as a terminal does
    else:
        process.send_signal(kill)
    error = process.communicate()[1]
    assert not out.exists()
    if kill != signal.SIGKILL:
        assert process.returncode == 128 + kill
        last = error.splitlines()[-1]  # a slow machine shows progress before
        assert last == f"octavo: stopped; --resume goes on from {parts}"
    finished = {path.name: path.stat().st_mtime_ns for path in parts.glob("*.json")}
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 2
    assert "--resume goes on" in again.stderr
    assert again.stderr.count("\n") == 1
    (parts / "sorted-of-a-killed-run").mkdir()
    subprocess.run([*command, "--resume", "--memory", "400MB"], check=True, capture_output=True)
    plenty = count_words(corpus, "whitespace", progress=False)
    plenty.write(tmp_path / "plenty.tsv")
    assert out.read_bytes() == (tmp_path / "plenty.tsv").read_bytes()
    assert not parts.exists()
    assert len(finished) >= 2


@pytest.mark.parametrize("group", [False, True])
def test_a_run_that_is_told_to_end_leaves_nothing(corpus, tmp_path, group):
    """The process alone is told, as by `kill`, or all of them, as by a scheduler."""
    command = [sys.executable, "-c", MAIN, "count", str(corpus)]
    command += ["--segmenter", r"regex:\S+", "--workers", "2"]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    while not any(tmp_path.glob("octavo-count-*/*")):
        assert process.poll() is None
        time.sleep(0.01)
    (os.killpg if group else os.kill)(process.pid, signal.SIGTERM)
    error = process.communicate(timeout=300)[1]
    assert process.returncode == 143
    assert error.splitlines()[-1] == "octavo: ended by SIGTERM"
    assert not list(tmp_path.glob("octavo-*"))


def test_finished_parts_are_not_counted_again(corpus, tmp_path):
    options = {"folder": tmp_path / "parts", "progress": False}
    first = count_words(corpus, "whitespace", **options)
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "parts").iterdir()}
    second = count_words(corpus, "whitespace", **options)
    assert second.table.equals(first.table)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "parts").iterdir()} == written
    damaged = next(path for path in written if path.suffix == ".arrow")
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert count_words(corpus, "whitespace", **options).table.equals(first.table)
    markers = [path for path in written if path.suffix == ".json"]
    changed = [path for path in markers if path.stat().st_mtime_ns != written[path]]
    assert len(changed) == 1 < len(markers)
    count_words(corpus, "whitespace", ngrams=2, **options)  # other options, other parts
    assert len(list((tmp_path / "parts").glob("*.json"))) == 2 * len(markers)


def test_progress_of_a_resumed_run_counts_all_and_makes_no_rate_of_what_was_done(
    corpus, tmp_path, monkeypatch
):
    seen = []

    class Recorder(Progress):
        def advance(self, amount=1, note=None):
            super().advance(amount, note)
            seen.append((self.done, self._skipped, self.total))

    monkeypatch.setattr("octavo.counting.words.Progress", Recorder)
    options = {"folder": tmp_path / "parts", "progress": False}
    count_words(corpus, "whitespace", **options)
    first = seen.copy()
    sizes = [after - before for (before, *_), (after, *_) in pairwise(first)]
    next((tmp_path / "parts").glob("*.json")).unlink()
    seen.clear()
    count_words(corpus, "whitespace", **options)
    (begin, skipped, total), end = seen
    assert first[-1] == (total, 0, total)
    assert begin == skipped
    assert total - begin in sizes
    assert end == (total, skipped, total)


def test_another_dictionary_or_stream_is_counted_anew(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("凯特琳在北京\n", "utf-8")
    words, options = tmp_path / "words.txt", {"folder": tmp_path / "parts", "progress": False}
    words.write_text("北京 5\n", "utf-8")
    first = count_words(tmp_path / "a.txt", f"jieba:{words}", **options)
    words.write_text("北京 5\n凯特琳 1000\n", "utf-8")
    second = count_words(tmp_path / "a.txt", f"jieba:{words}", **options)
    assert "凯特琳" in dict(second.most_common()).keys() - dict(first.most_common()).keys()
    for text in (b"old one", b"quite new"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        counts = count_words("-", "whitespace", **options)
        assert {word for word, _ in counts.most_common()} == set(text.decode().split())


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failing_segmenter_is_named_with_file_and_line(tmp_path, workers, monkeypatch):
    monkeypatch.setattr("octavo.counting.words.SMALLEST_PART", 100)
    lines = [f"{number} of many lines" for number in range(50)]
    lines[41] = "and seven"
    (tmp_path / "a.txt").write_text("\n".join(lines))
    (tmp_path / "b.txt").write_text("more\n" * 100)
    with pytest.raises(DataError) as caught:
        count_words(tmp_path, fail_at_seven, workers=workers, progress=False)
    place = f"{tmp_path / 'a.txt'}, line 42"
    assert str(caught.value) == f"{place}: the segmenter failed: ValueError: no seven"
    with pytest.raises(DataError, match="texts, line 3: the segmenter failed"):
        count_texts(["one", "two", "seven"], fail_at_seven)
    with pytest.raises(DataError, match="TypeError: sequence item 0: expected str"):
        count_texts(["one"], lambda text: [1])
