"""The picture of recipes/optimizers_text.py: a panel for each wrapper, with and without it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter
from PIL import Image

from octavo._files import write_atomic
from optimizers_text_training import FREQUENCIES

Runs = dict[str, list[dict[str, Any]]]

# Okabe & Ito's colours, which differ for every kind of colour vision; and line styles besides
WITHOUT = {"color": "#8c8c8c", "linewidth": 3.0}
WITH = {"color": "#0072b2", "linewidth": 1.5}
SECOND = {"color": "#d55e00", "linewidth": 1.5, "linestyle": (0, (4, 1.5))}
ACCURACIES = (0.6, 0.84)
LOSSES = (0.03, 3.0)
STYLE = {
    "font.size": 8,
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "octavo",
}


class Panel(NamedTuple):
    """What one panel compares: a variant without the wrapper, and those with it by their labels."""

    title: str
    without: str
    variants: dict[str, str]


PANELS = (
    Panel("WeightDecay", "Adam", {"WeightDecay 0.1": "decay 0.1", "WeightDecay 1": "decay 1"}),
    Panel("Lookahead", "Adam", {"Lookahead": "Lookahead(Adam)"}),
    Panel("WeightAverage", "Adam", {"WeightAverage": "averaged weights"}),
    Panel(
        "LearningRateMultiplier",
        "Adam",
        {"Multiplier 0.1": "embedding × 0.1", "Multiplier 10": "embedding × 10"},
    ),
    Panel("PiecewiseLinear", "Adam", {"PiecewiseLinear": "warm-up, then down to 0"}),
    Panel("ranger", "Adam", {"ranger": "ranger"}),
    Panel("LayerAdaptation, batch 64", "Adam", {"LayerAdaptation": "LAMB"}),
    Panel(
        "LayerAdaptation, batch 512",
        "Adam, large batch",
        {"LayerAdaptation, large batch": "LAMB"},
    ),
    Panel(
        "GradientAccumulation",
        "Adam, large batch",
        {"GradientAccumulation": "8 batches of 64"},
    ),
    Panel("LazyRows", "Adam", {"LazyRows": "LazyRows(Adam)"}),
)


def draw_all(
    results: Runs, rows: list[dict[str, Any]], lazy: dict[str, dict[str, Any]], out: Path
) -> None:
    """Draw the panels and write them as wrappers.svg and wrappers.png.

    Args:
        results: final runs by variant.
        rows: the table's rows.
        lazy: one run of Adam and one of LazyRows at the same learning rate.
        out: the folder.
    """
    with pyplot.rc_context(STYLE):
        figure = pyplot.figure(figsize=(10.5, 14), layout="constrained")
        figure.suptitle(
            "Validation accuracy and training loss; in brackets the learning rate; "
            "bands from the lowest to the highest seed",
            fontsize=9,
        )
        cells = figure.subfigures(4, 3, wspace=0.02, hspace=0.02).ravel()
        for cell, panel in zip(cells, PANELS, strict=False):
            if panel.without in results and set(panel.variants) <= set(results):
                draw_curves(cell, panel, results)
        draw_movement(cells[len(PANELS)].subplots(), lazy)
        draw_gains(cells[len(PANELS) + 1].subplots(), rows)
        save(figure, out)
        pyplot.close(figure)


def save(figure: Figure, out: Path) -> None:
    """Write the picture twice; the PNG with 128 colours, which is a third of the bytes."""
    with write_atomic(out / "wrappers.svg", binary=True) as file:
        figure.savefig(file, format="svg", metadata={"Date": None})
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    picture = Image.open(buffer).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    with write_atomic(out / "wrappers.png", binary=True) as file:
        picture.save(file, format="png", optimize=True)


def draw_curves(cell: Any, panel: Panel, results: Runs) -> None:
    """Validation accuracy above, training loss below, both against updates."""
    above, below = cell.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    above.set_title(panel.title)
    label = f"without ({results[panel.without][0]['rate']:g})"
    draw_line(above, below, results[panel.without], label, WITHOUT)
    styles = (WITH, SECOND)
    for (name, label), style in zip(panel.variants.items(), styles, strict=False):
        label = f"{label} ({results[name][0]['rate']:g})"
        draw_line(above, below, results[name], label, style)
        if "accuracy_last" in results[name][0]:
            draw_band(above, results[name], "accuracy_last", "the same run's last weights", SECOND)
    above.set_ylim(*ACCURACIES)
    above.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    above.set_ylabel("validation accuracy")
    above.legend(loc="lower right")
    below.set_yscale("log")
    below.set_ylim(*LOSSES)
    below.yaxis.minorticks_off()
    below.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    below.set_ylabel("training loss")
    below.set_xlabel("updates")
    below.set_xlim(0, results[panel.without][0]["updates"])


def draw_line(
    above: Axes, below: Axes, runs: list[dict[str, Any]], label: str, style: dict[str, Any]
) -> None:
    """One variant in both halves of a panel."""
    draw_band(above, runs, "accuracy", label, style)
    draw_band(below, runs, "loss", label, style)


def draw_band(
    axes: Axes, runs: list[dict[str, Any]], key: str, label: str, style: dict[str, Any]
) -> None:
    """The mean over seeds, in a band from the lowest to the highest."""
    values = np.array([run[key] for run in runs])
    updates = runs[0]["updates"] * np.arange(1, values.shape[1] + 1) / values.shape[1]
    axes.plot(updates, values.mean(axis=0), label=label, **style)
    axes.fill_between(
        updates,
        values.min(axis=0),
        values.max(axis=0),
        color=style["color"],
        alpha=0.2,
        linewidth=0,
    )


def draw_movement(axes: Axes, lazy: dict[str, dict[str, Any]]) -> None:
    """How far rows of the embedding came, by how often their character was seen."""
    rate = lazy["Adam"]["rate"]
    share = next(iter(lazy["LazyRows"]["shares"].values()))
    axes.set_title("LazyRows, rare characters")
    for (name, run), style in zip(lazy.items(), (WITHOUT, WITH), strict=True):
        label = f"{name} ({rate:g})"
        axes.plot(FREQUENCIES, run["movement"], marker="o", markersize=4, label=label, **style)
    axes.set_xscale("log")
    axes.set_xticks(FREQUENCIES, [f"{first}" for first in FREQUENCIES], minor=False)
    axes.set_xticks([], minor=True)
    axes.set_ylim(0, None)
    axes.set_xlabel("times in the training part, this often or more")
    axes.set_ylabel("mean distance of rows from their start")
    note = f"rows with a gradient in an update:\n{100 * share:.0f} % on average"
    axes.text(0.97, 0.3, note, transform=axes.transAxes, ha="right", fontsize=7.5)
    axes.legend(loc="lower right")


def draw_gains(axes: Axes, rows: list[dict[str, Any]]) -> None:
    """Test accuracy less the baseline's: mean and standard deviation over seeds."""
    rows = [row for row in rows if row["gain"] is not None]
    places = np.arange(len(rows))[::-1]
    axes.set_title("Test accuracy gained")
    axes.axvline(0.0, color="#8c8c8c", linewidth=1)
    axes.errorbar(
        [100 * row["gain"] for row in rows],
        places,
        xerr=[100 * row["gain_spread"] for row in rows],
        fmt="o",
        color=WITH["color"],
        markersize=4,
        capsize=2,
    )
    axes.set_yticks(places, [row["variant"] for row in rows], fontsize=7.5)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("points, mean ± sd over seeds")
