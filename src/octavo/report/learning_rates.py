"""Learning rates against updates, one line a schedule."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from octavo._files import write_atomic
from octavo._lazy import require
from octavo.errors import UsageError

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # told apart by all


def plot_learning_rates(
    schedules: Mapping[str, Callable[[int], Any]], updates: int, path: str | Path
) -> None:
    """Draw the learning rates of the first `updates` updates.

    Args:
        schedules: by name, functions from an update's number (from 0) to a learning rate.
        updates: how many to draw, 2 or more.
        path: of the picture; its ending says which kind (.svg, .png, .pdf).

    Raises:
        UsageError: if there is nothing to draw.
        MissingExtraError: if matplotlib is not installed.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "rates.svg"
        >>> plot_learning_rates({"halved": lambda step: 0.5 ** (step // 10)}, 100, path)
        >>> path.read_text()[:5]
        '<?xml'
    """
    if updates < 2:
        raise UsageError(f"updates must be 2 or more. Received: updates={updates!r}")
    require("matplotlib", extra="plot").use("Agg")
    pyplot = require("matplotlib.pyplot", extra="plot")
    steps = sorted({round(i * (updates - 1) / 999) for i in range(1000)})
    figure, axes = pyplot.subplots(figsize=(7.5, 3.2), layout="constrained")
    for (name, schedule), colour in zip(schedules.items(), itertools.cycle(COLOURS)):
        axes.plot(steps, [float(schedule(s)) for s in steps], label=name, color=colour, lw=1.8)
    axes.set(xlabel="update", ylabel="learning rate", xlim=(0, updates - 1), ylim=(0, None))
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False)
    with write_atomic(path, binary=True) as file:
        figure.savefig(file, format=Path(path).suffix[1:] or "png", dpi=150)
    pyplot.close(figure)
