"""The table of recipes/optimizers_text.py: means and deviations over seeds."""

from __future__ import annotations

import statistics
from typing import Any

from rich.table import Table


def summarize(
    results: dict[str, list[dict[str, Any]]], rates: dict[str, float], baselines: dict[str, str]
) -> list[dict[str, Any]]:
    """A row for each variant: means over seeds, spreads, and the gain over its baseline.

    `validation_best` is the mean of the best point of each seed's curve: what stopping early gets.
    Variants share the seeds' first weights and orders, so `gain` is a mean of differences seed by
    seed, and `gain_spread` their standard deviation.
    """
    rows = []
    for name, runs in results.items():
        test = [one["test"] for one in runs]
        base = [one["test"] for one in results.get(baselines[name], [])]
        gains = [a - b for a, b in zip(test, base, strict=True)] if base else []
        rows.append(
            {
                "variant": name,
                "baseline": baselines[name],
                "rate": rates[name],
                "updates": runs[0]["updates"],
                "loss": statistics.mean(one["loss"][-1] for one in runs),
                "validation": statistics.mean(one["accuracy"][-1] for one in runs),
                "validation_best": statistics.mean(max(one["accuracy"]) for one in runs),
                "validation_spread": spread([one["accuracy"][-1] for one in runs]),
                "test": statistics.mean(test),
                "test_spread": spread(test),
                "gain": statistics.mean(gains) if gains else None,
                "gain_spread": spread(gains) if gains else None,
                "seconds": statistics.median(one["seconds"] for one in runs),
            }
        )
    return rows


def spread(values: list[float]) -> float:
    """Standard deviation over seeds; 0 of one."""
    return statistics.stdev(values) if len(values) > 1 else 0.0


def make_table(rows: list[dict[str, Any]]) -> Table:
    """The rows for a terminal, accuracies in per cent."""
    table = Table(title="final accuracy and gain in test, %, mean and deviation over seeds")
    for heading in ("", "rate", "updates", "loss", "validation", "its best", "test", "gain"):
        table.add_column(heading, justify="right" if heading else "left")
    for row in rows:
        gain = "" if row["gain"] is None else pair(row["gain"], row["gain_spread"], sign="+")
        table.add_row(
            row["variant"],
            f"{row['rate']:g}",
            str(row["updates"]),
            f"{row['loss']:.3f}",
            pair(row["validation"], row["validation_spread"]),
            f"{100 * row['validation_best']:.1f}",
            pair(row["test"], row["test_spread"]),
            gain,
        )
    return table


def pair(mean: float, deviation: float, sign: str = "") -> str:
    """Two fractions in per cent.

    Example:
        >>> pair(0.8125, 0.004)
        '81.2 ± 0.4'
    """
    return f"{100 * mean:{sign}.1f} ± {100 * deviation:.1f}"
