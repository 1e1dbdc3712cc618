"""Documents of every layout, and the lines they stand on, whatever was left out.

Covers octavo.corpus.cleaning.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.corpus.cleaning import Cleaner
from octavo.corpus.documents import Documents, read_documents
from octavo.corpus.files import find_files
from octavo.errors import DataError


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("corpus") / "lines.txt"


@pytest.mark.parametrize("bad_lines", ["skip", "replace"])
@given(st.lists(st.sampled_from([b"a", b"", "京".encode(), b"\xff", b"a\xe4\xba", b"\xc0\x80"])))
def test_lines_that_are_no_utf8_are_left_out_or_mended(path, bad_lines, lines):
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    cleaner, texts = Cleaner(bad_lines), []
    for documents in read_documents(str(path), cleaner=cleaner):
        texts += documents.texts
    bad = [line for line in lines if "\ufffd" in line.decode(errors="replace")]
    good = [line for line in lines if bad_lines == "replace" or line not in bad]
    assert texts == [line.decode(errors="replace") for line in good]
    assert cleaner.found == len(bad)


@pytest.mark.parametrize("bad_lines", ["skip", "replace"])
@pytest.mark.parametrize("layout", ["txt", "jsonl"])
@given(
    lines=st.lists(st.sampled_from(["a", "", "京", "\udcff", "b\udce4"]), max_size=9),
    start=st.integers(0, 9),
)
def test_a_document_knows_its_line_of_the_file(path, bad_lines, layout, lines, start):
    def write(line):
        return json.dumps({"text": line}, ensure_ascii=False) if layout == "jsonl" else line

    file = path.with_suffix(f".{layout}")
    file.write_bytes(b"".join(f"{write(x)}\n".encode(errors="surrogateescape") for x in lines))
    known = {}
    for documents in read_documents(str(file), start=start, cleaner=Cleaner(bad_lines)):
        for place, text in enumerate(documents.texts):
            known[documents.line(place)] = text
    ends = [sum(len(f"{write(x)}\n".encode(errors="surrogateescape")) for x in lines[:n])
            for n in range(len(lines))]  # fmt: skip
    expected = {}
    for number, (line, begin) in enumerate(zip(lines, ends, strict=True), 1):
        mended = line.encode(errors="surrogateescape").decode(errors="replace")
        if begin >= start and (mended == line or bad_lines == "replace"):
            expected[number] = mended
    assert known == expected


def test_documents_know_how_many_bytes_they_were_read_from(path):
    path.write_bytes(b"a\n\xff\n\nb")
    cleaner = Cleaner("skip")
    assert sum(documents.size for documents in read_documents(str(path), cleaner=cleaner)) == 6
    path.write_bytes(b"\xff\n")
    [documents] = read_documents(str(path), cleaner=cleaner)
    assert (list(documents.texts), documents.size) == ([], 2)


def test_texts_of_no_file_are_numbered_as_they_come():
    assert Documents(iter(["a", "b"]), "texts").line(1) == 2


def test_bad_json_is_found_in_its_line_wherever_a_range_begins(path):
    path.write_bytes(b'{"text": "a"}\n\n{"text": "b"}\n{"text"}\n')
    with pytest.raises(DataError, match="line 4: not JSON"):
        list(read_documents(str(path.rename(path.with_suffix(".jsonl"))), start=20))


def test_a_text_that_is_null_is_an_empty_one_in_every_layout(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n{"text": null}\n')
    columns = {"plain": pa.array(["a", None]), "encoded": pa.array(["a", None]).dictionary_encode()}
    for name, column in columns.items():
        pq.write_table(pa.table({"text": column}), tmp_path / f"{name}.parquet")
    for path in find_files(tmp_path):
        texts = [text for documents in read_documents(path) for text in documents.texts]
        assert texts == ["a", ""]


def test_a_column_whose_name_is_not_utf8_is_an_error_of_the_file(tmp_path):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "names.parquet"
    pq.write_table(pa.table({"text": ["a"], "zqzq": ["b"]}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"zqzq", b"z\x98\x98z"))
    with pytest.raises(DataError, match=r"names\.parquet: cannot be read: 'utf-8' codec"):
        list(read_documents(path))
