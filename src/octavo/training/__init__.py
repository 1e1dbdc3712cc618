"""Shared by everything that trains: the state of a run, saved and resumed exactly."""

from octavo.training.checkpoint import load_state, read_note, save_state

__all__ = ["load_state", "read_note", "save_state"]
