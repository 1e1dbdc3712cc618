"""How good and how fast a reader is on questions whose answers are known."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, Protocol

from octavo._files import write_atomic
from octavo.errors import UsageError
from octavo.reading.answer import Answer
from octavo.reading.baseline import nearest_sentence
from octavo.reading.calibration import calibration_error, reliability
from octavo.reading.metrics import (
    cmrc_exact_match,
    cmrc_f1,
    cmrc_scores,
    is_right,
    no_answer_scores,
    sogou_scores,
)
from octavo.reading.question_files import Question, to_json


class AnswersQuestions(Protocol):
    """Anything that answers many questions, as `octavo.reading.Reader` does."""

    @property
    def answer_many(self) -> Callable[..., Sequence[Answer]]:
        """A method that gives one answer a question, in order."""


@dataclass(frozen=True)
class Evaluation:
    """The scores of one run, fractions 0-1 unless said otherwise.

    Attributes:
        questions: how many were asked.
        em: CMRC's exact match.
        f1: CMRC's F1.
        no_answer_precision: of the questions left without answer, the share that have none.
        no_answer_recall: of the questions that have none, the share left without answer.
        no_answer_f1: the F1 of these two.
        no_answer_questions: how many questions have no answer.
        accuracy: the accuracy of the Sogou tool.
        final: the mean of the Sogou tool's accuracy and its F1 over characters.
        questions_per_second: questions/s, the reader's compilation included.
        baseline_em: `em` of the sentence nearest to the question.
        baseline_f1: `f1` of the sentence nearest to the question.
        calibration_error: how far scores are from the share of right answers, over ten bins of
            scores; right is an exact match, or no answer where there is none.
        reliability: share of the answers, mean score and share of right ones of each bin.
        answers: the answers themselves, in the order of the questions.
    """

    questions: int
    em: float
    f1: float
    no_answer_precision: float
    no_answer_recall: float
    no_answer_f1: float
    no_answer_questions: int
    accuracy: float
    final: float
    questions_per_second: float
    baseline_em: float
    baseline_f1: float
    calibration_error: float
    reliability: tuple[tuple[float, float, float], ...] = field(repr=False, default=())
    answers: tuple[Answer, ...] = field(repr=False, default=())

    def to_dict(self) -> dict[str, float | int]:
        """The scores as plain JSON types, without the answers and the bins."""
        left_out = ("answers", "reliability")
        scores = {name: value for name, value in vars(self).items() if name not in left_out}
        return {name: round(v, 6) if isinstance(v, float) else v for name, v in scores.items()}


def evaluate(
    reader: AnswersQuestions,
    questions: Sequence[Question],
    mode: str = "extractive",
    beams: int | None = None,
    batch_size: int | None = None,
    progress: bool = True,
) -> Evaluation:
    """Let a reader answer questions and score the answers beside the nearest-sentence baseline.

    A question without gold answers counts in `em`, `f1`, `accuracy` and `final` too: it is right
    if and only if the reader gives no answer, as in SQuAD 2.0.

    Args:
        reader: what answers.
        questions: with their gold answers, every accepted wording, the standard one first.
        mode: "extractive" or "generative".
        beams: answers followed at once; None leaves it to the reader.
        batch_size: windows of passages read together; None leaves it to the reader.
        progress: show progress on stderr.

    Raises:
        UsageError: if there are no questions.

    Example:
        >>> from octavo.reading.question_files import Passage
        >>> class Parrot:
        ...     def answer_many(self, questions, **options):
        ...         return [Answer(q.question, "1420年", 0.9, ()) for q in questions]
        >>> question = Question("1", "哪年建成？", (Passage("1420年建成。"),), ("1420年",))
        >>> evaluate(Parrot(), [question], progress=False).em
        1.0
    """
    if not questions:
        raise UsageError("there must be at least one question to evaluate. Received: 0")
    options = {"beams": beams, "batch_size": batch_size}
    chosen = {name: value for name, value in options.items() if value is not None}
    started = time.perf_counter()
    answers = tuple(reader.answer_many(questions, mode=mode, progress=progress, **chosen))
    seconds = time.perf_counter() - started
    return score_answers(questions, answers, seconds)


def score_answers(
    questions: Sequence[Question], answers: Sequence[Answer], seconds: float
) -> Evaluation:
    """Score answers that are already there.

    Args:
        questions: with their gold answers.
        answers: one a question, in order.
        seconds: the time it took to find the answers.

    Raises:
        ValueError: if there is not one answer a question.
    """
    gold = [question.answers for question in questions]
    texts = [answer.text for answer in answers]
    nearest = [
        nearest_sentence(question.question, (passage.text for passage in question.passages))
        for question in questions
    ]
    cmrc, baseline = cmrc_scores(texts, gold), cmrc_scores(nearest, gold)
    # Numbers serve as ids: those of a file may repeat.
    sogou = sogou_scores(_numbered(texts), _numbered(gold))
    nothing = no_answer_scores([not text.strip() for text in texts], [not one for one in gold])
    given = [float(answer.score) for answer in answers]
    right = [is_right(text, one) for text, one in zip(texts, gold, strict=True)]
    return Evaluation(
        questions=len(questions),
        em=cmrc.em,
        f1=cmrc.f1,
        no_answer_precision=nothing.precision,
        no_answer_recall=nothing.recall,
        no_answer_f1=nothing.f1,
        no_answer_questions=nothing.support,
        accuracy=sogou.accuracy,
        final=sogou.final,
        questions_per_second=len(questions) / max(seconds, 1e-9),
        baseline_em=baseline.em,
        baseline_f1=baseline.f1,
        calibration_error=calibration_error(given, right),
        reliability=tuple(reliability(given, right)),
        answers=tuple(answers),
    )


def write_predictions(
    questions: Sequence[Question], answers: Sequence[Answer], path: str | PathLike[str]
) -> None:
    """Write one JSON object a line: id, question, answer, score, gold answers, em and f1.

    Raises:
        DataError: if the file cannot be written.
    """
    with write_atomic(path) as file:
        for question, answer in zip(questions, answers, strict=True):
            record = {
                "id": question.id,
                "question": question.question,
                "answer": answer.text,
                "score": round(float(answer.score), 6),
                "gold": list(question.answers),
                "em": cmrc_exact_match(answer.text, question.answers),
                "f1": round(cmrc_f1(answer.text, question.answers), 6),
            }
            file.write(to_json(record) + "\n")


def _numbered(values: Sequence[Any]) -> dict[str, Any]:
    return {str(number): value for number, value in enumerate(values)}
