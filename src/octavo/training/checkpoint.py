"""The whole state of a training run in one file, so that a killed run goes on exactly.

The file is safetensors: every variable of the model (weights, dropout seeds) and of its optimizer
(moments, step) by place, and a JSON note of the caller's (epoch, step, scores) in its metadata.
It is written to a temporary file and renamed, so a kill at any moment leaves the last whole one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from octavo._files import write_atomic
from octavo._keras import ops
from octavo._lazy import require
from octavo.errors import DataError


def _variables(model: Any) -> dict[str, Any]:
    """Every variable of model and optimizer by place and own name.

    Not by path: Keras numbers the layers of a process, so a second model has other paths.
    """
    named = {f"model/{i}/{v.name}": v for i, v in enumerate(model.variables)}
    named |= {f"optimizer/{i}/{v.name}": v for i, v in enumerate(model.optimizer.variables)}
    return named


def save_state(path: str | Path, model: Any, note: dict[str, Any]) -> None:
    """Write the state of a compiled model and `note` to `path`, whole or not at all.

    Example: see `load_state`.
    """
    safetensors = require("safetensors.numpy", extra="neural")
    if hasattr(model, "jax_state_sync"):
        model.jax_state_sync()  # inside fit, JAX keeps the newest weights outside the model
    arrays = {
        name: np.array(ops.convert_to_numpy(variable), order="C")
        for name, variable in _variables(model).items()
    }
    data = safetensors.save(arrays, metadata={"note": json.dumps(note)})
    with write_atomic(path, binary=True) as file:
        file.write(data)


def load_state(path: str | Path, model: Any) -> dict[str, Any]:
    """Put a saved state back into a compiled model whose optimizer is built; gives the note.

    Raises:
        DataError: if the file is damaged or belongs to another model.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from octavo._keras import keras
        >>> model = keras.Sequential([keras.layers.Dense(2)])
        >>> model.build((None, 3))
        >>> model.compile("adam", "mse")
        >>> model.optimizer.build(model.trainable_variables)
        >>> with TemporaryDirectory() as folder:
        ...     save_state(f"{folder}/state", model, {"epoch": 3})
        ...     load_state(f"{folder}/state", model)
        {'epoch': 3}
    """
    safe_open = require("safetensors", extra="neural").safe_open
    variables = _variables(model)
    try:
        with safe_open(str(path), framework="numpy") as file:
            names = set(file.keys())
            if names != set(variables):
                odd = sorted(names ^ set(variables))[0]
                raise DataError(f"belongs to another model (differs in {odd})", path=path)
            note = json.loads(file.metadata()["note"])
            arrays = {name: file.get_tensor(name) for name in names}
    except DataError:
        raise
    except Exception as error:  # safetensors raises a type of its own
        raise DataError(f"damaged training state ({error})", path=path) from None
    for name, variable in variables.items():
        if arrays[name].shape != tuple(variable.shape):
            raise DataError(f"belongs to another model (shape of {name})", path=path)
    for name, variable in variables.items():
        variable.assign(arrays[name])
    return note
