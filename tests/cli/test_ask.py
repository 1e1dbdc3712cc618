"""`octavo read ask` with a stand-in for the reader: folders, lists of questions, a conversation.

Covers octavo.cli.readers.
"""

from __future__ import annotations

import builtins
import io
import json
import sys
from types import ModuleType

import pytest

from octavo.cli.main import run
from octavo.reading.answer import Answer, PassageVote


class StandIn:
    """Answers with the first character of the last passage."""

    loaded = 0

    @classmethod
    def from_preset(cls, path=None):
        cls.loaded += 1
        return cls()

    def answer(self, question, passages, **options):
        if question == "停？":
            raise KeyboardInterrupt
        votes = [
            PassageVote(passage.text, number / 9, 0.5, True, ((0, 1),), passage.source)
            for number, passage in enumerate(passages)
        ]
        return Answer(question, votes[-1].text[:1], 0.5, tuple(votes))

    def answer_many(self, questions, progress=True, **options):
        return [self.answer(one.question, one.passages, **options) for one in questions]


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch):
    module = ModuleType("octavo.reading.reader")
    module.Reader = StandIn
    monkeypatch.setitem(sys.modules, "octavo.reading.reader", module)
    monkeypatch.setattr(StandIn, "loaded", 0)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working directory: a folder of notes, and a list of questions."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("甲。\n\n乙。\n", encoding="utf-8")
    (tmp_path / "notes" / "b.txt").write_text("丙。\n", encoding="utf-8")
    (tmp_path / "asked.txt").write_text("几？\n\n谁？\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def type_lines(monkeypatch):
    """Makes standard input a terminal at which lines are typed; an error among them is raised."""

    def start(*lines):
        typed = iter(lines)

        def read(prompt=""):
            print(prompt, end="")
            line = next(typed, EOFError())
            if isinstance(line, BaseException):
                raise line
            return line

        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(builtins, "input", read)

    return start


def test_passages_come_from_folders_and_patterns(capsys):
    for paths in (["notes"], ["notes/"], ["notes/*.txt"], ["notes/a.txt", "notes/b.txt"]):
        assert run(["read", "ask", "几？", *paths, "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert [one["text"] for one in answer["passages"]] == ["丙。", "乙。", "甲。"]


def test_evidence_is_ordered_by_vote_everywhere(folder, capsys):
    assert run(["read", "ask", "几？", "notes", "--html", "page.html"]) == 0
    captured = capsys.readouterr()
    shown = [line.split()[1] for line in captured.out.splitlines() if line.startswith("passage")]
    assert shown == ["3", "2", "1"]
    page = (folder / "page.html").read_text(encoding="utf-8")
    places = [page.index(f"passage {number}, ") for number in (3, 2, 1)]
    assert places == sorted(places)
    assert captured.err == "octavo: wrote page.html\n"


def test_many_questions_are_answered_one_after_the_other(folder, capsys):
    assert run(["read", "ask", "--questions", "asked.txt", "notes", "--html", "page.html"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [lines[0], lines[1]] == ["几？", "丙  0.500"]
    assert lines[lines.index("谁？") - 1] == ""
    assert "2 questions, 2 answered" in (folder / "page.html").read_text(encoding="utf-8")
    assert run(["read", "ask", "notes", "--questions", "asked.txt", "--json"]) == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["question"] for one in objects] == ["几？", "谁？"]


def test_a_question_file_needs_no_other_passages(folder, capsys):
    record = {"question": "几？", "context": "丁。", "answers": []}
    (folder / "asked.jsonl").write_text(json.dumps(record), encoding="utf-8")
    assert run(["read", "ask", "--questions", "asked.jsonl", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["answer"] == "丁"


def test_questions_come_from_standard_input(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("几？\n".encode())))
    assert run(["read", "ask", "notes", "--questions", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["question"] == "几？"


@pytest.mark.parametrize("end", ["", " ", EOFError(), KeyboardInterrupt()])
def test_a_person_asks_until_an_empty_line_ctrl_d_or_ctrl_c(end, folder, type_lines, capsys):
    type_lines("几？", " 谁？ ", end, "never read")
    assert run(["read", "ask", "notes", "--json", "--html", "page.html"]) == 0
    captured = capsys.readouterr()
    objects = [json.loads(line) for line in captured.out.splitlines() if line.startswith("{")]
    assert [one["question"] for one in objects] == ["几？", "谁？"]
    assert "3 passages; an empty line or Ctrl-D ends" in captured.err
    assert "question: " in captured.err  # standard output, no terminal here, has results alone
    assert StandIn.loaded == 1
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "2 questions, 2 answered" in page


def test_ctrl_c_ends_an_answer_but_not_the_conversation(type_lines, capsys):
    type_lines("停？", "谁？")
    assert run(["read", "ask", "notes", "--json"]) == 0
    captured = capsys.readouterr()
    assert "octavo: interrupted" in captured.err
    assert json.loads(captured.out)["question"] == "谁？"
    assert run(["read", "ask", "停？", "notes"]) == 130


@pytest.mark.parametrize(
    ("tokens", "code", "message"),
    [
        (["notes"], 2, "no question, and no terminal to ask for one"),
        (["notes", "几？"], 2, "the question comes first"),
        ([], 2, "at least one file of passages is needed"),
        (["--questions", "asked.txt"], 2, "at least one file of passages is needed"),
        (["--questions", "nowhere.txt", "notes"], 1, "nowhere.txt: cannot be read"),
        (["--questions", "-", "-"], 2, "standard input can be read only once"),
        (["--questions", "--json", "notes"], 2, "no such option"),
        (["--qestions", "asked.txt", "notes"], 2, "--qestions"),
        (["nots.txt", "notes"], 1, "nots.txt: no such file or folder"),
        (["nots/a.jsonl.gz"], 1, "nots/a.jsonl.gz: no such file or folder"),
        (["几？", "nowhere/*.txt"], 1, "nowhere/*.txt: no such file or folder"),
        (["几？", "notes", "--html", "notes/a.txt"], 2, "--html would overwrite notes/a.txt"),
        (["--questions", "asked.txt", "notes", "--html", "asked.txt"], 2, "would overwrite"),
    ],
)
def test_bad_use_is_one_line_before_any_reader_is_loaded(tokens, code, message, capsys):
    assert run(["read", "ask", *tokens]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert StandIn.loaded == 0


def test_the_prompt_leaves_standard_input_to_the_person(type_lines, capsys):
    type_lines("几？")
    assert run(["read", "ask", "-"]) == 2
    assert "needs standard input" in capsys.readouterr().err
