"""What all wrappers share: an optimizer that changes the updates another optimizer proposes.

A step of a nest of wrappers is one pass down and one pass up. Down go the gradients, from the
outermost wrapper to the optimizer at the bottom; up come the updates u, one tensor a variable, each
wrapper changing what its inner optimizer proposes; the outermost adds them: theta <- theta + u.
So a wrapper is one short function of gradients, updates and weights, and no rounding of theta + u
stands between two wrappers.

Inside a nest all arithmetic is float32. A bfloat16 or float16 variable gets a float32 copy, held by
the outermost wrapper, to which the updates are added; the variable is its rounding. Where the
variable was changed from outside, the copy follows.

Source: Su Jianlin, kexue.fm/archives/7094, for optimizers derived from any other; Micikevicius et
al. 2018, "Mixed Precision Training", arXiv 1710.03740, section 3.1, for the copy.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from octavo._keras import keras, ops
from octavo.errors import UsageError
from octavo.optimizers.at_bottom import AtBottom
from octavo.optimizers.bare import bare_step, bare_updates
from octavo.optimizers.overwriting import Overwriting
from octavo.optimizers.patterns import path_of
from octavo.optimizers.tensors import make_dense, snapshot, without_gradients

_LOW_PRECISION = ("bfloat16", "float16")


class Wrapper(keras.optimizers.Optimizer):
    """Base of the wrappers; a new one overrides `updates`, and `build_state` if it keeps state.

    A setting of Keras' optimizers (`clipnorm`, `weight_decay` and the like) cannot be set on a
    wrapper; one that has an argument of such a name declares it on its class, as WeightDecay does.

    Args:
        inner_optimizer: a `keras.optimizers.Optimizer`, another wrapper or not.
        name: the optimizer's own name; by default made from the class.

    Raises:
        UsageError: if `inner_optimizer` is not an instance of an optimizer.

    Example:
        >>> from octavo.optimizers import Wrapper
        >>> import keras
        >>> class Sign(Wrapper):
        ...     def updates(self, gradients, variables):
        ...         updates, _ = self.inner_updates(gradients, variables)
        ...         return [keras.ops.sign(u) * self.rate() for u in updates]
        >>> weights = keras.Variable([1.0, 1.0])
        >>> Sign(keras.optimizers.SGD(0.5)).apply([keras.ops.array([3.0, -9.0])], [weights])
        >>> weights.numpy().tolist()
        [0.5, 1.5]
    """

    clipnorm, global_clipnorm, clipvalue = AtBottom(None), AtBottom(None), AtBottom(None)
    weight_decay, gradient_accumulation_steps = AtBottom(None), AtBottom(None)
    use_ema = AtBottom(False)

    def __init__(self, inner_optimizer: Any, name: str | None = None) -> None:
        if not isinstance(inner_optimizer, keras.optimizers.Optimizer):
            raise UsageError(
                f"{type(self).__name__} wraps an instance of keras.optimizers.Optimizer, such as "
                f"keras.optimizers.Adam(1e-3). Received: {inner_optimizer!r}"
            )
        super().__init__(learning_rate=0.0, name=name)
        self.inner_optimizer = inner_optimizer
        self._unused = len(self._variables)  # Keras' count and learning rate: the bottom's serve
        self._with_gradient: set[int] = set()

    # What a wrapper is made of.

    def build_state(self, variables: Sequence[Any]) -> None:
        """Create this wrapper's own variables; `variables` are float32 (or float64)."""

    def inner_variables(self, variables: list[Any]) -> list[Any]:
        """What the inner optimizer is built for; here the same variables."""
        return variables

    def updates(self, gradients: list[Any], variables: list[Any]) -> list[Any]:
        """What is to be added to `variables`, a tensor each.

        Args:
            gradients: dense tensors of the variables' shapes and dtypes.
            variables: those that have a gradient, in the order of `build`.
        """
        return self.inner_updates(gradients, variables)[0]

    def inner_updates(self, gradients: list[Any], variables: list[Any]) -> tuple[list[Any], Any]:
        """The inner optimizer's updates, and whether it made any (a boolean scalar).

        It makes none while gradients are gathered, or when a loss scale was too high.
        """
        before = snapshot(self.iterations)
        if isinstance(self.inner_optimizer, Wrapper):
            updates = self.inner_optimizer.updates(gradients, variables)
        else:
            updates = bare_updates(self.inner_optimizer, gradients, variables)
        return updates, ops.greater(self.iterations, before)

    def inner_step(self, gradients: list[Any], variables: list[Any]) -> None:
        """Let the inner optimizer move the variables, where this wrapper changes no update."""
        if isinstance(self.inner_optimizer, Wrapper):
            self.inner_optimizer.step(gradients, variables)
        else:
            bare_step(self.inner_optimizer, gradients, variables)

    def step(self, gradients: list[Any], variables: list[Any]) -> None:
        """Move the variables; called where no wrapper outside changes the updates."""
        for variable, update in zip(variables, self.updates(gradients, variables), strict=True):
            self.assign_add(variable, update)

    def end_training(self) -> bool:
        """Called when `fit` ends; whether one more step is to be made, of gradients kept back."""
        return False

    # How Keras sees it.

    def build(self, variables: Any) -> None:
        """Create the state for `variables`, the inner optimizer's included."""
        if self.built:
            return
        variables = list(variables)
        self._copies = [self._float32_copy(variable) for variable in variables]
        inside = [
            variable if copy is None else copy
            for variable, copy in zip(variables, self._copies, strict=True)
        ]
        known = getattr(self.inner_optimizer, "_trainable_variables", [])
        if self.inner_optimizer.built and [id(v) for v in known] != [id(v) for v in inside]:
            raise UsageError(
                "an optimizer built for other variables cannot be wrapped; make a new one. "
                f"Received: {self.inner_optimizer!r}"
            )
        self._places = {self._var_key(variable): i for i, variable in enumerate(inside)}
        self.inner_optimizer.build(self.inner_variables(inside))
        self.build_state(inside)
        super().build(variables)
        self._overwriting = Overwriting(self, variables if self._accumulates() else [])

    def place(self, variable: Any) -> int:
        """The variable's place in what `build_state` was given."""
        return self._places[self._var_key(variable)]

    def _float32_copy(self, variable: Any) -> Any:
        if variable.dtype not in _LOW_PRECISION:
            return None
        copy = self.add_variable(
            shape=variable.shape,
            dtype="float32",
            layout=getattr(variable, "_layout", None),
            name="float32_copy",
        )
        copy.assign(ops.cast(variable, "float32"))
        copy._path = path_of(variable)  # patterns and the names of slots mean the variable
        copy.stands_for = variable
        return copy

    #: Whether it adds up gradients: then a variable that had one and has none now has one of zeros.
    gathers = False

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Move the variables by these gradients; None for a variable that has none."""
        super().apply([g if g is None else make_dense(g) for g in grads], trainable_variables)

    @without_gradients
    def _backend_apply_gradients(self, grads: Any, trainable_variables: Any) -> None:
        """Make a step; Keras calls this from `apply`, on every backend."""
        given = dict(zip(map(self._get_variable_index, trainable_variables), grads, strict=True))
        overwriting = self._overwriting.take(given)
        before = snapshot(self.iterations) if overwriting else None
        if any(wrapper.gathers for wrapper in self.chain()):
            self._with_gradient |= set(given)
            given = {place: given.get(place) for place in sorted(self._with_gradient)}
        variables = [self._trainable_variables[place] for place in given]
        inside = [self._followed(place) for place in given]
        gradients = [
            ops.zeros(v.shape, v.dtype) if g is None else ops.cast(g, v.dtype)
            for g, v in zip(given.values(), inside, strict=True)
        ]
        self.step(gradients, inside)
        for variable, own in zip(variables, inside, strict=True):
            if own is not variable:
                self.assign(variable, ops.cast(own, variable.dtype))
        if overwriting:
            self._overwriting.apply(overwriting, ops.greater(self.iterations, before))

    def _accumulates(self) -> bool:
        """Whether not every batch is an update."""
        *wrappers, bottom = self.chain_to_bottom()
        return any(one.gathers for one in wrappers) or bool(bottom.gradient_accumulation_steps)

    def _overwrite_variables_directly_with_gradients(self, grads: Any, vars: Any) -> Any:
        """Keras overwrites at every batch; where they are gathered, `Overwriting` waits."""
        if self._accumulates():
            return grads, vars
        return super()._overwrite_variables_directly_with_gradients(grads, vars)

    def inside(self, place: int) -> Any:
        """The variable at a place of what `build_state` was given."""
        copy = self._copies[place]
        return self._trainable_variables[place] if copy is None else copy

    def _followed(self, place: int) -> Any:
        """`inside(place)`, with the value of the variable it may stand for."""
        variable, own = self._trainable_variables[place], self.inside(place)
        if own is not variable:
            value = ops.convert_to_tensor(variable)
            same = ops.equal(ops.cast(own.value, value.dtype), value)
            own.assign(ops.where(same, own.value, ops.cast(value, "float32")))
        return own

    def chain(self) -> Iterator[Wrapper]:
        """The wrappers from here to the bottom, this one first."""
        wrapper = self
        while isinstance(wrapper, Wrapper):
            yield wrapper
            wrapper = wrapper.inner_optimizer

    def chain_to_bottom(self) -> list[Any]:
        """The wrappers from here on, then the optimizer they all wrap."""
        wrappers = list(self.chain())
        return [*wrappers, wrappers[-1].inner_optimizer]

    @property
    def variables(self) -> list[Any]:
        """Own variables, then the inner optimizer's."""
        return self._own + self.inner_optimizer.variables

    @property
    def _own(self) -> list[Any]:
        return self._variables[self._unused :]

    @property
    def iterations(self) -> Any:
        """Updates made so far, as the optimizer at the bottom counts them."""
        return self.inner_optimizer.iterations

    @property
    def learning_rate(self) -> Any:
        """The learning rate of the optimizer at the bottom; it can be set."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        self.inner_optimizer.learning_rate = learning_rate

    def rate(self, dtype: str = "float32") -> Any:
        """The learning rate of the coming update, as a scalar that stays when the step moves on."""
        return snapshot(ops.cast(self.learning_rate, dtype))

    @property
    def loss_scale_factor(self) -> float | None:
        """What Keras divides gradients by: 1 where the optimizer inside does it, or nothing."""
        if not hasattr(self, "inner_optimizer"):
            return None  # Keras' constructor
        inner = self.inner_optimizer
        scales = isinstance(inner, keras.optimizers.LossScaleOptimizer)
        return None if inner.loss_scale_factor is None and not scales else 1.0

    @loss_scale_factor.setter
    def loss_scale_factor(self, factor: float | None) -> None:
        if not hasattr(self, "inner_optimizer"):
            return  # Keras' constructor
        if isinstance(self.inner_optimizer, keras.optimizers.LossScaleOptimizer):
            raise UsageError(
                "the loss would be scaled twice: mixed_float16 puts a LossScaleOptimizer around "
                "the optimizer; wrap the plain one, or compile with auto_scale_loss=False. "
                f"Received: {self.inner_optimizer!r}"
            )
        self.inner_optimizer.loss_scale_factor = factor

    def scale_loss(self, loss: Any) -> Any:
        """The loss as the inner optimizer wants it scaled."""
        return self.inner_optimizer.scale_loss(loss)

    def finalize_variable_values(self, var_list: Any) -> None:
        """What `fit` calls at its end: a short window of gradients is used, if one is to be.

        Raises:
            UsageError: if the model is not the one that the optimizer was built for.
        """
        own = {id(variable) for variable in self._trainable_variables}
        if any(id(variable) not in own for variable in var_list):
            raise UsageError(
                "an optimizer was built for one model and has now trained another with the state "
                f"of the first; make a new one for every model. Received: {self!r}"
            )
        wanted = [wrapper.end_training() for wrapper in self.chain()]  # all are asked
        try:
            if any(wanted):
                known = set(range(len(self._trainable_variables))) - set(self._overwriting.places)
                self._with_gradient = self._with_gradient or known
                self._backend_apply_gradients([], [])
        finally:
            for wrapper in self.chain():
                wrapper.window_closed()
        self.chain_to_bottom()[-1].finalize_variable_values(var_list)

    def window_closed(self) -> None:
        """Called when the update that `end_training` asked for, if it did, has been made."""

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        """Keras' way to exclude variables; here it is an argument."""
        raise UsageError(
            "variables are excluded by WeightDecay(..., exclude=patterns). "
            f"Received: var_list={var_list!r}, var_names={var_names!r}"
        )

    # Own state only: Keras saves the inner optimizer as a part of its own.

    def _keys(self) -> dict[str, Any]:
        """Own variables by the name they are saved under: another wrapper's do not fit."""
        kind = type(self).__name__
        return {f"{kind}_{place}": variable for place, variable in enumerate(self._own)}

    def save_own_variables(self, store: Any) -> None:
        """Save this wrapper's own variables."""
        for key, variable in self._keys().items():
            store[key] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        """Load what `save_own_variables` saved; what does not fit is left, with a warning."""
        own = self._keys()
        if set(store.keys()) != set(own):
            warnings.warn(
                f"{self.name} keeps the state it has: its {len(own)} variables are not the "
                f"{len(store.keys())} that were saved, as where wrappers nest otherwise, the model "
                "is another, or one of the two was not built",
                stacklevel=2,
            )
            return
        for key, variable in own.items():
            variable.assign(store[key])

    def set_weights(self, weights: Any) -> None:
        """Assign all variables, in the order of `variables`.

        Raises:
            UsageError: if their number is another.
        """
        if len(weights) != len(self.variables):
            raise UsageError(
                f"{self.name} has {len(self.variables)} variables. Received: {len(weights)} weights"
            )
        for variable, value in zip(self.variables, weights, strict=True):
            variable.assign(value)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        inner = keras.saving.serialize_keras_object(self.inner_optimizer)
        return {"inner_optimizer": inner, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """An optimizer from what `get_config` returned."""
        inner = keras.saving.deserialize_keras_object(
            config["inner_optimizer"], custom_objects=custom_objects
        )
        return cls(**{**config, "inner_optimizer": inner})


def find_wrapper(optimizer: Any, kind: type) -> Any:
    """The outermost wrapper of a class in a nest.

    Args:
        optimizer: of a model; a LossScaleOptimizer around the nest is looked through.
        kind: a class of wrappers.

    Raises:
        UsageError: if there is none, or `kind` is no class.

    Example:
        >>> from octavo.optimizers import WeightAverage, WeightDecay, find_wrapper
        >>> import keras
        >>> optimizer = WeightDecay(WeightAverage(keras.optimizers.SGD(0.1)), 0.01)
        >>> find_wrapper(optimizer, WeightAverage) is optimizer.inner_optimizer
        True
    """
    if not isinstance(kind, type):
        raise UsageError(f"kind must be a class, such as WeightAverage. Received: kind={kind!r}")
    found = optimizer
    while found is not None and not isinstance(found, kind):
        found = getattr(found, "inner_optimizer", None)
    if found is None:
        raise UsageError(f"there is no {kind.__name__} in this nest. Received: {optimizer!r}")
    return found
