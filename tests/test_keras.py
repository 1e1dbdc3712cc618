"""The door to Keras: a backend that is there, or one line that says what to do."""

from __future__ import annotations

import subprocess
import sys

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
