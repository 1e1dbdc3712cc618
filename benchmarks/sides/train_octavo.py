"""A UniLM training step of octavo: a compiled Keras model, train_on_batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
from train_bench import TrainBench

from octavo._keras import keras
from octavo.transformer import build_transformer_model
from worker import serve


class Bench(TrainBench):
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
            mask_positions=True,
            dropout=dropout,
        )
        self.model.compile(
            optimizer=keras.optimizers.Adam(learning_rate, epsilon=1e-10),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        arrays = {name: np.array(values, "int32") for name, values in batch.items()}
        targets = arrays.pop("targets")
        self.batch = arrays, targets
        return {"keras": keras.__version__, "jax": jax.__version__}


if __name__ == "__main__":
    bench = Bench()
    serve(load=bench.load, steps=bench.steps)
