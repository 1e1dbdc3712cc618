"""Signals that tell a process to end: when they are heard, and what comes of them."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from octavo._interrupts import (
    Terminated,
    collect_interrupts,
    interrupt,
    terminations_raised,
    uninterrupted,
)

pytestmark = pytest.mark.usefixtures("interrupts")
ENDS = [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]
ENDS += [(signal.SIGHUP, Terminated)] if hasattr(signal, "SIGHUP") else []


@pytest.fixture(autouse=True)
def nothing_is_left():
    before = {number: signal.getsignal(number) for number, _ in ENDS}
    yield
    assert {number: signal.getsignal(number) for number, _ in ENDS} == before


@pytest.mark.parametrize(("number", "error"), ENDS)
def test_the_first_is_collected_and_the_second_interrupts(number, error):
    def raise_twice():
        with collect_interrupts() as signals:
            signal.raise_signal(number)
            assert signals == [number]
            signal.raise_signal(number)

    with pytest.raises(error):
        raise_twice()


@pytest.mark.parametrize(("number", "error"), ENDS)
def test_what_was_collected_comes_true(number, error):
    with terminations_raised():
        with collect_interrupts() as signals:
            signal.raise_signal(number)
        with pytest.raises(error):
            interrupt(signals)
        done = []
        with pytest.raises(error), uninterrupted():
            done.append([signal.raise_signal(number) for _ in range(2)])
        assert done  # the block has ended


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_exit_code_is_a_shells(number, code):
    script = "import signal; from octavo._interrupts import *\nwith terminations_raised():\n"
    script += f"    signal.raise_signal({int(number)})"
    assert subprocess.run([sys.executable, "-c", script]).returncode == code


def test_a_script_saves_first_and_is_then_ended_by_the_signal():
    script = """
import signal
from octavo._interrupts import collect_interrupts, interrupt
with collect_interrupts() as signals:
    signal.raise_signal(signal.SIGTERM)
    print("saved", flush=True)
interrupt(signals)
print("goes on")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "saved\n")


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="POSIX's")
def test_what_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with terminations_raised(), uninterrupted(), collect_interrupts() as signals:
            signal.raise_signal(signal.SIGHUP)
        assert signals == []
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_handler_of_someone_else_is_asked():
    heard = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        with terminations_raised(), uninterrupted():
            signal.raise_signal(signal.SIGTERM)
            assert heard == []
        assert heard == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_another_thread_changes_nothing():
    found = []

    def train():
        with terminations_raised(), uninterrupted(), collect_interrupts() as signals:
            found.append((signals, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert found == [([], signal.default_int_handler)]
