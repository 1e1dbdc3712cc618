"""What each optimizer wrapper does to the curve of one small, real training.

Data: Chinese news headlines in ten classes (THUCNews), 8,000 to train, 1,991 to validate, 10,000 to
test. Model: embedded characters, one transformer block, 0.25 M parameters, no dropout. A run sees
32,768 headlines: 512 updates with 64 headlines, or 64 with 512. With and without a wrapper, all is
equal but the learning rate, chosen for each from the same five by the last validation accuracy of
seed 0. Seeds 1 to 3 then give the scores; only they see the test part, once, at the end.

Command: python recipes/optimizers_text.py --data ../shared/data --out runs/optimizers
    (--quick: three variants, an eighth of the headlines). Finished runs are not run again.
Time: 107 runs, about 15 s of processor time each; half an hour on two cores
    that were busy besides.
Result: OUT/summary.json, OUT/wrappers.png (docs/optimizers-wrappers.png) and .svg.

Accuracy in per cent, gains in points of test accuracy, mean and standard deviation of 3 seeds:

                                 rate   validation   its best         test         gain
    Adam                         1e-3   78.1 ± 1.0       80.1   78.8 ± 0.1
    WeightAverage                3e-3   80.7 ± 0.3       81.9   81.3 ± 0.4   +2.5 ± 0.3
    PiecewiseLinear              3e-3   80.4 ± 0.3       80.7   81.0 ± 0.1   +2.2 ± 0.2
    LearningRateMultiplier 10    1e-3   79.2 ± 0.1       81.0   80.0 ± 0.0   +1.2 ± 0.1
    WeightDecay 1                3e-4   78.4 ± 0.3       78.7   79.4 ± 0.1   +0.6 ± 0.2
    LazyRows                     1e-3   78.3 ± 0.9       80.3   79.3 ± 0.1   +0.5 ± 0.0
    Lookahead                    1e-3   78.1 ± 0.2       79.1   79.2 ± 0.2   +0.4 ± 0.3
    ranger                       3e-3   78.1 ± 0.6       78.9   79.0 ± 0.2   +0.2 ± 0.3
    WeightDecay 0.1              3e-3   78.0 ± 0.8       80.1   78.8 ± 0.2   +0.0 ± 0.3
    LearningRateMultiplier 0.1   3e-3   77.5 ± 0.2       78.1   78.6 ± 0.5   -0.2 ± 0.6
    LayerAdaptation              3e-3   77.7 ± 0.7       78.5   78.4 ± 0.4   -0.3 ± 0.5
    Adam, batch 512              1e-2   79.8 ± 0.9       80.6   80.5 ± 0.8
    GradientAccumulation 8 x 64  1e-2   79.8 ± 0.9       80.6   80.5 ± 0.8    0.0 ± 0.0
    LayerAdaptation, batch 512   1e-2   78.5 ± 1.4       79.5   79.5 ± 0.4   -1.0 ± 0.5

Helped: WeightAverage, most and throughout; its run's last weights are no better than Adam's.
PiecewiseLinear as much in the end, but its best point is hardly above Adam's: here it spares one
from stopping early. A tenfold rate of the embedding: the curve rises earlier and higher.
A little: LazyRows, half a point with every seed; rows of characters seen once come 0.05 far instead
of 0.11, those of characters seen nine times or more alike (19 % of the rows have a gradient in an
update). WeightDecay 1 as much, at a low learning rate, its curve far behind until the last quarter.
Not to be told from nothing: Lookahead (behind at first, then alike, its seeds closer together),
WeightDecay 0.1, ranger, a tenth of the embedding's rate.
As it should be: GradientAccumulation is the large batch; losses differ by 5e-6 at most, accuracies
not at all.
Hurt: LayerAdaptation, clearly with the batch of 512 and while curves rise. It was made for batches
of thousands with a warm-up; here it has none, and Adam does well with 512 unaided.
One task, three seeds: a gain below half a point is not told from chance.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

import optimizers_text_plots as plots
from octavo._files import write_atomic
from octavo._keras import use_compilation_cache
from octavo._progress import Progress
from octavo.errors import DataError
from octavo.optimizers import (
    Adam,
    GradientAccumulation,
    LazyRows,
    LearningRateMultiplier,
    Lookahead,
    WeightAverage,
    adamw,
    lamb,
    ranger,
    warmup_stable_decay,
)
from optimizers_text_table import make_table, summarize
from optimizers_text_training import Data, read_data, train

SMALL, LARGE = 64, 512  # headlines a batch
EXAMPLES = 32_768  # headlines a run: 512 updates of a small batch, 64 of a large one
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)  # to choose from
SEEDS = (1, 2, 3)  # of the final runs; rates are chosen with seed 0
EXCLUDED = ("bias", "norm")  # of weight decay and layer adaptation
EMBEDDING = "characters/embeddings"


class Variant(NamedTuple):
    """An optimizer to try.

    Args:
        make: the optimizer from learning rate and number of updates.
        batch: headlines an update.
        baseline: the variant without the wrapper; "" for none.
        rate_of: the variant whose chosen learning rate is taken; "" to choose one.
    """

    make: Callable[[float, int], Any]
    batch: int = SMALL
    baseline: str = "Adam"
    rate_of: str = ""


VARIANTS = {
    "Adam": Variant(lambda rate, _: Adam(rate), baseline=""),
    "WeightDecay 0.1": Variant(lambda rate, _: adamw(rate, 0.1, EXCLUDED)),
    "WeightDecay 1": Variant(lambda rate, _: adamw(rate, 1.0, EXCLUDED)),
    "LayerAdaptation": Variant(lambda rate, _: lamb(rate, exclude=EXCLUDED)),
    "Lookahead": Variant(lambda rate, _: Lookahead(Adam(rate))),
    "LazyRows": Variant(lambda rate, _: LazyRows(Adam(rate))),
    "WeightAverage": Variant(lambda rate, _: WeightAverage(Adam(rate), momentum=0.99)),
    "Multiplier 0.1": Variant(lambda rate, _: LearningRateMultiplier(Adam(rate), {EMBEDDING: 0.1})),
    "Multiplier 10": Variant(lambda rate, _: LearningRateMultiplier(Adam(rate), {EMBEDDING: 10.0})),
    "PiecewiseLinear": Variant(
        lambda rate, n: Adam(warmup_stable_decay(rate, n // 10, 0, n - n // 10))
    ),
    "ranger": Variant(lambda rate, _: ranger(rate)),
    "Adam, large batch": Variant(lambda rate, _: Adam(rate), LARGE, baseline=""),
    "LayerAdaptation, large batch": Variant(
        lambda rate, _: lamb(rate, exclude=EXCLUDED), LARGE, "Adam, large batch"
    ),
    "GradientAccumulation": Variant(
        lambda rate, _: GradientAccumulation(Adam(rate), LARGE // SMALL),
        LARGE,
        baseline="Adam, large batch",
        rate_of="Adam, large batch",
    ),
}


class Plan(NamedTuple):
    """How much is run."""

    variants: tuple[str, ...] = tuple(VARIANTS)
    rates: tuple[float, ...] = RATES
    seeds: tuple[int, ...] = SEEDS
    examples: int = EXAMPLES


QUICK = Plan(("Adam", "LazyRows", "WeightAverage"), (3e-3,), (1,), 4_096)


def main() -> None:
    """Run what is not done yet, then draw and print all of it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/optimizers"))
    parser.add_argument("--quick", action="store_true", help="a taste, within a minute")
    options = parser.parse_args()
    plan = QUICK if options.quick else Plan()
    out = options.out / "quick" if options.quick else options.out
    try:
        data = read_data(options.data / "thucnews_titles")
    except DataError as error:
        sys.exit(f"optimizers_text: {error}")
    out.mkdir(parents=True, exist_ok=True)
    use_compilation_cache()

    rates, results = run_all(plan, data, out)
    baselines = {name: VARIANTS[name].baseline for name in results}
    rows = summarize(results, rates, baselines)
    plots.draw_all(results, rows, run_rows(plan, data, out, rates["Adam"]), out)
    Console(width=100).print(make_table(rows))
    with write_atomic(out / "summary.json") as file:
        json.dump({"variants": rows}, file, indent=1)
    print(json.dumps({"out": str(out), "variants": rows}))


def run_all(
    plan: Plan, data: Data, out: Path
) -> tuple[dict[str, float], dict[str, list[dict[str, Any]]]]:
    """The chosen learning rates, and the final runs, both by variant."""
    tuned = [name for name in plan.variants if not VARIANTS[name].rate_of]
    total = len(tuned) * len(plan.rates) + len(plan.variants) * len(plan.seeds)
    rates: dict[str, float] = {}
    results: dict[str, list[dict[str, Any]]] = {}
    with Progress(total, "runs") as progress:
        for name in tuned:
            tried = {}
            for rate in plan.rates:
                tried[rate] = run(name, rate, 0, plan, data, out)["accuracy"][-1]
                progress.advance(1, f"{name} at {rate:g}: {tried[rate]:.3f}")
            rates[name] = max(tried, key=lambda rate: tried[rate])
        for name in plan.variants:
            rates.setdefault(name, rates[VARIANTS[name].rate_of or name])
            results[name] = []
            for seed in plan.seeds:
                results[name].append(run(name, rates[name], seed, plan, data, out))
                progress.advance(1, f"{name}, seed {seed}")
    return rates, results


def run(name: str, rate: float, seed: int, plan: Plan, data: Data, out: Path) -> dict[str, Any]:
    """One training, or what is written of it; seed 0 never sees the test part."""
    words = name.lower().replace(",", "").replace(" ", "-")
    path = out / f"{words}_{rate:g}_{seed}.json"
    if not path.is_file():
        variant = VARIANTS[name]
        updates = plan.examples // variant.batch
        optimizer = variant.make(rate, updates)
        accumulates = isinstance(optimizer, GradientAccumulation)
        batch = variant.batch // optimizer.steps if accumulates else variant.batch
        result = train(optimizer, data, seed, batch, plan.examples, use_test=seed != 0)
        result |= {"variant": name, "rate": rate, "seed": seed, "updates": updates}
        with write_atomic(path) as file:
            json.dump(result, file)
    return json.loads(path.read_text())


def run_rows(plan: Plan, data: Data, out: Path, rate: float) -> dict[str, dict[str, Any]]:
    """Adam with and without LazyRows at one learning rate, to compare how far rows come."""
    return {name: run(name, rate, 0, plan, data, out) for name in ("Adam", "LazyRows")}


if __name__ == "__main__":
    main()
