"""Evaluation: every field against hand-counted answers, with readers that need no Keras."""

from __future__ import annotations

import json

import pytest

from octavo.errors import DataError, UsageError
from octavo.reading.answer import Answer
from octavo.reading.evaluation import evaluate, score_answers, write_predictions
from octavo.reading.question_files import Passage, Question

QUESTIONS = [
    Question("a", "故宫何时建成？", (Passage("故宫1420年建成。天坛大。"),), ("1420年", "永乐时")),
    Question("b", "天坛在哪？", (Passage("天坛在北京。"), Passage("故宫大。")), ("北京", "北京市")),
    Question("b", "谁设计了故宫？", (Passage("颐和园在西郊。"),), ()),
    Question("d", "谁画了此图？", (Passage("此图很大。"),), ()),
]  # fmt: skip
TEXTS = ["1420年", "在北京", "", "某人"]


class Scripted:
    """Gives the prepared texts and remembers how it was asked."""

    def answer_many(self, questions, **options):
        self.options = options
        return [Answer(q.question, t, 0.5, ()) for q, t in zip(questions, TEXTS, strict=True)]


def test_every_score_of_four_hand_counted_answers():
    result = evaluate(Scripted(), QUESTIONS, progress=False)
    assert (result.questions, result.no_answer_questions) == (4, 2)
    assert result.em == pytest.approx((1 + 0 + 1 + 0) / 4)
    assert result.f1 == pytest.approx((1 + 0.8 + 1 + 0) / 4)
    assert result.accuracy == pytest.approx((1 + 0 + 1 + 0) / 4)
    assert result.final == pytest.approx((2 / 4 + 2.8 / 4) / 2)
    assert (result.no_answer_precision, result.no_answer_recall) == (1.0, 0.5)
    assert result.no_answer_f1 == pytest.approx(2 / 3)
    # Nearest: 故宫1420年建成。 (6 tokens, run of 2) and 天坛在北京。 (5 tokens, run of 2); the
    # others are wrong because the baseline always answers.
    assert result.baseline_f1 == pytest.approx((2 * 2 / (6 + 2) + 2 * 2 / (5 + 2)) / 4)
    assert result.baseline_em == 0.0
    assert result.calibration_error == pytest.approx(0.0)  # half of them right, at scores of 0.5
    assert [answer.text for answer in result.answers] == TEXTS


def test_no_answer_is_right_where_there_is_none():
    class Silent:
        def answer_many(self, questions, **options):
            return [Answer(q.question, "", 0.75, ()) for q in questions]

    passage = (Passage("1420年。"),)
    asked = [Question(str(n), "哪年？", passage, ("1420年",) * (n == 3)) for n in range(4)]
    result = evaluate(Silent(), asked, progress=False)
    assert result.reliability == ((1.0, 0.75, 0.75),)  # three of four are right
    assert (result.em, result.no_answer_precision, result.no_answer_recall) == (0.75, 0.75, 1.0)


def test_the_dict_holds_fractions_and_no_answers():
    scores = evaluate(Scripted(), QUESTIONS, progress=False).to_dict()
    assert json.loads(json.dumps(scores)) == scores
    assert "answers" not in scores
    fractions = scores.keys() - {"questions", "no_answer_questions", "questions_per_second"}
    assert len(fractions) == 10
    assert all(0 <= scores[name] <= 1 for name in fractions)


def test_questions_a_second_is_their_number_over_the_time():
    answers = Scripted().answer_many(QUESTIONS)
    assert score_answers(QUESTIONS, answers, 0.5).questions_per_second == pytest.approx(8)


def test_only_given_options_reach_the_reader():
    reader = Scripted()
    evaluate(reader, QUESTIONS, mode="generative", beams=3, progress=False)
    assert reader.options == {"mode": "generative", "beams": 3, "progress": False}


def test_no_questions_is_a_usage_error():
    with pytest.raises(UsageError, match=r"Received: 0$"):
        evaluate(Scripted(), [])


def test_predictions_are_one_object_a_line_with_its_scores(tmp_path):
    path = tmp_path / "predictions.jsonl"
    write_predictions(QUESTIONS, Scripted().answer_many(QUESTIONS), path)
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [record["answer"] for record in records] == TEXTS
    assert [record["em"] for record in records] == [1, 0, 1, 0]
    assert records[1]["gold"] == ["北京", "北京市"]
    with pytest.raises(DataError, match="cannot be written"):
        write_predictions([], [], tmp_path / "nowhere" / "predictions.jsonl")


def test_predictions_are_scored_against_every_accepted_answer(tmp_path):
    path = tmp_path / "predictions.jsonl"
    question = Question(
        "1", "故宫何时建成？", (Passage("故宫建成于永乐时。"),), ("1420年", "永乐时")
    )
    for text, em in (("永乐时", 1), ("1420年", 1), ("永乐", 0)):
        write_predictions([question], [Answer(question.question, text, 0.5, ())], path)
        [record] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert record["em"] == em
        assert record["f1"] == pytest.approx(1.0 if em else 2 * 2 / (2 + 3))
