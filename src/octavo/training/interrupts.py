"""What a training that was told to end says: how it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from octavo._interrupts import Terminated
from octavo.training.states import States


@contextmanager
def say_how_to_go_on(states: States | None) -> Iterator[None]:
    """Let Ctrl-C or SIGTERM say how to go on, if the run has a state by then.

    Raises:
        KeyboardInterrupt: the one raised inside, with a message for a person.
        Terminated: likewise.

    Example:
        >>> with say_how_to_go_on(None):
        ...     pass
    """
    try:
        yield
    except (KeyboardInterrupt, Terminated) as error:
        if states is None or not states.paths():
            raise
        command = "the same command"
        if not states.resume:  # given once more it would begin anew
            command += " without resume=False (--no-resume)"
        error.args = (f"stopped; {command} goes on from the last save",)
        raise
