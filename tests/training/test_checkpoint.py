"""The state of a run: comes back exactly, and what is damaged or another's is refused whole."""

from __future__ import annotations

import random

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from octavo._keras import keras
from octavo.errors import DataError
from octavo.training import load_state, read_note, save_state


def make_model(units=2, inputs=3, name="adam"):
    model = keras.Sequential([keras.layers.Dense(units), keras.layers.Dropout(0.5, seed=1)])
    model.build((None, inputs))
    model.compile(name, "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def values(model):
    variables = [*model.variables, *model.optimizer.variables]
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


@pytest.mark.keras_backend
def test_every_variable_and_the_note_come_back(tmp_path):
    trained, fresh = make_model(), make_model()
    trained.fit(np.ones((8, 3)), np.ones((8, 2)), epochs=2, verbose=0)
    save_state(tmp_path / "state", trained, {"epoch": 2, "scores": [0.5]})
    assert read_note(tmp_path / "state") == {"epoch": 2, "scores": [0.5]}
    assert load_state(tmp_path / "state", fresh) == {"epoch": 2, "scores": [0.5]}
    for mine, expected in zip(values(fresh), values(trained), strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_a_note_may_be_longer_than_a_header(tmp_path):
    note = {"log": "0123456789" * 10**7 + "."}
    save_state(tmp_path / "state", make_model(), note)
    assert read_note(tmp_path / "state") == note


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (make_model(units=4), r"belongs to another model \(shape of model/0/kernel\)"),
        (make_model(name="sgd"), r"belongs to another model \(differs in optimizer/"),
    ],
)
def test_the_state_of_another_model_changes_nothing(tmp_path, other, message):
    save_state(tmp_path / "state", make_model(), {})
    before = values(other)
    with pytest.raises(DataError, match=f"state: {message}"):
        load_state(tmp_path / "state", other)
    for mine, expected in zip(values(other), before, strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_a_state_that_is_missing_cut_or_without_a_note(tmp_path):
    path = tmp_path / "state"
    with pytest.raises(DataError, match="state: no such file"):
        read_note(path)
    save_state(path, make_model(), {})
    arrays = load_file(path)
    del arrays["note"]
    save_file(arrays, tmp_path / "plain")
    path.write_bytes(path.read_bytes()[:100])
    for damaged in (path, tmp_path / "plain"):
        for read in (read_note, lambda path: load_state(path, make_model())):
            with pytest.raises(DataError, match="damaged training state"):
                read(damaged)


def test_a_flipped_bit_is_noticed_wherever_it_is(tmp_path):
    path, model = tmp_path / "state", make_model()
    save_state(path, model, {"step": 12, "log": [0.5]})
    whole = path.read_bytes()
    draw = random.Random(0)
    for place in (*range(16), *draw.sample(range(len(whole)), 100)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        for read in (read_note, lambda path: load_state(path, model)):
            with pytest.raises(DataError, match=r"state: (damaged|belongs to another)"):
                read(path)
