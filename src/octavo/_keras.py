"""The only door to Keras: everything in octavo imports it from here.

Keras chooses its backend once, at import. Plain `import keras` fails where TensorFlow is absent,
so the environment variable KERAS_BACKEND is set to "jax" when it names no backend. The file
~/.keras/keras.json is not asked: Keras writes it by itself, so it is no sign of a user's choice.

Raises:
    UsageError: if KERAS_BACKEND names no backend that octavo runs on, or one not installed.
    MissingExtraError: if Keras or JAX is not installed.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from octavo._checks import check_one_of
from octavo._lazy import require
from octavo.errors import MissingExtraError, UsageError

BACKENDS = ("jax", "torch", "tensorflow")
MOST_PROGRAMS = 64  # of XLA: on a CPU each takes some 500 of the 65,530 mappings a process may have


def _choose_backend() -> None:
    """Name a backend in the environment, one that is there."""
    name = os.environ.get("KERAS_BACKEND") or "jax"
    os.environ["KERAS_BACKEND"] = name
    check_one_of("KERAS_BACKEND", name, BACKENDS)
    if find_spec(name) is None:
        if name == "jax":
            raise MissingExtraError("jax", "neural")
        raise UsageError(f"KERAS_BACKEND is {name}, which is not installed: pip install {name}")


_choose_backend()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Any: an optional dependency without types
keras: Any = require("keras", extra="neural")
ops: Any = keras.ops


def register(name: str) -> Callable[[type], type]:
    """Register a Keras class under octavo>NAME so that saved files find it."""
    return keras.saving.register_keras_serializable(package="octavo", name=name)


def runs_on_jax_cpu() -> bool:
    """Whether JAX is the backend and has no accelerator: some shapes are slow there alone."""
    if keras.backend.backend() != "jax":
        return False
    return bool(require("jax", extra="neural").default_backend() == "cpu")


def use_compilation_cache() -> None:
    """Keep what JAX compiles on disk, so that the next process starts faster.

    The folder is $OCTAVO_CACHE/jax, by default ~/.cache/octavo/jax. A folder the user gave JAX
    (JAX_COMPILATION_CACHE_DIR) is left as it is; on other backends nothing happens.
    """
    if keras.backend.backend() != "jax":
        return
    jax = require("jax", extra="neural")
    if jax.config.jax_compilation_cache_dir is None:
        root = os.environ.get("OCTAVO_CACHE") or pathlib.Path.home() / ".cache" / "octavo"
        jax.config.update("jax_compilation_cache_dir", str(pathlib.Path(root) / "jax"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)


_programs: WeakKeyDictionary[Any, set[Any]] = WeakKeyDictionary()  # shapes a function has met


def _make_room(compiled: Any, arrays: Sequence[Any]) -> None:
    """Let all programs go where one more would be too many: the folder of the cache has them.

    Without it a process that meets ever new shapes is ended by LLVM when a mapping is refused.
    """
    shapes = tuple((np.shape(array), str(getattr(array, "dtype", ""))) for array in arrays)
    if shapes in _programs.get(compiled, ()):
        return
    if sum(map(len, _programs.values())) >= MOST_PROGRAMS:
        for function in _programs:
            function.clear_cache()
        _programs.clear()
    _programs.setdefault(compiled, set()).add(shapes)


def compile_with_variables(
    function: Callable[..., Any], variables: Sequence[Any]
) -> Callable[..., Any]:
    """Compile a function of arrays that reads Keras variables, in the backend's own way.

    JAX: jax.jit with the variables' values as arguments, so that new weights need no new
    compilation; all such functions together keep at most 64 compiled programs. TensorFlow:
    tf.function. torch: runs as it is, without gradients.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        jax = require("jax", extra="neural")

        @jax.jit
        def compiled(values: list[Any], *arrays: Any) -> Any:
            with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                return function(*arrays)

        def run_bounded(*arrays: Any) -> Any:
            _make_room(compiled, arrays)
            return compiled([variable.value for variable in variables], *arrays)

        return run_bounded
    if backend == "tensorflow":
        return require("tensorflow", extra="neural").function(function)
    torch = require("torch", extra="neural")

    def run(*arrays: Any) -> Any:
        with torch.no_grad():
            return function(*(ops.convert_to_tensor(array) for array in arrays))

    return run
