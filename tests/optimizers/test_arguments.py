"""Arguments: a bad one is one ValueError that ends in what was received; configs make the same."""

from __future__ import annotations

import copy

import pytest

from octavo._keras import keras
from octavo.errors import UsageError
from octavo.optimizers import (
    Adam,
    EvaluateAverage,
    GradientAccumulation,
    LayerAdaptation,
    LazyRows,
    LearningRateMultiplier,
    Lookahead,
    PiecewiseLinear,
    RectifiedAdam,
    WeightAverage,
    WeightDecay,
    find_wrapper,
    lamb,
    warmup_stable_decay,
)


def sgd():
    return keras.optimizers.SGD(0.1)


BAD = {
    "kind='Lookahead'": lambda: find_wrapper(sgd(), "Lookahead"),
    "None": lambda: LazyRows(sgd(), include=None),
    "steps=0": lambda: GradientAccumulation(sgd(), 0),
    "steps=2.5": lambda: GradientAccumulation(sgd(), 2.5),
    "steps=True": lambda: GradientAccumulation(sgd(), True),
    "last_window='include'": lambda: GradientAccumulation(sgd(), 2, last_window="include"),
    "sync_period=0": lambda: Lookahead(sgd(), 0),
    "alpha=1.5": lambda: Lookahead(sgd(), 5, 1.5),
    "alpha=-0.1": lambda: Lookahead(sgd(), 5, -0.1),
    "alpha=nan": lambda: Lookahead(sgd(), 5, float("nan")),
    "alpha='half'": lambda: Lookahead(sgd(), 5, "half"),
    "momentum=1.0": lambda: WeightAverage(sgd(), 1.0),
    "momentum=-1": lambda: WeightAverage(sgd(), -1),
    "weight_decay=-0.1": lambda: WeightDecay(sgd(), -0.1),
    "weight_decay=None": lambda: WeightDecay(sgd(), None),
    "'('": lambda: WeightDecay(sgd(), 0.1, exclude="("),
    "7": lambda: WeightDecay(sgd(), 0.1, exclude=7),
    "3": lambda: LayerAdaptation(sgd(), exclude=[3]),
    "multipliers={}": lambda: LearningRateMultiplier(sgd(), {}),
    "multipliers=0.1": lambda: LearningRateMultiplier(sgd(), 0.1),
    "multipliers['bias']=-1": lambda: LearningRateMultiplier(sgd(), {"bias": -1}),
    "rows=0": lambda: LazyRows(sgd(), rows=0),
    "keep_slots='yes'": lambda: LazyRows(sgd(), keep_slots="yes"),
    "until_epoch_end=2": lambda: EvaluateAverage(2),
    "learning_rate=nan": lambda: lamb(float("nan")),
    "beta_1=1": lambda: Adam(beta_1=1),
    "beta_1=2": lambda: Adam(beta_1=2),
    "beta_2=0.5": lambda: RectifiedAdam(beta_2=0.5),
    "points={20: 1, 10: 0}": lambda: PiecewiseLinear(0.1, {20: 1, 10: 0}),
    "points=[(10, 1), (10, 0)]": lambda: PiecewiseLinear(0.1, [(10, 1), (10, 0)]),
    "points={}": lambda: PiecewiseLinear(0.1, {}),
    "points={-5: 1}": lambda: PiecewiseLinear(0.1, {-5: 1}),
    "points={0.5: 1}": lambda: PiecewiseLinear(0.1, {0.5: 1}),
    "points=7": lambda: PiecewiseLinear(0.1, 7),
    "points[5]=-1": lambda: PiecewiseLinear(0.1, {5: -1}),
    "learning_rate='fast'": lambda: PiecewiseLinear("fast", {5: 1}),
    "warmup=0, stable=0, decay=0": lambda: warmup_stable_decay(0.1, 0, 0, 0),
    "final=-1": lambda: warmup_stable_decay(0.1, 0, 0, 5, -1),
    "warmup=-1": lambda: warmup_stable_decay(0.1, -1, 0, 5),
}


@pytest.mark.parametrize("received", BAD)
def test_an_impossible_argument_is_named(received):
    with pytest.raises(ValueError, match=r"Received: ") as caught:
        BAD[received]()
    assert isinstance(caught.value, UsageError)
    assert received in str(caught.value).split("Received: ")[1]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("inner", ["adam", keras.optimizers.Adam, None, {"class_name": "Adam"}])
def test_what_is_no_optimizer_is_not_wrapped(inner):
    with pytest.raises(UsageError, match=r"wraps an instance of keras\.optimizers\.Optimizer") as e:
        WeightDecay(inner, 0.1)
    assert str(e.value).endswith(f"Received: {inner!r}")


CONFIGS = [
    WeightDecay(sgd(), 0.1, exclude="bias"),
    LayerAdaptation(sgd(), exclude=["bias"]),
    GradientAccumulation(sgd(), 3, last_window="apply"),
    Lookahead(sgd(), 7, 0.25),
    WeightAverage(sgd(), 0.9),
    LearningRateMultiplier(sgd(), {"bias": 2.0}),
    LazyRows(sgd(), include="table", rows=9),
    Adam(PiecewiseLinear(0.1, {5: 1}), 0.8, 0.99, 1e-6, clipnorm=1.0),
    RectifiedAdam(0.1, threshold=4),
]


@pytest.mark.parametrize("optimizer", CONFIGS, ids=lambda o: type(o).__name__)
def test_a_config_makes_the_same_optimizer(optimizer):
    config = keras.saving.serialize_keras_object(optimizer)
    again = keras.saving.deserialize_keras_object(copy.deepcopy(config))
    assert type(again) is type(optimizer)
    assert keras.saving.serialize_keras_object(again) == config
