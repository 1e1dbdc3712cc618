"""One process of several: where something is wrong it ends alone, and it waits for the first.

This module starts no Keras; `octavo.training.launch` starts the processes.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from octavo.errors import OctavoError
from octavo.training.launch import COORDINATOR, RESTARTS

READY = ".ready-"  # what the name of the mark begins with
LOST = 70  # exit code of a process whose neighbour is gone, after which all start again
POLL = 0.1  # seconds between two looks for the mark


@contextmanager
def ends_alone(processes: int, report: Callable[[BaseException], int]) -> Iterator[None]:
    """End this process at once where something is wrong inside: JAX would wait for all others.

    They wait for this one; `octavo launch` ends them, and starts all again where one was lost.

    Args:
        processes: how many train together; of one alone every error is raised as ever.
        report: says what went wrong, and gives the exit code.

    Raises:
        SystemExit: with `LOST`, where the error says that another process is gone.

    Example:
        >>> with ends_alone(1, report=lambda error: 1):
        ...     print("trained")
        trained
    """
    try:
        yield
    except (OctavoError, OSError) as error:
        if processes == 1:
            raise
        code = report(error)
        sys.stderr.flush()
        os._exit(code)
    except (RuntimeError, ValueError) as error:  # the second where a gathered value is read
        lost = type(error).__name__ == "JaxRuntimeError" or "Gloo" in str(error)
        if processes == 1 or not lost:
            raise
        print("octavo: another process is gone", file=sys.stderr)
        raise SystemExit(LOST) from None


def is_restarted() -> bool:
    """Whether `octavo launch` started this process anew after one died: then its run goes on.

    Example:
        >>> is_restarted()
        False
    """
    return os.environ.get(RESTARTS, "0") != "0"


def say_ready(folder: str | PathLike[str]) -> None:
    """Tell the other processes of this start that a folder holds what they wait for.

    By a file, as the processes must not meet before: they would wait half a minute for each other.

    Example: see `wait_until_ready`.
    """
    for mark in Path(folder).glob(f"{READY}*"):
        mark.unlink()
    _mark(folder).touch()


def wait_until_ready(folder: str | PathLike[str]) -> None:
    """Wait until the first process has called `say_ready`; if it fails, all are ended.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> say_ready(folder)
        >>> wait_until_ready(folder)
    """
    while not _mark(folder).exists():
        time.sleep(POLL)


def _mark(folder: str | PathLike[str]) -> Path:
    """The file that stands for this start: by the address to meet at, another one each time.

    With a port that is given it is the same, and the mark of an earlier start lets others pass.
    """
    start = "".join(c if c.isalnum() else "-" for c in os.environ.get(COORDINATOR, ""))
    return Path(folder) / f"{READY}{start}"
