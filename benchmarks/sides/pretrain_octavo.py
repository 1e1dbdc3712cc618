"""A masked-LM step of octavo: the packed model, optimizer and loss that `pretrain` makes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import jax
import numpy as np
from train_bench import TrainBench

from octavo._keras import keras
from octavo.pretraining import Settings
from octavo.pretraining.building import make_optimizer
from octavo.training.compiling import compile_model
from octavo.transformer import Transformer, TransformerConfig
from octavo.transformer.weights import assign_weights, read_weights
from worker import serve

FOREVER = 10**6  # steps in which the learning rate would fall to 0: here it hardly does


class Bench(TrainBench):
    """The compiled model and its batch, between calls."""

    def load(
        self, folder: str, batch: dict[str, Any], dropout: float, learning_rate: float, decay: float
    ) -> dict[str, str]:
        """Build and compile the model; returns versions."""
        keras.utils.set_random_seed(0)
        config = TransformerConfig.from_file(Path(folder) / "config.json")
        rates = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
        config = dataclasses.replace(config, **rates)
        places = len(batch["labels"][0])
        self.model = Transformer(config, "unilm", places, packed=True)
        assign_weights(self.model, read_weights(Path(folder) / "model.safetensors"))
        settings = Settings(
            learning_rate=learning_rate, weight_decay=decay, warmup_ratio=0.0, steps=FOREVER
        )
        accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        compile_model(self.model, make_optimizer(settings), [accuracy])
        arrays = {name: np.array(values, "int32") for name, values in batch.items()}
        labels, weights = arrays.pop("labels"), arrays.pop("weights").astype("float32")
        del arrays["targets"]
        shape = arrays["token_ids"].shape
        arrays["document_ids"] = np.ones(shape, "int32")  # one text a row: peers know no other
        arrays["position_ids"] = np.tile(np.arange(shape[1], dtype="int32"), (shape[0], 1))
        self.batch = arrays, labels, weights
        return {"keras": keras.__version__, "jax": jax.__version__}


if __name__ == "__main__":
    bench = Bench()
    serve(load=bench.load, steps=bench.steps)
