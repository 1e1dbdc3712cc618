"""Files in, counts out, whatever their layout and who counts them."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import sys
from collections import Counter

import jieba
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from octavo.corpus.files import find_files, make_ranges
from octavo.counting import count_texts, count_words
from octavo.errors import DataError, MissingExtraError, UsageError

LINES = ["to be or not", "to be", "", "北京 大学　北京", "\ufeffnot the first line"]


@pytest.fixture
def corpus(tmp_path):
    """The same documents in every layout, each in a folder of its own."""
    text, rows = "\n".join(LINES) + "\n", [{"id": 1, "text": line} for line in LINES]
    json_lines = "".join(json.dumps(row) + "\n" for row in rows)
    files = {
        "a/lines.txt": text.encode(),
        "b/lines.txt": text.removesuffix("\n").encode(),
        "c/lines.txt": b"\xef\xbb\xbf" + text.encode(),
        "d/lines.gz": gzip.compress(text.encode()),
        "e/lines.txt.xz": lzma.compress(text.encode()),
        "f/lines.zst": zstandard.compress(text.encode()),
        "g/lines.jsonl": json_lines.encode(),
        "h/lines.jsonl.gz": gzip.compress(json_lines.encode()),
    }
    for name, data in files.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(data)
    (tmp_path / "i").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "i" / "lines.parquet")
    return tmp_path


@pytest.mark.parametrize("segmenter", ["whitespace", r"regex:\S+", "characters", str.split])
def test_every_layout_gives_the_same(corpus, segmenter):
    every = [count_words(folder, segmenter) for folder in sorted(corpus.iterdir())]
    assert len(every) == 9
    tokens = [list(line) if segmenter == "characters" else line.split() for line in LINES]
    expected = Counter(t for line in tokens for t in line if not t.isspace())
    for counts in every:
        assert dict(counts.most_common()) == expected
        assert counts.table.equals(every[0].table)
        assert (counts.documents, counts.tokens) == (len(LINES), sum(expected.values()))


def test_half_a_character_of_json_is_one_that_says_so(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(r'{"text": "a\ud83d \ud83d\ude00"}')
    assert count_words(path, "whitespace").most_common() == [("a\ufffd", 1), ("😀", 1)]


def test_what_reads_alike_is_one_row():
    counts = count_texts(["x"], lambda text: ["new york", "new", "york"], ngrams=2)
    rows = {row["token"]: row for row in counts.table.to_pylist()}
    assert rows["new york"] == {"token": "new york", "count": 2, "documents": 1}
    assert len(counts) == len(rows) == 4


def test_chinese_words_without_white_space():
    counts = count_texts(["我来到北京清华大学 \u3000", "北京"])
    assert dict(counts.most_common()) == {"北京": 2, "我": 1, "来到": 1, "清华大学": 1}


@given(st.lists(st.lists(st.sampled_from("北京大学的a1.-\r \x1f𠮷，")).map("".join), max_size=5))
def test_the_words_that_are_counted_are_jiebas(texts):
    words = [word for text in texts for word in jieba.lcut(text) if not word.isspace()]
    assert dict(count_texts(texts).most_common()) == Counter(words)


def test_texts_are_changed_first():
    counts = count_texts(["ＡＢ ab Ab"], "whitespace", lowercase=True, nfkc=True)
    assert counts.most_common() == [("ab", 3)]
    counts = count_texts(["ＡＢ ab"], "whitespace", lowercase=True)
    assert counts.most_common() == [("ab", 1), ("ａｂ", 1)]


def test_fewer_words():
    counts = count_texts(["a a a b b c"], "whitespace", min_count=2, stop_words=["a"])
    assert counts.most_common() == [("b", 2)]
    assert (counts.tokens, counts.types) == (6, 3)
    assert count_texts(["a a b c"], "whitespace", top=1).most_common() == [("a", 2)]


@pytest.mark.parametrize("segmenter", ["whitespace", "jieba", "characters"])
def test_the_number_of_processes_changes_nothing(segmenter, tmp_path, monkeypatch):
    lines = [f"北京 大学 {number % 7} 　{number}" for number in range(2000)]
    (tmp_path / "a.txt").write_text("\n".join(lines), "utf-8")
    (tmp_path / "b.jsonl").write_text('{"text": "北京 to be"}\n')
    whole = count_words(tmp_path, segmenter, ngrams=2, progress=False)
    monkeypatch.setattr("octavo.counting.words.SMALLEST_PART", 9999)
    assert len(make_ranges(find_files(tmp_path), 8, 9999)) > 3
    for workers in (1, 2):
        counts = count_words(tmp_path, segmenter, ngrams=2, workers=workers, progress=False)
        assert counts.table.equals(whole.table)
        assert (counts.tokens, counts.documents) == (whole.tokens, whole.documents)


@pytest.mark.parametrize("segmenter", ["whitespace", "jieba", str.split])
@pytest.mark.parametrize("documents", ["paragraphs", "files"])
def test_documents_are_what_they_are_said_to_be(documents, segmenter, tmp_path, monkeypatch):
    """As if each paragraph or file had been given as a text, however the files are cut."""
    monkeypatch.setattr("octavo.counting.words.SMALLEST_PART", 500)
    paragraphs = [f"北京 {number % 7}\n to be\n大学" for number in range(200)] + ["or not"]
    texts = [*paragraphs, "a  b", *paragraphs[:9]]
    (tmp_path / "a.txt").write_text("\n\n".join(paragraphs), "utf-8")
    (tmp_path / "b.txt").write_text("\n \na  b\n\n\n", "utf-8")
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress("\n\u3000\n".join(paragraphs[:9]).encode()))
    (tmp_path / "d.txt").write_text(" \n")
    if documents == "files":
        texts = ["\n\n".join(paragraphs), "a  b", "\n\u3000\n".join(paragraphs[:9])]
    expected = count_texts(texts, segmenter, ngrams=2)
    for workers in (1, 2):
        counts = count_words(
            tmp_path, segmenter, ngrams=2, documents=documents, workers=workers, progress=False
        )
        assert counts.table.equals(expected.table)
        assert (counts.documents, counts.tokens) == (len(texts), expected.tokens)


def test_rows_stay_documents_whatever_a_text_file_holds(corpus):
    for layout in ("g", "h", "i"):
        assert count_words(corpus / layout, "whitespace", documents="files").documents == len(LINES)


def test_a_file_that_is_no_document_for_the_memory_is_named(tmp_path):
    (tmp_path / "a.txt").write_text("to be\n" * 2_000_000)
    options = {"segmenter": "whitespace", "memory": "80MB", "progress": False}
    assert count_words(tmp_path, **options).documents == 2_000_000
    with pytest.raises(DataError, match=r"a\.txt, line 1: a document of more than 5 MB.*--docum"):
        count_words(tmp_path, documents="files", **options)


def test_a_segmenter_that_cannot_be_sent_is_refused(tmp_path):
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_bytes(b" " * (1 << 25))
    with pytest.raises(UsageError, match=r"other processes cannot get this segmenter.*Received: "):
        count_words(tmp_path, lambda text: [text], workers=2)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.txt", "好\n".encode() + b"b \xe4\xbd\n", "a.txt, line 2: not UTF-8"),
        ("a.jsonl", b'{"text": "a"}\n{"text": 1}\n', "line 2: field 'text' holds no text but int"),
        ("a.txt", "京".encode("utf-16"), "a.txt, line 1: not UTF-8; it may be UTF-16"),
        ("a.txt", b"\x89PNG\r\n\0\n", "a.txt, line 1: not UTF-8; it may be UTF-16"),
        ("a.jsonl", b"{}\n[", "a.jsonl, line 1: no text in field"),
        ("a.jsonl", b'{"text": "a"}\n\n{"te', "a.jsonl, line 3: not JSON"),
        ("a.jsonl", b"{}\n" + b"[" * 200_000, "a.jsonl, line 1: no text in field"),
        ("a.jsonl", b"[" * 200_000, "a.jsonl, line 1: not JSON"),
        ("a.jsonl", b"[1]\n", "line 1: no text in field 'text'; the line has list"),
        ("a.parquet", b"PAR1 no", "a.parquet: cannot be read"),
        ("a.txt.gz", gzip.compress(b"abc", mtime=0)[:-9], "the archive is damaged"),
    ],
)
def test_a_file_that_cannot_be_counted_is_named_with_its_line(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError) as caught:
        count_words(tmp_path / name, "whitespace")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("segmenter", ["whitespace", "jieba", "characters", str.split])
def test_lines_that_are_no_utf8_are_left_out_or_mended(tmp_path, segmenter):
    good, path = tmp_path / "good.txt", tmp_path / "bad.txt"
    path.write_bytes("好 a\n".encode() + b"b \xe4\xbd\nc\n\xff")
    good.write_bytes("好 a\nc\n".encode())
    left = count_words(path, segmenter, bad_lines="skip")
    assert left.table.equals(count_words(good, segmenter).table)
    assert (left.bad_lines, left.documents) == (2, 2)
    good.write_bytes("好 a\nb \ufffd\nc\n\ufffd".encode())
    mended = count_words(path, segmenter, bad_lines="replace")
    assert mended.table.equals(count_words(good, segmenter).table)
    assert (mended.bad_lines, mended.documents) == (2, 4)
    path.write_bytes(b"\xff\n\xfe")
    assert count_words(path, segmenter, bad_lines="skip").documents == 0


@pytest.mark.parametrize("segmenter", ["whitespace", "characters"])
@pytest.mark.parametrize("begin", [b"\xe2\x80", b"\xe2\x81", b"\xe3\x80", b"\xe1\x9a", b"\xc2"])
def test_no_byte_that_is_no_utf8_passes_as_white_space(tmp_path, segmenter, begin):
    path = tmp_path / "a.txt"
    for last in range(256):
        data = b"foo " + begin + bytes([last]) + b"bc\nbar\n"
        path.write_bytes(data)
        try:
            text = data.decode()
        except UnicodeDecodeError:
            with pytest.raises(DataError, match="line 1: not UTF-8"):
                count_words(path, segmenter, progress=False)
        else:
            words = text.split() if segmenter == "whitespace" else list("".join(text.split()))
            counts = count_words(path, segmenter, progress=False)
            assert dict(counts.most_common()) == Counter(words)


def test_standard_input_is_counted_whoever_counts_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr("octavo.counting.words.SMALLEST_PART", 1000)
    (tmp_path / "a.txt").write_text("to be\n" * 1000)
    for workers in (1, 2):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"or not\n")))
        counts = count_words(
            ["-", tmp_path / "a.txt"], r"regex:\w+", workers=workers, progress=False
        )
        assert dict(counts.most_common()) == {"to": 1000, "be": 1000, "or": 1, "not": 1}


def test_words_of_a_dictionary_are_words(tmp_path):
    text = "凯特琳在北京说自定义词"
    assert "凯特琳" not in dict(count_texts([text]).most_common())
    (tmp_path / "words.txt").write_text("凯特琳 1000 nr\n\n自定义词\n", "utf-8")
    counts = count_texts([text], f"jieba:{tmp_path / 'words.txt'}")
    assert {"凯特琳", "自定义词", "北京"} <= set(dict(counts.most_common()))
    (tmp_path / "words.txt").write_text("北京\n两 个 词 1\n", "utf-8")
    with pytest.warns(UserWarning, match=r"words\.txt: 1 line is left out, .* line 2"):
        count_texts([text], f"jieba:{tmp_path / 'words.txt'}")


def test_a_module_that_ends_the_program_does_not(tmp_path, monkeypatch):
    (tmp_path / "quits_at_once.py").write_text("raise SystemExit(0)")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError, match="SystemExit: 0; a segmenter is"):
        count_texts(["a"], "quits_at_once:cut")


def test_rows_that_are_no_utf8(tmp_path):
    values = pa.array([b"to be", b"\xff", b"or \xff"])
    text = pa.StringArray.from_buffers(3, *values.buffers()[1:])
    pq.write_table(pa.table({"text": text}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet: the text of row 2 is not UTF-8"):
        count_words(tmp_path, "whitespace", progress=False)
    skipped = count_words(tmp_path, "whitespace", bad_lines="skip", progress=False)
    assert (skipped.documents, skipped.bad_lines, skipped.tokens) == (1, 2, 2)
    mended = count_words(tmp_path, "whitespace", bad_lines="replace", progress=False)
    assert dict(mended.most_common()) == {"to": 1, "be": 1, "or": 1, "\ufffd": 2}
    assert (mended.documents, mended.bad_lines) == (3, 2)


def test_a_column_must_be_there_and_text(tmp_path):
    pq.write_table(pa.table({"id": [1], "title": ["a"]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="no column 'text'; it has id, title"):
        count_words(tmp_path / "a.parquet", "whitespace")
    with pytest.raises(DataError, match="column 'id' holds int64, not text"):
        count_words(tmp_path / "a.parquet", "whitespace", field="id")
    counts = count_words(tmp_path / "a.parquet", "whitespace", field="title")
    assert counts.most_common() == [("a", 1)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ngrams": 0}, "ngrams=0"),
        ({"ngrams": 7}, "ngrams=7"),
        ({"ngrams": True}, "ngrams=True"),
        ({"segmenter": "jieba2"}, "Received: jieba2"),
        ({"segmenter": "regex:("}, r"Received: regex:\("),
        ({"segmenter": "no_such_module:cut"}, "Received: no_such_module:cut"),
        ({"segmenter": "json:cut"}, "Received: json:cut"),
        ({"segmenter": "json:__name__"}, "is no function"),
    ],
)
def test_an_impossible_argument_is_named(options, message):
    with pytest.raises(UsageError, match=message):
        count_texts(["a"], **options)


def test_a_string_is_no_list():
    with pytest.raises(UsageError, match=r"texts must be several.*Received: 'to be'"):
        count_texts("to be")
    with pytest.raises(UsageError, match=r"Received: stop_words='stop\.txt'"):
        count_texts(["to be"], stop_words="stop.txt")
    with pytest.raises(DataError, match="the segmenter failed: TypeError: one string"):
        count_texts(["to be"], lambda text: text)
    for missing in (None, float("nan")):
        with pytest.raises(DataError, match=f"number 1, from 0, is {missing}"):
            count_texts(["to be", missing], "whitespace")


def test_paths_must_be_there(tmp_path):
    (tmp_path / "empty").mkdir()
    messages = {"none.txt": "no such file", "empty": "holds no files", "*.x": "no such file"}
    for path, message in messages.items():
        with pytest.raises(DataError, match=message):
            count_words(tmp_path / path, "whitespace")
    with pytest.raises(UsageError, match=r"paths=\[\]"):
        count_words([], "whitespace")


def test_a_file_that_grows_while_it_is_counted_is_an_error(tmp_path):
    path = tmp_path / "text"
    path.write_text("a b\n")

    def cut(text):
        if text == "a b":
            with path.open("a") as file:
                file.write("more\n")
        return text.split()

    with pytest.raises(DataError, match="text: has changed while it was read"):
        count_words(path, cut, progress=False)


def test_a_cluster_without_dask_is_told_before_standard_input_is_read(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(b"to be\n"))
    monkeypatch.setattr("sys.stdin", stream)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[dask\]"):
        count_words("-", "whitespace", cluster="tcp://127.0.0.1:9", progress=False)
    assert stream.read() == "to be\n"
