"""Columns of CSV beside what Python and pandas write; damaged tables."""

from __future__ import annotations

import csv
import gzip
import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.corpus.cleaning import Cleaner
from octavo.corpus.documents import read_documents
from octavo.corpus.files import find_files, make_ranges
from octavo.corpus.tables import read_csv
from octavo.errors import DataError

CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=20)


def read(path, field="text", bad_lines="stop"):
    cleaner = Cleaner(bad_lines)
    found = list(read_csv(str(path), field, cleaner, longest=1000))
    return [text for texts, _ in found for text in texts], [
        row for _, rows in found for row in rows
    ]


@given(
    rows=st.lists(st.tuples(CELL, CELL), max_size=5),
    excel=st.booleans(),
    form=st.sampled_from([(".csv", ","), (".csv", ";"), (".tsv", "\t")]),
    names=st.sampled_from([["id", "text"], ["id\n; x", "text"], ["Name, Vorname", "text"]]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    ahead=st.booleans(),
)
def test_what_python_writes_is_read_back_with_the_lines_it_stands_on(
    rows, excel, form, names, quoting, ahead, tmp_path_factory
):
    ending, separator = form
    written = io.StringIO(newline="")
    ends = "\r\n" if excel else "\n"
    writer = csv.writer(written, delimiter=separator, lineterminator=ends, quoting=quoting)
    writer.writerow(names)
    starts = []
    for row in rows:
        starts.append(written.getvalue().count("\n"))
        writer.writerow(row)
    path = tmp_path_factory.mktemp("tables") / f"a{ending}"
    path.write_text(written.getvalue(), "utf-8-sig" if excel else "utf-8", newline="")
    found = read_documents(str(path), data=path.read_bytes() if ahead else None)
    pairs = [pair for some in found for pair in zip(some.texts, some.lines, strict=True)]
    assert pairs == [(text, start) for (_, text), start in zip(rows, starts, strict=True)]


@given(texts=st.lists(CELL.filter(str.strip), max_size=5))
def test_a_single_column_may_hold_any_mark(texts, tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["text"], *([text] for text in texts)])
    assert read(path)[0] == texts


@pytest.mark.peer
def test_what_pandas_writes_is_read_as_pandas_reads_it(tmp_path):
    pandas = pytest.importorskip("pandas")
    texts = ["a,b", 'say "no"', "two\nlines", "", "长江\u2028;", " blank "]
    table = pandas.DataFrame({"text": texts, "other": range(6)})
    for name, separator in (("a.csv", ","), ("b.csv.gz", ","), ("c.tsv.xz", "\t")):
        for columns in (["text", "other"], ["text"]):
            table[columns].to_csv(tmp_path / name, sep=separator, index=False)
            [(found, _)] = read_csv(str(tmp_path / name), "text", Cleaner(), separators=separator)
            assert found == texts


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n\n", "a.csv: is empty; its first line was to name its columns"),
        (b"id," + b"a" * 300, "no column 'text'; it has id, a* \\.\\.\\.$"),
        (b"id,body\n1,a\n", "no column 'text'; it has id, body"),
        (b"text,text\n1,a\n", "several columns are called 'text'"),
        (b"id,text\n1,a\n\n2\n", r"a\.csv, line 4: 1 cells, where 2 columns are named"),
        (b'id,text\n1,"a"b\n', "line 2: ',' expected after '\"': quotes stand around whole"),
        (b'id,text\n1,"a\n2,b\n', "line 2: unexpected end of data: quotes"),
        (b'id,text\n1,"' + b"a\n" * 1200, r"line 2: field larger than field limit \(1000\)"),
        (b"id,text\n1," + b"a" * 1000, "line 2: a line of more than 0 MB"),
        (b"id,text\n1,\xd6\xd0\n", "the text of line 2 is not UTF-8; `iconv -f gb18030"),
        (b"id,\xd6\xd0\n1,a\n", "the names of its columns are not UTF-8; `iconv -f gb"),
        ("id,text\n1,a\n".encode("utf-16"), "the names .* it may be UTF-16"),
        ("id,text\n1,a\n".encode("utf-16-le"), "the names .* it may be UTF-16"),
        (b"id,text\r1,a\r", r"line 1: a carriage return: lines end in .n or .r.n"),
    ],
)
def test_a_table_that_is_none_is_an_error_that_says_where(content, message, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    limit = csv.field_size_limit()
    with pytest.raises(DataError, match=message):
        read(path)
    assert csv.field_size_limit() == limit


def test_texts_that_are_not_utf8_are_left_out_or_mended_and_other_columns_are_not_looked_at(
    tmp_path,
):
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,text\n\xff,a\n2,b\xff\n  \n3,c\n")
    assert read(path, bad_lines="skip") == (["a", "c"], [1, 4])
    assert read(path, bad_lines="replace") == (["a", "b\ufffd", "c"], [1, 2, 4])


def test_threads_read_long_cells_side_by_side(tmp_path):
    cell = "a" * 300_000
    for number in range(4):
        (tmp_path / f"{number}.csv").write_text("text\n" + f"{cell}\n" * 40)
    before = csv.field_size_limit()
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda path: [*read_documents(path)], find_files(tmp_path))
        assert {sum(len(some.texts) for some in documents) for documents in found} == {40}
    assert csv.field_size_limit() == before


def test_a_cell_longer_than_a_line_may_be_is_refused_wherever_it_is_read_from(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,other\n" + f"b,{'a' * 9000}\n" * 9)
    for data in (None, path.read_bytes()):
        with pytest.raises(DataError, match="line 2: a line of more"):
            list(read_documents(str(path), data=data, longest=8000))


def test_a_table_stays_whole_and_its_words_are_counted(tmp_path):
    counting = pytest.importorskip("octavo.counting", reason="pyarrow is not installed here")
    row = '1,"the cat,\nthe dog"\n'
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(f"id,body\n{row * 500}".encode()))
    (tmp_path / "b.tsv").write_text("body\n" + "a cat\n" * 3000)
    assert len(make_ranges(find_files(tmp_path), 50)) == 2
    counts = counting.count_words(tmp_path, "regex:[a-z]+", field="body", workers=2, progress=False)
    assert counts.documents == 3500
    found = {row["token"]: row["count"] for row in counts.table.to_pylist()}
    assert found == {"the": 1000, "cat": 3500, "dog": 500, "a": 3000}


def test_an_error_in_a_document_names_the_line_where_its_row_begins(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('text\n"two\nlines"\nlast\n')
    [documents] = read_documents(str(path))
    assert [documents.line(place) for place in range(2)] == [2, 4]
