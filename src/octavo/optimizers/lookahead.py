"""Lookahead: k steps forward, one step back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from octavo._checks import check_number, check_whole
from octavo._keras import ops, register
from octavo.optimizers.wrapper import Wrapper


@register("Lookahead")
class Lookahead(Wrapper):
    """Every `sync_period` updates the weights go back part of the way they came.

    d <- d + u; and at every k-th update u <- u - (1 - alpha) d, d <- 0.

    d is how far the fast weights are from the slow ones, so this is the paper's
    slow <- slow + alpha (fast - slow), fast <- slow, with slow = theta - d. Since d starts at 0,
    the slow weights start at the weights of the first update, whatever was loaded before it; and
    wrappers outside move fast and slow weights alike.

    Args:
        inner_optimizer: the optimizer to wrap, which makes the fast steps.
        sync_period: k, updates between two steps of the slow weights.
        alpha: step of the slow weights, from 0 to 1.
        name: the optimizer's own name.

    Raises:
        UsageError: if an argument is impossible.

    Example:
        >>> from octavo.optimizers import Lookahead
        >>> import keras
        >>> optimizer = Lookahead(keras.optimizers.SGD(1.0), sync_period=2, alpha=0.5)
        >>> weights = keras.Variable([8.0])
        >>> for _ in range(2):
        ...     optimizer.apply([keras.ops.ones(1)], [weights])
        ...     print(float(weights[0]))
        7.0
        7.0

    Source: Zhang et al., "Lookahead Optimizer: k steps forward, 1 step back", arXiv 1907.08610,
        algorithm 1; Su Jianlin, kexue.fm/archives/7094.
    """

    def __init__(
        self,
        inner_optimizer: Any,
        sync_period: int = 5,
        alpha: float = 0.5,
        name: str | None = None,
    ) -> None:
        super().__init__(inner_optimizer, name)
        self.sync_period = check_whole("sync_period", sync_period, 1)
        self.alpha = check_number("alpha", alpha, least=0.0, most=1.0)

    def build_state(self, variables: Sequence[Any]) -> None:
        """The distances d, and a count of the updates."""
        self._count = self.add_variable((), dtype="int32", name="updates")
        self._ahead = [self.add_variable_from_reference(v, "ahead") for v in variables]

    def updates(self, gradients: list[Any], variables: list[Any]) -> list[Any]:
        """The inner optimizer's; at every k-th update the step back as well."""
        updates, updated = self.inner_updates(gradients, variables)
        self._count.assign_add(ops.cast(updated, "int32"))
        due = ops.logical_and(updated, ops.equal(self._count % self.sync_period, 0))
        moves = []
        for variable, update in zip(variables, updates, strict=True):
            ahead = self._ahead[self.place(variable)]
            distance = ahead + update
            moves.append(ops.where(due, update - (1.0 - self.alpha) * distance, update))
            ahead.assign(ops.where(due, 0.0, distance))
        return moves

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "sync_period": self.sync_period,
            "alpha": self.alpha,
        }
