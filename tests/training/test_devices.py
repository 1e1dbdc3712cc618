"""Rows are shared out once each, and what cannot be is refused."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from octavo._keras import keras
from octavo.errors import UsageError
from octavo.training.devices import Devices, find_devices


def test_every_row_belongs_to_one_process():
    rows = list(range(12))
    shares = [rows[Devices(None, process, 3).share(12)] for process in range(3)]
    assert [row for share in shares for row in share] == rows
    with pytest.raises(UsageError, match=r"a multiple of 3, the processes\. Received: 13 rows"):
        Devices(None, 0, 3).share(13)


def test_every_array_of_a_batch_is_shared_out_by_rows():
    def make(number):
        return {"image": np.arange(24).reshape(6, 2, 2) + number}, np.arange(6)

    assert Devices(None).share_batches(make) is make
    inputs, labels = Devices(None, 1, 3).share_batches(make)(100)
    assert inputs["image"].tolist() == [[[108, 109], [110, 111]], [[112, 113], [114, 115]]]
    assert labels.tolist() == [2, 3]


@pytest.mark.keras_backend
def test_one_device_needs_no_distribution():
    devices = find_devices()
    assert (devices.distribution, devices.first) == (None, True)
    with devices.scope():
        assert keras.distribution.distribution() is None


@pytest.mark.keras_backend
@pytest.mark.parametrize("options", [{"devices": 0}, {"devices": 99}, {"model_parallel": 2}])
def test_devices_that_are_not_there_are_refused(options):
    with pytest.raises(UsageError, match="Received: "):
        find_devices(**options)


CODE = """
from octavo.pretraining.settings import Settings, check_devices
from octavo.training.devices import find_devices
for devices, parallel, rows, heads in (
    (8, 1, 16, 4), (8, 2, 12, 4), (8, 3, 16, 3), (8, 1, 12, 4), (6, 2, 9, 4), (8, 2, 16, 3)
):
    try:
        found = find_devices(devices, parallel)
        check_devices(Settings(batch_size=rows, heads=heads, hidden_size=240), found)
        print(type(found.distribution).__name__, found.copies)
    except Exception as error:
        print(error)
"""


def test_eight_devices_are_divided():
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environment | {"KERAS_BACKEND": "jax"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "DataParallel 8",
        "ModelParallel 4",
        "8 devices of a process cannot be divided by 3. Received: model_parallel=3",
        "batch_size must be a multiple of 8, the copies of the model. Received: batch_size=12",
        "ModelParallel 3",
        "heads must be a multiple of model_parallel=2. Received: heads=3",
    ]
