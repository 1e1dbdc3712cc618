"""BERT's first weights, drawn by NumPy.

Keras' own TruncatedNormal compiles one random kernel a weight shape on JAX: most of the time that
making a small model takes. Needed with Keras 3.15.1, the newest when it was tried last (November
2026): with these the bundled reader loads in a seventh of the time. Where a file replaces all of
them at once none is drawn.

Source: google-research/bert, modeling.py, `create_initializer`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from octavo._keras import keras, register

_drawing = ContextVar("drawing", default=True)


@contextmanager
def undrawn() -> Iterator[None]:
    """Inside, first weights are zeros: for a model whose weights a file replaces at once.

    Example:
        >>> with undrawn():
        ...     weights = TruncatedNormal(0.02)((2, 3))
        >>> float(abs(weights).max())
        0.0
    """
    token = _drawing.set(False)
    try:
        yield
    finally:
        _drawing.reset(token)


@register("TruncatedNormal")
class TruncatedNormal(keras.initializers.Initializer):
    """Normal around 0, redrawn beyond two standard deviations.

    Args:
        stddev: standard deviation before the cut.

    `keras.utils.set_random_seed` makes it repeatable. Every weight needs an initializer of its
    own: one object gives the same numbers for the same shape.

    Example:
        >>> keras.utils.set_random_seed(0)
        >>> weights = TruncatedNormal(0.02)((1000, 10))
        >>> bool(abs(weights).max() <= 0.04), weights.shape
        (True, (1000, 10))
    """

    def __init__(self, stddev: float = 0.02) -> None:
        self.stddev = stddev
        self.seed = random.randrange(2**31)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """An array of `shape`, float32 unless told otherwise."""
        if not _drawing.get():
            # not ops.zeros, which JAX compiles once a shape: a third of a reader's loading
            return keras.ops.convert_to_tensor(np.zeros(shape, np.float32), dtype=dtype)
        generator = np.random.default_rng(self.seed)
        values = generator.standard_normal(tuple(shape), dtype=np.float32)
        beyond = np.abs(values) > 2
        while beyond.any():
            values[beyond] = generator.standard_normal(int(beyond.sum()), dtype=np.float32)
            beyond = np.abs(values) > 2
        return keras.ops.convert_to_tensor(values * np.float32(self.stddev), dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {"stddev": self.stddev}
