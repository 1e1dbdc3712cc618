"""Layer adaptation around and inside of other wrappers: what the order changes."""

from __future__ import annotations

import optimizers_reference as reference
import pytest
from small_problem import fit, make_model, weights

from octavo.optimizers import (
    Adam,
    LayerAdaptation,
    LearningRateMultiplier,
    WeightDecay,
)

pytestmark = pytest.mark.keras_backend


def test_decay_inside_and_outside_of_adaptation():
    inner = fit(make_model(LayerAdaptation(WeightDecay(Adam(0.01), 0.5))), 10)
    outer = fit(make_model(WeightDecay(LayerAdaptation(Adam(0.01)), 0.5)), 10)
    assert reference.difference(weights(inner), weights(outer)) > 1e-3


def test_a_multiplier_inside_adaptation_is_divided_out():
    inside = LayerAdaptation(LearningRateMultiplier(Adam(0.01), {".": 0.1}))
    plain = fit(make_model(LayerAdaptation(Adam(0.01))), 10)
    assert reference.difference(weights(fit(make_model(inside), 10)), weights(plain)) < 1e-5
