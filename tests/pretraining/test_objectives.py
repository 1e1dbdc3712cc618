"""Objectives and masks as they are asked for: what is impossible is named."""

from __future__ import annotations

import pytest

from octavo.errors import UsageError
from octavo.pretraining.objectives import Masking, most_predictions, parse_objectives


@pytest.mark.parametrize("text", ["", "mlm:0", "mlm:x", "rtd", "mlm:nan", "lm,", "mlm:-1"])
def test_an_unknown_objective_is_refused(text):
    with pytest.raises(UsageError, match="Received: objective="):
        parse_objectives(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mlm:0.7,unilm", "either all objectives of a mix have weights, as .*, or none. Received:"),
        ("mlm,unilm:0.3", "either all objectives of a mix have weights"),
        ("mlm:1,unilm:1,mlm:2", "mlm is there twice. Received: objective='mlm:1,unilm:1,mlm:2'"),
    ],
)
def test_a_mix_that_says_two_things_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        parse_objectives(text)


def test_without_weights_there_is_as_much_of_each():
    assert parse_objectives("mlm, unilm") == {"mlm": 0.5, "unilm": 0.5}


@pytest.mark.parametrize(
    "shares",
    [
        {"mask_selection_rate": 0},
        {"mask_selection_rate": 1},
        {"mask_token_rate": 0.9, "random_token_rate": 0.2},
    ],
)
def test_impossible_masking_is_refused(shares):
    with pytest.raises(UsageError, match="Received:"):
        Masking(**shares)


def test_the_head_looks_no_farther_than_a_row():
    assert most_predictions({"mlm": 1.0}, Masking(0.9), 32) == 32
    assert most_predictions({"mlm": 0.5, "lm": 0.5}, Masking(), 64) == 64
