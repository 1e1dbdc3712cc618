"""The model against a NumPy forward pass, and what each application promises."""

from __future__ import annotations

import beam_search_reference as reference
import numpy as np
import pytest

from octavo.errors import UsageError
from octavo.transformer import build_transformer_model
from octavo.transformer.weights import collect_weights

pytestmark = pytest.mark.keras_backend

PASSAGE, QUESTION, ANSWER = [7, 8, 9, 7, 5], [9, 7, 6], [8, 9]
TOKENS_IN = [2, *PASSAGE, 3, *QUESTION, 3, *ANSWER]
SEGMENTS_IN = [0] * 11 + [1] * 2


@pytest.mark.parametrize("application", ["encoder", "lm", "unilm"])
@pytest.mark.parametrize("question_match", [False, True])
def test_same_numbers_as_a_plain_forward_pass(build, run, application, question_match):
    model = build(application, question_match=question_match)
    arrays = {name: array.astype("float64") for name, array in collect_weights(model).items()}
    network = reference.Network(arrays, model.config.to_dict())
    length = len(TOKENS_IN)
    allowed = {
        "encoder": np.ones((length, length), bool),
        "lm": np.tri(length, dtype=bool),
        "unilm": reference.unilm_mask(SEGMENTS_IN),
    }[application]
    types = SEGMENTS_IN
    if question_match:
        types = reference.match_types(PASSAGE, QUESTION, len(ANSWER))
    expected = network.hidden(TOKENS_IN, types, allowed)
    if application != "encoder":
        expected = network.logits(expected)
    found = run(model, [TOKENS_IN], [SEGMENTS_IN])
    np.testing.assert_allclose(found[0], expected, rtol=1e-4, atol=1e-4)


def test_longer_padding_changes_no_state_of_an_encoder(build, run):
    model = build("encoder")
    short = run(model, [[2, 7, 8, 3, 0]])
    longer = run(model, [[2, 7, 8, 3, 0, 0, 0, 0]])
    np.testing.assert_allclose(longer[:, :4], short[:, :4], atol=1e-5)


def test_a_later_token_changes_no_earlier_logit_of_a_language_model(build, run):
    model = build("lm")
    one, other = run(model, [[2, 7, 8, 9, 5], [2, 7, 8, 6, 10]])
    np.testing.assert_allclose(one[:3], other[:3], atol=1e-5)
    assert np.abs(one[3:] - other[3:]).max() > 0.01


def test_an_answer_is_not_seen_by_what_stands_before_it(build, run):
    model = build("unilm")
    one, other = run(model, [[2, 7, 3, 8, 9], [2, 7, 3, 8, 5]], [[0, 0, 0, 1, 1]] * 2)
    np.testing.assert_allclose(one[:4], other[:4], atol=1e-5)
    one, other = run(model, [[2, 7, 3, 8, 9], [2, 7, 5, 8, 9]], [[0, 0, 0, 1, 1]] * 2)
    assert np.abs(one[0] - other[0]).max() > 0.01  # but the prefix is read in both directions


def test_the_head_looks_only_where_it_is_asked(build, run):
    everywhere = build("unilm", pointer_head=True)
    somewhere = build("unilm", pointer_head=True, mask_positions=True)
    somewhere.set_weights(everywhere.get_weights())
    tokens, segments = [TOKENS_IN, TOKENS_IN[::-1]], [SEGMENTS_IN, SEGMENTS_IN]
    positions = np.array([[12, 3], [0, 5]], np.int32)
    found = run(somewhere, tokens, segments, mask_positions=positions)
    expected = np.take_along_axis(run(everywhere, tokens, segments), positions[..., None], axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("options", [{"application": "bert"}, {"mask_positions": True}])
def test_impossible_arguments(build, options):
    with pytest.raises(UsageError, match=r"Received: "):
        build_transformer_model(build("lm").config, **options)
