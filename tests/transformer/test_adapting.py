"""A saved model in another shape gives what it gave, where it still can."""

from __future__ import annotations

import numpy as np
import pytest

from octavo.errors import UsageError
from octavo.transformer import build_transformer_model, extend_positions
from octavo.transformer.weights import POSITIONS, collect_weights

pytestmark = pytest.mark.keras_backend


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


def test_dropout_is_replaced_in_every_layer(build):
    model = build_transformer_model(build("lm").config, application="lm", dropout=0.25)
    rates = [layer.rate for layer in model._flatten_layers() if hasattr(layer, "rate")]
    assert rates == [0.25] * 5  # the embeddings, and two in each of two blocks
    assert model.config.attention_probs_dropout_prob == 0.25
