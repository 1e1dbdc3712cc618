"""What the sides of optimizers_step share: weights, gradients, and one compiled step.

A step is a function (state, weights, gradients) -> (state, weights), compiled by JAX with state and
weights donated, as every training loop does. The weights are those of a BERT; the gradients are
three fixed sets in turns, so that moments, windows and averages have something to do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
import numpy as np

LEARNING_RATE, DECAY = 0.001, 0.1
WINDOW, PERIOD, MOMENTUM = 4, 6, 0.99  # of accumulation, of Lookahead, of the average
TABLE = "word_embeddings"
SETS = 3


class Task(NamedTuple):
    """One optimizer, ready to be compiled.

    Args:
        step: (state, weights, gradients) -> (state, weights).
        state: the optimizer's, a tree of arrays.
        weights: the model's, a tree of arrays.
        results: (state, weights) -> arrays by name, to be compared with the other side's.
    """

    step: Callable[[Any, Any, Any], tuple[Any, Any]]
    state: Any
    weights: Any
    results: Callable[[Any, Any], dict[str, Any]]


def shapes(layers: int, vocabulary: int, width: int, hidden: int = 384) -> dict[str, Any]:
    """Shapes by name: a BERT of `hidden` units whose word embeddings are vocabulary x width."""
    found = {TABLE: (vocabulary, width), "position_embeddings": (512, hidden)}
    for layer in range(layers):
        parts = {f"layer_{layer}_{part}": (hidden, hidden) for part in ("query", "key", "value")}
        parts[f"layer_{layer}_output"] = (hidden, hidden)
        parts[f"layer_{layer}_intermediate"] = (hidden, 4 * hidden)
        parts[f"layer_{layer}_dense"] = (4 * hidden, hidden)
        biases = {f"{name}_bias": shape[1:] for name, shape in parts.items()}
        norms = [f"layer_{layer}_norm_{part}" for part in ("gamma", "beta", "2_gamma", "2_beta")]
        found |= parts | biases | dict.fromkeys(norms, (hidden,))
    return found


def make_weights(sizes: dict[str, Any]) -> dict[str, Any]:
    """The first weights by name, float32, the same on every side."""
    chance = np.random.default_rng(0)
    return {name: _normal(chance, shape, 0.05) for name, shape in sizes.items()}


def make_gradients(sizes: dict[str, Any], tokens: int) -> list[list[Any]]:
    """SETS sets of gradients; an element has the same sign in all of them.

    Where gradients nearly cancel, Adam divides a rounding error by its own size: sums in another
    order would lead to other weights, and rightly so.

    Args:
        sizes: shapes by name.
        tokens: how many rows of the table have one, some of them drawn twice; 0 for all.

    Returns:
        For each set one array a weight, in their order.
    """
    chance = np.random.default_rng(1)
    base = {name: _normal(chance, shape, 0.01) for name, shape in sizes.items()}
    sets = []
    for _ in range(SETS):
        factors = {n: chance.random(a.shape, "float32") + np.float32(0.5) for n, a in base.items()}
        arrays = {name: array * factors[name] for name, array in base.items()}
        if tokens:
            seen = np.zeros((sizes[TABLE][0], 1), "float32")
            seen[chance.integers(0, len(seen), tokens)] = 1.0
            arrays[TABLE] *= seen
        sets.append([jax.numpy.asarray(array) for array in arrays.values()])
    return sets


def _normal(chance: np.random.Generator, shape: Sequence[int], scale: float) -> Any:
    return chance.standard_normal(shape, "float32") * np.float32(scale)


def keras_task(optimizer: Any, weights: dict[str, Any]) -> Task:
    """A step of any Keras optimizer, through its `stateless_apply`."""
    variables = [keras.Variable(array, name=name) for name, array in weights.items()]
    optimizer.build(variables)

    def step(state: Any, values: Any, gradients: Any) -> tuple[Any, Any]:
        values, state = optimizer.stateless_apply(state, gradients, values)
        return state, values

    def results(state: Any, values: Any) -> dict[str, Any]:
        pairs = zip([*optimizer.variables, *variables], [*state, *values], strict=True)
        for variable, value in pairs:
            variable.assign(value)
        found = dict(zip(weights, values, strict=True))
        if hasattr(optimizer, "averaged"):
            with optimizer.averaged():
                found |= {f"average of {v.name}": np.array(v) for v in variables}
        return found

    state = [variable.value for variable in optimizer.variables]
    return Task(step, state, [variable.value for variable in variables], results)


class Bench:
    """A compiled step and what it works on, between calls.

    Args:
        tasks: makes a task from the weights, by the case's name.
        versions: of the packages that are measured.
    """

    def __init__(
        self, tasks: dict[str, Callable[[dict[str, Any]], Task]], versions: dict[str, str]
    ) -> None:
        self._tasks = tasks
        self._versions = versions
        self._sizes: dict[str, int] = {}

    def versions(self) -> dict[str, str]:
        """Names and versions."""
        return self._versions

    def load(self, case: str, sizes: dict[str, int], tokens: int) -> dict[str, float]:
        """Build and compile a case, in place of the last one.

        Args:
            case: a key of `tasks`.
            sizes: arguments of `shapes`.
            tokens: as in `make_gradients`.

        Returns:
            Millions of weights, and megabytes a step needs: arguments (gradients too), outputs
            that are not arguments, and temporary arrays.
        """
        self._task = self._state = self._values = None  # free the last case first
        if sizes != self._sizes:
            self._sizes, self._gradients = sizes, make_gradients(shapes(**sizes), tokens)
        weights = make_weights(shapes(**sizes))
        task = self._tasks[case](weights)
        self._results, self._state, self._values = task.results, task.state, task.weights
        arguments = (self._state, self._values, self._gradients[0])
        self._step = jax.jit(task.step, donate_argnums=(0, 1)).lower(*arguments).compile()
        self._done = 0
        count = sum(array.size for array in weights.values())
        return {"millions": round(count / 1e6, 1), "megabytes": _megabytes(self._step)}

    def steps(self, count: int) -> int:
        """Make steps; returns how many were made since `load`."""
        for _ in range(count):
            gradients = self._gradients[self._done % SETS]
            self._state, self._values = self._step(self._state, self._values, gradients)
            self._done += 1
        jax.block_until_ready((self._state, self._values))
        return self._done

    def write(self, path: str) -> None:
        """Write what is to be compared, an .npz."""
        found = self._results(self._state, self._values)
        np.savez(path, **{name: np.asarray(array) for name, array in found.items()})


def _megabytes(compiled: Any) -> int:
    sizes = compiled.memory_analysis()
    total = sizes.argument_size_in_bytes + sizes.temp_size_in_bytes + sizes.output_size_in_bytes
    return round((total - sizes.alias_size_in_bytes) / 1e6)
