"""Draw counting_puzzle's figures; `python benchmarks/puzzle_picture.py` draws the last again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LINES = {  # way: label, colour, style
    "one dict": ("one dict", "#d55e00", "o-"),
    "small dicts": ("small dicts, 1,000 texts each, merged", "#e69f00", "s-"),
    "Counter": ("Counter", "#cc79a7", "^-"),
    "Arrow": ("Arrow, 1,000 texts at once, merged", "#56b4e9", "v-"),
    "octavo": ("octavo, reading and sorting included", "#0072b2", "D-"),
}
REASONS = {
    "one dict": ("as it comes", "o-"),
    "sorted": ("sorted: hardly a miss", "o--"),
    "cut": ("cutting alone", "o:"),
}
TICKS = (20, 50, 100, 200, 500, 1000, 2000)
KINDS = {"random": ("random", "#d55e00"), "text": ("text", "#0072b2")}


def draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write the picture.

    Args:
        rows: of the benchmark's figures.
        path: of a .png.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 3, figsize=(14, 5), sharey=True, layout="constrained")
    for place, kind in enumerate(KINDS):
        own = [row for row in rows if row["kind"] == kind]
        for way, (label, colour, style) in LINES.items():
            axes[place].plot(*_curve(own, way), style, color=colour, label=label, ms=4)
        for reason, (label, style) in REASONS.items():
            name, colour = KINDS[kind]
            axes[2].plot(*_curve(own, reason), style, color=colour, label=f"{name}, {label}", ms=3)
    titles = ("words at random, all equally often", "Chinese text", "the one dict: why")
    for title, ax in zip(titles, axes, strict=True):
        ax.set(title=title, xscale="log", yscale="log", xlabel="different words in the dictionary")
        ax.grid(color="0.92")
        ax.spines[["top", "right"]].set_visible(False)
        _mark_caches(ax, rows[0]["caches"])
    axes[0].set_ylabel("nanoseconds a token")
    axes[0].set_yticks(TICKS, [f"{tick:,}" for tick in TICKS])
    axes[0].minorticks_off()
    handles = [axes[0].get_legend_handles_labels(), axes[2].get_legend_handles_labels()]
    figure.legend(*handles[0], loc="outside lower left", ncols=2, frameon=False)
    figure.legend(*handles[1], loc="outside lower right", ncols=2, frameon=False)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _curve(rows: Sequence[dict[str, Any]], way: str) -> tuple[list[int], list[float]]:
    points = sorted((row["distinct"], row["nanoseconds"][way]) for row in rows)
    return [x for x, _ in points], [y for _, y in points]


def _mark_caches(ax: Any, caches: dict[str, dict[str, Any]]) -> None:
    """Where a dict and its strings no longer fit into a cache."""
    for name in ("L2", "L3"):
        if name in caches:
            ax.axvline(caches[name]["entries"], color="0.6", lw=0.8, ls=":")
            ax.annotate(
                name, (caches[name]["entries"], 1), (3, -10), color="0.4", fontsize=9,
                xycoords=("data", "axes fraction"), textcoords="offset points",
            )  # fmt: skip


if __name__ == "__main__":
    figures = json.loads((ROOT / "benchmarks/results/counting_puzzle.json").read_text("utf-8"))
    draw(figures["rows"], ROOT / "docs" / "counting-puzzle.png")
