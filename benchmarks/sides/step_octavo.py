"""Optimizer steps of octavo's wrappers, around octavo's Adam or Keras' own."""

from __future__ import annotations

from typing import Any

import jax
from step_bench import (
    DECAY,
    LEARNING_RATE,
    MOMENTUM,
    PERIOD,
    TABLE,
    WINDOW,
    Bench,
    keras,
    keras_task,
)

from octavo.optimizers import (
    Adam,
    GradientAccumulation,
    LazyRows,
    LearningRateMultiplier,
    Lookahead,
    WeightAverage,
    WeightDecay,
    lamb,
    ranger,
)
from worker import serve


def _adam() -> Any:
    return Adam(LEARNING_RATE)


def _keras_adam() -> Any:
    return keras.optimizers.Adam(LEARNING_RATE)


OPTIMIZERS = {
    "adam": _adam,
    "decay": lambda: WeightDecay(_adam(), DECAY),
    "keras decay": lambda: WeightDecay(_keras_adam(), DECAY),
    "lamb": lambda: lamb(LEARNING_RATE, DECAY),
    "lamb without decay": lambda: lamb(LEARNING_RATE),
    "accumulation": lambda: GradientAccumulation(_adam(), WINDOW),
    "keras accumulation": lambda: GradientAccumulation(_keras_adam(), WINDOW),
    "lookahead": lambda: Lookahead(_adam(), PERIOD),
    "ranger": lambda: ranger(LEARNING_RATE, PERIOD),
    "average": lambda: WeightAverage(_adam(), MOMENTUM),
    "keras average": lambda: WeightAverage(_keras_adam(), MOMENTUM),
    "multiplier": lambda: LearningRateMultiplier(_adam(), {"embeddings$": 0.1}),
    "lazy": lambda: LazyRows(_adam(), TABLE),
    "lazy, all rows": lambda: LazyRows(_adam(), TABLE, rows=50_000),
}


def _task(make: Any) -> Any:
    return lambda weights: keras_task(make(), weights)


if __name__ == "__main__":
    bench = Bench(
        {name: _task(make) for name, make in OPTIMIZERS.items()},
        {"keras": keras.__version__, "jax": jax.__version__},
    )
    serve(load=bench.load, steps=bench.steps, write=bench.write, versions=bench.versions)
