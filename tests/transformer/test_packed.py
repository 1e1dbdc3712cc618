"""Texts packed into a row give what each gives alone, whatever stands beside them."""

from __future__ import annotations

import numpy as np
import pytest

from octavo._keras import ops
from octavo.errors import UsageError
from octavo.transformer import Transformer

pytestmark = pytest.mark.keras_backend

TEXTS = [[2, 7, 8, 9, 3], [2, 5, 6, 3], [2, 11, 7, 10, 9, 8, 3]]
WRITTEN = [3, 2, 4]  # of each text the last tokens, segment 1 under UniLM


def pack(order, length):
    """One row of texts."""
    names = ("token_ids", "segment_ids", "position_ids", "document_ids")
    row = {name: np.zeros((1, length), np.int32) for name in names}
    places, at = {}, 0
    for number, text in enumerate(order, 1):
        tokens = TEXTS[text]
        part = slice(at, at + len(tokens))
        row["token_ids"][0, part] = tokens
        row["segment_ids"][0, part][-WRITTEN[text] :] = 1
        row["position_ids"][0, part] = np.arange(len(tokens))
        row["document_ids"][0, part] = number
        places[text], at = part, part.stop
    return row, places


@pytest.mark.parametrize("application", ["encoder", "lm", "unilm"])
@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1]])
def test_a_packed_text_is_as_if_alone(build, run, application, order):
    plain = build(application, type_vocab_size=2)
    packed = Transformer(plain.config, application, packed=True)
    packed.set_weights(plain.get_weights())
    row, places = pack(order, length=18)
    found = ops.convert_to_numpy(packed(row))[0]
    for text, part in places.items():
        segments = [0] * (len(TEXTS[text]) - WRITTEN[text]) + [1] * WRITTEN[text]
        alone = run(plain, [TEXTS[text]], [segments])[0]
        np.testing.assert_allclose(found[part], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("changes", [{"question_match": True}, {"pointer_head": True}])
def test_what_looks_across_texts_cannot_be_packed(build, changes):
    config = build("unilm", **changes).config
    with pytest.raises(UsageError, match=r"looks across texts .* Received: packed=True"):
        Transformer(config, "unilm", packed=True)
