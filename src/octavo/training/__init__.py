"""Shared by everything that trains: the loop, its states and how a run goes on exactly.

Keras is loaded with the first name that needs it: `octavo launch` uses this package without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo._lazy import load_later
from octavo.training.intervals import Intervals
from octavo.training.states import States

if TYPE_CHECKING:
    from octavo.training.checkpoint import load_state, read_note, save_state
    from octavo.training.loop import Loop

__all__ = ["Intervals", "Loop", "States", "load_state", "read_note", "save_state"]

_LATER = {"Loop": "loop"} | dict.fromkeys(["load_state", "read_note", "save_state"], "checkpoint")
__getattr__ = load_later(__name__, _LATER)
