"""Compiling is announced, on a terminal and once."""

from __future__ import annotations

import io

import pytest
from numba import njit

from octavo._numba import MESSAGE, compiling_said


class Terminal(io.StringIO):
    def isatty(self):
        return True


def compile_something(module):
    def add(a, b):
        return a + b

    add.__module__ = module
    njit(add)(1, 2)


@pytest.mark.parametrize(
    ("stream", "module", "said"),
    [
        (Terminal(), "octavo.counting.kernels", MESSAGE + "\n"),
        (Terminal(), "octavos", ""),
        (io.StringIO(), "octavo.counting.kernels", ""),
    ],
)
def test_it_is_said_once_and_of_octavo_alone(stream, module, said, monkeypatch):
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr("octavo._numba._Listener.said", False)
    with compiling_said(), compiling_said():
        compile_something(module)
        compile_something(module)
    compile_something(module)
    assert stream.getvalue() == said
