"""Counts are in order, and come back from the files they are written to."""

from __future__ import annotations

import pyarrow.parquet as pq

from octavo.counting import count_texts


def read_tsv(path):
    rows = [line.split("\t") for line in path.read_text("utf-8").split("\n")[:-1]]
    return rows[0], [(token, int(count), int(documents)) for token, count, documents in rows[1:]]


def test_what_is_written_comes_back(tmp_path):
    counts = count_texts(["a\tb", 'a"b', "a\tb", "back\\slash", "line\nend"], lambda text: [text])
    for name in ("counts.tsv", "counts.parquet", "counts.txt"):
        counts.write(tmp_path / name)
    header, rows = read_tsv(tmp_path / "counts.tsv")
    assert header == ["token", "count", "documents"]
    assert rows == [(r"a\tb", 2, 2), ('a"b', 1, 1), (r"back\\slash", 1, 1), (r"line\nend", 1, 1)]
    assert pq.read_table(tmp_path / "counts.parquet").equals(counts.table)
    tokens = (tmp_path / "counts.txt").read_text("utf-8").split("\n")
    assert tokens == [r"a\tb", 'a"b', r"back\slash", r"line\nend", ""]


def test_the_order_is_by_count_then_code_point():
    counts = count_texts(["b a Z 北 b 😀 \uffff"], "whitespace")
    assert [token for token, _ in counts.most_common()] == ["b", "Z", "a", "北", "\uffff", "😀"]
