"""Learning rates against updates, one line a schedule."""

from __future__ import annotations

import itertools
import numbers
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from octavo._checks import check_whole
from octavo.errors import UsageError
from octavo.report.pictures import COLOURS, draw_picture

STYLES = ("-", "--", ":")  # of the lines after the sixth, after the twelfth


def plot_learning_rates(schedules: Mapping[str, Any], updates: int, path: str | Path) -> None:
    """Draw the learning rates of the first `updates` updates.

    Args:
        schedules: by name, functions from an update's number (from 0) to a learning rate, such as
            Keras' schedules; or numbers, for a learning rate that stays.
        updates: how many to draw, 2 or more.
        path: where the picture is written; its ending says which kind (.svg, .png, .pdf).

    Raises:
        UsageError: if there is nothing to draw, or something that is no schedule, or
            the path has another ending.
        DataError: if the file cannot be created.
        MissingExtraError: if matplotlib is not installed.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "rates.svg"
        >>> plot_learning_rates({"halved": lambda step: 0.5 ** (step // 10)}, 100, path)
        >>> path.read_text()[:5]
        '<?xml'
    """
    check_whole("updates", updates, 2)
    if not isinstance(schedules, Mapping) or not schedules:
        raise UsageError(
            "schedules must be a dictionary of names and schedules, such as "
            f"{{'constant': 0.001}}. Received: schedules={schedules!r}"
        )
    steps = sorted({round(i * (updates - 1) / 999) for i in range(1000)})
    rates = {str(name): _rates(name, schedule, steps) for name, schedule in schedules.items()}
    with draw_picture(path, rates) as pyplot:
        _, axes = pyplot.subplots(figsize=(7.5, 3.2), layout="constrained")
        styles = itertools.cycle(itertools.product(STYLES, COLOURS))
        for (name, values), (style, colour) in zip(rates.items(), styles, strict=False):
            axes.plot(steps, values, label=name, color=colour, ls=style, lw=1.8)
        axes.set(xlabel="update", ylabel="learning rate", xlim=(0, updates - 1), ylim=(0, None))
        axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3))
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)


def _rates(name: str, schedule: Any, steps: Sequence[int]) -> list[float]:
    """The learning rate at each of the steps."""
    if isinstance(schedule, numbers.Real):
        return [float(schedule)] * len(steps)
    if not callable(schedule):
        raise UsageError(
            "a schedule is a function of an update's number, or a number. "
            f"Received: schedules[{name!r}]={schedule!r}"
        )
    return [float(schedule(step)) for step in steps]
