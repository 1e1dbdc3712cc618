"""Sampling: the same draws as the reference makes; a seed repeats them."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.keras_backend

COUNTS = (1, 3, 2)
SLOTS = 6  # question slots that 6 rows get
CLEAR = 3e-6  # no random number of the reference is nearer to the edge of a token's share
CASES = [
    {"mode": "generative", "vote": "mean", "temperature": 0.7, "top_p": 0.8},
    {"mode": "extractive", "vote": "article", "temperature": 1.5, "top_p": 1.0},
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["mode"])
def test_same_draws_as_the_reference(bench, draw_batch, case):
    workbench, compared = bench(False), 0
    for seed in range(6):
        workbench.draw_weights(seed, twins=seed % 3)
        batch = draw_batch(seed, COUNTS)
        bias = workbench.bias_between(batch, [0.0, 0.4, 1.0][seed % 3])
        found = workbench.sample(batch, samples=3, no_answer_bias=bias, seed=seed, **case)
        numbers = np.random.default_rng(seed).random((workbench.steps, SLOTS, 3), np.float32)
        for index, (asked, decoded) in enumerate(zip(batch, found, strict=True)):
            result = workbench.slow(asked, bias).sample(
                numbers[:, index],
                case["mode"] == "extractive",
                case["vote"],
                case["temperature"],
                case["top_p"],
            )
            if result.margin < CLEAR:
                continue
            compared += 1
            assert sorted(decoded.tokens) == sorted(list(a.tokens) for a in result.answers)
            for place, tokens in enumerate(decoded.tokens):
                twin = next(a for a in result.answers if list(a.tokens) == tokens)
                assert decoded.scores[place] == pytest.approx(twin.score, abs=1e-4)
                own = result.row_scores[twin.tokens]
                np.testing.assert_allclose(decoded.row_scores[:, place], own, atol=1e-4)
    assert compared >= 12


def test_a_seed_repeats_its_answers_and_another_gives_others(bench, draw_batch):
    workbench = bench(False)
    workbench.draw_weights(0)
    batch, case = draw_batch(0, COUNTS), CASES[0] | {"samples": 3, "no_answer_bias": -9.0}
    one, again, other = (workbench.sample(batch, seed=seed, **case) for seed in (1, 1, 2))
    assert [d.tokens for d in one] == [d.tokens for d in again]
    assert [d.tokens for d in one] != [d.tokens for d in other]
