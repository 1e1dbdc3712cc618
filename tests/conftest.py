"""Fixtures for tests of more than one room."""

import signal

import pytest


@pytest.fixture
def interrupts():
    """Ctrl-C as a terminal has it: a job in the background starts with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
