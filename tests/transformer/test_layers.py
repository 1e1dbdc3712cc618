"""Every layer and every model survives clone_model and a saved file.

Covers octavo.transformer.attention, octavo.transformer.block, octavo.transformer.head.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from octavo._keras import keras, ops
from octavo.transformer import Transformer
from octavo.transformer.attention import SelfAttention
from octavo.transformer.block import TransformerBlock
from octavo.transformer.embeddings import PositionSegmentEmbedding, TiedEmbedding
from octavo.transformer.head import GatherPositions, HeadTransform
from octavo.transformer.masks import AttentionMask
from octavo.transformer.pointer_head import PointerHead
from octavo.transformer.question_match import QuestionMatch

pytestmark = pytest.mark.keras_backend

RANDOM = np.random.default_rng(0)
HIDDEN = RANDOM.normal(size=(2, 6, 8)).astype("float32")
IDS = RANDOM.integers(4, 9, size=(2, 6)).astype("int32")
IDS[:, 3] = 3
SEGMENTS = np.array([[0, 0, 0, 0, 1, 1]] * 2, np.int32)
MASK = np.where(RANDOM.random((2, 1, 6, 6)) < 0.7, 0.0, -1e9).astype("float32")
# Settings that differ from the defaults: a get_config that forgets one gives other outputs.
LAYERS = {
    "tokens": (lambda: TiedEmbedding(9, 8, output_bias=False), [IDS]),
    "embeddings": (lambda: PositionSegmentEmbedding(6, 2, epsilon=0.5), [HIDDEN, SEGMENTS]),
    "attention": (lambda: SelfAttention(4), [HIDDEN, MASK]),
    "block": (lambda: TransformerBlock(4, 12, "relu", epsilon=0.5), [HIDDEN, MASK]),
    "head": (lambda: HeadTransform("relu", epsilon=0.5), [HIDDEN]),
    "pointer": (lambda: PointerHead(pad_id=5), [HIDDEN[:, :2], HIDDEN, IDS, SEGMENTS]),
    "gather": (GatherPositions, [HIDDEN, IDS[:, :2] % 6]),
    "mask": (lambda: AttentionMask("unilm", pad_id=5), [IDS, SEGMENTS]),
    "types": (lambda: QuestionMatch(sep_id=3), [IDS, SEGMENTS]),
}
MODELS: list[dict[str, Any]] = [
    {"application": "encoder"},
    {"application": "lm", "hidden_act": "relu", "layer_norm_eps": 0.5},
    {
        "application": "unilm",
        "question_match": True,
        "pointer_head": True,
        "hidden_dropout_prob": 0.3,
    },
]


def spread_weights(model: Any) -> None:
    random = np.random.default_rng(1)
    model.set_weights([random.normal(size=w.shape) for w in model.get_weights()])


def assert_same_outputs(one: Any, other: Any, inputs: Any) -> None:
    expected, found = (ops.convert_to_numpy(model(inputs)) for model in (one, other))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_survives_cloning_and_saving(name, tmp_path):
    make, arrays = LAYERS[name]
    inputs = [keras.Input(array.shape[1:], dtype=str(array.dtype)) for array in arrays]
    model = keras.Model(inputs, make()(*inputs))
    spread_weights(model)
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    assert_same_outputs(model, clone, arrays)
    model.save(tmp_path / "model.keras")
    assert_same_outputs(model, keras.models.load_model(tmp_path / "model.keras"), arrays)


@pytest.mark.parametrize("name", ["attention", "block"])
def test_dropout_survives_cloning(name):
    layer = LAYERS[name][0]()
    config = {**layer.get_config(), "dropout": 0.4}
    clone = type(layer).from_config(type(layer).from_config(config).get_config())
    assert clone.dropout.rate == 0.4


@pytest.mark.parametrize("options", MODELS, ids=lambda options: options["application"])
def test_a_model_survives_cloning_and_saving(build, options, tmp_path):
    model = build(**options)
    inputs = {"token_ids": IDS, "segment_ids": SEGMENTS}
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert_same_outputs(model, clone, inputs)  # Keras makes it a plain functional model
    for other in (loaded, Transformer.from_config(model.get_config())):
        assert isinstance(other, Transformer)
        assert (other.config, other.application) == (model.config, model.application)
    assert_same_outputs(model, loaded, inputs)


def test_the_layers_of_a_model_survive_cloning_one_by_one(build):
    model = build("unilm", question_match=True)
    plain = keras.Model(model.inputs, model.outputs)
    clone = keras.models.clone_model(plain)
    assert clone.get_layer("block_0") is not plain.get_layer("block_0")
    clone.set_weights(plain.get_weights())
    expected, found = (ops.convert_to_numpy(m([SEGMENTS, IDS])[0]) for m in (plain, clone))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_the_output_matrix_stays_tied_in_a_clone(build):
    clone = keras.models.clone_model(build("lm", vocab_size=13))
    assert [tuple(variable.shape) for variable in clone.variables].count((13, 8)) == 1
