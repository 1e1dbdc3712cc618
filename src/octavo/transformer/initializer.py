"""BERT's first weights, drawn by NumPy.

Keras' own TruncatedNormal compiles one random kernel a weight shape on JAX: most of the time that
loading a small preset takes, for numbers that the file's replace at once. Needed with Keras 3.15.1,
the newest when it was tried last (November 2026): with these the bundled reader loads in a seventh
of the time.

Source: google-research/bert, modeling.py, `create_initializer`.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from octavo._keras import keras, register


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
