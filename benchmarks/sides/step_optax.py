"""Optimizer steps of optax, and of the optimizers Keras has itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from step_bench import (
    DECAY,
    LEARNING_RATE,
    MOMENTUM,
    PERIOD,
    WINDOW,
    Bench,
    Task,
    keras,
    keras_task,
)

from worker import serve

ADAM = optax.adam(LEARNING_RATE)


def optax_task(transformation: Any) -> Callable[[dict[str, Any]], Task]:
    """Update and apply, as optax' documentation writes a step."""

    def make(weights: dict[str, Any]) -> Task:
        values = [jnp.array(array) for array in weights.values()]
        return Task(
            _step(transformation),
            transformation.init(values),
            values,
            lambda state, values: dict(zip(weights, values, strict=True)),
        )

    return make


def _step(transformation: Any) -> Any:
    def step(state: Any, values: Any, gradients: Any) -> tuple[Any, Any]:
        updates, state = transformation.update(gradients, state, values)
        return state, optax.apply_updates(values, updates)

    return step


def lookahead_task(fast: Any) -> Callable[[dict[str, Any]], Task]:
    """Lookahead of optax keeps fast and slow weights in a pair."""
    transformation = optax.lookahead(fast, PERIOD, 0.5)

    def make(weights: dict[str, Any]) -> Task:
        pair = optax.LookaheadParams(*([jnp.array(a) for a in weights.values()] for _ in "fs"))
        return Task(
            _step(transformation),
            transformation.init(pair),
            pair,
            lambda state, pair: dict(zip(weights, pair.fast, strict=True)),
        )

    return make


def average_task(weights: dict[str, Any]) -> Task:
    """Adam, then optax' average of the weights, whose bias is corrected when it is read."""
    average = optax.ema(MOMENTUM)
    adam_step = _step(ADAM)

    def step(state: Any, values: Any, gradients: Any) -> tuple[Any, Any]:
        adam_state, values = adam_step(state[0], values, gradients)
        return (adam_state, average.update(values, state[1])[1]), values

    def results(state: Any, values: Any) -> dict[str, Any]:
        bias = 1.0 - MOMENTUM ** int(state[1].count)
        averages = (array / bias for array in state[1].ema)
        names = (f"average of {name}" for name in weights)
        found = dict(zip(weights, values, strict=True))
        return found | dict(zip(names, averages, strict=True))

    values = [jnp.array(array) for array in weights.values()]
    return Task(step, (ADAM.init(values), average.init(values)), values, results)


def partition_task(weights: dict[str, Any]) -> Task:
    """A tenth of the learning rate for the embeddings."""
    labels = ["slow" if name.endswith("embeddings") else "fast" for name in weights]
    parts = {"slow": optax.adam(0.1 * LEARNING_RATE), "fast": ADAM}
    return optax_task(optax.partition(parts, labels))(weights)


def own_task(name: str, **arguments: Any) -> Callable[[dict[str, Any]], Task]:
    """An optimizer of Keras."""
    return lambda weights: keras_task(
        getattr(keras.optimizers, name)(LEARNING_RATE, **arguments), weights
    )


TASKS = {
    "adam": optax_task(ADAM),
    "decay": optax_task(optax.adamw(LEARNING_RATE, weight_decay=DECAY)),
    "keras decay": own_task("AdamW", weight_decay=DECAY),
    "lamb": optax_task(optax.lamb(LEARNING_RATE, weight_decay=DECAY)),
    "keras lamb": own_task("Lamb", weight_decay=DECAY, epsilon=1e-6),
    "keras lamb without decay": own_task("Lamb", epsilon=1e-6),
    "accumulation": optax_task(optax.MultiSteps(ADAM, WINDOW)),
    "keras accumulation": own_task("Adam", gradient_accumulation_steps=WINDOW),
    "lookahead": lookahead_task(ADAM),
    "ranger": lookahead_task(optax.radam(LEARNING_RATE)),
    "average": average_task,
    "keras average": own_task("Adam", use_ema=True, ema_momentum=MOMENTUM),
    "multiplier": partition_task,
}


if __name__ == "__main__":
    versions = {module.__name__: module.__version__ for module in (optax, keras, jax)}
    bench = Bench(TASKS, versions)
    serve(load=bench.load, steps=bench.steps, write=bench.write, versions=bench.versions)
