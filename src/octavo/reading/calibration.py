"""From what a reader computes to the probability that its answer is right.

A vote says how sure the next token is, not how often such answers are right. Two logistic
regressions, fitted on questions with known answers, say that: one of an answer, one of "no answer".

Source: Platt 1999, "Probabilistic Outputs for Support Vector Machines", section 2; Guo et al. 2017,
"On Calibration of Modern Neural Networks", section 2, for the expected calibration error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from octavo.errors import UsageError

if TYPE_CHECKING:
    from octavo.decoding import Decoded

LEAST = 20  # questions of each kind that a regression is fitted on
RIDGE = 1e-2  # keeps the weights finite where right and wrong can be told apart without a fault
STEPS = 50
BINS = 10


class Signals(NamedTuple):
    """What is known of one answer.

    Attributes:
        vote: sum of the log votes of its tokens.
        tokens: how many tokens were voted on.
        doubt: the log odds of "no answer" against the likeliest first token, in the window that
            doubts least.
    """

    vote: float
    tokens: int
    doubt: float

    @classmethod
    def of(cls, decoded: Decoded, answer: int = 0) -> Signals:
        """The signals of an answer of a question, by its place in the list."""
        tokens = max(int(decoded.steps[answer]), 1)
        return cls(float(decoded.scores[answer]), tokens, float(decoded.doubts.min()))

    @property
    def features(self) -> list[float]:
        """What the regression of an answer sees: its mean vote, its whole vote, doubt and 1."""
        whole = max(self.vote, -20.0)  # of a very long answer more says nothing
        return [self.vote / self.tokens, whole, float(_limit(self.doubt)), 1.0]


@dataclass(frozen=True)
class Calibration:
    """The weights of both regressions, as reader.json holds them.

    Attributes:
        answer: weights of `Signals.features`.
        no_answer: weights of the doubt and of 1; empty if no unanswerable questions were seen.

    Example:
        >>> calibration = Calibration((0.0, 1.0, 0.0, 0.0))
        >>> calibration.probability(Signals(vote=0.0, tokens=3, doubt=-2.0))
        0.5
    """

    answer: tuple[float, ...]
    no_answer: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse weights of another number or that are no numbers."""
        for name, counts in (("answer", (4,)), ("no_answer", (0, 2))):
            weights = getattr(self, name)
            if not isinstance(weights, list | tuple) or len(weights) not in counts:
                raise UsageError(f"calibration.{name} must be {counts[-1]} numbers")
            if not all(type(w) in (int, float) and abs(w) <= sys.float_info.max for w in weights):
                raise UsageError(f"calibration.{name} must be finite numbers. Received: {weights}")
            object.__setattr__(self, name, tuple(float(weight) for weight in weights))

    def probability(self, signals: Signals) -> float:
        """The probability that the answer is right, 0-1."""
        return float(_logistic(np.dot(self.answer, signals.features)))

    def no_answer_probability(self, doubt: float) -> float | None:
        """The probability that there is no answer, 0-1; None if none were seen."""
        if not self.no_answer:
            return None
        return float(_logistic(np.dot(self.no_answer, [float(_limit(doubt)), 1.0])))


def fit_bias(doubts: Sequence[float], unanswerable: Sequence[bool]) -> tuple[float, tuple] | None:
    """The bias at which "no answer" is as likely as an answer, and the weights that say so.

    Args:
        doubts: `Signals.doubt` of each question.
        unanswerable: whether it has no answer.

    Returns:
        (bias to add to the doubt, weights of the doubt and of 1), or None if there are too few
        questions of a kind, or more doubt does not mean fewer answers.

    Example:
        >>> fit_bias([1.0, 2.0], [False, True]) is None
        True
    """
    none = np.asarray(unanswerable, bool)
    if min(none.sum(), (~none).sum()) < LEAST:
        return None
    weights = fit_logistic(np.stack([_limit(doubts), np.ones(len(none))], axis=1), none)
    if weights[0] <= 0:
        return None
    return float(weights[1] / weights[0]), tuple(weights.tolist())


def fit_answers(signals: Sequence[Signals], right: Sequence[bool]) -> tuple[float, ...]:
    """The weights of the regression of an answer.

    Raises:
        UsageError: if there are fewer than 20 right or 20 wrong answers.
    """
    hits = np.asarray(right, bool)
    if min(hits.sum(), (~hits).sum()) < LEAST:
        raise UsageError(
            f"to say how likely an answer is, {LEAST} right and {LEAST} wrong answers are needed,"
            f' "no answer" not counted. Received: {hits.sum()} right, {(~hits).sum()} wrong'
        )
    return tuple(fit_logistic(np.array([one.features for one in signals]), hits).tolist())


def fit_logistic(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Weights of a logistic regression with a small ridge, by Newton's method.

    Args:
        features: float (n, m), with a column of ones for the constant.
        labels: bool (n,).

    Returns:
        float64 (m,).
    """
    features = np.asarray(features, np.float64)
    weights = np.zeros(features.shape[1])
    ridge = RIDGE * np.eye(len(weights))
    for _ in range(STEPS):
        chance = _logistic(features @ weights)
        slope = features.T @ (chance - labels) + ridge @ weights
        curve = (features * (chance * (1 - chance))[:, None]).T @ features + ridge
        step = np.linalg.solve(curve, slope)
        weights = weights - step * min(1.0, 10.0 / max(np.abs(step).max(), 1e-300))
        if np.abs(step).max() < 1e-9:
            break
    return weights


def calibration_error(scores: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error over ten equal bins, Guo et al. 2017, eq. (3).

    Example:
        >>> round(calibration_error([0.9, 0.9, 0.1], [True, True, False]), 3)
        0.1
    """
    return sum(share * abs(mean - hits) for share, mean, hits in reliability(scores, right))


def reliability(scores: Sequence[float], right: Sequence[bool]) -> list[tuple[float, float, float]]:
    """(share of the answers, their mean score, share of them that is right) of each bin not empty.

    Example:
        >>> reliability([0.9, 0.1], [True, False])
        [(0.5, 0.1, 0.0), (0.5, 0.9, 1.0)]
    """
    given, hits = np.asarray(scores, float), np.asarray(right, float)
    bins = np.minimum((given * BINS).astype(int), BINS - 1)
    groups = (bins == number for number in range(BINS))
    return [
        (float(group.mean()), float(given[group].mean()), float(hits[group].mean()))
        for group in groups
        if group.any()
    ]


def _limit(doubt: float | Sequence[float]) -> np.ndarray:
    """Doubts in a range beyond which more of them says nothing."""
    return np.clip(doubt, -15.0, 15.0)


def _logistic(logit: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-np.clip(logit, -500, 500)))
