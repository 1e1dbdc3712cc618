"""A run trains on from the weights of a model that is there.

Covers octavo.pretraining.building.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from octavo._keras import keras, ops
from octavo.errors import DataError, PresetError, UsageError
from octavo.pretraining import Intervals, Settings, prepare, pretrain
from octavo.pretraining.building import find_start, make_model
from octavo.text import save_vocabulary
from octavo.transformer import TransformerConfig, build_transformer_model, load_preset, save_preset

SIZES = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3}


@pytest.fixture(scope="module")
def preset(corpus, tmp_path_factory):
    """A model of other sizes and another activation than a run has by default, and 40 positions."""
    keras.utils.set_random_seed(3)
    config = TransformerConfig(
        len(corpus.tokenizer), **SIZES, intermediate_size=40, hidden_act="relu",
        max_position_embeddings=40, layer_norm_eps=1e-5, initializer_range=0.3,
    )  # fmt: skip
    model = build_transformer_model(config, application="unilm")
    folder = tmp_path_factory.mktemp("preset") / "model"
    save_preset(folder, model, corpus.tokenizer)
    return folder


@pytest.fixture
def on(preset):
    return Settings(
        sequence_length=32, batch_size=8, steps=6, validation_split=0.1, preset=str(preset)
    )


def predict(model, length=32, **places):
    ids = np.random.default_rng(0).integers(5, 60, (2, length))
    return ops.convert_to_numpy(model({"token_ids": ids, "segment_ids": 0 * ids, **places}))


def packed(length=32):
    """One text a row."""
    places = np.tile(np.arange(length), (2, 1))
    return {
        "position_ids": places,
        "document_ids": np.ones((2, length), int),
        "mask_positions": places,
    }


@pytest.mark.keras_backend
def test_a_run_begins_with_what_the_preset_says(corpus, preset, on):
    settings, start = find_start(on)
    assert (settings.hidden_size, settings.layers, settings.heads) == (24, 2, 3)
    assert settings.intermediate_size == 40
    model = make_model(settings, corpus.tokenizer, start)
    expected = predict(load_preset(preset, "unilm")[0])
    np.testing.assert_allclose(predict(model, **packed()), expected, rtol=1e-5, atol=1e-5)
    assert model.config.hidden_dropout_prob == settings.dropout


@pytest.mark.keras_backend
def test_positions_are_kept_and_added(corpus, preset, on):
    settings, start = find_start(on)
    assert make_model(settings, corpus.tokenizer, start).config.max_position_embeddings == 40
    longer = dataclasses.replace(settings, sequence_length=64)
    model = make_model(longer, corpus.tokenizer, start)
    expected = predict(load_preset(preset, "unilm", max_positions=64)[0], 64)
    np.testing.assert_allclose(predict(model, 64, **packed(64)), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.keras_backend
def test_it_goes_on_where_it_was_stopped(corpus, on, tmp_path):
    """And every step of the whole run moves away from the preset, not from new weights."""
    pretrain(corpus, tmp_path / "whole", on, progress=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("octavo.pretraining.fit._Run._score", press)
        with pytest.raises(KeyboardInterrupt):
            pretrain(
                corpus,
                tmp_path / "out",
                on,
                intervals=Intervals(save_steps=2, eval_steps=3),
                progress=False,
            )
    pretrain(corpus, tmp_path / "out", on, intervals=Intervals(save_steps=2), progress=False)
    one, other = (load_preset(tmp_path / name, "unilm")[0] for name in ("whole", "out"))
    assert all(map(np.array_equal, one.get_weights(), other.get_weights()))
    before = load_preset(on.preset, "unilm")[0].get_weights()
    moved = [np.abs(a - b).max() for a, b in zip(before, one.get_weights(), strict=True)]
    assert 0 < max(moved) < 6 * on.learning_rate * 1.5
    assert one.config.hidden_act == "relu"


def press(*_):
    raise KeyboardInterrupt


def test_what_does_not_fit_the_preset_is_named(corpus, preset, on, sources, tmp_path):
    with pytest.raises(UsageError, match=r"layers is that of .*model, 2\. Received: 4"):
        pretrain(corpus, tmp_path / "out", dataclasses.replace(on, layers=4))
    save_vocabulary([*corpus.tokenizer.vocabulary[:-1], "other"], tmp_path / "vocab.txt")
    other = prepare(
        sources / "text.txt", tmp_path / "data", tmp_path / "vocab.txt", segmenter="whitespace",
        progress=False,
    )  # fmt: skip
    with pytest.raises(DataError, match="model: its vocabulary is not that of the token shards"):
        pretrain(other, tmp_path / "out", on)
    assert not (tmp_path / "out").exists()
    with pytest.raises(PresetError, match="no such folder"):
        pretrain(corpus, tmp_path / "out", Settings(preset=str(tmp_path / "none")))


def test_a_model_that_reads_across_texts_is_refused(corpus, preset, on, tmp_path):
    shutil.copytree(preset, tmp_path / "reader")
    config = json.loads((preset / "config.json").read_text("utf-8"))
    (tmp_path / "reader" / "config.json").write_text(json.dumps({**config, "pointer_head": True}))
    reader = dataclasses.replace(on, preset=str(tmp_path / "reader"))
    with pytest.raises(UsageError, match="pointer_head looks across texts of a row"):
        pretrain(corpus, tmp_path / "out", reader)


def test_an_objective_that_writes_needs_two_segment_types(corpus, preset, on, tmp_path):
    shutil.copytree(preset, tmp_path / "one")
    config = json.loads((preset / "config.json").read_text("utf-8"))
    (tmp_path / "one" / "config.json").write_text(json.dumps({**config, "type_vocab_size": 1}))
    one = dataclasses.replace(on, preset=str(tmp_path / "one"), objective="mlm:1,unilm:1")
    with pytest.raises(PresetError, match="key type_vocab_size: 2 are needed"):
        pretrain(corpus, tmp_path / "out", one)


def test_the_command_takes_vocabulary_and_sizes(sources, preset, tmp_path):
    words = f"pretrain {sources}/text.txt --segmenter whitespace --out {tmp_path}/out"
    sizes = f"--sequence-length 32 --batch-size 8 --steps 2 --preset {preset}"
    command = [sys.executable, "-m", "octavo", *words.split(), *sizes.split()]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "vocab.txt").read_bytes() == (preset / "vocab.txt").read_bytes()
    said = done.stderr.splitlines()
    assert "150 documents of" in said[0]
    assert "0.0% of them unknown to the vocabulary of 66" in said[0]
    assert "documents are short, 41 tokens in the median of 150" in said[1]
    assert "rows of 32 tokens, each read" in said[2]
