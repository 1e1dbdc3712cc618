"""Functions that other processes must find, which they would not in a test."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from octavo.errors import DataError


def square(number):
    return number * number, os.getpid()


def die_once(task):
    number, marker = task
    if number == 3 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


class Panic(BaseException):
    """As compiled code raises it."""


def panic(number):
    raise Panic("it broke")


def die_always(number):
    os._exit(7)


def fail(number):
    if number == 5:
        raise DataError("no good", "file.txt", 5)
    time.sleep(0.01)
    return number


def split_unless_killed(text):
    """Words, but the first process that gets here is killed; DIES_ONCE is a file's place."""
    marker = Path(os.environ["DIES_ONCE"])
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return text.split()


def fail_at_seven(text):
    """Words, but not of every text."""
    if "seven" in text:
        raise ValueError("no seven")
    return text.split()
