"""Arrays beside those of the model: left out, named, or refused."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

from octavo.errors import PresetError, UsageError
from octavo.transformer import build_transformer_model
from octavo.transformer.weights import BIAS, TOKENS, assign_weights, collect_weights

DECODER = "cls.predictions.decoder"
QUERY = "bert.encoder.layer.0.attention.self.query"
POOLER = {"pooler.dense.weight": (8, 8), "pooler.dense.bias": (8,)}
NEXT = {"cls.seq_relationship.weight": (2, 8), "cls.seq_relationship.bias": (2,)}
LORA = {f"{QUERY}.lora_A.weight": (4, 8), f"{QUERY}.lora_B.weight": (8, 4)}
POINTER = {f"octavo.pointer.{part}.weight": (8, 8) for part in ("query", "key")}


@pytest.fixture(scope="module")
def model(build):
    return build("unilm")


@pytest.fixture(scope="module")
def weights(model):
    return collect_weights(model)


def fill(model, arrays, application="unilm", **options):
    return build_transformer_model(model.config, arrays, application, **options)


def ones(shapes):
    return {name: np.ones(shape, "float32") for name, shape in shapes.items()}


@pytest.mark.parametrize("application", ["encoder", "lm", "unilm"])
def test_what_bert_has_beside_its_layers_is_left_out(model, weights, application):
    more = ones(POOLER | NEXT | {f"bert.{name}": shape for name, shape in POOLER.items()})
    for prefix in ("", "bert."):
        more[f"{prefix}embeddings.position_ids"] = np.arange(16)[None]
    more |= {f"{DECODER}.weight": weights[TOKENS], f"{DECODER}.bias": weights[BIAS]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = fill(model, {**weights, **more}, application)
    for name, array in collect_weights(loaded).items():
        np.testing.assert_array_equal(array, weights[name])


@pytest.mark.parametrize(("part", "twin"), [("weight", TOKENS), ("bias", BIAS)])
def test_an_output_layer_that_is_not_the_word_table_is_refused(model, weights, part, twin):
    name = f"{DECODER}.{part}"
    other = weights[twin].copy()
    other.flat[-1] += 0.01
    with pytest.raises(PresetError, match=f"^{name} differs from {twin}: octavo has one for both"):
        fill(model, {**weights, name: other})
    with pytest.raises(PresetError, match=f"{name} has 11 rows, but vocab_size is 12"):
        fill(model, {**weights, name: other[:-1]})
    with pytest.raises(PresetError, match=f"{name} differs from {twin}"):
        assign_weights(model, {**weights, name: other})
    without = {key: array for key, array in weights.items() if key != BIAS}
    with pytest.raises(PresetError, match=f"{DECODER}.bias differs from {BIAS}"):
        fill(model, {**without, f"{DECODER}.bias": weights[BIAS]})
    fill(model, {**weights, name: other}, "encoder")  # it has no output layer


def test_an_equal_output_layer_is_trimmed_with_the_vocabulary(model, weights):
    arrays = {**weights, f"{DECODER}.weight": weights[TOKENS], f"{DECODER}.bias": weights[BIAS]}
    loaded = fill(model, arrays, keep_tokens=[4, 3, 2, 1, 0, 8])
    np.testing.assert_array_equal(
        collect_weights(loaded)[TOKENS], weights[TOKENS][[4, 3, 2, 1, 0, 8]]
    )


@pytest.mark.parametrize("application", ["encoder", "unilm"])
@pytest.mark.parametrize(
    ("more", "message"),
    [
        (LORA, f"{QUERY}.lora_A.weight, {QUERY}.lora_B.weight"),
        ({"bert.embeddings.more.weight": (2, 2)}, "bert.embeddings.more.weight"),
        ({"bert.encoder.layer.0.crossattention.self.query.bias": (8,)}, "bert.encoder.layer.0."),
        ({f"{QUERY}.weight.SCB": (8,)}, f"{QUERY}.weight.SCB"),
        ({f"{QUERY}.weight_scale": (8, 1)}, f"{QUERY}.weight_scale"),
        ({"some.a": (1,), "some.b": (1,), "some.c": (1,), "some.d": (1,), "some.e": (1,)},
         "some.a, some.b, some.c and 2 more"),
    ],
)  # fmt: skip
def test_arrays_without_a_place_are_named(model, weights, application, more, message):
    wanted = re.escape(f"the config's model has no place for {message}")
    with pytest.raises(PresetError, match=f"^{wanted}") as caught:
        fill(model, {**weights, **ones(more)}, application)
    assert "\n" not in str(caught.value)


def test_more_layers_than_the_config_has_are_refused(build, model):
    deeper = collect_weights(build("unilm", num_hidden_layers=3))
    with pytest.raises(PresetError, match=r"no place for bert.encoder.layer.2.\S+, .* and 13 more"):
        fill(model, deeper)


def test_a_pointer_head_that_the_config_does_not_have_is_refused(model, weights):
    with pytest.raises(
        PresetError, match=r"no place for octavo.pointer.query.weight, octavo.pointer.key"
    ):
        fill(model, {**weights, **ones(POINTER)})
    fill(model, {**weights, **ones(POINTER)}, "encoder")


def test_the_head_of_another_task_is_left_out_with_a_warning(model, weights):
    more = ones({"classifier.weight": (3, 8), "classifier.bias": (3,), "qa_outputs.bias": (2,)})
    message = "the weights: classifier.weight, classifier.bias, qa_outputs.bias left out"
    with pytest.warns(UserWarning, match=message):
        loaded = fill(model, {**weights, **more}, "encoder")
    np.testing.assert_array_equal(collect_weights(loaded)[TOKENS], weights[TOKENS])


@pytest.mark.keras_backend
@pytest.mark.parametrize(
    "change",
    [lambda layer: layer.enable_lora(2), lambda layer: layer.quantize("int8", type_check=False)],
)
def test_a_model_with_lora_or_quantized_layers_is_not_saved(build, tokenizer, tmp_path, change):
    model = build("unilm")
    change(model.blocks[1].intermediate)
    message = "Received: a model that has it in bert.encoder.layer.1.intermediate.dense"
    with pytest.raises(UsageError, match=message):
        model.save_to_preset(tmp_path / "preset", tokenizer)
    assert not list(tmp_path.iterdir())


def test_a_model_keeps_its_weights_when_arrays_have_no_place(build, weights):
    model = build("unilm", seed=7)
    before = [array.copy() for array in model.get_weights()]
    with pytest.raises(PresetError, match="lora_A"):
        assign_weights(model, {**weights, **ones(LORA)})
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
