"""Batches come in order, whoever made them first; waiting is measured."""

from __future__ import annotations

import threading
import time

import pytest

from octavo.training import prefetch
from octavo.training.prefetch import Prefetched


def make_slowly(number):
    time.sleep(0.01 * (number % 3))
    return number


def test_batches_come_in_order():
    with Prefetched(make_slowly, first=5, size=20) as batches:
        assert [batches[0], *(batches[i] for i in range(20))] == [5, *range(5, 25)]


def test_keras_may_look_at_two_batches_before_it_begins():
    """It does on TensorFlow; made again they would stand behind all that are made ahead."""
    made = []
    with Prefetched(made.append, first=0, size=20, ahead=4) as batches:
        for index in (0, 1, *range(20)):
            _ = batches[index]
    assert made == list(range(20))


def test_batches_are_made_ahead_but_not_too_far():
    made = []
    with Prefetched(made.append, first=0, size=50, ahead=4) as batches:
        _ = batches[0]
        time.sleep(0.1)
        assert sorted(made) == [0, 1, 2, 3]


def test_only_waiting_counts(monkeypatch):
    """By a clock that moves on while a batch is made, and while something else is done."""
    now = 0.0
    monkeypatch.setattr(prefetch.time, "perf_counter", lambda: now)
    asked, made = threading.Event(), threading.Event()

    def make(number):
        nonlocal now
        if number == 1:
            asked.wait()
            now += 3.0
        else:
            made.set()
        return number

    with Prefetched(make, first=1, size=2, ahead=2) as batches:
        threading.Timer(0.2, asked.set).start()  # by then the first one is waited for
        _ = batches[0]
        assert batches.waited == 3.0
        made.wait()
        now += 5.0
        _ = batches[1]
        assert batches.waited == 3.0


def test_a_chunk_is_some_of_the_batches():
    with Prefetched(make_slowly, first=5, size=20) as batches:
        chunk = batches.chunk(number=8, size=3)
        assert [chunk[0], *(chunk[i] for i in range(len(chunk)))] == [8, 8, 9, 10]


def test_an_error_reaches_who_asks():
    def fail(number):
        raise ValueError(number)

    with Prefetched(fail, first=0, size=3) as batches, pytest.raises(ValueError, match="0"):
        _ = batches[0]
    assert not [thread for thread in threading.enumerate() if "ThreadPool" in thread.name]
