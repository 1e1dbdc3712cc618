"""A masked-LM step of keras-hub on JAX: BertMaskedLM on a BertBackbone, train_on_batch.

keras-hub computes GELU in its blocks by tanh, where BERT and the other sides have erf: for equal
results its blocks get that too; `tanh` leaves them as they ship.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
import keras_hub
import numpy as np
from safetensors.numpy import load_file
from train_bench import TrainBench

from worker import serve


class Bench(TrainBench):
    """The compiled model and its batch, between calls."""

    def load(
        self,
        folder: str,
        batch: dict[str, Any],
        dropout: float,
        learning_rate: float,
        decay: float,
        tanh: bool = False,
    ) -> dict[str, str]:
        """Build and compile the model; returns versions."""
        keras.utils.set_random_seed(0)
        backbone = _make_backbone(Path(folder) / "config.json", dropout)
        self.model = keras_hub.models.BertMaskedLM(backbone)
        arrays = load_file(Path(folder) / "model.safetensors")
        for variable, value in _pairs(backbone, self.model.masked_lm_head, arrays):
            variable.assign(value.reshape(variable.shape))
        if not tanh:
            for block in backbone.transformer_layers:
                block._feedforward_intermediate_dense.activation = keras.activations.gelu
        optimizer = keras.optimizers.AdamW(
            learning_rate, weight_decay=decay, epsilon=1e-10, global_clipnorm=1.0
        )
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        self.model.compile(
            optimizer=optimizer,
            loss=keras.losses.SparseCategoricalCrossentropy(
                from_logits=True, reduction="mean_with_sample_weight"
            ),
            weighted_metrics=[keras.metrics.SparseCategoricalAccuracy()],
        )
        inputs = {
            "token_ids": np.array(batch["token_ids"], "int32"),
            "segment_ids": np.array(batch["segment_ids"], "int32"),
            "padding_mask": np.ones_like(batch["token_ids"], "int32"),
            "mask_positions": np.array(batch["mask_positions"], "int32"),
        }
        weights = np.array(batch["weights"], "float32")
        self.batch = inputs, np.array(batch["labels"], "int32"), weights
        return {
            "keras-hub": keras_hub.__version__,
            "keras": keras.__version__,
            "jax": jax.__version__,
        }


def _make_backbone(path: Path, dropout: float) -> Any:
    config = json.loads(path.read_text(encoding="utf-8"))
    return keras_hub.models.BertBackbone(
        vocabulary_size=config["vocab_size"],
        num_layers=config["num_hidden_layers"],
        num_heads=config["num_attention_heads"],
        hidden_dim=config["hidden_size"],
        intermediate_dim=config["intermediate_size"],
        dropout=dropout,
        max_sequence_length=config["max_position_embeddings"],
    )


def _pairs(backbone: Any, head: Any, arrays: dict[str, np.ndarray]) -> list[tuple[Any, np.ndarray]]:
    """Variables with their arrays, as (inputs, outputs); keras-hub splits heads, so shapes vary."""
    embeddings = "bert.embeddings"
    pairs = [
        (backbone.token_embedding.embeddings, arrays[f"{embeddings}.word_embeddings.weight"]),
        (
            backbone.position_embedding.position_embeddings,
            arrays[f"{embeddings}.position_embeddings.weight"],
        ),
        (
            backbone.segment_embedding.embeddings,
            arrays[f"{embeddings}.token_type_embeddings.weight"],
        ),
        (head._bias, arrays["cls.predictions.bias"]),
    ]
    transform = "cls.predictions.transform"
    denses = {f"{transform}.dense": head._intermediate_dense}
    norms = {
        f"{embeddings}.LayerNorm": backbone.embeddings_layer_norm,
        f"{transform}.LayerNorm": head._intermediate_layer_norm,
    }
    for index, block in enumerate(backbone.transformer_layers):
        prefix, attention = f"bert.encoder.layer.{index}", block._self_attention_layer
        denses |= {
            f"{prefix}.attention.self.query": attention.query_dense,
            f"{prefix}.attention.self.key": attention.key_dense,
            f"{prefix}.attention.self.value": attention.value_dense,
            f"{prefix}.attention.output.dense": attention.output_dense,
            f"{prefix}.intermediate.dense": block._feedforward_intermediate_dense,
            f"{prefix}.output.dense": block._feedforward_output_dense,
        }
        norms[f"{prefix}.attention.output.LayerNorm"] = block._self_attention_layer_norm
        norms[f"{prefix}.output.LayerNorm"] = block._feedforward_layer_norm
    for name, layer in denses.items():
        pairs += [(layer.kernel, arrays[f"{name}.weight"].T), (layer.bias, arrays[f"{name}.bias"])]
    for name, layer in norms.items():
        pairs += [(layer.gamma, arrays[f"{name}.weight"]), (layer.beta, arrays[f"{name}.bias"])]
    return pairs


if __name__ == "__main__":
    bench = Bench()
    serve(load=bench.load, steps=bench.steps)
