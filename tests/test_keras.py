"""The door to Keras: a backend that is there, or one line that says what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

DOOR = (
    "import os, sys; sys.modules['keras'] = None\n"  # stops behind the door: Keras loads slowly
    "from octavo.errors import OctavoError\n"
    "try: import octavo._keras\n"
    "except OctavoError as error: print(os.environ['KERAS_BACKEND'], error)"
)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "jax keras is not installed"),
        (
            "openvino",
            "openvino KERAS_BACKEND must be one of jax, torch, tensorflow. Received: KERAS_",
        ),
    ],
)
def test_the_backend_is_chosen_before_keras_is_loaded(name, message, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", name)
    done = subprocess.run([sys.executable, "-c", DOOR], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith(message), done.stderr


def test_a_backend_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    absent = f"import importlib.util; importlib.util.find_spec = lambda name: None\n{DOOR}"
    done = subprocess.run(
        [sys.executable, "-c", absent], capture_output=True, text=True, timeout=60
    )
    assert "KERAS_BACKEND is torch, which is not installed: pip install torch" in done.stdout


@pytest.mark.keras_backend
def test_ever_new_shapes_do_not_fill_a_process_with_programs(monkeypatch):
    keras_door = pytest.importorskip("octavo._keras")
    monkeypatch.setattr(keras_door, "MOST_PROGRAMS", 4)
    traced = []

    def double(array):
        traced.append(array.shape)
        return array * 2

    functions = [keras_door.compile_with_variables(double, []) for _ in range(2)]
    mappings = []
    for size in [*range(1, 40), 39, 39]:
        for function in functions:
            found = keras_door.ops.convert_to_numpy(function(np.ones(size, np.float32)))
            np.testing.assert_array_equal(found, np.full(size, 2))
        if Path("/proc/self/maps").is_file():
            mappings.append(Path("/proc/self/maps").read_text().count("\n"))
    if keras_door.keras.backend.backend() == "jax":
        assert len(traced) == 2 * 39  # a shape that is still there is not compiled again
        assert not mappings or max(mappings[10:]) < mappings[0] + 200
