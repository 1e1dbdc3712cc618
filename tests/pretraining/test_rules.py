"""The four rules of the article: built-ins, cloning, no add_loss, static shapes.

Source: Su Jianlin, kexue.fm/archives/7055.
"""

from __future__ import annotations

import inspect
import logging

import numpy as np
import pytest

import octavo.pretraining.fit
import octavo.training.compiling
import octavo.training.loop
from octavo._keras import keras, ops
from octavo.pretraining import Intervals, pretrain
from octavo.pretraining.batches import Batches
from octavo.pretraining.building import make_model, make_optimizer
from octavo.pretraining.examples import Examples
from octavo.pretraining.objectives import Masking
from octavo.training.compiling import compile_model

OBJECTIVES = {"mlm": 0.5, "unilm": 0.5}


@pytest.fixture
def model(corpus, settings):
    return make_model(settings, corpus.tokenizer)


@pytest.fixture
def batches(corpus):
    kept, _ = corpus.split(0.0)
    examples = Examples(corpus.tokenizer, 32, OBJECTIVES, Masking())
    return Batches(corpus, corpus.rows(kept, 32, 3), examples, batch_size=4, seed=0)


@pytest.mark.keras_backend
def test_every_layer_and_the_model_can_be_cloned(model, batches):
    inputs = batches(0)[0]
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    for one, other in zip(model.layers, clone.layers, strict=True):
        assert type(one) is type(other)
        assert one.get_config() == other.get_config()
    expected, found = (ops.convert_to_numpy(m(inputs)) for m in (model, clone))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.keras_backend
def test_built_ins_stand_where_they_exist(model, settings):
    compile_model(model, make_optimizer(settings), [keras.metrics.SparseCategoricalAccuracy()])
    inner = [layer for layer in model._flatten_layers() if not layer._layers]
    kinds = (keras.layers.Dense, keras.layers.LayerNormalization, keras.layers.Dropout)
    own = {type(layer).__name__ for layer in inner if not isinstance(layer, kinds)}
    assert own - {"InputLayer"} == {"TiedEmbedding", "AttentionMask", "GatherPositions"}
    assert isinstance(model.loss, keras.losses.SparseCategoricalCrossentropy)
    assert isinstance(model.optimizer, keras.optimizers.Optimizer)


@pytest.mark.keras_backend
def test_no_loss_is_added_inside(model, batches):
    model(batches(0)[0])
    assert model.losses == []
    for module in (octavo.pretraining.fit, octavo.training.compiling, octavo.training.loop):
        assert "add_loss" not in inspect.getsource(module)


def test_every_batch_has_the_same_shapes(batches):
    def shapes(batch):
        inputs, labels, weights = batch
        arrays = {**inputs, "labels": labels, "weights": weights}
        return {name: (array.shape, array.dtype) for name, array in arrays.items()}

    first = shapes(batches(0))
    assert all(shapes(batches(number)) == first for number in range(1, 60))


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="JAX tells what it compiles")
def test_the_step_is_compiled_once(corpus, settings, tmp_path, caplog):
    import jax

    jax.config.update("jax_log_compiles", True)
    try:
        with caplog.at_level(logging.WARNING):
            pretrain(
                corpus, tmp_path / "out", settings,
                intervals=Intervals(save_steps=5, eval_steps=6, logging_steps=2),
                progress=False,
            )  # fmt: skip
    finally:
        jax.config.update("jax_log_compiles", False)
    compiled = [
        record.getMessage()
        for record in caplog.records
        if "Finished XLA compilation of jit(" in record.getMessage()
    ]
    steps = [text for text in compiled if "train_step" in text or "one_train" in text]
    assert len(steps) == 1, compiled
