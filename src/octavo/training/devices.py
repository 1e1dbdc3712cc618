"""Several devices and processes: who does which rows of a batch, and which part of a model.

The model and its `fit` stay as they are: Keras spreads variables and batches over a mesh of devices
(`keras.distribution`), JAX compiles the one program for all of them. Rows of a batch are shared out
(data parallel); with `model_parallel` each matrix of a block is cut as well, the first of two by
columns and the second by rows, so that one sum a pair is exchanged.

Processes are started by `octavo launch`, which tells each its number in the environment.

Source: Shoeybi et al. 2019, "Megatron-LM", section 3, for how a block is cut.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from octavo._checks import check_whole
from octavo._keras import keras
from octavo._lazy import require
from octavo.errors import UsageError
from octavo.training.launch import COORDINATOR, PROCESS, PROCESSES

# Matrices that are cut by columns, then those by rows; what is not here every device has whole.
LAYOUT = {
    r".*(query|key|value|intermediate)/kernel": (None, "model"),
    r".*(query|key|value|intermediate)/bias": ("model",),
    r".*output_dense/kernel": ("model", None),
}


@dataclass(frozen=True)
class Devices:
    """What a run is spread over.

    Args:
        distribution: of Keras; None for one device, where nothing has to be said.
        process: number of this process, from 0.
        processes: how many there are.
        model_parallel: devices that share a copy of the model.

    Example:
        >>> Devices(None).share(64)
        slice(0, 64, None)
    """

    distribution: Any
    process: int = 0
    processes: int = 1
    model_parallel: int = 1

    @property
    def copies(self) -> int:
        """Copies of the model, which share the rows of a batch."""
        return 1 if self.distribution is None else int(self.distribution.num_model_replicas)

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes and reports."""
        return self.process == 0

    def share(self, rows: int) -> slice:
        """Of a batch the rows of this process.

        Raises:
            UsageError: if the rows cannot be shared out evenly.
        """
        part, left = divmod(rows, self.processes)
        if left:
            raise UsageError(
                f"the rows of a batch must be a multiple of {self.processes}, the processes. "
                f"Received: {rows} rows"
            )
        return slice(self.process * part, (self.process + 1) * part)

    def share_batches(self, make: Callable[[int], Any]) -> Callable[[int], Any]:
        """Batches by number, of which this process gets its rows.

        Args:
            make: the whole batch of a number, any structure of arrays with a row an example.

        Example:
            >>> import numpy as np
            >>> second = Devices(None, process=1, processes=2)
            >>> second.share_batches(lambda number: {"x": np.arange(4) + number})(5)
            {'x': array([7, 8])}
        """
        if self.processes == 1:
            return make

        def make_share(number: int) -> Any:
            batch = make(number)
            rows = self.share(len(keras.tree.flatten(batch)[0]))
            return keras.tree.map_structure(lambda array: array[rows], batch)

        return make_share

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Inside, what Keras makes and trains is spread over the devices."""
        if self.distribution is None:
            yield
            return
        with self.distribution.scope():
            yield


def join_processes() -> tuple[int, int]:
    """Meet the other processes that `octavo launch` started; call it before anything is computed.

    Returns:
        (number of this process, how many there are); (0, 1) outside of `octavo launch`.

    Raises:
        UsageError: if there are others and the backend is not JAX.
    """
    processes, process = (int(os.environ.get(*told)) for told in ((PROCESSES, 1), (PROCESS, 0)))
    if processes > 1:
        _check_backend(f"{processes} processes")
        jax = require("jax", extra="neural")
        if not jax.distributed.is_initialized():
            keras.distribution.initialize(os.environ[COORDINATOR], processes, process)
    return process, processes


def find_devices(devices: int | None = None, model_parallel: int = 1) -> Devices:
    """Spread a run over devices: those of all processes together.

    Args:
        devices: how many of each process; None takes all GPUs or TPUs, and one CPU where there are
            none.
        model_parallel: how many of them share a copy of the model.

    Raises:
        UsageError: if there are not so many, they cannot be divided so, or the backend is not JAX.

    Example:
        >>> find_devices().processes
        1
    """
    process, processes = join_processes()
    if devices is not None:
        check_whole("devices", devices, 1)
    check_whole("model_parallel", model_parallel, 1)
    if keras.backend.backend() != "jax":
        if (devices or 1) > 1 or model_parallel > 1:
            _check_backend(f"devices={devices}, model_parallel={model_parallel}")
        return Devices(None)
    chosen = _choose(devices, processes)
    if len(chosen) == 1:
        if model_parallel > 1:
            raise UsageError(f"one device is no two. Received: model_parallel={model_parallel}")
        return Devices(None)
    here = len(chosen) // processes
    if here % model_parallel:
        raise UsageError(
            f"{here} devices of a process cannot be divided by {model_parallel}. Received: "
            f"model_parallel={model_parallel}"
        )
    return Devices(_distribute(chosen, model_parallel), process, processes, model_parallel)


def _choose(devices: int | None, processes: int) -> list[Any]:
    """Devices of all processes, by process."""
    jax = require("jax", extra="neural")
    chosen = []
    for process in range(processes):
        local = [device for device in jax.devices() if device.process_index == process]
        number = devices or (1 if local[0].platform == "cpu" else len(local))
        if number > len(local):
            hint = ""
            if local[0].platform == "cpu":
                hint = (
                    f"; XLA_FLAGS=--xla_force_host_platform_device_count={number} in the "
                    "environment makes so many of one CPU"
                )
            raise UsageError(f"only {len(local)} here{hint}. Received: devices={devices}")
        chosen += local[:number]
    return chosen


def _distribute(devices: list[Any], model_parallel: int) -> Any:
    names = [f"{device.platform}:{device.id}" for device in devices]
    library = keras.distribution
    if model_parallel == 1:
        return library.DataParallel(devices=names, auto_shard_dataset=False)
    shape = (len(names) // model_parallel, model_parallel)
    mesh = library.DeviceMesh(shape, ["batch", "model"], names)
    layout = library.LayoutMap(mesh)
    for pattern, axes in LAYOUT.items():
        layout[pattern] = axes
    return library.ModelParallel(
        layout_map=layout, batch_dim_name="batch", auto_shard_dataset=False
    )


def _check_backend(received: str) -> None:
    backend = keras.backend.backend()
    if backend != "jax":
        raise UsageError(
            f"several devices need the JAX backend, this is {backend}. Received: {received}"
        )
