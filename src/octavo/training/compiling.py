"""The loss of an output layer that looks at some places only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from octavo._keras import keras


def compile_model(
    model: Any, optimizer: Any, metrics: Sequence[Any] = (), loss: Any = None
) -> None:
    """Compile with the mean loss over the places of weight 1.

    Args:
        model: gives logits, float (batch, places, V), unless the loss wants something else.
        optimizer: a Keras optimizer.
        metrics: Keras metrics that are measured too, over the places of weight 1.
        loss: of each place; None: the cross entropy.

    Example:
        >>> model = keras.Sequential([keras.layers.Dense(5)])
        >>> model.build((None, 2, 3))
        >>> compile_model(model, keras.optimizers.SGD())
    """
    if loss is None:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loss.reduction = "mean_with_sample_weight"
    model.compile(optimizer=optimizer, loss=loss, weighted_metrics=list(metrics))
