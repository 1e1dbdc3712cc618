"""Fifty steps of every wrapper against its formula in float64.

Each backend within 5e-7 of the same numbers: any two backends are within 1e-6 of each other.

Covers octavo.optimizers.adam, octavo.optimizers.rectified_adam, octavo.optimizers.recipes,
octavo.optimizers.learning_rate_multiplier.
"""

from __future__ import annotations

import optimizers_reference as reference
import pytest
from small_problem import fit, make_model, weights

from octavo._keras import keras
from octavo.optimizers import (
    Adam,
    GradientAccumulation,
    LayerAdaptation,
    LazyRows,
    LearningRateMultiplier,
    Lookahead,
    PiecewiseLinear,
    RectifiedAdam,
    WeightAverage,
    WeightDecay,
    adamw,
    lamb,
    ranger,
)

pytestmark = pytest.mark.keras_backend
STEPS, LIMIT = 50, 5e-7
POINTS = {5: 1.0, 20: 0.2}


def falling(step: int) -> float:
    """PiecewiseLinear(0.01, POINTS), written out."""
    return 0.01 * (step / 5 if step < 5 else 1 - 0.8 * (step - 5) / 15 if step < 20 else 0.2)


def constant(step: int) -> float:
    return 0.01


def adam(rate=constant) -> reference.Adam:
    return reference.Adam(rate)


CASES = {
    "Adam": (lambda: Adam(0.01), adam),
    "PiecewiseLinear": (lambda: Adam(PiecewiseLinear(0.01, POINTS)), lambda: adam(falling)),
    "WeightDecay": (
        lambda: WeightDecay(Adam(0.01), 0.1, exclude="bias"),
        lambda: reference.WeightDecay(adam(), 0.1, exclude=("bias",)),
    ),
    "LayerAdaptation": (
        lambda: LayerAdaptation(Adam(0.01)),
        lambda: reference.LayerAdaptation(adam()),
    ),
    "GradientAccumulation with a schedule": (
        lambda: GradientAccumulation(Adam(PiecewiseLinear(0.01, POINTS)), 3),
        lambda: reference.GradientAccumulation(adam(falling), 3),
    ),
    "Lookahead": (
        lambda: Lookahead(Adam(0.01), 5, 0.5),
        lambda: reference.Lookahead(adam(), 5, 0.5),
    ),
    "WeightAverage": (
        lambda: WeightAverage(Adam(0.01), 0.9),
        lambda: reference.WeightAverage(adam(), 0.9),
    ),
    "LearningRateMultiplier": (
        lambda: LearningRateMultiplier(Adam(0.01), {"embeddings": 0.1, "bias": 0}),
        lambda: reference.LearningRateMultiplier(adam(), {"embeddings": 0.1, "bias": 0}),
    ),
    "LazyRows": (lambda: LazyRows(Adam(0.01)), lambda: reference.LazyRows(constant)),
    "LazyRows, 18 of 20 rows at a time": (
        lambda: LazyRows(Adam(0.01), rows=18),
        lambda: reference.LazyRows(constant),
    ),
    "LazyRows, 3 of 20 rows at a time": (
        lambda: LazyRows(Adam(0.01), rows=3),
        lambda: reference.LazyRows(constant),
    ),
    "adamw": (lambda: adamw(0.01), lambda: reference.WeightDecay(adam(), 1e-4)),
    "lamb": (
        lambda: lamb(0.01, 0.1),
        lambda: reference.LayerAdaptation(
            reference.WeightDecay(reference.Adam(constant, epsilon=1e-6), 0.1)
        ),
    ),
    "RectifiedAdam": (
        lambda: RectifiedAdam(0.01),
        lambda: reference.Adam(constant, rectified=True),
    ),
    "ranger": (
        lambda: ranger(0.01),
        lambda: reference.Lookahead(reference.Adam(constant, rectified=True), 6, 0.5),
    ),
    "five at once": (
        lambda: Lookahead(
            WeightAverage(
                LayerAdaptation(WeightDecay(GradientAccumulation(Adam(0.01), 2), 0.1)), 0.9
            ),
            3,
            0.5,
        ),
        lambda: reference.Lookahead(
            reference.WeightAverage(
                reference.LayerAdaptation(
                    reference.WeightDecay(reference.GradientAccumulation(adam(), 2), 0.1)
                ),
                0.9,
            ),
            3,
            0.5,
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_fifty_steps_are_those_of_the_formula(name):
    ours, theirs = CASES[name]
    model = fit(make_model(ours()), STEPS)
    found = reference.difference(weights(model), reference.train(theirs(), STEPS))
    print(f"{keras.backend.backend()}, {name}: {found:.1e}")
    assert found <= LIMIT


@pytest.mark.parametrize("momentum", [0.0, 0.9, 0.9999])
def test_the_average_is_the_sum_of_its_definition(momentum):
    optimizer = WeightAverage(Adam(0.01), momentum)
    model = fit(make_model(optimizer), STEPS)
    oracle = reference.WeightAverage(adam(), momentum)
    reference.train(oracle, STEPS)
    with optimizer.averaged():
        found = reference.difference(weights(model), oracle.averages())
    assert found <= LIMIT
    assert reference.difference(weights(model), oracle.averages()) > 1e-4 or momentum == 0.0
