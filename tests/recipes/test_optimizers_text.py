"""The recipe that compares optimizers: parts stay apart, orders, bins, the table's sums."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="octavo[plot] is not installed")

ROOT = Path(__file__).resolve().parents[2]
HEADLINES = ROOT.parent / "shared" / "data" / "thucnews_titles"
sys.path.insert(0, str(ROOT / "recipes"))

import optimizers_text as recipe  # noqa: E402
import optimizers_text_plots as plots  # noqa: E402
import optimizers_text_table as table  # noqa: E402
import optimizers_text_training as training  # noqa: E402


@pytest.mark.skipif(not HEADLINES.exists(), reason="../shared/data is not there")
def test_no_headline_is_in_the_test_part_and_in_another() -> None:
    data = training.read_data(HEADLINES)
    test = {row.tobytes() for row in data.test.characters}
    cut = 0  # two long headlines may have the same beginning
    for part in (data.training, data.validation):
        assert part.characters.shape == (len(part.classes), training.LENGTH)
        assert np.bincount(part.classes, minlength=training.CLASSES).min() > 0
        cut += sum(row.tobytes() in test and row[-1] == 0 for row in part.characters)
    assert cut == 0
    assert len(data.training.classes) == training.TRAINING
    assert data.counts.sum() == data.training.characters.size
    assert data.counts[2:].min() == 1  # every character was seen, and "never seen" was not
    assert data.counts[1] == 0


def test_headlines_become_numbers() -> None:
    numbers = training.number_characters(["春江", "江水"])
    coded = training.encode([("江春山", 4), ("水" * 99, 1)], numbers)
    assert coded.characters[0, :4].tolist() == [numbers["江"], numbers["春"], 1, 0]
    assert (coded.characters[1] == numbers["水"]).all()
    assert coded.classes.tolist() == [4, 1]


def test_an_order_is_whole_epochs_and_its_seeds_own() -> None:
    order = training.draw_order(2 * training.TRAINING + 5, seed=1)
    first, second = order[: training.TRAINING], order[training.TRAINING : 2 * training.TRAINING]
    assert np.array_equal(np.sort(first), np.arange(training.TRAINING))
    assert np.array_equal(np.sort(second), np.arange(training.TRAINING))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, training.draw_order(training.TRAINING, seed=2))
    assert np.array_equal(first, training.draw_order(training.TRAINING, seed=1))


def test_means_by_frequency_are_those_of_a_slow_loop() -> None:
    generator = np.random.default_rng(0)
    counts = np.concatenate([[7, 0], np.repeat(training.FREQUENCIES, 4), [4, 400]])
    values = generator.random(len(counts))
    ends = (*training.FREQUENCIES[1:], 10**9)
    slow = [
        np.mean([v for v, c in zip(values[2:], counts[2:], strict=True) if first <= c < end])
        for first, end in zip(training.FREQUENCIES, ends, strict=True)
    ]
    assert np.allclose(training.mean_by_frequency(values, counts), slow)


def made_run(test: float, updates: int = 64) -> dict[str, Any]:
    return {"test": test, "accuracy": [0.1, test], "loss": [2.0, 1.0], "updates": updates} | {
        "seconds": 1.0
    }


def test_gains_are_taken_seed_by_seed() -> None:
    results = {
        "Adam": [made_run(0.5), made_run(0.7)],
        "Lookahead": [made_run(0.6), made_run(0.8)],
    }
    rates, baselines = {"Adam": 1e-3, "Lookahead": 3e-3}, {"Adam": "", "Lookahead": "Adam"}
    adam, lookahead = table.summarize(results, rates, baselines)
    assert adam["gain"] is None
    assert adam["test_spread"] == pytest.approx(0.2 / 2**0.5)
    assert lookahead["gain"] == pytest.approx(0.1)
    assert lookahead["gain_spread"] == pytest.approx(0.0)  # though the seeds are far apart
    assert table.pair(lookahead["gain"], 0.0, sign="+") == "+10.0 ± 0.0"


def test_every_variant_is_compared_and_drawn() -> None:
    baselines = {v.baseline for v in recipe.VARIANTS.values()} - {""}
    drawn = {name for panel in plots.PANELS for name in panel.variants}
    assert drawn == set(recipe.VARIANTS) - baselines
    for panel in plots.PANELS:
        assert {recipe.VARIANTS[name].baseline for name in panel.variants} == {panel.without}


def test_every_point_of_a_curve_is_a_whole_number_of_updates() -> None:
    for plan in (recipe.Plan(), recipe.QUICK):
        for name in plan.variants:
            batch = recipe.VARIANTS[name].batch
            assert plan.examples % (batch * training.POINTS) == 0
