"""Texts of others do nothing to a terminal; --json and pages hold them as they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.cli.errors import describe
from octavo.cli.main import run
from octavo.cli.print_answers import print_answer, print_question
from octavo.cli.terminal import printable
from octavo.errors import DataError
from octavo.reading.answer import Answer, PassageVote

HOSTILE = "\x1b]0;pwned\x07\x1b[31m\x9b2J\u202egnp\u2066.txt"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("茶\x1b[31m\n", "茶\\x1b[31m\\n"),
        ("\u202e\u2066\x9b\u200f", "\\u202e\\u2066\\x9b\\u200f"),
        ("全角\u3000空格\xa0é👨\u200d👩", "全角\u3000空格\xa0é👨\u200d👩"),
    ],
)
def test_what_steers_a_terminal_is_written_out(text, shown):
    assert printable(text) == shown


@given(st.text())
def test_nothing_that_steers_is_left(text):
    left = set(printable(text)) - set("\u200c\u200d")
    assert all(character.isprintable() or character.isspace() for character in left)
    assert not left & set("\n\r\t\x0b\x0c\x1c\x85\u2028\u2029")


def test_answers_and_errors_are_shown_without_escapes(capsys):
    vote = PassageVote("甲" + HOSTILE, 0.5, 0.1, True, ((0, 1),), HOSTILE)
    print_question(HOSTILE, first=False)
    print_answer(Answer(HOSTILE, "甲" + HOSTILE, 0.5, (vote,)))
    out = capsys.readouterr().out
    assert out.count("\\x1b]0;pwned\\x07") == 4
    assert not set(out) & set("\x1b\x07\x9b\u202e\u2066")
    assert "\\x1b" in describe(DataError("damaged", HOSTILE))


def test_a_file_name_cannot_steer_either(tmp_path, capsys):
    assert run(["count", str(tmp_path / HOSTILE)]) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_json_holds_the_text_as_it_is():
    answer = Answer("谁？", HOSTILE, 0.5, ())
    assert json.loads(json.dumps(answer.to_dict()))["answer"] == HOSTILE
