"""A masked-LM step of bert4keras on TensorFlow, as its pretraining script computes it.

The vocabulary head is computed at every position and the loss taken at the masked ones, given as
two inputs more, what stood there and whether it is masked. tf.keras' AdamW stands for bert4keras'
own optimizers, which were written for Keras 2 before 2.11.
"""

from __future__ import annotations

from typing import Any

import bert4keras_model
import numpy as np
import tensorflow as tf
from bert4keras.layers import Loss
from train_bench import TrainBench

from worker import serve

K = tf.keras.backend


class MaskedLoss(Loss):
    """Mean cross entropy of the masked tokens."""

    def compute_loss(self, inputs: Any, mask: Any = None) -> Any:
        """Inputs: what stood at each place, whether it is masked, logits."""
        targets, masked, logits = inputs
        losses = K.sparse_categorical_crossentropy(targets, logits, from_logits=True)
        return K.sum(losses * masked) / (K.sum(masked) + K.epsilon())


class Bench(TrainBench):
    """The compiled model and its batch, between calls."""

    def load(
        self, folder: str, batch: dict[str, Any], dropout: float, learning_rate: float, decay: float
    ) -> dict[str, str]:
        """Build and compile the model; returns versions."""
        tf.random.set_seed(0)
        model = bert4keras_model.load(
            folder,
            application="encoder",
            with_mlm="linear",
            dropout_rate=dropout,
            attention_dropout_rate=dropout,
        )
        targets = tf.keras.Input((None,), dtype="int64", name="targets")
        masked = tf.keras.Input((None,), name="masked")
        inputs = [*model.inputs, targets, masked]
        self.model = tf.keras.Model(inputs, MaskedLoss(2)([targets, masked, model.output]))
        optimizer = tf.keras.optimizers.AdamW(
            learning_rate, weight_decay=decay, epsilon=1e-10, global_clipnorm=1.0
        )
        optimizer.exclude_from_weight_decay(var_names=["Norm", "bias"])
        self.model.compile(optimizer=optimizer)
        tokens = np.array(batch["token_ids"])
        where = np.zeros(tokens.shape, "float32")
        for row, (places, weights) in enumerate(
            zip(batch["mask_positions"], batch["weights"], strict=True)
        ):
            where[row, np.array(places)[np.array(weights) > 0]] = 1.0
        segments, targets = np.array(batch["segment_ids"]), np.array(batch["targets"])
        self.batch = ([tokens, segments, targets, where],)
        return bert4keras_model.versions()


if __name__ == "__main__":
    bench = Bench()
    serve(load=bench.load, steps=bench.steps)
