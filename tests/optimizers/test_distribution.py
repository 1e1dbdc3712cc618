"""Under keras.distribution: eight devices make the steps of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_problem import fit, make_model, weights

from octavo._keras import keras
from octavo.optimizers import (
    Adam,
    GradientAccumulation,
    LayerAdaptation,
    LazyRows,
    Lookahead,
    WeightAverage,
    WeightDecay,
)

SCRIPT = """
import json, sys
sys.path[:0] = sys.argv[2:]
from octavo._keras import keras

devices = keras.distribution.list_devices("cpu")
if sys.argv[1] == "data":
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=devices))
if sys.argv[1] == "model":
    mesh = keras.distribution.DeviceMesh((4, 2), ["batch", "model"], devices)
    layout = keras.distribution.LayoutMap(mesh)
    layout[".*words/embeddings"] = ("model", None)
    layout[".*hidden/kernel"] = ("model", None)
    keras.distribution.set_distribution(
        keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")
    )
from small_problem import fit, make_model, weights

from test_distribution import make_optimizer

optimizer = make_optimizer()
model = fit(make_model(optimizer), 12)
shards = model.trainable_variables[0].value.sharding.num_devices
moments = [v for v in optimizer.variables if v.name.endswith("first")][0].value.sharding
print(json.dumps({
    "devices": len(devices), "spread": shards, "split": not moments.is_fully_replicated,
    "weights": [w.tolist() for w in weights(model)],
}))
"""


def make_optimizer():
    inner = LayerAdaptation(LazyRows(WeightDecay(Adam(0.01), 0.1), rows=18))
    return GradientAccumulation(Lookahead(WeightAverage(inner, 0.9), 2), 2)


def run(how: str, devices: int) -> dict:
    here = Path(__file__).resolve().parent
    flags = f"--xla_force_host_platform_device_count={devices}"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, how, str(here), str(here.parent / "reference")],
        env={**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": flags},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_eight_devices_are_one():
    if keras.backend.backend() != "jax":
        pytest.skip("keras.distribution places variables on JAX")
    data, model = run("data", 8), run("model", 8)
    assert (data["devices"], data["spread"], data["split"]) == (8, 8, False)
    assert (model["spread"], model["split"]) == (8, True)
    alone = fit(make_model(make_optimizer()), 12)
    for result in (data, model):
        for ours, theirs in zip(result["weights"], weights(alone), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
