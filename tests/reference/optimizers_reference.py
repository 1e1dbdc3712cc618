"""The wrappers as their formulas read, in NumPy and float64, and a small problem to step on.

Every class has one method: `update(gradients, weights)` returns what to add to each weight, and
whether this was an update at all. `count` of the innermost is the number of updates made.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np

Arrays = list[np.ndarray]
each = functools.partial(zip, strict=True)
NAMES = ["words/embeddings", "hidden/kernel", "hidden/bias", "out/kernel", "out/bias"]
SHAPES = [(20, 4), (4, 3), (3,), (3, 1), (1,)]


def first_weights() -> Arrays:
    """Wide ones, so that every part of the model matters; biases too."""
    generator = np.random.default_rng(1)
    return [generator.normal(size=shape).astype("float32") for shape in SHAPES]


def batches(count: int, size: int = 8) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Word ids (size, 5), many of them twice, and targets (size, 1)."""
    generator = np.random.default_rng(2)
    for _ in range(count):
        ids = generator.integers(0, 20, size=(size, 5), dtype="int32")
        yield ids, generator.normal(size=(size, 1)).astype("float32")


def gradients(weights: Arrays, ids: np.ndarray, targets: np.ndarray) -> Arrays:
    """Of the mean squared error of: mean of embeddings, dense with tanh, dense."""
    table, kernel, bias, out, out_bias = weights
    mean = table[ids].mean(1)
    hidden = np.tanh(mean @ kernel + bias)
    error = 2 * (hidden @ out + out_bias - targets) / len(targets)
    inner = error @ out.T * (1 - hidden**2)
    rows = np.zeros_like(table)
    np.add.at(rows, ids, np.repeat((inner @ kernel.T / ids.shape[1])[:, None], ids.shape[1], 1))
    return [rows, mean.T @ inner, inner.sum(0), hidden.T @ error, error.sum(0)]


class Adam:
    """Algorithm 1 of the paper, or rectified."""

    def __init__(
        self, rate: Callable[[int], float], epsilon: float = 1e-8, rectified: bool = False
    ) -> None:
        self.rate, self.epsilon, self.rectified, self.count = rate, epsilon, rectified, 0

    def update(self, gradients: Arrays, weights: Arrays) -> tuple[Arrays, bool]:
        if self.count == 0:
            self.first = [0.0 * w for w in weights]
            self.second = [0.0 * w for w in weights]
        rate, self.count = self.rate(self.count), self.count + 1
        t = self.count
        self.first = [0.9 * m + 0.1 * g for m, g in each(self.first, gradients)]
        self.second = [0.999 * v + 0.001 * g * g for v, g in each(self.second, gradients)]
        means = [m / (1 - 0.9**t) for m in self.first]
        roots = [np.sqrt(v / (1 - 0.999**t)) + self.epsilon for v in self.second]
        if not self.rectified:
            return [-rate * m / r for m, r in each(means, roots)], True
        limit = 2 / (1 - 0.999) - 1
        rho = limit - 2 * t * 0.999**t / (1 - 0.999**t)
        if rho < 5:
            return [-rate * m for m in means], True
        factor = np.sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))
        return [-rate * factor * m / r for m, r in each(means, roots)], True


class WeightDecay:
    def __init__(self, inner, rate: float, exclude: tuple[str, ...] = ()) -> None:
        self.inner, self.decay, self.exclude = inner, rate, exclude

    def update(self, gradients: Arrays, weights: Arrays) -> tuple[Arrays, bool]:
        rate = bottom(self).rate(bottom(self).count)
        updates, updated = self.inner.update(gradients, weights)
        if updated:
            updates = [
                u if any(part in name for part in self.exclude) else u - rate * self.decay * w
                for name, u, w in each(NAMES, updates, weights)
            ]
        return updates, updated


class LayerAdaptation:
    def __init__(self, inner) -> None:
        self.inner = inner

    def update(self, gradients: Arrays, weights: Arrays) -> tuple[Arrays, bool]:
        rate = bottom(self).rate(bottom(self).count)
        updates, updated = self.inner.update(gradients, weights)
        for place, (u, w) in enumerate(each(updates, weights)):
            size, step = np.linalg.norm(w), np.linalg.norm(u)
            if size > 0 and step > 0:
                updates[place] = u * rate * size / step
        return updates, updated


class GradientAccumulation:
    def __init__(self, inner, steps: int) -> None:
        self.inner, self.steps, self.gathered = inner, steps, []

    def update(self, gradients: Arrays, weights: Arrays) -> tuple[Arrays, bool]:
        self.gathered.append(gradients)
        if len(self.gathered) < self.steps:
            return [0.0 * w for w in weights], False
        means = [sum(g) / self.steps for g in each(*self.gathered)]
        self.gathered = []
        return self.inner.update(means, weights)


class Lookahead:
    """As the paper has it, with slow weights of its own: right where it is outermost."""

    def __init__(self, inner, period: int, alpha: float) -> None:
        self.inner, self.period, self.alpha, self.count = inner, period, alpha, 0

    def update(self, gradients: Arrays, weights: Arrays) -> tuple[Arrays, bool]:
        if self.count == 0:
            self.slow = [w.copy() for w in weights]
        updates, updated = self.inner.update(gradients, weights)
        self.count += updated
        if updated and self.count % self.period == 0:
            fast = [w + u for w, u in each(weights, updates)]
            self.slow = [s + self.alpha * (f - s) for s, f in each(self.slow, fast)]
            updates = [s - w for s, w in each(self.slow, weights)]
        return updates, updated


class WeightAverage:
    def __init__(self, inner, momentum: float) -> None:
        self.inner, self.momentum, self.seen = inner, momentum, []

    def update(self, gradients: Arrays, weights: Arrays) -> tuple[Arrays, bool]:
        updates, updated = self.inner.update(gradients, weights)
        if updated:
            self.seen.append([w + u for w, u in each(weights, updates)])
        return updates, updated

    def averages(self) -> Arrays:
        """The sum of the definition, over all weights seen."""
        d, n = self.momentum, len(self.seen)
        parts = [(1 - d) * d ** (n - 1 - s) / (1 - d**n) for s in range(n)]
        return [sum(p * w for p, w in each(parts, column)) for column in each(*self.seen)]


class LearningRateMultiplier:
    def __init__(self, inner, multipliers: dict[str, float]) -> None:
        self.inner, self.multipliers = inner, multipliers

    def update(self, gradients: Arrays, weights: Arrays) -> tuple[Arrays, bool]:
        updates, updated = self.inner.update(gradients, weights)
        for place, name in enumerate(NAMES):
            factors = [m for part, m in self.multipliers.items() if part in name]
            updates[place] = updates[place] * (factors[0] if factors else 1.0)
        return updates, updated


class LazyRows:
    """Rows of the embedding one by one, each with an Adam of its own where moments are kept."""

    def __init__(self, rate: Callable[[int], float]) -> None:
        self.rate, self.count = rate, 0
        self.others = Adam(rate)
        self.first, self.second = np.zeros(SHAPES[0]), np.zeros(SHAPES[0])

    def update(self, gradients: Arrays, weights: Arrays) -> tuple[Arrays, bool]:
        rate, self.count = self.rate(self.count), self.count + 1
        updates, _ = self.others.update(gradients, weights)
        updates[0] = np.zeros(SHAPES[0])
        for row, g in enumerate(gradients[0]):
            if not g.any():
                continue
            self.first[row] = 0.9 * self.first[row] + 0.1 * g
            self.second[row] = 0.999 * self.second[row] + 0.001 * g * g
            mean = self.first[row] / (1 - 0.9**self.count)
            root = np.sqrt(self.second[row] / (1 - 0.999**self.count))
            updates[0][row] = -rate * mean / (root + 1e-8)
        return updates, True


def bottom(optimizer):
    """The innermost, which has the learning rate and counts the updates."""
    while hasattr(optimizer, "inner"):
        optimizer = optimizer.inner
    return optimizer


def train(optimizer, steps: int) -> Arrays:
    """Weights after `steps` batches, float64."""
    weights = [w.astype("float64") for w in first_weights()]
    for ids, targets in batches(steps):
        updates, _ = optimizer.update(gradients(weights, ids, targets), weights)
        weights = [w + u for w, u in each(weights, updates)]
    return weights


def difference(a: Arrays, b: Arrays) -> float:
    """The largest difference of two sets of arrays, each relative to its array's largest value."""
    return max(
        float(np.abs(np.asarray(x, "float64") - y).max() / np.abs(y).max()) for x, y in each(a, b)
    )
