"""Fixtures for tests of more than one room."""

import os
import signal
import tempfile

import hypothesis
import pytest

# How long an example takes says how busy the machine is, and the first one compiles.
hypothesis.settings.register_profile("octavo", deadline=None)
hypothesis.settings.load_profile("octavo")

# As a terminal has it, whatever the tests were started with: nohup ignores SIGHUP.
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# JAX compiles the same step once a run of the tests, not once a model (a third of their time).
_COMPILED = tempfile.TemporaryDirectory(prefix="octavo-jax-")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", _COMPILED.name)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
# And it compiles in half the time what runs for moments only; the arithmetic is the same.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")


@pytest.fixture
def interrupts():
    """Ctrl-C as a terminal has it: a job in the background starts with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def begun(monkeypatch):
    """The first batch of every call of Keras' `fit`, which shows where a run went on."""
    from octavo.training import loop  # it loads Keras

    train, numbers = loop.fit_chunk, []

    def record(model, chunk, sums):
        numbers.append(chunk.data.first + chunk.start)
        return train(model, chunk, sums)

    monkeypatch.setattr(loop, "fit_chunk", record)
    return numbers
