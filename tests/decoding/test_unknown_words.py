"""Words outside the vocabulary, each told from the others: a model that knew them is the oracle.

Covers octavo.reading.unknown_words.
"""

from __future__ import annotations

import numpy as np
import pytest

from octavo._keras import keras
from octavo.decoding import Decoder
from octavo.errors import UsageError
from octavo.transformer import build_transformer_model
from octavo.transformer.weights import TOKENS, collect_weights

pytestmark = pytest.mark.keras_backend

SIZE, END, UNK = 20, 3, 1
CONFIG = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 64,
    "initializer_range": 0.8,
}
PASSAGES = [[20, 7, 21, 8, 9], [5, 21, 22, 21, 6], [22, 20, 21, 10]]
OPTIONS = {"steps": 4, "beams": 3, "no_answer_bias": -99.0}


def prefixes(passages):
    return [[np.array([2, *passage, END, 21, 12, END]) for passage in passages]]


@pytest.mark.parametrize("seed", range(3))
def test_a_model_that_points_tells_unknown_words_apart(seed):
    keras.utils.set_random_seed(seed)
    small = build_transformer_model(
        {"vocab_size": SIZE, "pointer_head": True, **CONFIG}, application="unilm"
    )
    arrays = collect_weights(small)
    arrays[TOKENS] = np.concatenate([arrays[TOKENS], np.repeat(arrays[TOKENS][[UNK]], 3, axis=0)])
    config = {"vocab_size": SIZE + 3, "pointer_head": True, **CONFIG}
    large = build_transformer_model(config, arrays, application="unilm")
    lengths = [[len(passage) for passage in PASSAGES]]
    found, expected = (
        decoder.beam_search(prefixes(PASSAGES), lengths, **OPTIONS)[0]
        for decoder in (Decoder(small, END, unk_id=UNK), Decoder(large, END))
    )
    assert found.tokens == expected.tokens
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-4, atol=1e-4)
    assert any(max(tokens) >= SIZE for tokens in found.tokens)


def test_without_pointing_an_unknown_word_is_as_likely_as_the_token_for_all():
    keras.utils.set_random_seed(0)
    model = build_transformer_model({"vocab_size": SIZE, **CONFIG}, application="unilm")
    decoder, options = Decoder(model, END, unk_id=UNK), {**OPTIONS, "steps": 1}
    passages = [[20, 21, 7]]
    found = decoder.beam_search(prefixes(passages), [[3]], **options)[0]
    alike = [[np.array([2, UNK, UNK, 7, END, UNK, 12, END])]]
    expected = decoder.beam_search(alike, [[3]], **options)[0]
    scores = dict(zip((tokens[0] for tokens in expected.tokens), expected.scores, strict=True))
    assert {tokens[0] for tokens in found.tokens} == {20, 21, 7}
    for tokens, score in zip(found.tokens, found.scores, strict=True):
        assert score == pytest.approx(scores[UNK if tokens[0] >= SIZE else 7], abs=1e-5)


def test_without_a_token_for_them_they_are_refused():
    model = build_transformer_model({"vocab_size": SIZE, **CONFIG}, application="unilm")
    with pytest.raises(UsageError, match=r"in \[0, 20\). Received: int64 from 2 to 21"):
        Decoder(model, END).beam_search(prefixes([[20, 7]]), [[2]])
