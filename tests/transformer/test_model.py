"""The model against a NumPy forward pass, and what each application promises."""

from __future__ import annotations

import beam_search_reference as reference
import numpy as np
import pytest

from octavo._keras import keras
from octavo.errors import UsageError
from octavo.transformer import build_transformer_model, extend_positions
from octavo.transformer.weights import POSITIONS, TOKENS, collect_weights

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


def test_a_copy_head_gives_the_log_probabilities_of_its_definition(build, run):
    model = build("unilm", copy_head=True)
    arrays = {name: array.astype("float64") for name, array in collect_weights(model).items()}
    network = reference.Network(arrays, model.config.to_dict())
    prefix, answer = TOKENS_IN[:11], TOKENS_IN[11:]
    hidden = network.hidden(TOKENS_IN, SEGMENTS_IN, reference.unilm_mask(SEGMENTS_IN))
    expected = network.point(hidden, prefix, hidden[:11])
    found = run(model, [[*prefix, *answer, 0, 0]], [[*SEGMENTS_IN, 0, 0]])[0, :13]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(np.exp(found).sum(axis=-1), 1.0, atol=1e-5)


def test_a_language_model_has_no_prefix_to_copy_from(build):
    with pytest.raises(UsageError, match=r"copy_head .* Received: application='lm'"):
        build("lm", copy_head=True)


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
    everywhere = build("unilm", copy_head=True)
    somewhere = build("unilm", copy_head=True, mask_positions=2)
    somewhere.set_weights(everywhere.get_weights())
    tokens, segments = [TOKENS_IN, TOKENS_IN[::-1]], [SEGMENTS_IN, SEGMENTS_IN]
    positions = np.array([[12, 3], [0, 5]], np.int32)
    found = run(somewhere, tokens, segments, mask_positions=positions)
    expected = np.take_along_axis(run(everywhere, tokens, segments), positions[..., None], axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_keep_tokens_trims_both_ends_of_the_vocabulary(build, run):
    whole = build("lm")
    kept = [0, 3, 9, 2, 7]
    trimmed = build_transformer_model(whole.config, collect_weights(whole), "lm", keep_tokens=kept)
    assert trimmed.config.vocab_size == 5
    new, old = [[3, 4, 2, 1]], [[2, 7, 9, 3]]
    np.testing.assert_allclose(run(trimmed, new), run(whole, old)[..., kept], atol=1e-5)


def test_keep_tokens_takes_the_special_numbers_along(build, run):
    whole = build("encoder", question_match=True)
    kept = [9, 7, 3, 2, 0]
    trimmed = build_transformer_model(whole.config, collect_weights(whole), keep_tokens=kept)
    assert (trimmed.config.pad_token_id, trimmed.config.sep_token_id) == (4, 2)
    found = run(trimmed, [[3, 1, 2, 1, 2, 4, 4]])
    np.testing.assert_allclose(found[:, :5], run(whole, [[2, 7, 3, 7, 3]]), atol=1e-5)


@pytest.mark.parametrize("kept", [[], [0, 12], [-1, 0], [3, 5]])
def test_keep_tokens_that_cannot_be_kept(build, kept):
    with pytest.raises(UsageError, match=r"keep_tokens .* Received: "):
        build_transformer_model(build("lm").config, keep_tokens=kept)


def test_extended_positions_follow_their_formula():
    table, alpha = np.random.default_rng(0).normal(size=(4, 3)), 0.4
    base = [(row - alpha * table[0]) / (1 - alpha) for row in table]
    expected = [alpha * base[n // 4] + (1 - alpha) * base[n % 4] for n in range(16)]
    np.testing.assert_allclose(extend_positions(table, 16), expected)
    np.testing.assert_allclose(extend_positions(table, 16)[:4], table)


@pytest.mark.parametrize(("length", "alpha"), [(17, 0.4), (8, 0.0), (8, 1.0), (8, 0.5)])
def test_positions_that_cannot_be_extended(length, alpha):
    with pytest.raises(UsageError, match=r"Received: "):
        extend_positions(np.ones((4, 3)), length, alpha)


def test_max_positions_cuts_or_extends_what_was_trained(build, run):
    trained = build("encoder")
    arrays = collect_weights(trained)
    longer = build_transformer_model(trained.config, arrays, max_positions=40)
    shorter = build_transformer_model(trained.config, arrays, max_positions=5)
    for model in (longer, shorter):
        np.testing.assert_allclose(run(model, [[2, 7, 3]]), run(trained, [[2, 7, 3]]), atol=1e-5)
    table = collect_weights(longer)[POSITIONS]
    np.testing.assert_allclose(table, extend_positions(arrays[POSITIONS], 40), atol=1e-6)
    assert run(longer, [[2] * 40]).shape == (1, 40, 8)
    with pytest.raises(UsageError, match=r"the model has 5 positions.* Received: 6 tokens"):
        run(shorter, [[2] * 6])


def test_a_seed_repeats_the_first_weights_and_no_two_layers_share_them():
    def first(seed: int) -> dict[str, np.ndarray]:
        keras.utils.set_random_seed(seed)
        config = {"vocab_size": 8, "hidden_size": 8, "num_attention_heads": 2}
        return collect_weights(
            build_transformer_model({**config, "intermediate_size": 8, "num_hidden_layers": 2})
        )

    one, again, other = first(1), first(1), first(2)
    assert all(np.array_equal(one[name], again[name]) for name in one)
    assert not np.array_equal(one[TOKENS], other[TOKENS])
    square = [array.ravel() for array in one.values() if array.shape == (8, 8)]
    assert len({array.tobytes() for array in square}) == len(square) == 13


def test_dropout_is_replaced_in_every_layer(build):
    model = build_transformer_model(build("lm").config, application="lm", dropout=0.25)
    rates = [layer.rate for layer in model._flatten_layers() if hasattr(layer, "rate")]
    assert rates == [0.25] * 5  # the embeddings, and two in each of two blocks
    assert model.config.attention_probs_dropout_prob == 0.25


@pytest.mark.parametrize("options", [{"application": "bert"}, {"mask_positions": 3}])
def test_impossible_arguments(build, options):
    with pytest.raises(UsageError, match=r"Received: "):
        build_transformer_model(build("lm").config, **options)
