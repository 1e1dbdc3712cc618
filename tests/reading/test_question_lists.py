"""Lists of questions: text, question files with and without passages, and what is refused."""

from __future__ import annotations

import json

import pytest

from octavo.errors import DataError, UsageError
from octavo.reading import Passage, Question
from octavo.reading.question_lists import read_question_list

PASSAGES = [Passage("一"), Passage("二")]


def write(path, *records):
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


def test_a_text_gives_a_question_a_line(tmp_path):
    path = tmp_path / "asked.txt"
    path.write_text("\ufeff几？\r\n\n \n 谁？\n", encoding="utf-8")
    listed = read_question_list(path, PASSAGES)
    assert listed == [Question("1", "几？", (*PASSAGES,)), Question("4", "谁？", (*PASSAGES,))]
    with pytest.raises(UsageError, match="at least one file of passages"):
        read_question_list(path)


def test_a_question_file_is_asked_of_what_is_given_or_of_its_own(tmp_path):
    own = {"id": "a", "question": "几？", "context": "三", "answers": ["三"]}
    path = write(tmp_path / "asked.jsonl", own, {"id": "b", "question": "谁？"})
    listed = read_question_list(path, PASSAGES)
    assert [(one.id, one.passages) for one in listed] == [("a", (*PASSAGES,)), ("b", (*PASSAGES,))]
    with pytest.warns(UserWarning, match="1 question is left out: .*line 2: passages missing"):
        listed = read_question_list(path)
    assert listed == [Question("a", "几？", (Passage("三", ("三",)),), ("三",))]


def test_an_empty_question_among_good_ones_is_said_and_left_out(tmp_path):
    path = write(tmp_path / "asked.json", {"question": " "}, {"question": "谁？"})
    with pytest.warns(UserWarning, match="1 question is left out: .*line 1: question is empty"):
        assert [one.question for one in read_question_list(path, PASSAGES)] == ["谁？"]


def test_no_question_at_all_is_an_error(tmp_path):
    path = tmp_path / "asked.txt"
    path.write_text(" \n", encoding="utf-8")
    with pytest.raises(DataError, match=r"asked\.txt: holds no questions"):
        read_question_list(path, PASSAGES)
    with pytest.raises(DataError, match="question is empty; no question can be used"):
        read_question_list(write(tmp_path / "a.jsonl", {"question": ""}), PASSAGES)
