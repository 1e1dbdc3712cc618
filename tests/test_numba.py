"""Compiling is announced, on a terminal and once; instructions do what NumPy does slowly."""

from __future__ import annotations

import io

import numpy as np
import pytest

numba = pytest.importorskip("numba")
door = pytest.importorskip("octavo._numba")
MESSAGE, compiling_said = door.MESSAGE, door.compiling_said


class Terminal(io.StringIO):
    def isatty(self):
        return True


def compile_something(module):
    def add(a, b):
        return a + b

    add.__module__ = module
    numba.njit(add)(1, 2)


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


def test_instructions_read_what_numpy_reads():
    rows = np.random.default_rng(0).integers(0, 3, (4, 64), np.uint8)
    text = rows.reshape(-1)

    @numba.njit
    def read(text, rows, place):
        door.prefetch(rows, place)
        eight, bits = door.read_eight(text, place), door.nonzero_bits(text, place)
        return eight, bits, door.lowest_bit(bits)

    for place in range(len(text) - 64):
        eight, bits, lowest = read(text, rows, place)
        assert eight == text[place : place + 8].view(np.uint64)[0]
        some = text[place : place + 64] != 0
        assert bits == np.packbits(some, bitorder="little").view(np.uint64)[0]
        assert lowest == np.flatnonzero(some)[0]


@door.compiled
def _mixed(number):
    return door.mix(np.uint64(number))


@door.compiled
def _there_and_back(number):
    bits = door.bits_of(number)
    return bits, door.float_of(bits)


def test_a_stream_of_numbers_is_that_of_splitmix64():
    state = [(seed * int(door.STEP)) % 2**64 for seed in (1, 2, 3)]  # of seed 0
    found = [int(_mixed(np.uint64(number))) for number in state]
    assert found == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


@pytest.mark.parametrize("number", [1.0, -0.5, 3e-300, 0.1])
def test_the_bits_of_a_number_are_numpys(number):
    bits = int(np.float64(number).view(np.int64))
    assert _there_and_back(number) == (bits, number)
