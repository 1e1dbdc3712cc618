"""Fifty steps beside optax, at its defaults: at most 2e-6 apart.

optax corrects bias by 1 - decay ** count in float32, which loses up to half the digits where decay
is near 1: its rectified Adam, and averages with momentum 0.999, are 1e-5 from optax's own results
in float64. There ours are compared with those.
"""

from __future__ import annotations

import optimizers_reference as reference
import pytest
from small_problem import fit, make_model, weights

from octavo.optimizers import (
    Adam,
    GradientAccumulation,
    Lookahead,
    PiecewiseLinear,
    RectifiedAdam,
    WeightAverage,
    adamw,
    lamb,
    ranger,
)

pytestmark = pytest.mark.peer
STEPS, LIMIT, RATE = 50, 2e-6, 0.01


def train(optax, transformation, lookahead=False, double=False):
    """All weights optax passes through, the fast ones of a lookahead."""
    import jax

    with jax.enable_x64(double):
        return train_in(optax, transformation, lookahead, "float64" if double else "float32")


def train_in(optax, transformation, lookahead, dtype):
    import jax
    import jax.numpy as jnp

    def loss(parameters, ids, targets):
        table, kernel, bias, out, out_bias = parameters
        hidden = jnp.tanh(table[ids].mean(1) @ kernel + bias)
        return jnp.mean((hidden @ out + out_bias - targets) ** 2)

    @jax.jit
    def step(parameters, state, ids, targets):
        fast = parameters.fast if lookahead else parameters
        gradients = jax.grad(loss)(fast, ids, targets)
        updates, state = transformation.update(gradients, state, parameters)
        return optax.apply_updates(parameters, updates), state

    parameters = [jnp.asarray(w, dtype) for w in reference.first_weights()]
    if lookahead:
        parameters = optax.LookaheadParams.init_synced(parameters)
    state = transformation.init(parameters)
    passed = []
    for ids, targets in reference.batches(STEPS):
        parameters, state = step(parameters, state, ids, targets)
        passed.append(parameters.fast if lookahead else parameters)
    return passed


def schedule(optax):
    return optax.join_schedules(
        [optax.linear_schedule(0.0, RATE, 5), optax.linear_schedule(RATE, 0.2 * RATE, 15)], [5]
    )


CASES = {
    "adam": (lambda: Adam(RATE), lambda optax: optax.adam(RATE)),
    "adamw": (lambda: adamw(RATE), lambda optax: optax.adamw(RATE)),
    "adamw, decay 0.1": (
        lambda: adamw(RATE, 0.1),
        lambda optax: optax.adamw(RATE, weight_decay=0.1),
    ),
    "lamb": (lambda: lamb(RATE), lambda optax: optax.lamb(RATE)),
    "lamb, decay 0.1": (lambda: lamb(RATE, 0.1), lambda optax: optax.lamb(RATE, weight_decay=0.1)),
    "MultiSteps with a schedule": (
        lambda: GradientAccumulation(Adam(PiecewiseLinear(RATE, {5: 1.0, 20: 0.2})), 3),
        lambda optax: optax.MultiSteps(optax.adam(schedule(optax)), 3),
    ),
    "radam": (lambda: RectifiedAdam(RATE), lambda optax: optax.radam(RATE)),
}
LOOKAHEADS = {
    "lookahead": (
        lambda: Lookahead(Adam(RATE), 5, 0.5),
        lambda optax: optax.lookahead(optax.adam(RATE), 5, 0.5),
    ),
    "ranger": (
        lambda: ranger(RATE),
        lambda optax: optax.lookahead(optax.radam(RATE), 6, 0.5),
    ),
}


@pytest.mark.parametrize("name", [*CASES, *LOOKAHEADS])
def test_fifty_steps_are_those_of_optax(name):
    optax = pytest.importorskip("optax", reason="make test-peers brings optax")
    ours, theirs = (CASES | LOOKAHEADS)[name]
    double = name in ("radam", "ranger")
    passed = train(optax, theirs(optax), name in LOOKAHEADS, double)
    found = reference.difference(weights(fit(make_model(ours()), STEPS)), passed[-1])
    print(f"{name}: {found:.1e}")
    assert found <= LIMIT


@pytest.mark.parametrize("momentum", [0.5, 0.9, 0.99, 0.999])
def test_the_average_is_that_of_optax(momentum):
    optax = pytest.importorskip("optax", reason="make test-peers brings optax")
    jax = pytest.importorskip("jax")
    double = momentum > 0.99
    passed = train(optax, optax.adam(RATE), double=double)
    with jax.enable_x64(double):
        ema = optax.ema(momentum)
        state = ema.init(passed[0])
        for parameters in passed:
            average, state = ema.update(parameters, state)
    optimizer = WeightAverage(Adam(RATE), momentum)
    model = fit(make_model(optimizer), STEPS)
    with optimizer.averaged():
        found = reference.difference(weights(model), average)
    print(f"ema {momentum}: {found:.1e}")
    assert found <= LIMIT
