"""Beam search against the reference that reads every sequence again at every step.

Covers octavo.decoding.cache, octavo.decoding.extraction, octavo.decoding.votes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.keras_backend

# Every vote and mode, 1 to 4 beams, with and without octavo's own keys; a line is one compilation.
CASES = [
    {"mode": "extractive", "vote": "article", "beams": 4, "own_keys": True},
    {"mode": "extractive", "vote": "mean", "beams": 1, "own_keys": False},
    {"mode": "extractive", "vote": "confident", "beams": 2, "own_keys": False},
    {"mode": "extractive", "vote": "holders", "beams": 3, "own_keys": True},
    {"mode": "generative", "vote": "article", "beams": 3, "own_keys": False},
    {"mode": "extractive", "vote": "mean", "beams": 4, "own_keys": True},
    {"mode": "generative", "vote": "confident", "beams": 1, "own_keys": False},
    {"mode": "extractive", "vote": "holders", "beams": 4, "own_keys": True, "finish_all": True},
]
COUNTS = [(1, 4, 2), (2, 5), (1, 1, 1, 1, 1, 1, 1), (4, 1, 3), (3, 2, 2)]  # one shape
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)  # random weights cannot be made simpler
CLEAR = 8e-6  # no decision of the reference is nearer to its line than float32 can tell


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case.values())))
@given(
    seed=st.integers(0, 2**32 - 1),
    counts=st.sampled_from(COUNTS),
    twins=st.integers(0, 6),
    silent=st.sampled_from([0.0, 0.2, 0.4, 0.7, 1.0]),
)
@settings(max_examples=20, phases=QUICK)
def test_same_answers_as_the_reference(bench, draw_batch, case, seed, counts, twins, silent):
    case = dict(case)
    workbench = bench(case.pop("own_keys"))
    workbench.draw_weights(seed, twins)
    batch = draw_batch(seed, counts)
    bias = workbench.bias_between(batch, silent)
    expected = [
        workbench.slow(asked, bias).beam_search(
            workbench.steps,
            case["beams"],
            case["mode"] == "extractive",
            case["vote"],
            case.get("finish_all", False),
        )
        for asked in batch
    ]
    assume(all(result.margin > CLEAR for result in expected))
    found = workbench.beam_search(batch, no_answer_bias=bias, **case)
    assert len(found) == len(expected)
    for decoded, result in zip(found, expected, strict=True):
        assert_same(decoded, result)


def assert_same(decoded: Any, result: Any) -> None:
    """The same best answer, the same others, and the same numbers to 1e-4."""
    assert decoded.voting.tolist() == result.voting
    np.testing.assert_allclose(decoded.no_answer, result.no_answer, atol=1e-4)
    assert tuple(decoded.tokens[0]) == result.answers[0].tokens
    answers = {answer.tokens: answer for answer in result.answers}
    assert {tuple(tokens) for tokens in decoded.tokens} == answers.keys()
    assert len(decoded.tokens) == len(answers)
    for index, tokens in enumerate(decoded.tokens):
        answer = answers[tuple(tokens)]
        assert decoded.scores[index] == pytest.approx(answer.score, abs=1e-4)
        assert decoded.steps[index] == len(tokens) + answer.finished
        own = result.row_scores[answer.tokens]
        np.testing.assert_allclose(decoded.row_scores[:, index], own, atol=1e-4)
    assert (np.diff(decoded.scores) <= 1e-4).all()
