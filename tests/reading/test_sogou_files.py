"""The Sogou tool's own files: its published output is reproduced, bad lines are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from octavo._files import read_text
from octavo.errors import DataError
from octavo.reading.metrics import sogou_scores
from octavo.reading.sogou_files import (
    check_ids,
    read_accepted_answers,
    read_predictions,
    write_matches,
)

TOOL = Path(__file__).parents[2].parent / "shared" / "data" / "webqa"
needs_tool_files = pytest.mark.skipif(
    not (TOOL / "sogou_evaluate_tool_test_out.xz").exists(),
    reason="the Sogou evaluation tool's files are not here",
)


@needs_tool_files
def test_the_tools_published_output_line_by_line(tmp_path):
    accepted = read_accepted_answers(TOOL / "sogou_evaluate_tool_qid_answer_expand.xz")
    predictions = read_predictions(TOOL / "sogou_evaluate_tool_test_input.xz")
    write_matches(tmp_path / "out.tsv", predictions, accepted)
    ours = read_text(tmp_path / "out.tsv").splitlines()
    theirs = read_text(TOOL / "sogou_evaluate_tool_test_out.xz").splitlines()
    # The last column, which of several equally good answers, follows the order of a Python 2 set.
    assert [line.rsplit("\t", 1)[0] for line in ours] == [
        line.rsplit("\t", 1)[0] for line in theirs
    ]
    scores = sogou_scores(predictions, accepted)
    assert (scores.accuracy, scores.final, scores.questions) == (1.0, 1.0, 8000)


@needs_tool_files
def test_answers_of_the_next_question_score_as_the_tool_scored_them():
    # The tool's own sample is all right answers. These totals are what its program (Python 2.7)
    # prints for a file that gives every question the standard answer of the line below it.
    accepted = read_accepted_answers(TOOL / "sogou_evaluate_tool_qid_answer_expand.xz")
    ids = list(accepted)
    following = [accepted[identifier][0] for identifier in ids[1:] + ids[:1]]
    scores = sogou_scores(dict(zip(ids, following, strict=True)), accepted)
    assert (scores.accuracy, scores.f1) == pytest.approx(
        (20 / 30_000, 0.022507145259934), abs=1e-12
    )


def test_aliases_follow_the_standard_answer_once(tmp_path):
    path = tmp_path / "answers.tsv"
    path.write_text("7\t延安市\t延安|延安市\n", encoding="utf-8")
    assert read_accepted_answers(path) == {"7": ("延安市", "延安")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1\t北京\n2 上海\n", "line 2: expected 2 fields"),
        ("1\t北京\n1\t上海\n", "line 2: question id 1 comes a second time"),
    ],
)
def test_a_bad_line_is_named(tmp_path, content, message):
    path = tmp_path / "predictions.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_predictions(path)


def test_an_id_without_answers_is_named():
    with pytest.raises(DataError, match=r"predictions\.tsv: question id 9 has no accepted"):
        check_ids({"9": "北京"}, {"1": ("北京",)}, "predictions.tsv")
