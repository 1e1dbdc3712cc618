"""Activations made again for the gradient instead of kept: less memory for a third more work.

`keras.remat` does that for a function without state. A layer has one, the seeds of its dropout, so
here the layer's variables are arguments of such a function, and the seeds it draws are a result.

Needed with Keras 3.15.1, the newest when it was tried last (November 2026): `keras.remat` around a
layer's call lets its seeds leak out of the trace on JAX, and elsewhere draws another dropout the
second time, so that gradients are wrong; `keras.RematScope` does no better (docs/decisions.md).

Source: Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost", section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from octavo._keras import keras, ops


def recompute_layer(layer: Any, compute: Callable[..., Any], *inputs: Any) -> Any:
    """What `compute(*inputs)` gives; what lies between is made again for the gradient.

    Args:
        layer: a built layer, whose variables `compute` reads; its dropout draws the same both
            times.
        compute: a function of tensors that gives a tensor.
        *inputs: the tensors `compute` is called with.

    Example:
        >>> layer = keras.layers.Dense(2, kernel_initializer="ones")
        >>> layer.build((1, 3))
        >>> x = keras.ops.ones((1, 3))
        >>> recompute_layer(layer, layer, x).tolist()
        [[3.0, 3.0]]
    """
    variables = layer.variables
    states = [v for v in variables if not keras.backend.is_float_dtype(v.dtype)]  # of dropout

    def stateless(values: list[Any], *inputs: Any) -> Any:
        mapping = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=mapping) as scope:
            result = compute(*inputs)
        return result, [scope.get_current_value(variable) for variable in states]

    # states are changed in place below, and the second time must begin where the first did
    copied = {id(state) for state in states}
    values = [ops.copy(v.value) if id(v) in copied else v.value for v in variables]
    result, after = keras.remat(stateless)(values, *inputs)
    for state, value in zip(states, after, strict=True):
        state.assign(value)
    return result
