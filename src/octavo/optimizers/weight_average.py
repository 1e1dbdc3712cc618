"""Average of the weights over the updates, to evaluate and to keep."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from octavo._checks import check_bool, check_share
from octavo._keras import keras, ops, register
from octavo.errors import UsageError
from octavo.optimizers.adam import correction
from octavo.optimizers.wrapper import Wrapper, find_wrapper


@register("WeightAverage")
class WeightAverage(Wrapper):
    """An exponential moving average of the weights, without bias from the first step on.

    average <- average + (1 - d) / (1 - d^t) (theta + u - average), t = 1, 2, ...

    which is sum_s (1-d) d^(t-s) theta_s / (1 - d^t). Training goes on with the weights themselves;
    `averaged()` puts the average in their place for an evaluation or to save it, and the callback
    `EvaluateAverage` does so for the validations of `fit`. The average counts updates, so it does
    not move while gradients are gathered, and is float32 whatever the weights are.

    Args:
        inner_optimizer: the optimizer to wrap.
        momentum: d, from 0 to below 1; the average looks back about 1 / (1 - d) updates.
        name: the optimizer's own name.

    Raises:
        UsageError: if an argument is impossible.

    Example:
        >>> from octavo.optimizers import WeightAverage
        >>> import keras
        >>> optimizer = WeightAverage(keras.optimizers.SGD(1.0), momentum=0.5)
        >>> weights = keras.Variable([5.0])
        >>> for _ in range(2):
        ...     optimizer.apply([keras.ops.ones(1)], [weights])
        >>> with optimizer.averaged():
        ...     print(f"{float(weights[0]):.3f}")
        3.333
        >>> float(weights[0])
        3.0

    Source: Polyak & Juditsky 1992; Kingma & Ba, "Adam", arXiv 1412.6980, section 7.2, for the
        correction; bert4keras, `extend_with_exponential_moving_average`.
    """

    def __init__(
        self, inner_optimizer: Any, momentum: float = 0.999, name: str | None = None
    ) -> None:
        super().__init__(inner_optimizer, name)
        self.momentum = check_share("momentum", momentum)
        self._kept: list[Any] | None = None  # the weights, while the averages are in place

    def build_state(self, variables: Sequence[Any]) -> None:
        """The averages, and a count of the updates in them."""
        self._count = self.add_variable((), dtype="int32", name="updates")
        self._averages = [self.add_variable_from_reference(v, "average") for v in variables]
        for average, variable in zip(self._averages, variables, strict=True):
            average.assign(ops.copy(variable))

    def updates(self, gradients: list[Any], variables: list[Any]) -> list[Any]:
        """The inner optimizer's; the averages take in the weights they lead to."""
        updates, updated = self.inner_updates(gradients, variables)
        self._count.assign_add(ops.cast(updated, "int32"))
        weight = ops.where(updated, self._weight(), 0.0)
        moved = {self.place(v): (v, u) for v, u in zip(variables, updates, strict=True)}
        for place, average in enumerate(self._averages):
            v, u = moved.get(place, (self.inside(place), 0.0))
            self.assign_add(average, ops.cast(weight, v.dtype) * (v + u - average))
        return updates

    def _weight(self) -> Any:
        """(1 - d) / (1 - d^t)."""
        count = ops.cast(ops.maximum(self._count, 1), "float32")
        return (1.0 - self.momentum) / correction(self.momentum, count)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Inside the block the model's weights are the averages.

        Raises:
            UsageError: if the optimizer has not been built, or a block is open already.
        """
        self.swap_in()
        try:
            yield
        finally:
            self.swap_out()

    def swap_in(self) -> None:
        """Put the averages in the weights' place, until `swap_out`."""
        if not self.built or self._kept is not None:
            state = "nothing was built" if self._kept is None else "the averages are in place"
            raise UsageError(f"no weights to exchange for their average. Received: {state}")
        self._kept = []
        if int(self._count):  # before the first update the average is the weights
            self._kept = [ops.convert_to_numpy(v) for v in self._model_variables()]
            for variable, value in self._pairs():
                variable.assign(value)

    def swap_out(self) -> None:
        """Put the weights back, where the averages are in their place.

        Weights that were trained, set or loaded meanwhile are not thrown away: they stay, with a
        warning. Where an `evaluate` was cut short, which on JAX leaves a model without values, they
        come back as well.
        """
        kept, self._kept = self._kept, None
        if not kept:
            return
        if not all(_are_equal(variable, value) for variable, value in self._pairs()):
            warnings.warn(
                "the model's weights were changed while their averages were in place; they stay "
                "as they are, and those from before are given up",
                stacklevel=2,
            )
            return
        for variable, value in zip(self._model_variables(), kept, strict=True):
            variable.assign(value)

    def _pairs(self) -> Iterator[tuple[Any, Any]]:
        """The model's variables, and their averages in the same dtypes."""
        for variable, average in zip(self._model_variables(), self._averages, strict=True):
            yield variable, ops.cast(ops.copy(average), variable.dtype)

    def _model_variables(self) -> list[Any]:
        """The model's own, where a wrapper outside has put float32 copies in their place."""
        return [getattr(v, "stands_for", v) for v in self._trainable_variables]

    def end_training(self) -> bool:
        """Put the weights back, if an evaluation was cut short."""
        self.swap_out()
        return False

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {**super().get_config(), "momentum": self.momentum}


def _are_equal(variable: Any, value: Any) -> bool:
    if variable._value is None:  # taken away by Keras for the time of an `evaluate`
        return True
    one, other = ops.convert_to_numpy(variable), ops.convert_to_numpy(value)
    return bool(((one == other) | ((one != one) & (other != other))).all())  # NaN is NaN


class EvaluateAverage(keras.callbacks.Callback):
    """Evaluates the averaged weights: in the validations of `fit`, and in `evaluate`.

    Where an evaluation was cut short (Ctrl-C), the weights come back when training or evaluating
    goes on with this callback, or by `swap_out` of the optimizer.

    Args:
        until_epoch_end: whether the averages are in place at the end of an epoch as well, so that
            the `ModelCheckpoint` or `EarlyStopping(restore_best_weights=True)` that stands after
            this callback takes what was measured. A training resumed from such a file starts from
            the averages.

    Example:
        >>> from octavo.optimizers import EvaluateAverage, WeightAverage
        >>> import keras
        >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(WeightAverage(keras.optimizers.Adam(0.01)), "mse")
        >>> x = keras.ops.ones((8, 1))
        >>> history = model.fit(
        ...     x, x, validation_data=(x, x), callbacks=[EvaluateAverage()], verbose=0
        ... )
    """

    def __init__(self, until_epoch_end: bool = False) -> None:
        super().__init__()
        self.until_epoch_end = check_bool("until_epoch_end", until_epoch_end)

    def on_train_begin(self, logs: Any = None) -> None:
        """Train on the weights, not on an average left in their place."""
        self._find_average().swap_out()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Put the weights back after the end of the last epoch."""
        self._find_average().swap_out()

    def on_test_begin(self, logs: Any = None) -> None:
        """Put the averages in place."""
        average = self._find_average()
        average.swap_out()
        if average.built:
            average.swap_in()

    def on_test_end(self, logs: Any = None) -> None:
        """Put the weights back."""
        self._find_average().swap_out()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Put the averages in place for the callbacks after this one, if they are to see them."""
        if self.until_epoch_end:
            self.on_test_begin()

    def _find_average(self) -> WeightAverage:
        average: WeightAverage = find_wrapper(self.model.optimizer, WeightAverage)
        known = {id(variable) for variable in self.model.variables}
        if average.built and not all(id(v) in known for v in average._model_variables()):
            raise UsageError(
                "the optimizer was built for another model, whose weights it averages; give every "
                f"model a new one. Received: {average!r}"
            )
        return average
