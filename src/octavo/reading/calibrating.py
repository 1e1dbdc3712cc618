"""A reader learns from questions with known answers how often its answers are right.

Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from octavo.errors import UsageError
from octavo.reading.calibration import (
    LEAST,
    Calibration,
    Signals,
    calibration_error,
    fit_answers,
    fit_bias,
    reliability,
)
from octavo.reading.evidence import Prepared, make_answer
from octavo.reading.metrics import is_right

if TYPE_CHECKING:
    from octavo.decoding import Decoded
    from octavo.reading.question_files import Question

Read = Mapping[int, "tuple[Prepared, Decoded]"]
NEAR = 1e-3  # in another batch a doubt may differ by a rounding


class Calibrated(NamedTuple):
    """What a calibration changed, on the questions that it was fitted on.

    Attributes:
        questions: how many there were.
        error_before: the expected calibration error of the scores before, 0-1.
        error: that of the scores now.
        no_answer_bias: where the line between an answer and none is now.
        reliability: share of the answers, mean score and share of right ones of each bin, now.
    """

    questions: int
    error_before: float
    error: float
    no_answer_bias: float
    reliability: list[tuple[float, float, float]]


def calibrate_reader(
    reader: Any, questions: Sequence[Question], progress: bool = True
) -> Calibrated:
    """Fit the calibration of a `Reader` in place; see `Reader.calibrate`."""
    settings = reader.settings
    unanswerable = [not question.answers for question in questions]
    if unanswerable.count(False) < LEAST or len(questions) < 2 * LEAST:
        raise UsageError(
            f"to say how likely an answer is, {LEAST} right and {LEAST} wrong answers are needed."
            f" Received: {len(questions)} questions, {unanswerable.count(False)} with an answer"
        )
    read = reader.read(questions, progress)
    before = _judge(reader, questions, read, settings.calibration)
    doubts = [float(read[index][1].doubts.min()) for index in range(len(questions))]
    bias, no_answer = fit_bias(doubts, unanswerable) or (settings.no_answer_bias, ())
    try:
        if bias != settings.no_answer_bias:
            moved = _others_vote(read, settings.no_answer_bias, bias)
            reader.settings = replace(settings, no_answer_bias=bias)
            again = reader.read([questions[index] for index in moved], progress)
            read = {**read, **{moved[place]: found for place, found in again.items()}}
        signals, right = [], []
        for index, (prepared, decoded) in read.items():
            answer = make_answer(prepared, decoded, reader.tokenizer)
            if answer.found:
                signals.append(Signals.of(decoded))
                right.append(is_right(answer.text, questions[index].answers))
        calibration = Calibration(fit_answers(signals, right), no_answer)
    except BaseException:
        reader.settings = settings
        raise
    reader.settings = replace(settings, no_answer_bias=bias, calibration=calibration)
    after = _judge(reader, questions, read, calibration)
    error_before, error = calibration_error(*before), calibration_error(*after)
    return Calibrated(len(questions), error_before, error, bias, reliability(*after))


def _judge(
    reader: Any, questions: Sequence[Question], read: Read, calibration: Calibration | None
) -> tuple[list[float], list[bool]]:
    """Scores, and whether the answer is right, or "no answer" where there is none."""
    scores, right = [], []
    for index, (prepared, decoded) in read.items():
        answer = make_answer(prepared, decoded, reader.tokenizer, calibration)
        scores.append(float(answer.score))
        right.append(is_right(answer.text, questions[index].answers))
    return scores, right


def _others_vote(read: Read, one: float, other: float) -> list[int]:
    """The questions of which other windows vote with the other bias."""
    lowest, highest = sorted((-one, -other))
    return [
        index
        for index, (_, decoded) in read.items()
        if ((decoded.doubts > lowest - NEAR) & (decoded.doubts < highest + NEAR)).any()
    ]
