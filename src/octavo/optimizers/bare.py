"""The update of an optimizer that is no wrapper: what it adds to the variables, as tensors.

An optimizer of Keras changes variables and returns nothing. Most step by an amount that does not
depend on the weights; they step from weights of zero, and what stands there afterwards is the
update to its last bit. Of all others the update is the difference of the weights after and before,
which is as exact as the rounding of the weights.
"""

from __future__ import annotations

from typing import Any

from octavo._keras import keras, ops
from octavo.optimizers.adam import Adam
from octavo.optimizers.tensors import snapshot

_BLIND = ("Adadelta", "Adagrad", "Adam", "Adamax", "AdamW", "Lion", "Nadam", "RMSprop", "SGD")
_BLIND_STEPS = (
    Adam.update_step,
    *(getattr(keras.optimizers, name).update_step for name in _BLIND),
)


def bare_updates(optimizer: Any, gradients: list[Any], variables: list[Any]) -> list[Any]:
    """Apply the optimizer's step, set the variables back, and return what it would have added.

    Args:
        optimizer: a built `keras.optimizers.Optimizer`; its own variables move on.
        gradients: a tensor for each variable.
        variables: the model's variables; afterwards they are as they were before.
    """
    if _is_stateless(optimizer):
        return _stateless_updates(optimizer, gradients, variables)
    before = [snapshot(variable) for variable in variables]
    blind = steps_blind(optimizer) and all(v.constraint is None for v in variables)
    if blind:
        for variable in variables:
            variable.assign(ops.zeros(variable.shape, variable.dtype))
    if keras.backend.backend() == "tensorflow":  # inside a branch they must be of its graph, all
        gradients = [ops.copy(gradient) for gradient in gradients]
    try:
        optimizer.apply(gradients, variables)
        after = [snapshot(variable) for variable in variables]
    finally:  # an error, or Ctrl-C, must not leave zeros
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
    return after if blind else [ops.subtract(a, b) for a, b in zip(after, before, strict=True)]


def bare_step(optimizer: Any, gradients: list[Any], variables: list[Any]) -> None:
    """Let the optimizer move the variables itself."""
    if _is_stateless(optimizer):
        updates = _stateless_updates(optimizer, gradients, variables)
        for variable, update in zip(variables, updates, strict=True):
            variable.assign_add(update)
    else:
        optimizer.apply(gradients, variables)


def _is_stateless(optimizer: Any) -> bool:
    """Whether this is JAX and the optimizer's `apply` is not for it, as LossScaleOptimizer's."""
    plain = keras.optimizers.Optimizer.stateless_apply
    return keras.backend.backend() == "jax" and type(optimizer).stateless_apply is not plain


def _stateless_updates(optimizer: Any, gradients: list[Any], variables: list[Any]) -> list[Any]:
    """The same by `stateless_apply`, which wants all variables it was built for."""
    known = optimizer._trainable_variables
    given = {id(v): g for v, g in zip(variables, gradients, strict=True)}
    before = [variable.value for variable in known]
    after, state = optimizer.stateless_apply(
        [v.value for v in optimizer.variables], [given.get(id(v)) for v in known], before
    )
    for variable, value in zip(optimizer.variables, state, strict=True):
        variable.assign(value)
    changes = {id(v): a - b for v, a, b in zip(known, after, before, strict=True)}
    return [changes[id(v)] for v in variables]


def steps_blind(optimizer: Any) -> bool:
    """Whether the optimizer is known not to read the weights it changes."""
    reads = optimizer.weight_decay or optimizer.use_ema or optimizer.gradient_accumulation_steps
    return type(optimizer).update_step in _BLIND_STEPS and not reads
