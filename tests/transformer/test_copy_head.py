"""The copy head against its definition."""

from __future__ import annotations

import beam_search_reference as reference
import numpy as np
import pytest

from octavo.errors import UsageError
from octavo.transformer.weights import collect_weights

pytestmark = pytest.mark.keras_backend

PASSAGE, QUESTION, ANSWER = [7, 8, 9, 7, 5], [9, 7, 6], [8, 9]
TOKENS_IN = [2, *PASSAGE, 3, *QUESTION, 3, *ANSWER]
SEGMENTS_IN = [0] * 11 + [1] * 2


def test_a_copy_head_gives_the_log_probabilities_of_its_definition(build, run):
    model = build("unilm", copy_head=True)
    arrays = {name: array.astype("float64") for name, array in collect_weights(model).items()}
    network = reference.Network(arrays, model.config.to_dict())
    prefix, answer = TOKENS_IN[:11], TOKENS_IN[11:]
    hidden = network.hidden(TOKENS_IN, SEGMENTS_IN, reference.unilm_mask(SEGMENTS_IN))
    expected = network.point(hidden, [None] * 11 + answer, prefix, hidden[:11])
    found = run(model, [[*prefix, *answer, 0, 0]], [[*SEGMENTS_IN, 0, 0]])[0, :13]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(np.exp(found).sum(axis=-1), 1.0, atol=1e-5)


def test_a_language_model_has_no_prefix_to_copy_from(build):
    with pytest.raises(UsageError, match=r"copy_head .* Received: application='lm'"):
        build("lm", copy_head=True)
