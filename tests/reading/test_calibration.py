"""Regressions that say how often an answer is right: oracles, and what is refused."""

import dataclasses

import numpy as np
import pytest

from octavo.errors import PresetError, UsageError
from octavo.reading.calibration import (
    Calibration,
    Signals,
    calibration_error,
    fit_answers,
    fit_bias,
    fit_logistic,
    reliability,
)
from octavo.reading.settings import ReaderSettings

WEIGHTS = np.array([2.0, 0.3, -0.5, 1.0])


def draw(count, seed=0):
    random = np.random.default_rng(seed)
    tokens = random.integers(1, 12, count)
    votes = -random.gamma(1.0, 0.4, count) * tokens
    signals = [
        Signals(float(vote), int(token), float(doubt))
        for vote, token, doubt in zip(votes, tokens, random.normal(-3, 2, count), strict=True)
    ]
    chance = [1 / (1 + np.exp(-WEIGHTS @ one.features)) for one in signals]
    return signals, random.random(count) < chance


def test_a_regression_finds_the_weights_that_made_the_labels():
    random = np.random.default_rng(0)
    features = np.stack([random.normal(size=40_000), np.ones(40_000)], axis=1)
    labels = random.random(40_000) < 1 / (1 + np.exp(-features @ [1.5, -0.7]))
    assert np.allclose(fit_logistic(features, labels), [1.5, -0.7], atol=0.05)


def test_a_regression_stays_finite_where_nothing_is_mixed():
    features = np.array([[-1e3, 1.0], [1e3, 1.0]] * 20)
    assert np.isfinite(fit_logistic(features, features[:, 0] > 0)).all()


def test_calibrated_scores_are_how_often_new_answers_are_right():
    calibration = Calibration(fit_answers(*draw(4000)))
    signals, right = draw(4000, seed=1)
    scores = [calibration.probability(one) for one in signals]
    raw = [np.exp(one.vote / one.tokens) for one in signals]
    assert calibration_error(scores, right) < 0.03 < calibration_error(raw, right)


def test_the_bias_is_where_no_answer_is_as_likely_as_one():
    random = np.random.default_rng(2)
    doubts = random.normal(0, 3, 5000)
    unanswerable = random.random(5000) < 1 / (1 + np.exp(-(doubts - 1.5)))
    bias, weights = fit_bias(doubts, unanswerable)
    assert bias == pytest.approx(-1.5, abs=0.2)
    calibration = Calibration((0.0,) * 4, weights)
    assert calibration.no_answer_probability(-bias) == pytest.approx(0.5)
    assert calibration.no_answer_probability(9.0) > 0.9


@pytest.mark.parametrize("unanswerable", [[False] * 60, [True] * 19 + [False] * 60])
def test_too_few_of_a_kind_leave_the_bias(unanswerable):
    assert fit_bias(np.arange(len(unanswerable)) * 1.0, unanswerable) is None


def test_doubt_that_falls_where_answers_fail_leaves_the_bias():
    doubts = np.linspace(-3, 3, 100)
    assert fit_bias(doubts, doubts < 0) is None


def test_too_few_wrong_answers_are_an_error():
    signals, _ = draw(100)
    with pytest.raises(UsageError, match="Received: 95 right, 5 wrong"):
        fit_answers(signals, [True] * 95 + [False] * 5)


def test_of_a_very_long_answer_more_votes_say_nothing():
    long, longer = (Signals(vote, 80, 30.0).features for vote in (-50.0, -90.0))
    assert long[1:] == longer[1:] == [-20.0, 15.0, 1.0]


def test_bins_hold_every_score():
    shares = [share for share, _, _ in reliability([0.0, 0.5, 1.0, 0.999], [True] * 4)]
    assert sum(shares) == 1.0


def test_without_such_questions_nothing_is_said_of_no_answer():
    assert Calibration((0.0,) * 4).no_answer_probability(1.0) is None


@pytest.mark.parametrize(
    "weights",
    [
        "3",
        "[1, 2, 3, 4]",
        '{"answer": [1, 2, 3]}',
        '{"answer": [1, 2, 3, "4"]}',
        '{"no_answer": []}',
        '{"answer": [1, 2, 3, NaN]}',
        '{"answer": [1, 2, 3, 4], "no_answer": [1]}',
    ],
)
def test_a_damaged_calibration_is_named(tmp_path, weights):
    path = tmp_path / "reader.json"
    path.write_text(f'{{"window": 9, "overlap": 1, "calibration": {weights}}}')
    with pytest.raises(PresetError, match=r"reader\.json: key calibration"):
        ReaderSettings.from_file(path)


def test_a_calibration_is_saved_with_the_settings(tmp_path):
    import json

    settings = ReaderSettings(calibration=Calibration((1.0, 2.0, 3.0, 4.5), (1.0, 0.5)))
    path = tmp_path / "reader.json"
    path.write_text(json.dumps(dataclasses.asdict(settings)))
    assert ReaderSettings.from_file(path) == settings
    with pytest.raises(UsageError, match="calibration must be of type Calibration"):
        ReaderSettings(calibration=(1.0, 2.0))
