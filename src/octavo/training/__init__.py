"""Shared by everything that trains: the state of a run, saved and resumed exactly.

Keras is loaded with the first of these names: `octavo launch` uses this package without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from octavo._lazy import load_later

if TYPE_CHECKING:
    from octavo.training.checkpoint import load_state, read_note, save_state

__all__ = ["load_state", "read_note", "save_state"]

__getattr__ = load_later(__name__, dict.fromkeys(__all__, "checkpoint"))
