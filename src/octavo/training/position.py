"""How far a run is, and whether it is the same run."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from octavo.errors import DataError


@dataclass
class Position:
    """How far a run is: the note in its state, in JSON types.

    Args:
        plan: what decides the run's result.
        batches: how many it was trained with; several may make one update.
        seconds: time spent training, without validation.
        metrics: values of the variables of Keras' metrics, sums since the last line of the log.
        scored: after so many batches the weights were scored last; -1 before the first time.
        log: one line of figures for every step at which something was logged or scored; its "step"
            counts updates.

    Example:
        >>> Position({"seed": 0}).batches
        0
    """

    plan: dict[str, Any]
    batches: int = 0
    seconds: float = 0.0
    metrics: list[Any] = field(default_factory=list)
    scored: int = -1
    log: list[dict[str, float]] = field(default_factory=list)


def read_position(note: dict[str, Any], plan: dict[str, Any], path: Path, anew: str) -> Position:
    """The position in a state's note, if the run is the same.

    Args:
        note: from the state.
        plan: that of the run which is to go on.
        path: file of the state, for messages.
        anew: how a person begins another run instead, for messages.

    Raises:
        DataError: naming the first difference between the plans; or if the note is of another
            version of octavo.

    Example:
        >>> note = vars(Position({"seed": 0}, batches=3))
        >>> read_position(note, {"seed": 0}, Path("state"), "name another folder").batches
        3
        >>> read_position(note, {"seed": 1}, Path("state"), "name another folder")
        Traceback (most recent call last):
        ...
        octavo.errors.DataError: state: the run was started with seed 0, not 1; name another folder
    """
    saved = note.get("plan", {})
    for name, value in plan.items():
        if saved.get(name) != value:
            raise DataError(
                f"the run was started with {name} {saved.get(name)!r}, not {value!r}; {anew}", path
            )
    if set(note) != {known.name for known in fields(Position)}:
        raise DataError(f"the state of another version of octavo; {anew}", path)
    return Position(**note)
