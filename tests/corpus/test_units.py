"""Lines, paragraphs and files: every document once and whole, wherever blocks and ranges end."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.corpus import units
from octavo.corpus.blocks import read_blocks
from octavo.corpus.cleaning import Cleaner
from octavo.corpus.documents import read_documents
from octavo.corpus.files import make_ranges
from octavo.corpus.units import UNITS, read_units
from octavo.errors import DataError, UsageError

# with white space of Unicode that blocks do not know
marks = st.sampled_from([*"ab \t\r\x1c\u3000\xa0\u2003京", "\ufeff", "\n", "\n", "\n\n"])
contents = st.lists(marks, max_size=40).map("".join)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("corpus") / "text.txt"


def find_slowly(text, unit):
    """The documents of a text, each with the number of its first line, counted from 1."""
    lines = text.removeprefix("\ufeff").split("\n")
    if lines[-1] == "":
        lines.pop()
    if unit == "lines":
        return list(enumerate(lines, 1))
    found, held = [], []
    for number, line in enumerate([*lines, ""], 1):
        if line.strip():
            held.append((number, line))
        elif held:
            found.append(held)
            held = []
    if unit == "files" and found:
        first, last = found[0][0][0], found[-1][-1][0]
        found = [list(enumerate(lines[first - 1 : last], first))]
    return [(group[0][0], "\n".join(line for _, line in group)) for group in found]


@pytest.mark.parametrize("unit", UNITS)
@given(text=contents, size=st.integers(4, 20), block=st.integers(3, 20))
def test_every_document_is_found_once_with_its_line_wherever_the_cuts_fall(
    path, unit, text, size, block
):
    path.write_bytes(text.encode())
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(units, "read_blocks", partial(read_blocks, size=block))
        for _, start, end, _ in make_ranges([str(path)], 1, most=size, documents=unit):
            for documents in read_documents(str(path), start=start, end=end, documents=unit):
                found += [(documents.line(n), text) for n, text in enumerate(documents.texts)]
    assert found == find_slowly(text, unit)


@given(text=contents, start=st.integers(0, 40), block=st.integers(3, 20))
@pytest.mark.parametrize("unit", UNITS)
def test_blocks_are_what_stands_in_the_file(path, unit, text, start, block):
    path.write_bytes(text.encode())
    start = 0 if unit == "files" else start
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(units, "read_blocks", partial(read_blocks, size=block))
        blocks = list(read_units(str(path), unit, start))
    starts = [found.start for found in blocks] + [len(text.encode())]
    for place, found in enumerate(blocks):
        assert found.data == text.encode()[found.start : starts[place + 1]]


def test_a_small_file_that_was_read_ahead_is_cut_as_well(path):
    path.write_bytes(data := b"a\nb\n\nc\n")
    for unit, texts in ("paragraphs", ["a\nb", "c"]), ("files", ["a\nb\n\nc"]):
        blocks = read_documents(str(path), data=data, documents=unit)
        assert [text for block in blocks for text in block.texts] == texts


def test_what_is_no_utf8_parts_no_paragraph(path):
    path.write_bytes(b"a\n\xff\nb\n\n\xff\n\nc\n")
    cleaner = Cleaner("skip")
    blocks = read_documents(str(path), cleaner=cleaner, documents="paragraphs")
    found = [(text, block.line(n)) for block in blocks for n, text in enumerate(block.texts)]
    assert (found, cleaner.found) == ([("a\nb", 1), ("c", 7)], 2)
    with pytest.raises(DataError, match=r"text\.txt, line 2: not UTF-8"):
        list(read_documents(str(path), documents="files"))


@pytest.mark.parametrize(("start", "line"), [(0, 3), (4, 3), (9, 4)])
def test_a_document_that_is_too_long_to_hold_is_named(path, start, line, monkeypatch):
    monkeypatch.setattr(units, "read_blocks", partial(read_blocks, size=8))
    path.write_bytes(b"a\n\n" + b"bbb\n" * 30 + b"\nd\n")
    hint = r"a document of more than 0 MB is more than is held at once; --documents lines makes"
    with pytest.raises(DataError, match=hint) as caught:
        list(read_units(str(path), "paragraphs", start, longest=60))
    assert f"text.txt, line {line}:" in str(caught.value)  # also where it began before
    whole = b"".join(block.data for block in read_units(str(path), "paragraphs", longest=150))
    assert whole == path.read_bytes()


def test_a_file_that_is_too_long_to_hold_is_named(path, monkeypatch):
    monkeypatch.setattr(units, "read_blocks", partial(read_blocks, size=8))
    path.write_bytes(b"a\n\nbbb\n" * 30)
    with pytest.raises(DataError, match=r"text\.txt, line 1: .*--documents lines or paragraphs"):
        list(read_units(str(path), "files", longest=60))
    assert [block.data for block in read_units(str(path), "files")] == [path.read_bytes()]


def test_a_file_of_which_one_document_is_made_is_not_cut(tmp_path):
    for name in ("a.txt", "b.jsonl"):
        (tmp_path / name).write_bytes(b"x" * 100)
    paths = [str(tmp_path / name) for name in ("a.txt", "b.jsonl")]
    assert len(make_ranges(paths, 1, most=50, documents="paragraphs")) == 4
    ranges = make_ranges(paths, 1, most=50, documents="files")
    assert [(one.paths, one.start, one.end) for one in ranges if one.paths == (paths[0],)] == [
        ((paths[0],), 0, None)
    ]
    assert len(ranges) == 3


def test_other_documents_are_refused():
    with pytest.raises(UsageError, match=r"documents must be one of lines, paragraphs, files\. R"):
        units.check_documents("sentences")
