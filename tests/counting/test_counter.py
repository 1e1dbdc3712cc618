"""A range is counted in one of two ways, as bytes or as texts; both tell how far they are.

Covers octavo.counting.lines, octavo.counting.texts.
"""

from __future__ import annotations

import io
import json

import pytest

from octavo.corpus.files import FileRange
from octavo.counting import count_texts, count_words
from octavo.counting.counter import count_range
from octavo.counting.options import Options
from octavo.errors import DataError


@pytest.mark.parametrize(
    "options",
    [
        Options("whitespace"),
        Options("jieba"),
        Options("jieba", lowercase=True),
        Options("whitespace", nfkc=True),
        Options(r"regex:\S+"),
        Options(str.split),
        Options("characters", field="text"),
        Options("jieba", bad_lines="skip"),
        Options(r"regex:\S+", bad_lines="skip"),
        Options("whitespace", documents="paragraphs"),
    ],
)
def test_bytes_of_standard_input_are_told_as_they_come(options, monkeypatch, tmp_path):
    lines = ["to be", "or not"] if options.documents == "lines" else ["to be", "\n", "or not"]
    if options.field:
        lines = [json.dumps({"text": line}) for line in lines]
    data = "".join(f"{line}\n" for line in lines).encode()
    data += b"\xff\n" * (options.bad_lines == "skip")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    told = []
    part = count_range(options, FileRange(("-",)), str(tmp_path / "run"), 10**9, told.append)
    assert (sum(told), part.documents) == (len(data), 2)


@pytest.mark.parametrize("segmenter", ["jieba", "whitespace", str.split])
def test_many_texts_are_counted_some_at_a_time(monkeypatch, segmenter):
    monkeypatch.setattr("octavo.counting.segments.TOGETHER", 10)
    counts = count_texts((f"{i % 7} " * 3 for i in range(50)), segmenter)
    assert (counts.documents, counts.tokens, len(counts)) == (50, 150, 7)


def test_a_text_of_two_gigabytes_is_named(tmp_path, monkeypatch):
    for way in ("lines", "texts"):
        monkeypatch.setattr(f"octavo.counting.{way}.LARGEST", 50)
    monkeypatch.setattr("octavo.counting.counter.BLOCK", 20)
    (tmp_path / "a.txt").write_text("a\n" * 20 + "b" * 60 + "\n")
    with pytest.raises(DataError, match=r"a\.txt, line 21: a text of 2 GB"):
        count_words(tmp_path / "a.txt", "whitespace", progress=False)
    (tmp_path / "b.jsonl").write_text(
        json.dumps({"text": "a"}) + "\n" + json.dumps({"text": "北" * 20})
    )
    with pytest.raises(DataError, match=r"b\.jsonl, line 2: a text of 2 GB"):
        count_words(tmp_path / "b.jsonl", "whitespace", progress=False)
