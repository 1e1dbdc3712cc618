"""A UniLM training step of octavo: a compiled Keras model, train_on_batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np

from octavo._keras import keras
from octavo.transformer import build_transformer_model
from worker import serve


class Bench:
    """The compiled model and its batch, between calls."""

    def load(
        self, folder: str, batch: dict[str, Any], dropout: float, learning_rate: float
    ) -> dict[str, str]:
        """Build and compile the model; returns versions."""
        keras.utils.set_random_seed(0)
        self.model = build_transformer_model(
            Path(folder) / "config.json",
            Path(folder) / "model.safetensors",
            application="unilm",
            head_positions=len(batch["targets"][0]),
            dropout=dropout,
        )
        self.model.compile(
            optimizer=keras.optimizers.Adam(learning_rate, epsilon=1e-10),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        arrays = {name: np.array(values, "int32") for name, values in batch.items()}
        self.targets = arrays.pop("targets")
        self.inputs = arrays
        return {"keras": keras.__version__, "jax": jax.__version__}

    def steps(self, count: int) -> list[float]:
        """Train `count` steps; the loss before every update."""
        return [self._step() for _ in range(count)]

    def _step(self) -> float:
        self.model.reset_metrics()
        return float(self.model.train_on_batch(self.inputs, self.targets))


if __name__ == "__main__":
    bench = Bench()
    serve(load=bench.load, steps=bench.steps)
