"""The pointer head against its definition."""

from __future__ import annotations

import beam_search_reference as reference
import numpy as np
import pytest

from octavo.errors import UsageError
from octavo.transformer.weights import collect_weights

pytestmark = pytest.mark.keras_backend

TOKENS_IN = [2, 7, 8, 9, 7, 5, 3, 9, 7, 6, 3, 8, 9]
SEGMENTS_IN = [0] * 11 + [1] * 2


def test_a_pointer_head_gives_the_scores_of_its_definition(build, run):
    model = build("unilm", pointer_head=True)
    arrays = {name: array.astype("float64") for name, array in collect_weights(model).items()}
    network = reference.Network(arrays, model.config.to_dict())
    hidden = network.hidden(TOKENS_IN, SEGMENTS_IN, reference.unilm_mask(SEGMENTS_IN))
    expected = network.point(hidden, hidden[:11])
    found = run(model, [[*TOKENS_IN, 0, 0]], [[*SEGMENTS_IN, 0, 0]])[0, :13]
    np.testing.assert_allclose(found[:, :11], expected, rtol=1e-4, atol=1e-4)
    assert (found[:, 11:] <= -1e9).all()  # neither the answer nor padding


def test_a_reader_that_points_has_no_vocabulary_head(build):
    names = collect_weights(build("unilm", pointer_head=True))
    assert not [name for name in names if name.startswith("cls.")]


def test_a_language_model_has_no_prefix_to_point_at(build):
    with pytest.raises(UsageError, match=r"pointer_head .* Received: application='lm'"):
        build("lm", pointer_head=True)
