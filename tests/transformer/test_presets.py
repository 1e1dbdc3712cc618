"""Model directories: what is written is read back, and what is damaged is named."""

from __future__ import annotations

import json
import shutil
import warnings

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from octavo.errors import DataError, MissingExtraError, PresetError, UsageError
from octavo.text import WordPieceTokenizer, load_vocabulary
from octavo.transformer import Transformer, find_preset, load_preset, save_preset
from octavo.transformer.weights import BIAS, POSITIONS, TOKENS, assign_weights, collect_weights

IDS = [[2, 7, 8, 3], [2, 9, 3, 0]]
KERNEL = "bert.encoder.layer.1.intermediate.dense.weight"


@pytest.fixture(scope="module")
def model(build):
    return build("unilm", question_match=True)


@pytest.fixture(scope="module")
def saved(model, tokenizer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("presets") / "saved"
    save_preset(folder, model, tokenizer)
    return folder


@pytest.fixture
def preset(saved, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(saved, tmp_path / "preset")


def change_arrays(folder, change):
    """Rewrite model.safetensors after `change` was made to its arrays."""
    arrays = load_file(folder / "model.safetensors")
    arrays = change(arrays) or arrays
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    save_file(arrays, folder / "model.safetensors")


@pytest.mark.keras_backend
def test_a_preset_comes_back_as_it_was(model, saved, tokenizer, run):
    loaded, words = load_preset(saved, application="unilm")
    assert loaded.config == model.config
    assert (words.vocabulary, words.lowercase) == (tokenizer.vocabulary, tokenizer.lowercase)
    before, after = collect_weights(model), collect_weights(loaded)
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    np.testing.assert_array_equal(run(loaded, IDS), run(model, IDS))
    assert sorted(path.name for path in saved.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.txt",
    ]


@pytest.mark.keras_backend
def test_the_model_reads_and_writes_itself(saved, tokenizer, run, tmp_path):
    model = Transformer.from_preset(saved, application="unilm", dropout=0.0)
    assert isinstance(model, Transformer)
    model.save_to_preset(tmp_path / "again", tokenizer)
    again = Transformer.from_preset(tmp_path / "again", application="unilm")
    np.testing.assert_array_equal(run(again, IDS), run(model, IDS))


def test_float16_rounds_the_weights(model, tokenizer, tmp_path):
    model.save_to_preset(tmp_path / "half", tokenizer, dtype="float16")
    stored = load_file(tmp_path / "half" / "model.safetensors")
    assert {array.dtype for array in stored.values()} == {np.dtype("float16")}
    half = collect_weights(Transformer.from_preset(tmp_path / "half", application="unilm"))
    for name, array in collect_weights(model).items():
        np.testing.assert_array_equal(half[name], array.astype("float16").astype("float32"))


def test_saving_again_replaces_the_weights_and_keeps_other_files(build, tokenizer, preset):
    (preset / "notes.txt").write_text("mine")
    other = build("unilm", seed=9, question_match=True)
    save_preset(preset, other, tokenizer)
    assert (preset / "notes.txt").read_text() == "mine"
    assert load_file(preset / "model.safetensors")[BIAS].tolist() == pytest.approx(
        collect_weights(other)[BIAS].tolist()
    )


def test_names_without_prefix_and_with_old_norms_are_understood(model, preset):
    def rename(arrays):
        old = {}
        for name, array in arrays.items():
            name = name.removeprefix("bert.")
            name = name.replace("LayerNorm.weight", "LayerNorm.gamma")
            old[name.replace("LayerNorm.bias", "LayerNorm.beta")] = array
        return {**old, "embeddings.position_ids": np.arange(16), "pooler.dense.bias": np.ones(8)}

    change_arrays(preset, rename)
    loaded = collect_weights(Transformer.from_preset(preset, application="unilm"))
    assert all(np.array_equal(loaded[name], a) for name, a in collect_weights(model).items())


def test_an_encoder_without_head_warns_when_a_head_is_wanted(build, tokenizer, tmp_path):
    save_preset(tmp_path / "encoder", build("encoder"), tokenizer)
    assert not any(n.startswith("cls.") for n in load_file(tmp_path / "encoder/model.safetensors"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_preset(tmp_path / "encoder")
    with pytest.warns(UserWarning, match=r"model.safetensors: no cls.*, cls.predictions.bias"):
        load_preset(tmp_path / "encoder", application="lm")


def test_an_encoder_does_not_take_the_place_of_a_model_with_a_head(preset, tokenizer, tmp_path):
    encoder, words = load_preset(preset)
    with pytest.raises(UsageError, match="output layer, which an encoder lacks"):
        save_preset(preset, encoder, words)
    save_preset(tmp_path / "encoder", encoder, words)
    save_preset(tmp_path / "encoder", encoder, words)  # its own place
    with pytest.warns(UserWarning, match=r"cls.predictions.bias inside: untrained"):
        load_preset(tmp_path / "encoder", application="unilm")


@pytest.mark.parametrize("dtype", ["int16", "float64", "nonsense"])
def test_weights_are_stored_as_floats_of_32_or_16_bits_or_whole_numbers_of_8(
    model, tokenizer, tmp_path, dtype
):
    with pytest.raises(UsageError, match=f"dtype must be one of .* Received: dtype='{dtype}'"):
        save_preset(tmp_path / "preset", model, tokenizer, dtype=dtype)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("key", "token"), [("pad_token_id", "PAD"), ("sep_token_id", "SEP")])
def test_special_tokens_stand_where_the_config_says(preset, key, token):
    config = json.loads((preset / "config.json").read_text())
    (preset / "config.json").write_text(json.dumps({**config, key: 8}))
    with pytest.raises(PresetError, match=rf"key {key}: the vocabulary has \[{token}\] at "):
        load_preset(preset)


@pytest.mark.parametrize(
    "options",
    [
        {"do_lower_case": "false"},
        {"do_lower_case": True, "strip_accents": False},
        {"tokenize_chinese_chars": False},
    ],
)
def test_a_tokenizer_that_octavo_lacks_is_refused(preset, options):
    (preset / "tokenizer_config.json").write_text(json.dumps(options))
    with pytest.raises(PresetError, match=f"tokenizer_config.json: key {list(options)[-1]}: "):
        load_preset(preset)


@pytest.mark.parametrize(
    ("options", "lower"),
    [({"do_lower_case": False}, False), ({"do_lower_case": True}, True), ({}, True), (None, True)],
)
def test_tokenizer_config_says_whether_letters_are_lowered(preset, options, lower):
    (preset / "tokenizer_config.json").unlink()
    if options is not None:
        (preset / "tokenizer_config.json").write_text(json.dumps(options))
    assert load_preset(preset)[1].lowercase is lower


def test_keep_tokens_trims_model_and_vocabulary_alike(preset, model, tokenizer):
    kept = [4, 3, 2, 1, 0, 8]
    trimmed, words = load_preset(preset, keep_tokens=kept)
    assert words.vocabulary == [tokenizer.vocabulary[number] for number in kept]
    whole = collect_weights(model)[TOKENS]
    np.testing.assert_array_equal(collect_weights(trimmed)[TOKENS], whole[kept])
    assert trimmed.config.pad_token_id == words.pad_id
    assert trimmed.config.sep_token_id == words.sep_id
    with pytest.raises(UsageError, match="keep_tokens"):
        load_preset(preset, keep_tokens=[0, 1, 2, 3, 4, 99])
    with pytest.raises(UsageError, match=r"whole numbers. Received: float64"):
        load_preset(preset, keep_tokens=[0.0, 1.0])


def drop(name):
    return lambda arrays: {key: value for key, value in arrays.items() if key != name}


def flat(name):
    return lambda arrays: {**arrays, name: arrays[name][:, 0].copy()}


def cut(name):
    return lambda arrays: {**arrays, name: arrays[name][:-1]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop(KERNEL), rf"{KERNEL} is missing"),
        (drop(TOKENS), rf"{TOKENS} is missing"),
        (cut(KERNEL), rf"{KERNEL} has shape \(11, 8\), but the config asks for \(12, 8\)"),
        (cut(TOKENS), rf"{TOKENS} has 11 rows, but vocab_size is 12"),
        (cut(POSITIONS), rf"{POSITIONS} has 15 rows, but max_position_embeddings is 16"),
        (cut(BIAS), rf"{BIAS} has 11 rows, but vocab_size is 12"),
        (flat(TOKENS), rf"{TOKENS} has no columns, but hidden_size is 8"),
    ],
)
def test_arrays_that_do_not_fit_are_named(preset, change, message):
    change_arrays(preset, change)
    with pytest.raises(PresetError, match=rf"model.safetensors: {message}") as caught:
        load_preset(preset, application="unilm")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", [drop(KERNEL), cut(KERNEL)])
def test_a_model_keeps_its_weights_when_new_ones_do_not_fit(build, change):
    model, other = build("unilm", seed=1), build("unilm", seed=2)
    before = [array.copy() for array in model.get_weights()]
    with pytest.raises(PresetError, match=KERNEL):
        assign_weights(model, change(collect_weights(other)))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("size", [0, 5, 100, -1])
def test_a_truncated_weight_file_is_named(preset, size):
    path = preset / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(PresetError, match=r"model.safetensors: damaged or not a safetensors"):
        load_preset(preset)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "vocab.txt"])
def test_a_missing_file_is_named(preset, name):
    (preset / name).unlink()
    (preset / "tokenizer.json").unlink()  # it would stand in for vocab.txt
    with pytest.raises(PresetError, match=rf"preset: {name} is missing"):
        find_preset(preset)


def test_a_vocabulary_of_another_size_is_refused(preset):
    words = load_vocabulary(preset / "vocab.txt")
    (preset / "vocab.txt").write_text("\n".join(words[:-1]) + "\n")
    with pytest.raises(PresetError, match=r"vocab.txt: 11 tokens, .* vocab_size 12"):
        load_preset(preset)


def test_a_table_padded_to_a_multiple_of_eight_is_read(build, tokenizer, tmp_path):
    words = tokenizer.vocabulary
    padded = WordPieceTokenizer([*words, *map(str, range(1000, 1016 - len(words)))])
    save_preset(tmp_path / "padded", build("lm", vocab_size=16), padded)
    (tmp_path / "padded" / "vocab.txt").write_text("".join(f"{word}\n" for word in words))
    with pytest.warns(UserWarning, match=rf"{len(words)} tokens for 16 rows: the last"):
        model, again = load_preset(tmp_path / "padded", "lm")
    assert model.config.vocab_size == len(again) == 16
    assert again.vocabulary[: len(words)] == words
    text = "天地[padding 1]"
    assert again.encode(text).ids.tolist() == tokenizer.encode(text).ids.tolist()


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_a_damaged_tokenizer_config_is_named(preset, text):
    (preset / "tokenizer_config.json").write_text(text)
    with pytest.raises(PresetError, match=r"tokenizer_config.json: "):
        load_preset(preset)


def test_a_source_that_is_no_folder(tmp_path):
    with pytest.raises(PresetError, match="nowhere: no such folder"):
        find_preset(tmp_path / "nowhere")


def test_a_hub_name_needs_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[hub\]"):
        find_preset("hf://owner/name")


class Hub:
    """Stands in for huggingface_hub: gives a folder, or fails without a word."""

    def __init__(self, folder=None):
        self.folder = folder

    def snapshot_download(self, name, allow_patterns):
        if self.folder is None:
            raise TimeoutError
        assert (name, "vocab.txt" in allow_patterns) == ("owner/name", True)
        return str(self.folder)


def test_a_hub_name_is_fetched(monkeypatch, preset):
    modules = __import__("sys").modules
    monkeypatch.setitem(modules, "huggingface_hub", Hub(preset))
    assert find_preset("hf://owner/name") == preset
    monkeypatch.setitem(modules, "huggingface_hub", Hub())
    with pytest.raises(PresetError, match=r"hf://owner/name: cannot be fetched \(TimeoutError\)"):
        find_preset("hf://owner/name")


def test_a_vocabulary_that_does_not_fit_is_not_saved(model, tokenizer, tmp_path):
    smaller = WordPieceTokenizer(tokenizer.vocabulary[:-1])
    with pytest.raises(UsageError, match=r"12 tokens.* Received: 11"):
        save_preset(tmp_path / "preset", model, smaller)
    assert not list(tmp_path.iterdir())


def test_a_failed_save_leaves_nothing_and_harms_nothing(model, tokenizer, preset, monkeypatch):
    before = {path.name: path.read_bytes() for path in preset.iterdir()}

    def fail(*_):
        raise DataError("the disk is full")

    monkeypatch.setattr("octavo.transformer.presets.collect_weights", fail)
    for folder in (preset, preset.parent / "new"):
        with pytest.raises(DataError, match="the disk is full"):
            save_preset(folder, model, tokenizer)
    assert {path.name: path.read_bytes() for path in preset.iterdir()} == before
    assert [path.name for path in preset.parent.iterdir()] == ["preset"]


@pytest.mark.parametrize("application", ["encoder", "unilm"])
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hidden_size", 10**9),
        ("num_hidden_layers", 10**9),
        ("max_position_embeddings", 2**32),
        ("intermediate_size", 10**18),
        ("type_vocab_size", 10**12),
        ("layer_norm_eps", 10**400),
        ("initializer_range", -(10**400)),
    ],
)
def test_a_size_that_is_not_that_of_the_arrays_is_named_before_anything_is_built(
    preset, key, value, application
):
    config = json.loads((preset / "config.json").read_text())
    (preset / "config.json").write_text(json.dumps({**config, key: value}))
    with pytest.raises(PresetError, match=key):
        load_preset(preset, application=application)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_brackets_without_end_are_an_error_of_the_file(preset, name):
    (preset / name).write_text("[" * 100_000)
    with pytest.raises(PresetError, match=name):
        load_preset(preset)


def test_vocabulary_and_lengths_are_there_for_other_tools(model, tokenizer, preset):
    options = json.loads((preset / "tokenizer_config.json").read_text())
    assert options["model_max_length"] == model.config.max_position_embeddings
    (preset / "vocab.txt").unlink()
    assert load_preset(preset)[1].vocabulary == tokenizer.vocabulary


def test_weights_in_several_files_are_read(model, preset):
    arrays = load_file(preset / "model.safetensors")
    (preset / "model.safetensors").unlink()
    places = {name: f"model-{number % 2}.safetensors" for number, name in enumerate(sorted(arrays))}
    for file in set(places.values()):
        save_file({name: arrays[name] for name in arrays if places[name] == file}, preset / file)
    index = preset / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": places}))
    found = collect_weights(load_preset(preset, application="unilm")[0])
    assert all(np.array_equal(found[name], arrays[name]) for name in arrays)
    save_file(arrays, preset / "model-0.safetensors")
    with pytest.raises(PresetError, match=r"model-0.safetensors: does not hold the arrays that"):
        load_preset(preset)
    for damaged, message in {
        json.dumps({"weight_map": {"a": "../model-0.safetensors"}}): "names no file beside it",
        json.dumps({"weight_map": {}}): "names no file beside it but nothing",
        json.dumps({"weight_map": ["a"]}): "no index of weights",
        "[" * 100_000: "no index of weights",
    }.items():
        index.write_text(damaged)
        with pytest.raises(PresetError, match=rf"index.json: .*{message}"):
            load_preset(preset)


@pytest.mark.parametrize("name", ["gelu_pytorch_tanh", "gelu_fast"])
def test_other_names_of_the_same_activation_are_read(preset, name):
    config = json.loads((preset / "config.json").read_text())
    (preset / "config.json").write_text(json.dumps({**config, "hidden_act": name}))
    assert load_preset(preset)[0].config.hidden_act == "gelu_new"


def test_a_folder_that_a_killed_process_has_left_beside_its_place_is_named(preset):
    left = preset.rename(preset.with_name(".preset.0123abcd.old"))
    with pytest.raises(PresetError, match=rf"no such folder; .* left it as .*{left.name}: rename"):
        find_preset(preset)
