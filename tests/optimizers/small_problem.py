"""The reference's problem as a Keras model, trained by `fit`."""

from __future__ import annotations

from typing import Any

import numpy as np
import optimizers_reference as reference

from octavo._keras import keras, ops


def make_model(optimizer: Any = None, dtype: str | None = None, **compile_options: Any) -> Any:
    """Mean of embeddings, dense with tanh, dense; with the reference's first weights."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(20, 4, name="words", dtype=dtype),
            layers.GlobalAveragePooling1D(dtype=dtype),
            layers.Dense(3, activation="tanh", name="hidden", dtype=dtype),
            layers.Dense(1, name="out", dtype=dtype),
        ],
        name="small",
    )
    model.set_weights(reference.first_weights())
    if optimizer is not None:
        model.compile(optimizer, "mse", **compile_options)
    return model


def data(steps: int, skip: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The reference's batches after the first `skip`, one after the other."""
    pairs = list(reference.batches(skip + steps))[skip:]
    ids, targets = zip(*pairs, strict=True)
    return np.concatenate(ids), np.concatenate(targets)


def fit(model: Any, steps: int, skip: int = 0, batch_size: int = 8) -> Any:
    """Train on batches number `skip` to `skip + steps`."""
    ids, targets = data(steps, skip)
    model.fit(ids, targets, batch_size=batch_size, shuffle=False, verbose=0)
    return model


def weights(model: Any) -> list[np.ndarray]:
    return [ops.convert_to_numpy(v) for v in model.trainable_variables]


def state(model: Any) -> list[np.ndarray]:
    """Every number a saved model must bring back."""
    variables = [*model.trainable_variables, *model.optimizer.variables]
    return [ops.convert_to_numpy(v) for v in variables]


def apply(optimizer: Any, gradients: list[Any], variables: list[Any]) -> None:
    """One step; on JAX as `fit` does it."""
    if keras.backend.backend() != "jax":
        optimizer.apply(gradients, variables)
        return
    if not optimizer.built:
        optimizer.build(variables)
    own = optimizer.variables
    result = optimizer.stateless_apply(
        [v.value for v in own], gradients, [v.value for v in variables]
    )
    for v, value in zip([*variables, *own], [*result[0], *result[1]], strict=True):
        v.assign(value)


def variable(value: Any, name: str = "weights", dtype: str = "float32") -> Any:
    return keras.Variable(np.asarray(value, "float32"), name=name, dtype=dtype)


def array(values: Any, dtype: str = "float32") -> Any:
    return ops.convert_to_tensor(np.asarray(values, "float32"), dtype=dtype)


def values(v: Any) -> list[Any]:
    return ops.convert_to_numpy(ops.cast(v, "float32")).tolist()
