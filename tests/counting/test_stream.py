"""Approximate counts: never too high, too low by no more than is said; Ctrl-C ends a stream."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.corpus.files import find_files, make_ranges
from octavo.counting import count_words
from octavo.counting.options import Options
from octavo.counting.segments import join_texts
from octavo.counting.stream import Pruner, count_stream
from octavo.counting.table import TokenTable
from octavo.errors import UsageError
from octavo.segmenting.splitting import split_words

MAIN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
from octavo.cli.main import main
main()
"""


@given(st.lists(st.lists(st.integers(0, 60), max_size=30), max_size=30), st.integers(1, 2))
@settings(max_examples=200)
def test_no_count_is_off_by_more_than_the_error(texts, longest):
    lines = [[f"word-number-{n * n // 60}" for n in text] for text in texts]
    pruner = Pruner()
    with (
        mock.patch("octavo.counting.table.SMALLEST", 4),
        mock.patch("octavo.counting.table.SLICE", 2),
    ):
        table = TokenTable(longest, " ", 3000, pruner.prune)
        table.add(join_texts(" ".join(line) for line in lines), split_words)
    true, documents = Counter(), Counter()
    for line in lines:
        grams = [
            " ".join(line[i : i + n])
            for n in range(1, longest + 1)
            for i in range(len(line) - n + 1)
        ]
        true.update(grams)
        documents.update(set(grams))
    rows = {row["token"]: row for row in table.to_arrow().to_pylist()}
    for token, number in true.items():
        found = rows.get(token, {"count": 0, "documents": 0})
        assert number - pruner.error <= found["count"] <= number
        assert documents[token] - pruner.error <= found["documents"] <= documents[token]
    assert table.total + pruner.forgotten == true.total()


def test_frequent_words_of_a_stream_are_found_in_little_memory(tmp_path):
    chance = random.Random(0)
    path = tmp_path / "stream.txt"
    common = [f"common{n}" for n in range(50)]
    with open(path, "w") as file:
        for number in range(120_000):
            rare = " ".join(f"rare{number}x{i}" for i in range(9))
            file.write(f"{chance.choice(common)} {rare}\n")
    exact = count_words(path, "whitespace", top=50, progress=False)
    assert exact.error == 0
    counts = count_words(
        path, "whitespace", top=50, memory="80MB", approximate=True, progress=False
    )
    assert 0 < counts.error < 20
    assert counts.tokens == exact.tokens == 1_200_000
    assert counts.documents == exact.documents
    true = dict(exact.most_common())
    assert set(true) == {token for token, _ in counts.most_common()} == set(common)
    assert all(true[t] - counts.error <= n <= true[t] for t, n in counts.most_common())


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_a_stream_and_writes_what_was_counted(tmp_path, kind):
    out = tmp_path / "counts.tsv"
    command = [sys.executable, "-c", MAIN, "count", "-", "--segmenter", "whitespace"]
    process = subprocess.Popen(
        [*command, "--approximate", "--out", str(out)], stdin=subprocess.PIPE, bufsize=0
    )
    for _ in range(10):
        process.stdin.write(b"to be or not to be\n" * 100_000)
    process.send_signal(kind)  # more than a block has been read
    with suppress(BrokenPipeError):
        while process.poll() is None:  # the stream goes on
            process.stdin.write(b"\n")
            time.sleep(0.1)
    assert process.wait(60) == 0  # a broken pipe comes before the end
    rows = [line.split("\t") for line in out.read_text().splitlines()[1:]]
    assert [token for token, *_ in rows] == ["be", "to", "not", "or"]
    assert int(rows[0][1]) == 2 * int(rows[2][1]) > 0


@pytest.mark.parametrize("options", [{"workers": 2}, {"folder": "x"}, {"cluster": "tcp://x"}])
def test_approximate_counts_are_of_one_table(tmp_path, options):
    (tmp_path / "a.txt").write_text("a\n")
    with pytest.raises(UsageError, match="approximate counts are of one table"):
        count_words(tmp_path / "a.txt", "whitespace", approximate=True, **options)


def test_progress_is_told_every_byte_of_the_files(tmp_path):
    for name, lines in (("a.txt", 300), ("b.txt", 50)):
        (tmp_path / name).write_text("to be or not to be\n" * lines, "utf-8")
    told: list[int] = []
    ranges = make_ranges(find_files(tmp_path), 3, 1000)
    part = count_stream(
        Options("whitespace"), ranges, f"{tmp_path}/run", memory=10**7, advance=told.append
    )
    assert part.documents == 350
    assert told == [file_range.size for file_range in ranges]
    assert sum(told) == 19 * 350
