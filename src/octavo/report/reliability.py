"""Reliability: how often answers of a score are right, against the score."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike

from octavo.errors import UsageError
from octavo.report.pictures import COLOURS, draw_picture


def plot_reliability(bins: Sequence[tuple[float, float, float]], path: str | PathLike[str]) -> None:
    """Draw the share of right answers of each bin against its mean score; the line is perfection.

    Args:
        bins: share of the answers, mean score and share of right ones of each bin, all 0-1, as
            `octavo.reading.calibration.reliability` gives them. A larger bin is a larger dot.
        path: where the picture is written; its ending says which kind (.svg, .png, .pdf).

    Raises:
        UsageError: if there are no bins, or the path has another ending.
        DataError: if the file cannot be created.
        MissingExtraError: if matplotlib is not installed.

    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "reliability.svg"
        >>> plot_reliability([(0.5, 0.1, 0.2), (0.5, 0.9, 0.8)], path)
        >>> path.read_text()[:5]
        '<?xml'
    """
    if not bins:
        raise UsageError("there must be at least one bin. Received: 0")
    shares, scores, hits = zip(*bins, strict=True)
    with draw_picture(path) as pyplot:
        _, axes = pyplot.subplots(figsize=(4.2, 4.2), layout="constrained")
        axes.plot([0, 1], [0, 1], color="0.7", lw=1.2)
        axes.plot(scores, hits, color=COLOURS[0], lw=1.2)
        axes.scatter(scores, hits, [20 + 400 * share for share in shares], color=COLOURS[0])
        axes.set(xlabel="score", ylabel="share of right answers", xlim=(0, 1), ylim=(0, 1))
        axes.set_aspect("equal")
        axes.spines[["top", "right"]].set_visible(False)
