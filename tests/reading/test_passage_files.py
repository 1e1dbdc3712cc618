"""Files of passages: paragraphs, question files, packed or not, and what is refused."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from contextlib import contextmanager

import pytest
import zstandard

from octavo.errors import DataError, UsageError
from octavo.reading import passage_files
from octavo.reading.passage_files import check_lengths, find_passage_files, read_passages
from octavo.reading.question_files import Passage, Question


def write(path, content):
    path.write_bytes(content.encode("utf-8"))
    return path


def texts(passages):
    return [passage.text for passage in passages]


@pytest.mark.parametrize(
    ("content", "passages"),
    [
        ("一\n二", ["一\n二"]),
        ("一\n\n二\n \t\n\n三\n", ["一", "二", "三"]),
        ("\n\n一\r\n\r\n二\r\n", ["一", "二"]),
    ],
)
def test_blank_lines_part_passages(tmp_path, content, passages):
    assert texts(read_passages([write(tmp_path / "palaces.md", content)])) == passages


def test_every_line_may_be_a_passage_and_each_says_where_it_stood(tmp_path):
    path = write(tmp_path / "notes.txt", "\n一\n 二 \n\n\n三\n四\n")
    found = read_passages([path], documents="lines")
    assert [(one.text, one.source) for one in found] == [
        (text, f"{path}:{line}") for text, line in (("一", 2), ("二", 3), ("三", 6), ("四", 7))
    ]
    assert [one.source for one in read_passages([path])] == [f"{path}:2-3", f"{path}:6-7"]


def test_a_file_may_be_a_passage(tmp_path):
    for name, content in (("a.txt", "\n一\r\n\r\n 二 \n\n"), ("b.txt", "三"), ("c.txt", " \n")):
        write(tmp_path / name, content)
    found = read_passages([tmp_path], documents="files")
    assert [(one.text, one.source) for one in found] == [
        ("一\n\n 二", f"{tmp_path}/a.txt:2-4"), ("三", f"{tmp_path}/b.txt:1")
    ]  # fmt: skip
    with pytest.raises(UsageError, match="documents must be one of lines, paragraphs, files"):
        read_passages([tmp_path], documents="sentences")


def test_the_line_of_a_passage_is_known_however_long_the_stream_is(tmp_path, monkeypatch):
    lines = [f"{number:07}" + "\n" * (number % 3) for number in range(1 << 17)]
    content = "\n".join(lines).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    last = read_passages(["-"])[-1]
    number = content.count(b"\n") + 1 - lines[-1].count("\n")
    assert last.source.startswith("standard input, line ")
    assert int(last.source.split("-")[-1].split()[-1]) == number


def test_objects_without_a_question_are_passages(tmp_path):
    lines = [
        {"title": "故宫", "text": "一", "id": 5},
        {"passage": "二", "source": "s", "title": "t"},
        {"context": "三", "title": ["t"], "source": None, "id": "d3"},
        {"question": "几？", "passages": ["四"], "answers": []},
    ]
    path = write(tmp_path / "laws.jsonl", "\n".join(map(json.dumps, lines)))
    found = read_passages([path])
    assert texts(found) == ["一", "二", "三", "四"]
    sources = ["故宫", "s", f"{path}, passage d3", f"{path}, question 3"]
    assert [one.source for one in found] == sources
    with pytest.raises(DataError, match=r"b\.jsonl, line 1: question missing"):
        read_passages([write(tmp_path / "b.jsonl", '{"title": "故宫"}')])
    with pytest.raises(DataError, match=r"c\.jsonl: holds no text"):
        read_passages([write(tmp_path / "c.jsonl", '{"text": ""}')])


@pytest.mark.parametrize(("before", "after"), [("", "\n"), ("\n", "\n\n"), ("", "")])
def test_many_lines_and_no_blank_one_between_bring_a_hint(tmp_path, before, after):
    path = write(tmp_path / "notes.txt", before + "\n".join("一" * 20) + after)
    hint = r"notes\.txt: 20 lines are one passage.*--documents lines"
    with pytest.warns(UserWarning, match=hint) as given:
        assert len(read_passages([path])) == 1
    assert given[0].filename == __file__
    assert len(read_passages([path], documents="lines")) == 20


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("content", ["一\n" * 19, "一\n" * 20 + "\n二"])
def test_few_lines_or_paragraphs_bring_none(tmp_path, content):
    assert read_passages([write(tmp_path / "notes.txt", content)])


def test_passages_of_a_question_file_count_once_and_files_keep_their_order(tmp_path):
    lines = [
        {"question": "几？", "passages": ["一二", {"passage": "三", "source": "s"}], "answers": []},
        {"question": "谁？", "passages": ["三", "四"], "answers": ["四"]},
    ]
    packed = tmp_path / "questions.JSONL.gz"
    packed.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    text = write(tmp_path / "v1.json.txt", "五\n\n三")
    found = read_passages([text, packed])
    assert texts(found) == ["五", "三", "一二", "三", "四"]
    sources = [f"{text}:1", f"{text}:3", f"{packed}, question 0", "s", f"{packed}, question 1"]
    assert [one.source for one in found] == sources


def test_a_faulty_question_among_good_ones_is_said_and_left_out(tmp_path):
    lines = [{"question": "", "context": "一"}, {"question": "几？", "context": "二"}]
    path = write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines)))
    with pytest.warns(UserWarning, match=r"1 question is left out: .*a\.jsonl, line 1") as given:
        assert texts(read_passages([path])) == ["二"]
    assert given[0].filename == __file__


def test_folders_and_patterns_give_their_files(tmp_path):
    folder = tmp_path / "notes"
    (folder / "more").mkdir(parents=True)
    write(folder / "b.txt", "二")
    write(folder / "a.txt", "一")
    write(folder / "empty.txt", "\n")
    write(folder / ".hidden.txt", "零")
    write(folder / "more" / "c.ndjson", '{"text": "三"}')
    assert texts(read_passages([folder])) == ["一", "二", "三"]
    assert texts(read_passages([f"{folder}/?.txt", folder / "a.txt"])) == ["一", "二", "一"]
    assert find_passage_files([f"{folder}/b*"]) == [f"{folder}/b.txt"]
    with pytest.raises(DataError, match=r"\*\.md: no such file or folder"):
        read_passages([f"{folder}/*.md"])
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="none: holds no files"):
        read_passages([tmp_path / "none"])
    write(tmp_path / "none" / "blank", "\n")
    with pytest.raises(DataError, match="none: holds no text"):
        read_passages([tmp_path / "none"])
    named = write(tmp_path / "[a].txt", "四")  # a file of that name is no pattern
    assert texts(read_passages([named])) == ["四"]


def test_pictures_in_a_folder_are_left_out_which_is_said(tmp_path):
    for number in range(2):
        (tmp_path / f"{number}.png").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\xfa")
    picture = str(tmp_path / "0.png")
    with pytest.raises(DataError, match=r"0\.png"):
        read_passages([tmp_path])
    write(tmp_path / "a.txt", "北京")
    with pytest.warns(UserWarning, match=r"left out: .*0\.png.*, and 1 more file"):
        assert texts(read_passages([tmp_path])) == ["北京"]
    with pytest.raises(DataError, match=r"0\.png"):
        read_passages([tmp_path, picture])


def test_nothing_to_read_is_said(tmp_path):
    with pytest.raises(UsageError, match="at least one file"):
        read_passages([])
    with pytest.raises(DataError, match=r"empty\.txt: holds no text"):
        read_passages([write(tmp_path / "empty.txt", " \n\n \n")])
    with pytest.raises(DataError, match="No such file"):
        read_passages([tmp_path / "nowhere.txt"])


def test_a_passage_too_long_is_refused_and_one_of_the_limit_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(passage_files, "LONGEST_PASSAGE", 5)
    assert read_passages([write(tmp_path / "a.txt", "一二三四五\n\n六七八九十")])
    for text in ("一二三四五六", "一二\r\n三四五", "一\n二\n三\n四"):
        with pytest.raises(DataError, match=r"b\.txt: a passage of [67] characters; at most 5"):
            read_passages([write(tmp_path / "b.txt", text)])
    passage = json.dumps([{"text": "一二三四五六"}])
    with pytest.raises(DataError, match=r"d\.json: a passage of 6 characters; at most 5"):
        read_passages([write(tmp_path / "d.json", passage)])
    question = Question("q7", "谁？", (Passage("一"), Passage("一二三四五六")), ())
    with pytest.raises(DataError, match=r"c\.json: question q7 has a passage of 6"):
        check_lengths([question], "c.json")
    faults = []
    short = Question("q8", "谁？", (Passage("一"),), ())
    assert check_lengths([question, short], "c.json", faults) == [short]
    assert "question q7" in str(faults[0])
    with pytest.raises(DataError, match="question q7"):
        check_lengths([question], "c.json", faults)


def test_a_file_packed_a_thousandfold_is_not_unpacked_whole(tmp_path):
    path = tmp_path / "bomb.txt.zst"
    path.write_bytes(zstandard.compress(b"a" * 100_000_000))
    with measured() as most, pytest.raises(DataError, match="line 1: a line of more than 4 MB"):
        read_passages([path])
    assert most[0] < 60e6


@contextmanager
def measured():
    """The most bytes that Python held meanwhile, in a list."""
    most = [0]
    tracemalloc.start()
    try:
        yield most
    finally:
        most[0] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
