"""How often a run saves, evaluates and logs."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from octavo._checks import check_whole


@dataclass(frozen=True)
class Intervals:
    """How often a run saves, evaluates and logs, in updates; no result depends on it.

    `octavo pretrain --help` shows these texts.

    Args:
        save_steps: Updates between two checkpoints.
        eval_steps: Updates between two validations.
        logging_steps: Updates between two lines of log.csv.
        save_total_limit: Checkpoints that are kept.

    Raises:
        UsageError: if one is less than 1 or no whole number.

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
