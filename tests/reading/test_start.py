"""A reader made from an encoder: all of the encoder is in it, and it learns."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tiny import CONFIG, SETTINGS, make_questions, make_reader

from octavo._keras import keras
from octavo.errors import PresetError, UsageError
from octavo.reading import Reader
from octavo.reading.fit import NEW_HEADS
from octavo.reading.start import is_encoder
from octavo.transformer import build_transformer_model, save_preset
from octavo.transformer.weights import SEGMENT_TYPES, collect_weights


@pytest.fixture
def encoder(tmp_path):
    """Give a function that saves an encoder; the keys of its config can be changed."""

    def save(**changes):
        tokenizer = make_reader().tokenizer
        config = {
            **CONFIG,
            "vocab_size": len(tokenizer),
            "num_hidden_layers": 2,
            "max_position_embeddings": 160,
            **changes,
        }
        save_preset(tmp_path / "encoder", build_transformer_model(config), tokenizer)
        return tmp_path / "encoder"

    return save


@pytest.mark.keras_backend
def test_it_has_the_encoders_weights_and_learns(encoder):
    folder = encoder()
    reader = Reader.from_encoder(folder)
    assert is_encoder(folder)
    assert reader.model.config.pointer_head
    assert reader.model.config.question_match
    stored = collect_weights(
        build_transformer_model(folder / "config.json", folder / "model.safetensors")
    )
    ours = collect_weights(reader.model)
    for name in set(stored) - {SEGMENT_TYPES}:
        np.testing.assert_array_equal(ours[name], stored[name])
    types = ours[SEGMENT_TYPES]
    np.testing.assert_array_equal(types[:2], stored[SEGMENT_TYPES])
    assert len({row.tobytes() for row in types[[0, 1, 3, 4]]}) == 4
    reader.settings = SETTINGS
    result = reader.fit(
        make_questions(), epochs=6, batch_size=4, learning_rate=1e-3, dropout=0.0, progress=False
    )
    assert result["epochs"][-1]["loss"] < result["epochs"][0]["loss"] - 0.2
    assert not reader.new


def test_some_layers_can_be_kept(encoder):
    folder = encoder()
    reader = Reader.from_encoder(folder, layers=1)
    assert reader.model.config.num_hidden_layers == 1
    with pytest.raises(UsageError, match=r"layers must be .* Received: layers=3"):
        Reader.from_encoder(folder, layers=3)


def test_an_encoder_may_have_one_segment_type(encoder):
    types = collect_weights(Reader.from_encoder(encoder(type_vocab_size=1)).model)[SEGMENT_TYPES]
    assert len({row.tobytes() for row in types[[0, 1, 3, 4]]}) == 4


def test_int8_weights_are_read(encoder, tmp_path):
    Reader.from_encoder(encoder()).save_to_preset(tmp_path / "reader")
    reader = Reader.from_preset(tmp_path / "reader")
    save_preset(tmp_path / "small", reader.model, reader.tokenizer, "int8")
    with pytest.raises(UsageError, match="is a reader already"):
        Reader.from_encoder(tmp_path / "small")
    assert not is_encoder(tmp_path / "small")


def test_new_heads_learn_faster_until_they_are_trained(encoder, monkeypatch):
    multipliers = []

    class NotedError(Exception):
        """Ends a training before it begins."""

    def note(model, optimizer, **options):
        multipliers.append(dict(getattr(optimizer, "multipliers", {})))
        raise NotedError

    monkeypatch.setattr("octavo.reading.fit.compile_model", note)
    reader = Reader.from_encoder(encoder())
    reader.settings = SETTINGS
    for new, given in ((True, None), (False, None), (True, 3.0)):
        reader.new = new
        with pytest.raises(NotedError):
            reader.fit(make_questions(), head_multiplier=given, progress=False)
    assert [list(one.values()) for one in multipliers] == [[NEW_HEADS], [], [3.0]]


def test_a_folder_without_weights_is_named(tmp_path):
    with pytest.raises(PresetError, match="no such folder"):
        Reader.from_encoder(tmp_path / "nothing")


def test_the_same_seed_gives_the_same_reader(encoder):
    folder = encoder()
    readers = []
    for _ in range(2):
        keras.utils.set_random_seed(3)
        readers.append(Reader.from_encoder(folder, seed=3))
    one, other = (reader.model.get_weights() for reader in readers)
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert dataclasses.asdict(readers[0].settings) == dataclasses.asdict(readers[1].settings)
