"""One maker of optimizers: learning rates over a run's course, and what does not decay."""

from __future__ import annotations

import numpy as np
import pytest

from octavo._keras import keras
from octavo.optimizers import GradientAccumulation, WeightAverage, WeightDecay, find_wrapper
from octavo.training.optimizer import count_batches, create_optimizer
from octavo.transformer import build_transformer_model


def rates(name, *steps, warmup_steps=10):
    """The learning rates at these of 100 steps."""
    bottom = create_optimizer(name, 0.5, 100, warmup_steps)
    while hasattr(bottom, "inner_optimizer"):
        bottom = bottom.inner_optimizer
    return [float(bottom._learning_rate(step)) for step in steps]


@pytest.mark.keras_backend
@pytest.mark.parametrize("name", ["adamw", "lamb"])
def test_learning_rates_fall_on_a_line(name):
    points = rates(name, 0, 5, 10, 55, 100)
    np.testing.assert_allclose(points, [0.0, 0.25, 0.5, 0.25, 0.0], atol=1e-6)
    assert rates(name, 0, warmup_steps=0) == [0.5]


@pytest.mark.keras_backend
def test_learning_rates_of_keras_adamw_fall_by_a_cosine():
    points = rates("keras_adamw", 0, 5, 10, 55, 100)
    np.testing.assert_allclose(points, [0.05, 0.275, 0.5, 0.2525, 0.005], atol=1e-6)


def test_both_adamws_decay_the_same_weights():
    config = {
        "vocab_size": 20, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 16, "max_position_embeddings": 16, "pointer_head": True,
        "question_match": True, "type_vocab_size": 5, "sep_token_id": 3,
    }  # fmt: skip
    variables = build_transformer_model(config, application="unilm").trainable_variables
    ours = find_wrapper(create_optimizer("adamw", 0.1, 10, 1), WeightDecay)
    theirs = create_optimizer("keras_adamw", 0.1, 10, 1)
    decayed = [
        variable.path
        for variable in variables
        if not any(pattern in variable.path for pattern in ours.exclude)
    ]
    assert [v.path for v in variables if theirs._use_weight_decay(v)] == decayed
    assert 0 < len(decayed) < len(variables)


def test_what_is_asked_for_is_wrapped_around():
    plain = create_optimizer("adamw", 0.1, 10, 1, global_clipnorm=0.0)
    assert plain.inner_optimizer.global_clipnorm is None
    assert create_optimizer("keras_adamw", 0.1, 10, 1).global_clipnorm == 1.0
    both = create_optimizer("lamb", 0.1, 10, 1, ema_momentum=0.9, gradient_accumulation_steps=4)
    assert isinstance(both, GradientAccumulation)
    assert (both.steps, find_wrapper(both, WeightAverage).momentum) == (4, 0.9)
    assert isinstance(both, keras.optimizers.Optimizer)


def test_the_batches_of_an_update_are_counted_through_the_nest():
    adam = keras.optimizers.Adam(gradient_accumulation_steps=3)
    assert count_batches(keras.optimizers.Adam()) == 1
    assert count_batches(adam) == 3
    assert count_batches(WeightDecay(GradientAccumulation(keras.optimizers.SGD(), 4), 0.01)) == 4
    scaled = keras.optimizers.LossScaleOptimizer(GradientAccumulation(keras.optimizers.SGD(), 2))
    assert count_batches(scaled) == 2
