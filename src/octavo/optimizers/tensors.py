"""Tensors and branches, in each backend's own way."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from octavo._keras import keras, ops
from octavo._lazy import require


def snapshot(value: Any) -> Any:
    """The value a variable or tensor has now, unmoved by what is assigned later."""
    if keras.backend.backend() == "jax":
        return ops.convert_to_tensor(value)  # JAX's arrays never change
    return ops.copy(value)


def make_dense(gradient: Any) -> Any:
    """The gradient as a dense tensor; rows given twice are summed.

    TensorFlow's gradient of an embedding is a list of rows, one row a token: Adam would square
    each row by itself.
    """
    if keras.backend.backend() != "tensorflow":
        return gradient
    return require("tensorflow", extra="neural").convert_to_tensor(gradient)


def without_gradients(function: Callable[..., Any]) -> Callable[..., Any]:
    """On torch, run a method without recording it for autograd."""
    if keras.backend.backend() != "torch":
        return function
    return functools.wraps(function)(require("torch", extra="neural").no_grad()(function))


def choose(
    condition: Any,
    yes: Callable[[], list[Any]],
    no: Callable[[], list[Any]],
    *,
    assigned: Sequence[Any],
    read: Sequence[Any],
) -> list[Any]:
    """Run one of two functions that assign to variables.

    JAX traces both: each runs on stand-in values, and the values of the one that was chosen are
    assigned afterwards.

    Args:
        condition: a boolean scalar.
        yes: called where it is true; returns a list of tensors.
        no: called where it is false; returns tensors of the same shapes and dtypes.
        assigned: the variables either may assign to.
        read: other variables they read, or assign to and set back.

    Returns:
        What the chosen function returned.
    """
    if _is_known(condition):
        return yes() if condition else no()
    if keras.backend.backend() != "jax":
        return ops.cond(condition, yes, no)
    old = [variable.value for variable in assigned]
    others = [(variable, variable.value) for variable in read]
    tensors, new = ops.cond(
        condition,
        lambda: _run_aside(yes, assigned, old, others),
        lambda: _run_aside(no, assigned, old, others),
    )
    for variable, value in zip(assigned, new, strict=True):
        variable.assign(value)
    return tensors


def repeat(
    start: int,
    stop: Any,
    body: Callable[[Any, list[Any]], list[Any]],
    tensors: list[Any],
    *,
    assigned: Sequence[Any],
    read: Sequence[Any],
) -> list[Any]:
    """Call a function that assigns to variables for each number from `start` to before `stop`.

    Args:
        start: the first number.
        stop: a scalar; where it is `start` or less, nothing is called.
        body: takes the number and tensors, returns the tensors of the next call.
        tensors: the tensors of the first call.
        assigned: the variables it may assign to.
        read: other variables it reads, or assigns to and sets back.

    Returns:
        What the last call returned.
    """
    if _is_known(stop):
        for number in range(start, int(stop)):
            tensors = body(number, tensors)
        return tensors
    if keras.backend.backend() != "jax":
        return ops.fori_loop(start, stop, body, tensors)
    old = [variable.value for variable in assigned]
    others = [(variable, variable.value) for variable in read]

    def run(number: Any, state: tuple[list[Any], list[Any]]) -> tuple[list[Any], list[Any]]:
        return _run_aside(lambda: body(number, state[0]), assigned, state[1], others)

    tensors, new = ops.fori_loop(start, stop, run, (tensors, old))
    for variable, value in zip(assigned, new, strict=True):
        variable.assign(value)
    return tensors


def _is_known(value: Any) -> bool:
    """Whether this is JAX without jit: there a branch would be compiled anew at every step."""
    if keras.backend.backend() != "jax":
        return False
    return not isinstance(value, require("jax", extra="neural").core.Tracer)


def _run_aside(
    function: Callable[[], list[Any]],
    assigned: Sequence[Any],
    values: list[Any],
    others: list[tuple[Any, Any]],
) -> tuple[list[Any], list[Any]]:
    """Call a function on these values of variables; its tensors, and what it assigned."""
    with keras.StatelessScope([*zip(assigned, values, strict=True), *others]) as scope:
        tensors = function()
    return tensors, [scope.get_current_value(variable) for variable in assigned]
