"""A UniLM training step of bert4keras on TensorFlow: a compiled tf.keras model, train_on_batch."""

from __future__ import annotations

from typing import Any

import bert4keras_model
import numpy as np
import tensorflow as tf
from bert4keras.layers import Loss
from train_bench import TrainBench

from worker import serve

K = tf.keras.backend


class AnswerLoss(Loss):
    """Mean cross entropy of the tokens of segment 1, given those before them."""

    def compute_loss(self, inputs: Any, mask: Any = None) -> Any:
        """Inputs: token ids, segment ids, probabilities of the next token."""
        token_ids, segment_ids, probabilities = inputs
        weights = K.cast(segment_ids[:, 1:], K.floatx())
        losses = K.sparse_categorical_crossentropy(token_ids[:, 1:], probabilities[:, :-1])
        return K.sum(losses * weights) / K.sum(weights)


class Bench(TrainBench):
    """The compiled model and its batch, between calls."""

    def load(
        self, folder: str, batch: dict[str, Any], dropout: float, learning_rate: float
    ) -> dict[str, str]:
        """Build and compile the model; returns versions."""
        tf.random.set_seed(0)
        model = bert4keras_model.load(folder, dropout_rate=dropout, attention_dropout_rate=dropout)
        output = AnswerLoss(2)(model.inputs + model.outputs)
        self.model = tf.keras.Model(model.inputs, output)
        self.model.compile(optimizer=tf.keras.optimizers.Adam(learning_rate, epsilon=1e-10))
        self.batch = ([np.array(batch[name]) for name in ("token_ids", "segment_ids")],)
        return bert4keras_model.versions()


if __name__ == "__main__":
    bench = Bench()
    serve(load=bench.load, steps=bench.steps)
