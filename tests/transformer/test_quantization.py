"""Presets in 8 bits: how far off they are, how they come back, and what is refused."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from safetensors.numpy import load_file, save_file

from octavo.errors import PresetError, UsageError
from octavo.transformer import Transformer, build_transformer_model, load_preset, save_preset
from octavo.transformer.quantization import QUANTIZATION, quantize_rows
from octavo.transformer.weights import TOKENS, assign_weights, collect_weights

IDS = [[2, 7, 8, 3], [2, 9, 3, 0]]
KERNEL = "bert.encoder.layer.1.intermediate.dense.weight"
SCALES = f"{KERNEL}_scale"
BIAS = "octavo.pointer.key.bias"
NORM = "bert.embeddings.LayerNorm.weight"
FLOATS = st.floats(-(2.0**120), 2.0**120, width=32) | st.floats(-1, 1, width=32)
MATRICES = arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=FLOATS)


@pytest.fixture(scope="module")
def model(build):
    model = build("unilm", question_match=True, pointer_head=True)
    weights = collect_weights(model)
    weights[TOKENS][0] = 0.0  # padding, as torch keeps it
    assign_weights(model, weights)
    return model


@pytest.fixture(scope="module")
def saved(model, tokenizer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("presets") / "saved"
    save_preset(folder, model, tokenizer, dtype="int8")
    return folder


@pytest.fixture
def preset(saved, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(saved, tmp_path / "preset")


@given(MATRICES)
def test_each_value_is_at_most_half_a_scale_off(matrix):
    numbers, scales = quantize_rows(matrix)
    assert (numbers.dtype, scales.dtype, scales.shape) == ("int8", "float32", (len(matrix), 1))
    assert np.isfinite(scales).all()
    assert (scales > 0).all()
    exact = numbers.astype("float64") * scales
    assert (np.abs(matrix - exact) <= 0.5000001 * scales).all()
    assert (np.abs(exact).max(axis=1) <= 1.0001 * np.abs(matrix).max(axis=1) + 1e-37).all()
    np.testing.assert_array_equal(numbers * scales, exact)  # nothing is rounded on the way back


@given(MATRICES)
def test_what_was_read_is_written_as_it_was(matrix):
    numbers, scales = quantize_rows(matrix)
    again = quantize_rows(numbers * scales)
    np.testing.assert_array_equal(again[0], numbers)
    np.testing.assert_array_equal(again[1], scales)


def test_a_row_has_a_scale_of_its_own():
    numbers, scales = quantize_rows(np.array([[1e-6, -5e-7], [127, 3], [0, 0]], np.float32))
    assert numbers[:, 0].tolist() == [127, 127, 0]
    assert numbers[1, 1] == 3
    assert scales[1, 0] == 1
    assert scales[0, 0] == pytest.approx(1e-6 / 127, rel=1e-5)


@pytest.mark.keras_backend
def test_a_preset_in_8_bits_holds_what_it_says(model, saved, run):
    stored = load_file(saved / "model.safetensors")
    config = json.loads((saved / "config.json").read_text())
    assert config["quantization_config"] == QUANTIZATION
    assert config["torch_dtype"] == "float32"
    for name, array in collect_weights(model).items():
        if array.ndim == 2:
            assert stored[name].dtype == np.int8
            assert stored[f"{name}_scale"].shape == (len(array), 1)
        else:
            np.testing.assert_array_equal(stored[name], array)
    loaded = Transformer.from_preset(saved, application="unilm")
    assert loaded.config == model.config
    assert "quantization_config" not in loaded.config.to_dict()
    for name, array in collect_weights(loaded).items():
        whole = stored[name].astype("float32")
        expected = whole * stored[f"{name}_scale"] if array.ndim == 2 else whole
        np.testing.assert_array_equal(array, expected)
    expected = run(model, IDS)
    assert np.abs(run(loaded, IDS) - expected).max() < 0.02 * np.abs(expected).max()


def test_a_preset_saved_read_and_saved_is_the_same(saved, tokenizer, tmp_path):
    loaded, _ = load_preset(saved, application="unilm")
    loaded.save_to_preset(tmp_path / "again", tokenizer, dtype="int8")
    for path in saved.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    loaded.save_to_preset(tmp_path / "floats", tokenizer)
    assert "quantization_config" not in json.loads((tmp_path / "floats/config.json").read_text())
    floats, _ = load_preset(tmp_path / "floats", application="unilm")
    for name, array in collect_weights(loaded).items():
        np.testing.assert_array_equal(collect_weights(floats)[name], array)


def test_tokens_are_kept_and_positions_extended_as_elsewhere(saved):
    whole = collect_weights(load_preset(saved, "unilm")[0])
    trimmed, _ = load_preset(saved, "unilm", keep_tokens=[4, 3, 2, 1, 0, 8], max_positions=24)
    np.testing.assert_array_equal(
        collect_weights(trimmed)[TOKENS], whole[TOKENS][[4, 3, 2, 1, 0, 8]]
    )
    assert trimmed.config.max_position_embeddings == 24


def test_a_model_of_the_config_alone_is_one_of_floats(saved, tokenizer, tmp_path):
    model = build_transformer_model(saved / "config.json", application="unilm")
    model.save_to_preset(tmp_path / "new", tokenizer)
    assert load_preset(tmp_path / "new", "unilm")[0].config == model.config


def edit(**changes):
    """A change of arrays; None takes one away."""

    def change(arrays):
        wanted = {name: function(arrays) for name, function in changes.items()}
        arrays = {**arrays, **wanted}
        return {name: array for name, array in arrays.items() if array is not None}

    return change


def put(name, function):
    return edit(**{name: function})


def spoil(value):
    def spoilt(arrays):
        scales = arrays[SCALES].copy()
        scales[2] = value
        return scales

    return put(SCALES, spoilt)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put(SCALES, lambda _: None), rf"{KERNEL} is int8 without its scales"),
        (
            put(SCALES, lambda arrays: arrays[SCALES][:-1]),
            rf"{SCALES} must be float32 of shape \(12, 1\), but is float32 of shape \(11, 1\)",
        ),
        (put(SCALES, lambda arrays: arrays[SCALES][:, 0]), rf"{SCALES} must be .* shape \(12,\)"),
        (put(SCALES, lambda arrays: arrays[SCALES].astype("float16")), rf"{SCALES} .* is float16"),
        (spoil(np.nan), rf"{SCALES} must be finite and above 0"),
        (spoil(np.inf), rf"{SCALES} must be finite and above 0"),
        (spoil(0), rf"{SCALES} must be finite and above 0"),
        (spoil(-1), rf"{SCALES} must be finite and above 0"),
        (put(KERNEL, lambda _: None), rf"{SCALES} has no int8 weight"),
        (put(KERNEL, lambda arrays: np.ones((12, 8), "float32")), rf"{SCALES} has no int8 weight"),
        (
            put("other_scale", lambda _: np.ones((1, 1), "float32")),
            "other_scale has no int8 weight",
        ),
        (put(BIAS, lambda arrays: arrays[BIAS].astype("int8")), rf"{BIAS} is int8, which only"),
        (put(NORM, lambda arrays: arrays[NORM].astype("int8")), rf"{NORM} is int8, which only"),
        (put(BIAS, lambda arrays: arrays[BIAS].astype("int32")), rf"{BIAS} is int32, but floats"),
        (put("bert.more", lambda _: np.ones(3, "float32")), r"no place for bert.more"),
        (
            lambda arrays: {n: a for n, a in arrays.items() if a.dtype != np.int8},
            "no int8 arrays, but the config has a quantization_config",
        ),
    ],
)
def test_arrays_that_do_not_go_together_are_named(preset, change, message):
    path = preset / "model.safetensors"
    arrays = {name: np.ascontiguousarray(array) for name, array in change(load_file(path)).items()}
    save_file(arrays, path)
    with pytest.raises(PresetError, match=rf"model.safetensors: .*{message}") as caught:
        load_preset(preset, application="unilm")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (None, r"model.safetensors: bert\S* is int8, but the config has no quantization_config"),
        ({"quant_method": "bitsandbytes"}, "config.json: key quantization_config: only int8"),
        ({**QUANTIZATION, "format": "pack-quantized"}, "config.json: key quantization_config"),
        ("int8", "config.json: key quantization_config must be of type dict"),
    ],
)
def test_the_config_says_how_weights_are_stored(preset, stated, message):
    config = json.loads((preset / "config.json").read_text())
    (preset / "config.json").write_text(json.dumps({**config, "quantization_config": stated}))
    with pytest.raises(PresetError, match=message) as caught:
        load_preset(preset, application="unilm")
    assert "\n" not in str(caught.value)


def test_int8_arrays_without_a_config_are_refused(model, saved):
    with pytest.raises(PresetError, match="is int8, but floats are wanted"):
        assign_weights(model, {n: a for n, a in load_file(saved / "model.safetensors").items()
                               if not n.endswith("_scale")})  # fmt: skip


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_not_stored(build, tokenizer, tmp_path, value):
    model = build("unilm")
    weights = collect_weights(model)
    weights[KERNEL][3, 2] = value
    assign_weights(model, weights)
    with pytest.raises(UsageError, match=rf"Received: {KERNEL} with NaN or inf"):
        save_preset(tmp_path / "preset", model, tokenizer, dtype="int8")
    assert not list(tmp_path.iterdir())
