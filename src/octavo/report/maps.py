"""A map of vectors: points with their names, or coloured by their labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np

from octavo.errors import UsageError
from octavo.report.pictures import draw_picture

MOST_COLOURS = 20  # labels that have a colour of their own
REST, DOT = "0.75", 4  # of other points their colour, and with names beside them their size


def plot_map(
    points: np.ndarray,
    path: str | PathLike[str],
    names: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
) -> None:
    """Draw points on a plane, as `octavo.vectors.project` lays them out.

    Args:
        points: float (points, 2).
        path: where the picture is written; its ending says which kind (.svg, .png, .pdf).
        names: of the points, the most important first; a name that would cover one before it is
            left out.
        labels: of the points: the twenty commonest have a colour each, the others are grey.

    Raises:
        UsageError: if there are no points, or not as many names or labels, or the path has another
            ending.
        DataError: if the file cannot be created.
        MissingExtraError: if matplotlib is not installed.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "map.svg"
        >>> plot_map(np.array([[0.0, 1.0], [1.0, 0.0]]), path, names=["one", "two"])
        >>> path.read_text()[:5]
        '<?xml'
    """
    for what, given in (("names", names), ("labels", labels)):
        if given is not None and len(given) != len(points):
            raise UsageError(
                f"there must be as many {what} as points. Received: {len(given)} {what}, "
                f"{len(points)} points"
            )
    if not len(points):
        raise UsageError("there must be at least one point. Received: 0")
    commonest = [label for label, _ in Counter(labels or ()).most_common(MOST_COLOURS)]
    with draw_picture(path, [*(names or ()), *commonest]) as pyplot:
        figure, axes = pyplot.subplots(figsize=(9, 7.5), layout="constrained")
        size = float(np.clip(3e4 / len(points), 2, 30))
        if labels is None:
            size = min(size, DOT) if names else size
            axes.scatter(*points.T, s=size, color=REST, lw=0)
        else:
            _draw_labels(axes, points, labels, commonest, size, pyplot.get_cmap("tab20"))
        axes.set(xticks=[], yticks=[])
        axes.set_aspect("equal", "datalim")
        axes.spines[:].set_visible(False)
        if names is not None:
            _draw_names(figure, axes, points, names)


def _draw_labels(
    axes: Any,
    points: np.ndarray,
    labels: Sequence[str],
    commonest: list[str],
    size: float,
    colours: Any,
) -> None:
    """The points of each label, and a legend."""
    order = {label: number for number, label in enumerate(commonest)}
    numbers = np.array([order.get(label, MOST_COLOURS) for label in labels])
    handles, shown = [], []
    for number, label in [(MOST_COLOURS, "others"), *enumerate(commonest)]:
        chosen = points[numbers == number]
        if len(chosen):
            colour = REST if number == MOST_COLOURS else colours(number)
            handles.append(axes.scatter(*chosen.T, s=size, color=colour, lw=0, alpha=0.8))
            shown.append(label)
    legend = axes.legend(
        handles,
        ["label"] * len(handles),
        loc="upper left", bbox_to_anchor=(1, 1), frameon=False, markerscale=5 / size**0.5,
    )  # fmt: skip
    for text, label in zip(legend.get_texts(), shown, strict=True):
        text.set_parse_math(False)  # and Matplotlib hides labels that begin with "_"
        text.set_text(label)


def _draw_names(figure: Any, axes: Any, points: np.ndarray, names: Sequence[str]) -> None:
    """Names beside their points, those left out that would cover another."""
    figure.canvas.draw()  # so that places are known
    renderer = figure.canvas.get_renderer()
    taken = np.empty((0, 4))
    for (x, y), name in zip(points.tolist(), names, strict=True):
        text = axes.text(x, y, name, ha="center", va="center", size=8, parse_math=False)
        left, low, right, high = text.get_window_extent(renderer).extents
        covers = (taken[:, 0] < right) & (taken[:, 2] > left)
        if (covers & (taken[:, 1] < high) & (taken[:, 3] > low)).any():
            text.remove()
        else:
            taken = np.vstack([taken, (left, low, right, high)])
