"""Rows sorted, picked and written, against plain Python."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from octavo.counting.rows import SCHEMA, TokenRows

tokens = st.text(st.sampled_from("a\0bt\\\t\n\r京😀\uffff"), min_size=1, max_size=30)
prefixed = st.builds(lambda start, end: start * 8 + end, st.sampled_from(["", "a", "京"]), tokens)
counts = st.one_of(st.integers(1, 3), st.integers(65_534, 65_537), st.integers(1, 2**62))
tables = st.dictionaries(tokens | prefixed, st.tuples(counts, counts), max_size=40)


def make_rows(table):
    columns = [list(table), *([pair[place] for pair in table.values()] for place in (0, 1))]
    return TokenRows.from_batch(pa.record_batch(columns, schema=SCHEMA))


@given(tables)
@example({"a" * 8: (1, 1), "a" * 8 + "\0": (1, 1), "a" * 8 + "\0" * 9: (1, 1), "a" * 9: (1, 1)})
def test_rows_are_sorted_by_count_then_code_point(table):
    rows = make_rows(table)
    found = rows.take(rows.sort()).to_batch().to_pydict()
    expected = sorted(table, key=lambda token: (-table[token][0], token))
    assert found["token"] == expected
    assert list(zip(found["count"], found["documents"], strict=True)) == [
        table[t] for t in expected
    ]


@given(tables, st.integers(0, 10), st.integers(0, 10))
def test_rows_are_written_as_lines_of_a_table(table, first, size):
    batch = make_rows(table).to_batch().slice(first, size)
    written = TokenRows.from_batch(batch).to_text().decode().split("\n")
    tokens = TokenRows.from_batch(batch).to_text(numbers=False).decode().split("\n")
    ways = str.maketrans({"\t": r"\t", "\n": r"\n", "\r": r"\r"})
    all_ways = {**ways, ord("\\"): "\\\\"}
    inside = list(table.items())[first : first + size]
    assert tokens == [*(token.translate(ways) for token, _ in inside), ""]
    assert written == [*(f"{token.translate(all_ways)}\t{a}\t{b}" for token, (a, b) in inside), ""]
