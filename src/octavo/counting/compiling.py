"""A word to who waits the first time, when the loops are compiled; they are kept on disk."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event

MESSAGE = "octavo: compiling the loops, once after installation, some ten seconds"
PACKAGE = __name__.partition(".")[0]


@contextmanager
def compiling_said() -> Iterator[None]:
    """While this lasts, say on a terminal that something of octavo's is compiled, if it is.

    Example:
        >>> with compiling_said():
        ...     pass
    """
    with event.install_listener("numba:compile", _Listener()):
        yield


class _Listener(event.Listener):
    """Hears what is compiled, not what is loaded."""

    def __init__(self) -> None:
        self._said = not sys.stderr.isatty()

    def on_start(self, event: Any) -> None:
        compiled = event.data["dispatcher"].py_func.__module__
        if not self._said and compiled.partition(".")[0] == PACKAGE:
            print(MESSAGE, file=sys.stderr, flush=True)
            self._said = True

    def on_end(self, event: Any) -> None:
        pass
