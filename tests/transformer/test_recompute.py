"""Recomputed activations change memory alone: not the loss, not the dropout, not the weights."""

from __future__ import annotations

import re

import numpy as np
import pytest

from octavo._keras import keras
from octavo.transformer import Transformer

pytestmark = pytest.mark.keras_backend

CONFIG = {
    "vocab_size": 50,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 128,
    "hidden_dropout_prob": 0.2,
    "attention_probs_dropout_prob": 0.2,
}


def make(recompute, policy="float32"):
    keras.utils.set_random_seed(1)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return Transformer(CONFIG, "lm", recompute=recompute)
    finally:
        keras.config.set_dtype_policy(before)


def fit(model, steps=4):
    random = np.random.default_rng(0)
    ids = random.integers(5, 50, (8 * steps, 24))
    model.compile(
        keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    inputs = {"token_ids": ids, "segment_ids": 0 * ids}
    history = model.fit(inputs, ids, batch_size=8, epochs=2, shuffle=False, verbose=0)
    return history.history["loss"], model.get_weights()


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_training_is_the_same(policy):
    losses, weights = fit(make(False, policy))
    again, others = fit(make(True, policy))
    near = 1e-5 if policy == "float32" else 1e-2
    np.testing.assert_allclose(again, losses, rtol=near)
    for weight, other in zip(weights, others, strict=True):
        np.testing.assert_allclose(weight, other, atol=near)


def test_frozen_weights_stay_as_they_are():
    model = make(True, "mixed_bfloat16")
    model.get_layer("block_0").trainable = False
    before = model.get_layer("block_0").get_weights()
    fit(model, 1)
    for weight, other in zip(model.get_layer("block_0").get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, other)


def test_the_states_of_dropout_go_on():
    plain, model = make(False), make(True)
    fit(plain, 1)
    fit(model, 1)
    states = [
        [keras.ops.convert_to_numpy(v) for v in some.non_trainable_variables if "seed" in v.path]
        for some in (plain, model)
    ]
    assert len(states[0]) > 3
    for state, other in zip(*states, strict=True):
        assert state.tolist() == other.tolist()


def test_a_clone_recomputes_too():
    clone = keras.models.clone_model(make(True))
    assert clone.get_layer("block_0").settings["recompute"]
    config = make(True).get_config()
    assert Transformer.from_config(config).get_layer("block_2").settings["recompute"]


def kept_by_jax(model, inputs, capsys):
    """Numbers kept for the gradient, as JAX says (on a CPU XLA keeps what it likes)."""
    import jax

    def loss(trainable, others):
        return model.stateless_call(trainable, others, inputs, training=True)[0].sum()

    values = [
        [variable.value for variable in some]
        for some in (model.trainable_variables, model.non_trainable_variables)
    ]
    jax.ad_checkpoint.print_saved_residuals(loss, *values)
    kept = [line for line in capsys.readouterr().out.splitlines() if "argument" not in line]
    shapes = [re.match(r"[a-z0-9]+\[([0-9,]*)\]", line) for line in kept]
    return sum(np.prod([int(n) for n in shape[1].split(",") if n]) for shape in shapes if shape)


def kept_by_torch(model, inputs):
    """Numbers kept for the gradient but not those of the weights."""
    import torch

    kept = {}

    def keep(tensor):
        if not isinstance(tensor, torch.nn.Parameter):
            kept[tensor.data_ptr()] = tensor.numel()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model(inputs, training=True)
    return sum(kept.values())


def test_less_is_kept(capsys):
    ids = np.full((16, 128), 7)
    inputs = {"token_ids": ids, "segment_ids": 0 * ids}
    if keras.backend.backend() == "tensorflow":
        pytest.skip("TensorFlow does not tell")
    if keras.backend.backend() == "jax":
        plain, less = (kept_by_jax(make(some), inputs, capsys) for some in (False, True))
    else:
        plain, less = (kept_by_torch(make(some), inputs) for some in (False, True))
    assert less < 0.5 * plain
