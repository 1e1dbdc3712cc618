"""Damaged files of every kind: octavo's own error or a right result; `make fuzz` runs 20,000."""

from __future__ import annotations

import random
import time

import pytest
from cases import Case, TooLongError, bounded
from loaders import LOADERS
from mutations import DAMAGES, mutate

pytestmark = pytest.mark.skipif("not __import__('sys').platform.startswith('linux')")
CASES = 25  # of each loader


@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.name)
def test_a_damaged_file_is_an_error_or_right(loader, tmp_path):
    case = Case(loader, tmp_path)
    for seed in range(round(CASES * loader.share)):
        case.run(seed)


def test_the_same_seed_is_the_same_damage():
    data = b'{"a": [1, 2.5, "text"], "b": null}' * 9
    once, again = ([mutate(data, random.Random(n)) for n in range(99)] for _ in range(2))
    assert once == again
    assert sum(result != data for result in once) > 90
    for damage in DAMAGES:
        assert isinstance(damage(b"", random.Random(0)), bytes)


def test_what_takes_too_long_or_too_much_is_noticed(monkeypatch):
    monkeypatch.setattr("cases.SECONDS", 1)
    with pytest.raises(TooLongError), bounded():
        time.sleep(30)
    with pytest.raises(MemoryError), bounded():
        bytearray(1 << 33)


def test_another_result_of_a_file_with_a_checksum_is_noticed(tmp_path, monkeypatch):
    (loader,) = [loader for loader in LOADERS if loader.name == "gzip"]
    case = Case(loader, tmp_path)
    case.value = "another text"
    monkeypatch.setattr("cases.mutate", lambda data, draw: data)
    with pytest.raises(AssertionError, match="gzip, seed 0, text: another result"):
        case.run(0)
