"""Being told to end, by Ctrl-C, SIGTERM or a closed terminal: nothing is left half done.

Ctrl-C raises KeyboardInterrupt, as ever in Python. The command lets SIGTERM and SIGHUP raise
`Terminated` in the same way, so that what Ctrl-C ends well they end well too.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OTHERS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Terminated(SystemExit):
    """SIGTERM or SIGHUP has told this process to end.

    Args:
        number: the signal's.

    Example:
        >>> Terminated(signal.SIGTERM).code, str(Terminated(signal.SIGTERM))
        (143, 'ended by SIGTERM')
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.code = 128 + number


@contextmanager
def terminations_raised() -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP raise `Terminated`, unless they are ignored or handled already.

    Example:
        >>> with terminations_raised():
        ...     signal.raise_signal(signal.SIGTERM)
        Traceback (most recent call last):
        ...
        octavo._interrupts.Terminated: ended by SIGTERM
    """
    with _handled(_terminate, [one for one in OTHERS if signal.getsignal(one) is signal.SIG_DFL]):
        yield


@contextmanager
def collect_interrupts() -> Iterator[list[int]]:
    """Collect the first signal in a list, for the end of a call; a second one interrupts at once.

    Keras waits for a step inside a bare `except`, which swallows a KeyboardInterrupt. Outside the
    main thread, and of signals that are ignored, nothing changes.

    Example:
        >>> with collect_interrupts() as signals:
        ...     _ = "a call of fit; if signals: save and interrupt(signals)"
        >>> signals
        []
    """
    signals: list[int] = []

    def note(number: int, frame: object) -> None:
        if signals:
            _terminate(number, frame)
        signals.append(number)

    with _handled(note, _heard()):
        yield signals


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A signal waits for the end of the block; a table is then never left half counted.

    Raises:
        KeyboardInterrupt: at the end, if Ctrl-C was pressed.
        Terminated: at the end of a command that was told to end.

    Example:
        >>> with uninterrupted():
        ...     _ = "count a block"
    """
    signals: list[int] = []
    with _handled(lambda number, _: signals.append(number), _heard()):
        yield
    if signals:
        signal.raise_signal(signals[0])


def interrupt(signals: list[int]) -> None:
    """End by the first of the signals collected, as if it came now.

    Raises:
        KeyboardInterrupt: if it is that of Ctrl-C, or if whoever handles it goes on.
        Terminated: if this is a command that was told to end; other processes are ended by it.
    """
    signal.raise_signal(signals[0])
    raise KeyboardInterrupt


def _heard() -> list[int]:
    """The signals that are not ignored, nor handled by something else than Python."""
    every = [signal.SIGINT, *OTHERS]
    return [one for one in every if signal.getsignal(one) not in (None, signal.SIG_IGN)]


def _terminate(number: int, _: object) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise Terminated(number)


@contextmanager
def _handled(handler: Callable[[int, object], None], signals: list[int]) -> Iterator[None]:
    """Handle signals, in the main thread, which alone may."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in signals}
    try:
        yield
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)
