"""A word to who waits when loops are compiled, which are then kept on disk."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event

MESSAGE = "octavo: compiling loops, kept for the next time"
PACKAGE = __name__.partition(".")[0]


@contextmanager
def compiling_said() -> Iterator[None]:
    """While this lasts, say on a terminal that something of octavo's is compiled, if it is; once.

    Example:
        >>> with compiling_said():
        ...     pass
    """
    with event.install_listener("numba:compile", _Listener()):
        yield


class _Listener(event.Listener):
    """Hears what is compiled, not what is loaded."""

    said = False  # in this process

    def on_start(self, event: Any) -> None:
        compiled = event.data["dispatcher"].py_func.__module__
        ours = compiled.partition(".")[0] == PACKAGE
        if ours and not _Listener.said and sys.stderr.isatty():
            _Listener.said = True
            print(MESSAGE, file=sys.stderr, flush=True)

    def on_end(self, event: Any) -> None:
        pass
