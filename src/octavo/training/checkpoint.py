"""The whole state of a training run in one file, so that a killed run goes on exactly.

The file is safetensors: every variable of the model (weights, dropout seeds) and of its optimizer
(moments, step) by place, and a JSON note of the caller's (plan, position, log) as an array of
bytes: in the header, which safetensors limits to 100 MB, a long run's log would not fit. It is
written to a temporary file and renamed, so a kill at any moment leaves the last whole one. A
checksum over all of it is compared before any of it is used: a bit that flipped on the disk would
give another model in silence.
"""

from __future__ import annotations

import json
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from octavo._files import write_atomic
from octavo._keras import ops
from octavo._lazy import require
from octavo.errors import DataError

CHECKSUM = "crc32"


def _variables(model: Any) -> dict[str, Any]:
    """Every variable of model and optimizer by place and the last word of its name.

    Not by path: Keras numbers the layers of a process, so a second model has other paths, which
    stand in the names of an optimizer's moments too.
    """
    parts = {"model": model.variables, "optimizer": model.optimizer.variables}
    return {
        f"{part}/{i}/{variable.name.rsplit('_')[-1]}": variable
        for part, variables in parts.items()
        for i, variable in enumerate(variables)
    }


def save_state(path: str | Path, model: Any, note: dict[str, Any]) -> None:
    """Write the state of a compiled model and `note` to `path`, whole or not at all.

    Args:
        path: the file; one that is there is replaced.
        model: a compiled Keras model whose optimizer is built.
        note: what the caller wants back, in JSON types.

    Raises:
        DataError: if the file cannot be written.

    Example: see `load_state`.
    """
    safetensors = require("safetensors.numpy", extra="neural")
    if hasattr(model, "jax_state_sync"):
        model.jax_state_sync()  # inside fit, JAX keeps the newest weights outside the model
    arrays = {
        name: np.array(ops.convert_to_numpy(variable), order="C")
        for name, variable in _variables(model).items()
    }
    arrays["note"] = np.frombuffer(json.dumps(note).encode(), "uint8")
    arrays[CHECKSUM] = _checksum(arrays)
    data = safetensors.save(arrays)
    with write_atomic(path, binary=True) as file:
        file.write(data)


def load_state(path: str | Path, model: Any) -> dict[str, Any]:
    """Put a saved state back into a compiled model whose optimizer is built; gives the note.

    Args:
        path: of a file of `save_state`.
        model: as the saved one was built; unchanged if an error is raised.

    Raises:
        DataError: if the file is missing, damaged, or belongs to another model.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from octavo._keras import keras
        >>> model = keras.Sequential([keras.layers.Dense(2)])
        >>> model.build((None, 3))
        >>> model.compile("adam", "mse")
        >>> model.optimizer.build(model.trainable_variables)
        >>> with TemporaryDirectory() as folder:
        ...     save_state(f"{folder}/state", model, {"epoch": 3})
        ...     read_note(f"{folder}/state"), load_state(f"{folder}/state", model)
        ({'epoch': 3}, {'epoch': 3})
    """
    variables = _variables(model)
    with _open_state(path) as file:
        arrays = _read_arrays(file)
    note = _note(arrays.pop("note"))
    if set(arrays) != set(variables):
        odd = sorted(set(arrays) ^ set(variables))[0]
        raise DataError(f"belongs to another model (differs in {odd})", path=path)
    for name, variable in variables.items():
        if arrays[name].shape != tuple(variable.shape):
            raise DataError(f"belongs to another model (shape of {name})", path=path)
    for name, variable in variables.items():
        variable.assign(arrays[name])
    return note


def read_note(path: str | Path) -> dict[str, Any]:
    """The note of a saved state, all of which is checked.

    Raises:
        DataError: if the file is missing or damaged.

    Example: see `load_state`.
    """
    with _open_state(path) as file:
        return _note(_read_arrays(file)["note"])


def find_whole(paths: Sequence[Path]) -> tuple[Path, dict[str, Any]] | None:
    """The newest state that is whole, and its note; a damaged one is said and passed over.

    Args:
        paths: files of states, the newest last.

    Returns:
        (file, note); None if there is no file.

    Raises:
        DataError: if the only one, or every one, is damaged.

    Example:
        >>> find_whole([]) is None
        True
    """
    for path in reversed(paths):
        try:
            return path, read_note(path)
        except DataError as error:
            if len(paths) == 1:
                raise
            warnings.warn(f"{error}; the state before it is taken", stacklevel=2)
    if paths:
        raise DataError("none of its states can be read", paths[0].parent)
    return None


def _note(array: np.ndarray) -> dict[str, Any]:
    return json.loads(array.tobytes())


def _read_arrays(file: Any) -> dict[str, np.ndarray]:
    """All arrays of an open file, which are what was written."""
    names = file.keys()  # it is no dictionary
    arrays = {name: file.get_tensor(name) for name in names}
    if not np.array_equal(arrays.pop(CHECKSUM, None), _checksum(arrays)):
        raise ValueError("its checksum is another")
    return arrays


def _checksum(arrays: dict[str, np.ndarray]) -> np.ndarray:
    """A checksum of names, shapes, types and contents, uint32 (1,)."""
    total = 0
    for name, array in sorted(arrays.items()):
        total = zlib.crc32(repr((name, array.shape, str(array.dtype))).encode(), total)
        total = zlib.crc32(array.reshape(-1).view(np.uint8).data, total)
    return np.array([total], np.uint32)


@contextmanager
def _open_state(path: str | Path) -> Iterator[Any]:
    """A state file, open; what is wrong with it becomes a DataError."""
    safe_open = require("safetensors", extra="neural").safe_open
    try:
        with safe_open(str(path), framework="numpy") as file:
            yield file
    except FileNotFoundError:
        raise DataError("no such file", path=path) from None
    except Exception as error:  # safetensors raises a type of its own
        raise DataError(f"damaged training state ({error})", path=path) from None
