"""Large batches from small ones: the mean of n gradients, then one update."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from octavo._checks import check_one_of, check_whole
from octavo._keras import ops, register
from octavo.optimizers.tensors import choose, snapshot
from octavo.optimizers.wrapper import Wrapper

LAST_WINDOW = ("keep", "apply", "drop")


@register("GradientAccumulation")
class GradientAccumulation(Wrapper):
    """Gradients of `steps` batches are gathered; the inner optimizer sees their mean.

    Between two updates nothing moves: no weight, no schedule, no moment, no average. So `steps`
    batches are one batch `steps` times as large (with dropout off, and batches of one size).

    Args:
        inner_optimizer: the optimizer to wrap.
        steps: n, batches an update; `batch_size` of `fit` is that of one of them.
        last_window: what becomes of fewer than n gradients when `fit` ends: "keep" them for the
            next call of `fit`, "apply" their mean as one more update, or "drop" them.
        name: the optimizer's own name.

    Raises:
        UsageError: if an argument is impossible.

    Example:
        >>> from octavo.optimizers import GradientAccumulation
        >>> import keras
        >>> optimizer = GradientAccumulation(keras.optimizers.SGD(1.0), steps=2)
        >>> weights = keras.Variable([8.0])
        >>> for gradient in (1.0, 3.0):
        ...     optimizer.apply([keras.ops.array([gradient])], [weights])
        ...     print(float(weights[0]), int(optimizer.iterations))
        8.0 0
        6.0 1

    Source: Su Jianlin, kexue.fm/archives/7094.
    """

    gathers = True

    def __init__(
        self,
        inner_optimizer: Any,
        steps: int,
        last_window: str = "keep",
        name: str | None = None,
    ) -> None:
        super().__init__(inner_optimizer, name)
        self.steps = check_whole("steps", steps, 1)
        self.last_window = check_one_of("last_window", last_window, LAST_WINDOW)
        self._closing = False
        self._updates_before = 0

    def build_state(self, variables: Sequence[Any]) -> None:
        """The sums of gradients, and how many are in them."""
        self._count = self.add_variable((), dtype="int32", name="gathered")
        self._sums = [self.add_variable_from_reference(v, "gradient_sum") for v in variables]

    def updates(self, gradients: list[Any], variables: list[Any]) -> list[Any]:
        """The inner optimizer's for the mean at every n-th call, zeros at the others."""

        def update(means: list[Any]) -> list[Any]:
            return self.inner_updates(means, variables)[0]

        def nothing() -> list[Any]:
            return [ops.zeros(v.shape, v.dtype) for v in variables]

        return self._gather(gradients, variables, update, nothing, assigned=[], read=variables)

    def step(self, gradients: list[Any], variables: list[Any]) -> None:
        """Move the variables at every n-th call, without a pass over them at the others."""

        def update(means: list[Any]) -> list[Any]:
            self.inner_step(means, variables)
            return []

        self._gather(gradients, variables, update, list, assigned=variables, read=[])

    def _gather(
        self,
        gradients: list[Any],
        variables: list[Any],
        update: Callable[[list[Any]], list[Any]],
        nothing: Callable[[], list[Any]],
        *,
        assigned: list[Any],
        read: list[Any],
    ) -> list[Any]:
        """Add the gradients to the sums; where the window is full, call `update` with the means.

        The sums are not set to zero afterwards (it would cost a pass): the first gradient of a
        window takes their place.
        """
        sums = [self._sums[self.place(variable)] for variable in variables]
        if not self._closing:
            first = ops.equal(self._count, 0)
            for s, g in zip(sums, gradients, strict=True):
                s.assign(ops.where(first, g, s + g))
            self._count.assign_add(1)
        count = snapshot(self._count)
        full = ops.logical_or(ops.equal(count, self.steps), self._closing)

        def use() -> list[Any]:
            self._count.assign(0)
            return update([s / ops.cast(count, s.dtype) for s in sums])

        own = [self._count, *self.inner_optimizer.variables, *assigned]
        given = {self.place(variable) for variable in variables}
        others = [self.inside(p) for p in range(len(self._sums)) if p not in given]
        return choose(full, use, nothing, assigned=own, read=[*sums, *read, *others])

    def end_training(self) -> bool:
        """Whether a short window is to be applied; a window to be dropped is emptied."""
        gathered = int(self._count) if self.built else 0
        updates_before, self._updates_before = self._updates_before, int(self.iterations)
        if gathered and self.last_window != "apply" and self._updates_before == updates_before:
            what = {"keep": "kept for the next call", "drop": "dropped"}[self.last_window]
            warnings.warn(
                f"fit ended before GradientAccumulation made an update, at every {self.steps} "
                f"batches; the gradients of the last ones are {what}",
                stacklevel=2,
            )
        if not gathered or self.last_window == "keep":
            return False
        if self.last_window == "drop":
            self._count.assign(0)
            return False
        self._closing = True
        return True

    def window_closed(self) -> None:
        """Gather again."""
        self._closing = False

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {**super().get_config(), "steps": self.steps, "last_window": self.last_window}
