"""A BERT in the layout of Google's code: the same model as in Hugging Face's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from checkpoint_writer import write_checkpoint
from safetensors.numpy import load_file

from octavo.errors import PresetError
from octavo.text import save_vocabulary
from octavo.transformer import build_transformer_model, find_preset, load_preset, save_preset
from octavo.transformer.google_names import huggingface_name, read_google_weights, rename_weights
from octavo.transformer.weights import collect_weights

IDS = [[2, 7, 8, 3, 9, 3], [2, 9, 3, 5, 0, 0]]
SEGMENTS = [[0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 0, 0]]
BERT_CONFIG = {
    "attention_probs_dropout_prob": 0.1,
    "directionality": "bidi",
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 8,
    "initializer_range": 0.02,
    "intermediate_size": 12,
    "max_position_embeddings": 16,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "pooler_fc_size": 768,
    "type_vocab_size": 2,
    "vocab_size": 12,
}
# Google's name, Hugging Face's name, whether it is stored transposed; written out, not computed
NAMES = [
    ("bert/embeddings/word_embeddings", "bert.embeddings.word_embeddings.weight", False),
    ("bert/embeddings/position_embeddings", "bert.embeddings.position_embeddings.weight", False),
    (
        "bert/embeddings/token_type_embeddings",
        "bert.embeddings.token_type_embeddings.weight",
        False,
    ),
    ("bert/embeddings/LayerNorm/gamma", "bert.embeddings.LayerNorm.weight", False),
    ("bert/embeddings/LayerNorm/beta", "bert.embeddings.LayerNorm.bias", False),
    (
        "cls/predictions/transform/dense/kernel",
        "cls.predictions.transform.dense.weight",
        True,
    ),
    ("cls/predictions/transform/dense/bias", "cls.predictions.transform.dense.bias", False),
    (
        "cls/predictions/transform/LayerNorm/gamma",
        "cls.predictions.transform.LayerNorm.weight",
        False,
    ),
    (
        "cls/predictions/transform/LayerNorm/beta",
        "cls.predictions.transform.LayerNorm.bias",
        False,
    ),
    ("cls/predictions/output_bias", "cls.predictions.bias", False),
]
for _layer in range(2):
    for _part in ("attention/self/query", "attention/self/key", "attention/self/value",
                  "attention/output/dense", "intermediate/dense", "output/dense"):  # fmt: skip
        _google = f"bert/encoder/layer_{_layer}/{_part}"
        _ours = f"bert.encoder.layer.{_layer}.{_part.replace('/', '.')}"
        NAMES += [(f"{_google}/kernel", f"{_ours}.weight", True)]
        NAMES += [(f"{_google}/bias", f"{_ours}.bias", False)]
    for _part in ("attention/output/LayerNorm", "output/LayerNorm"):
        _google = f"bert/encoder/layer_{_layer}/{_part}"
        _ours = f"bert.encoder.layer.{_layer}.{_part.replace('/', '.')}"
        NAMES += [(f"{_google}/gamma", f"{_ours}.weight", False)]
        NAMES += [(f"{_google}/beta", f"{_ours}.bias", False)]


@pytest.fixture(scope="module")
def model(build):
    return build("unilm", type_vocab_size=2, sep_token_id=None)


@pytest.fixture(scope="module")
def google_arrays(model):
    """The model's weights under Google's names, with all that a checkpoint holds beside them."""
    ours = collect_weights(model)
    assert ours.keys() == {name for _, name, _ in NAMES}
    arrays = {
        google: np.ascontiguousarray(ours[name].T if transposed else ours[name])
        for google, name, transposed in NAMES
    }
    arrays["bert/pooler/dense/kernel"] = np.ones((8, 8), "float32")
    arrays["bert/pooler/dense/bias"] = np.ones(8, "float32")
    arrays["cls/seq_relationship/output_weights"] = np.ones((2, 8), "float32")
    arrays["cls/seq_relationship/output_bias"] = np.ones(2, "float32")
    return arrays


@pytest.fixture(scope="module")
def saved(google_arrays, tokenizer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("google") / "chinese_L-2_H-8_A-2"
    folder.mkdir()
    write_checkpoint(folder / "bert_model.ckpt", google_arrays)
    (folder / "bert_config.json").write_text(json.dumps(BERT_CONFIG))
    save_vocabulary(tokenizer.vocabulary, folder / "vocab.txt")
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    """A copy that a test may change."""
    return shutil.copytree(saved, tmp_path / "google")


@pytest.mark.keras_backend
@pytest.mark.parametrize("application", ["encoder", "lm", "unilm"])
def test_a_folder_of_google_gives_the_same_model(model, saved, tokenizer, run, application):
    arrays = collect_weights(model)
    expected = build_transformer_model(BERT_CONFIG, arrays, application)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded, words = load_preset(saved, application)
    assert words.vocabulary == tokenizer.vocabulary
    assert words.lowercase
    for name, array in collect_weights(loaded).items():
        np.testing.assert_array_equal(array, arrays[name])
    np.testing.assert_array_equal(run(loaded, IDS, SEGMENTS), run(expected, IDS, SEGMENTS))


@pytest.mark.parametrize("ending", ["", ".index", ".data-00000-of-00001"])
def test_a_checkpoint_is_loaded_as_in_bert4keras(model, saved, run, ending):
    loaded = build_transformer_model(
        saved / "bert_config.json", str(saved / f"bert_model.ckpt{ending}"), application="unilm"
    )
    np.testing.assert_array_equal(run(loaded, IDS, SEGMENTS), run(model, IDS, SEGMENTS))


def test_a_folder_of_google_is_saved_as_one_of_hugging_face(model, saved, run, tmp_path):
    save_preset(tmp_path / "mine", *load_preset(saved, "unilm"))
    assert "bert.encoder.layer.1.output.dense.weight" in load_file(
        tmp_path / "mine" / "model.safetensors"
    )
    loaded, _ = load_preset(tmp_path / "mine", "unilm")
    np.testing.assert_array_equal(run(loaded, IDS), run(model, IDS))


def test_what_the_optimizer_left_is_not_read(google_arrays, tmp_path):
    """It stands in the second data file, which is not there."""
    arrays = {}
    for number, (name, array) in enumerate(google_arrays.items()):
        arrays[name] = array  # to the first file, and what follows to the second
        arrays[f"{name}/adam_{'mv'[number % 2]}" if number else "global_step"] = array
    write_checkpoint(tmp_path / "model.ckpt-3", arrays, shards=2)
    (tmp_path / "model.ckpt-3.data-00001-of-00002").unlink()
    found = read_google_weights(tmp_path / "model.ckpt-3")
    assert len(found) == len(google_arrays)
    assert not any("adam" in name or "step" in name for name in found)


@pytest.mark.parametrize(
    ("google", "name"),
    [
        *((google, name) for google, name, _ in NAMES),
        ("bert/encoder/layer_11/output/dense/bias", "bert.encoder.layer.11.output.dense.bias"),
        ("bert/pooler/dense/kernel", "bert.pooler.dense.weight"),
        ("cls/seq_relationship/output_weights", "cls.seq_relationship.weight"),
        ("cls/seq_relationship/output_bias", "cls.seq_relationship.bias"),
        ("global_step", None),
        ("bert/embeddings/word_embeddings/adam_m", None),
        ("bert/encoder/layer_0/output/dense/kernel/lamb_v", None),
        ("bert/encoder/layer_0/output/dense/kernel/ExponentialMovingAverage", None),
        ("electra/embeddings/word_embeddings", None),
        ("model/layer/kernel/.ATTRIBUTES/VARIABLE_VALUE", None),
    ],
)
def test_names(google, name):
    assert huggingface_name(google) == name


def test_a_checkpoint_of_another_kind_says_what_it_holds(tmp_path):
    write_checkpoint(tmp_path / "gan", {"generator/kernel": np.ones(2), "step": np.ones(())})
    message = r"gan: holds no BERT under Google's names \(bert/...\), but generator/kernel, step"
    with pytest.raises(PresetError, match=message):
        build_transformer_model(BERT_CONFIG, tmp_path / "gan")
    with pytest.raises(PresetError, match="but nothing"):
        rename_weights({})


def test_an_array_that_is_missing_or_damaged_is_named(folder, google_arrays):
    arrays = dict(google_arrays)
    del arrays["bert/encoder/layer_1/output/dense/kernel"]
    write_checkpoint(folder / "bert_model.ckpt", arrays)
    message = r"bert_model.ckpt\S*: bert.encoder.layer.1.output.dense.weight is missing"
    with pytest.raises(PresetError, match=message):
        load_preset(folder)
    data = folder / "bert_model.ckpt.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-4])
    with pytest.raises(PresetError, match=r"of-00001: \S+ ends at byte \d+ of \d+: the file is"):
        load_preset(folder)
    data.unlink()
    with pytest.raises(PresetError, match=r"of-00001: cannot be read: No such file"):
        load_preset(folder)


def test_tokens_are_kept_and_positions_extended_as_elsewhere(folder, model):
    kept = [0, 1, 2, 3, 4, 9]
    loaded, words = load_preset(folder, "unilm", keep_tokens=kept, max_positions=24)
    whole = collect_weights(model)
    found = collect_weights(loaded)
    name = "bert.embeddings.word_embeddings.weight"
    np.testing.assert_array_equal(found[name], whole[name][kept])
    assert found["bert.embeddings.position_embeddings.weight"].shape == (24, 8)
    assert len(words) == 6


@pytest.mark.parametrize(
    ("others", "wanted"),
    [
        (["config.json"], "config.json"),
        (["bert_config_rbt3.json"], "bert_config_rbt3.json"),
        (["bert_config_rbt3.json", "config.json"], "bert_config_rbt3.json"),
        ([], None),
        (["bert_config_a.json", "bert_config_b.json"], None),
    ],
)
def test_the_config_may_have_another_name(folder, others, wanted):
    text = (folder / "bert_config.json").read_text()
    (folder / "bert_config.json").unlink()
    for other in others:
        (folder / other).write_text(text if other == wanted else "{}")
    if wanted is None:
        with pytest.raises(PresetError, match=r"google: bert_config.json is missing"):
            load_preset(folder)
    else:
        assert load_preset(folder)[0].config.hidden_size == 8


def test_the_vocabulary_must_fit_and_be_there(folder, tokenizer):
    save_vocabulary(tokenizer.vocabulary[:-1], folder / "vocab.txt")
    with pytest.raises(PresetError, match=r"11 tokens, but bert_config.json says vocab_size 12"):
        load_preset(folder)
    (folder / "vocab.txt").unlink()
    with pytest.raises(PresetError, match=r"google: vocab.txt is missing"):
        find_preset(folder)


def test_of_several_checkpoints_none_is_guessed(folder, google_arrays):
    write_checkpoint(folder / "other.ckpt", google_arrays)
    with pytest.raises(
        PresetError, match=r"holds several checkpoints \(bert_model.ckpt, other.ckpt\)"
    ):
        load_preset(folder)


def test_safetensors_come_first(folder, tokenizer, build, run):
    other = build("unilm", seed=5, type_vocab_size=2)
    save_preset(folder, other, tokenizer)
    assert list(folder.glob("*.index"))
    np.testing.assert_array_equal(run(load_preset(folder, "unilm")[0], IDS), run(other, IDS))


GUIDE = Path(__file__).parents[2] / "docs" / "coming-from-bert4keras.md"


def test_the_python_of_the_guide_runs(build, tokenizer, tmp_path):
    """With a tiny model in place of the one it names."""
    arrays = collect_weights(build("unilm", type_vocab_size=2, max_position_embeddings=64))
    arrays = {
        google: np.ascontiguousarray(arrays[name].T if transposed else arrays[name])
        for google, name, transposed in NAMES
    }
    folder = tmp_path / "chinese_L-12_H-768_A-12"
    folder.mkdir()
    write_checkpoint(folder / "bert_model.ckpt", arrays)
    config = {**BERT_CONFIG, "max_position_embeddings": 64}
    (folder / "bert_config.json").write_text(json.dumps(config))
    save_vocabulary(tokenizer.vocabulary, folder / "vocab.txt")
    np.savez(tmp_path / "weights.npz", **arrays)
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.M | re.S)
    shown = "assert (logits.shape, len(found.tokens)) == ((1, 12, 12), 3)"
    done = subprocess.run(
        [sys.executable, "-c", "\n".join([*blocks, shown])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
    assert (tmp_path / "chinese-bert" / "model.safetensors").is_file()


BERT4KERAS = Path(__file__).parents[2] / ".peers" / "bert4keras" / "bin" / "python"
PROGRAM = """
import os, sys
os.environ["TF_KERAS"] = "1"
import tensorflow as tf
_ = (tf.keras.layers, tf.keras.models, tf.keras.backend)
old = tf.compat.v1  # save_weights_as_checkpoint knows TensorFlow 1 only
old.disable_eager_execution()
tf.Session, tf.train.Saver = old.Session, old.train.Saver
import numpy
from bert4keras.models import build_transformer_model
folder, application, again = sys.argv[1:]
more = {"with_mlm": "linear"} if application != "encoder" else {}
bert = build_transformer_model(
    folder + "/bert_config.json", folder + "/bert_model.ckpt", application=application,
    return_keras_model=False, **more
)
ids, segments = numpy.load(folder + "/ids.npy"), numpy.load(folder + "/segments.npy")
numpy.save(folder + "/out.npy", bert.model.predict([ids, segments], verbose=0))
os.makedirs(again)
bert.save_weights_as_checkpoint(again + "/bert_model.ckpt")
arrays = {}
for layer, names in bert.variable_mapping().items():
    if layer in bert.layers:
        arrays.update(zip(names, bert.layers[layer].get_weights()))
numpy.savez(again + "/weights.npz", **arrays)
"""


@pytest.mark.peer
@pytest.mark.parametrize("application", ["encoder", "lm", "unilm"])
def test_bert4keras_computes_the_same_and_what_it_writes_is_read(folder, run, application):
    if not BERT4KERAS.exists():
        pytest.skip("bert4keras is not installed (python benchmarks/make_peer.py bert4keras)")
    ids, segments = np.array(IDS)[:1], np.array(SEGMENTS)[:1]
    np.save(folder / "ids.npy", ids)
    np.save(folder / "segments.npy", segments)
    again = folder / "again"
    command = [str(BERT4KERAS), "-c", PROGRAM, str(folder), application, str(again)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    expected = np.load(folder / "out.npy")
    ours, _ = load_preset(folder, application)
    np.testing.assert_allclose(run(ours, ids, segments), expected, rtol=0, atol=2e-5)
    shutil.copy(folder / "bert_config.json", again)
    shutil.copy(folder / "vocab.txt", again)
    with np.load(again / "weights.npz") as arrays:  # as docs/coming-from-bert4keras.md says
        config = again / "bert_config.json"
        copied = build_transformer_model(config, rename_weights(arrays), application)
    for back in (load_preset(again, application)[0], copied):
        for name, array in collect_weights(back).items():
            np.testing.assert_array_equal(array, collect_weights(ours)[name])
