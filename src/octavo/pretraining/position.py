"""How far a run is, how often it saves, and whether it is the same run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from octavo._checks import check_whole
from octavo.errors import DataError


@dataclass
class Position:
    """How far a run is: the note in its state."""

    plan: dict[str, Any]
    step: int = 0  # batches; with `accumulate` several make an update
    seconds: float = 0.0
    metrics: list[float] = field(default_factory=list)  # Keras' sums since the last line of the log
    log: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Intervals:
    """How often a run saves, evaluates and logs, in updates; no result depends on it.

    Args:
        save_steps: Updates between two checkpoints.
        eval_steps: Updates between two validations.
        logging_steps: Updates between two lines of log.csv.
        save_total_limit: Checkpoints that are kept.

    Example:
        >>> Intervals(save_steps=500).save_total_limit
        2
    """

    save_steps: int = 1000
    eval_steps: int = 1000
    logging_steps: int = 100
    save_total_limit: int = 2

    def __post_init__(self) -> None:
        """Refuse impossible numbers."""
        for name, value in asdict(self).items():
            check_whole(name, value, 1)


def check_plan(saved: dict[str, Any], plan: dict[str, Any], folder: Path) -> None:
    """Refuse to go on with other settings or another corpus.

    Raises:
        DataError: naming the first difference.
    """
    for name, value in plan.items():
        if saved.get(name) != value:
            raise DataError(
                f"holds a run with {name} {saved.get(name)!r}, not {value!r}; name another folder",
                folder,
            )
