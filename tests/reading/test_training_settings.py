"""How a reader is trained: what is impossible is named."""

from __future__ import annotations

import pytest

from octavo.errors import UsageError
from octavo.reading.training_settings import TrainingSettings


@pytest.mark.parametrize(
    "values",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"batch_size": 2.0},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"dropout": 1.0},
        {"negative_rate": -0.1},
        {"first_token_weight": 0.0},
        {"seed": -1},
        {"seed": 2**32},
    ],
)
def test_an_impossible_setting_is_named(values):
    (name,) = values
    with pytest.raises(UsageError, match=rf"^{name} must be .* Received: {name}="):
        TrainingSettings(**values)
