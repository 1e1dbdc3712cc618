"""Branches in each way a backend runs: compiled, and step by step."""

from __future__ import annotations

import optimizers_reference as reference
import pytest
from small_problem import fit, make_model, weights

from octavo._keras import keras, ops
from octavo.optimizers import (
    Adam,
    GradientAccumulation,
    LazyRows,
    PiecewiseLinear,
)

pytestmark = pytest.mark.keras_backend


@pytest.mark.parametrize(
    "make", [lambda o: GradientAccumulation(o, 2), lambda o: LazyRows(o, rows=8)]
)
def test_without_jit_no_branch_is_compiled(make, monkeypatch):
    def no(*arguments, **options):
        raise AssertionError("compiled anew at every step")

    def wrapped():
        return make_model(make(Adam(PiecewiseLinear(0.05, {3: 1.0}))), jit_compile=False)

    usual = weights(fit(make_model(make(Adam(PiecewiseLinear(0.05, {3: 1.0})))), 5))
    if keras.backend.backend() == "jax":
        monkeypatch.setattr(ops, "cond", no)
        monkeypatch.setattr(ops, "fori_loop", no)
    assert reference.difference(weights(fit(wrapped(), 5)), usual) < 1e-6
