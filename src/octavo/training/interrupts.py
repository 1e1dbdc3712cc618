"""Ctrl-C in training: the run ends with the call of `fit`, after a save, and says how to go on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from octavo.training.states import States


@contextmanager
def collect_interrupts() -> Iterator[list[int]]:
    """Collect the first Ctrl-C in a list, for the end of a call; a second one interrupts at once.

    Keras waits for a step inside a bare `except`, which swallows a KeyboardInterrupt. Outside the
    main thread, and where Ctrl-C is ignored, nothing changes and the list stays empty.

    Example:
        >>> with collect_interrupts() as pressed:
        ...     _ = "a call of fit; if pressed: save and raise KeyboardInterrupt"
        >>> pressed
        []
    """
    pressed: list[int] = []

    def note(number: int, _: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    before = signal.getsignal(signal.SIGINT)
    mine = threading.current_thread() is threading.main_thread() and callable(before)
    if mine:
        signal.signal(signal.SIGINT, note)
    try:
        yield pressed
    finally:
        if mine:
            signal.signal(signal.SIGINT, before)


@contextmanager
def say_how_to_go_on(states: States | None) -> Iterator[None]:
    """Let a KeyboardInterrupt say how to go on, if the run has a state by then.

    Raises:
        KeyboardInterrupt: in place of the one raised inside, with a message for a person.

    Example:
        >>> with say_how_to_go_on(None):
        ...     pass
    """
    try:
        yield
    except KeyboardInterrupt:
        if states is None or not states.paths():
            raise
        command = "the same command"
        if not states.resume:  # given once more it would begin anew
            command += " without resume=False (--no-resume)"
        raise KeyboardInterrupt(f"stopped; {command} goes on from the last save") from None
