"""The loss of a training, pass after pass."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

from octavo.errors import UsageError
from octavo.report.pictures import COLOURS, draw_picture


def plot_losses(losses: Sequence[float], path: str | PathLike[str], unit: str = "pass") -> None:
    """Draw the mean loss of each pass of a training.

    Args:
        losses: the mean loss of each pass.
        path: where the picture is written; its ending says which kind (.svg, .png, .pdf).
        unit: what the losses are counted in.

    Raises:
        UsageError: if there are no losses, or the path has another ending.
        DataError: if the file cannot be created.
        MissingExtraError: if matplotlib is not installed.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "loss.svg"
        >>> plot_losses([0.3, 0.2, 0.1], path)
        >>> path.read_text()[:5]
        '<?xml'
    """
    if not len(losses):
        raise UsageError("there must be at least one loss. Received: 0")
    with draw_picture(path) as pyplot:
        _, axes = pyplot.subplots(figsize=(5.2, 3.2), layout="constrained")
        axes.plot(range(1, len(losses) + 1), losses, marker="o", ms=3, lw=1.5, color=COLOURS[0])
        axes.set(xlabel=unit, ylabel="loss", ylim=(0, None))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.spines[["top", "right"]].set_visible(False)
