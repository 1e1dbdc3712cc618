"""The network of the reader's recipe against octavo's own, where PyTorch is at hand."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import CONFIG, make_questions, make_tokenizer

from octavo._keras import keras, ops
from octavo.reading.examples import ExampleSampler
from octavo.reading.places import PlaceLoss
from octavo.reading.settings import ReaderSettings
from octavo.transformer import build_transformer_model
from octavo.transformer.weights import collect_weights

pytestmark = [
    pytest.mark.keras_backend,
    pytest.mark.skipif(keras.backend.backend() != "torch", reason="the recipe is in PyTorch"),
]


def test_network_and_loss_are_octavos():
    import reader_torch

    tokenizer = make_tokenizer()
    settings = ReaderSettings(window=12, overlap=4, question_length=6, answer_length=4)
    sampler = ExampleSampler(make_questions(8), tokenizer, settings, 0.3, places=True)
    inputs, marks, weights = sampler.arrays(sampler.batches(0, 8)[0], 8)
    config = {
        **CONFIG,
        "vocab_size": len(tokenizer),
        "num_hidden_layers": 2,
        "max_position_embeddings": 160,
        "type_vocab_size": 5,
        "sep_token_id": tokenizer.sep_id,
        "question_match": True,
        "pointer_head": True,
        "initializer_range": 0.3,
    }
    keras.utils.set_random_seed(0)
    model = build_transformer_model(config, application="unilm", mask_positions=True)
    expected = ops.convert_to_numpy(PlaceLoss(reduction=None)(marks, model(inputs)))
    network = reader_torch.ReaderNetwork(
        collect_weights(model), tokenizer.sep_id, config["num_attention_heads"]
    )
    found = -network(inputs, marks).detach().numpy()
    assert 0 < weights.sum() < weights.size
    np.testing.assert_allclose(found * weights, expected * weights, rtol=1e-4, atol=1e-4)
    assert set(network.arrays()) == set(collect_weights(model))
    groups = reader_torch.make_groups(network, 1e-3, 8.0)
    assert sum(len(group["params"]) for group in groups) == len(network.arrays()) - 1
