"""Training steps of a compiled Keras model, of Keras 3 or tf.keras, on one batch."""

from __future__ import annotations

from typing import Any

import numpy as np


class TrainBench:
    """A compiled model and its batch, between calls; `load` of a side puts them here.

    Attributes:
        model: a compiled Keras model.
        batch: arguments of its `train_on_batch`.
    """

    model: Any
    batch: tuple[Any, ...]

    def steps(self, count: int) -> list[float]:
        """Train `count` steps; the loss before every update."""
        return [self._step() for _ in range(count)]

    def _step(self) -> float:
        self.model.reset_metrics()
        results = self.model.train_on_batch(*self.batch)
        return float(np.ravel(results)[0])  # the loss is the first
