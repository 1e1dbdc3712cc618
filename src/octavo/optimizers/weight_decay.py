"""Decoupled weight decay: u <- u - lr * lambda * theta."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from octavo._checks import check_number
from octavo._keras import ops, register
from octavo.optimizers.patterns import check_patterns, find_match, path_of, warn_of_unmatched
from octavo.optimizers.wrapper import Wrapper


@register("WeightDecay")
class WeightDecay(Wrapper):
    """Weights shrink by the learning rate times `weight_decay` at every update.

    u <- u - lr * weight_decay * theta

    with theta the weights before the update and lr the inner optimizer's learning rate, so a
    schedule moves the decay too. On Adam this is AdamW.

    Args:
        inner_optimizer: the optimizer to wrap.
        weight_decay: lambda, 0 or more, per update and unit of learning rate.
        exclude: patterns of variable paths that do not decay, such as ("bias", "norm").
        name: the optimizer's own name.

    Raises:
        UsageError: if an argument is impossible.

    Example:
        >>> from octavo.optimizers import WeightDecay
        >>> import keras
        >>> optimizer = WeightDecay(keras.optimizers.SGD(0.5), weight_decay=0.25)
        >>> weights = keras.Variable([1.0, 2.0])
        >>> optimizer.apply([keras.ops.zeros(2)], [weights])
        >>> weights.numpy().tolist()
        [0.875, 1.75]

    Source: Loshchilov & Hutter, "Decoupled Weight Decay Regularization", arXiv 1711.05101,
        algorithm 2, line 12; Su Jianlin, kexue.fm/archives/7094.
    """

    weight_decay = 0.0  # its own here, not the bottom's

    def __init__(
        self,
        inner_optimizer: Any,
        weight_decay: float,
        exclude: str | Iterable[str] = (),
        name: str | None = None,
    ) -> None:
        super().__init__(inner_optimizer, name)
        self.weight_decay = check_number("weight_decay", weight_decay, least=0.0)
        self.exclude = check_patterns(exclude or (), "exclude")
        bottom = self.chain_to_bottom()[-1]
        if bottom.weight_decay:
            warnings.warn(
                f"{type(bottom).__name__} decays the weights as well, by its own "
                f"weight_decay={bottom.weight_decay}; with weight_decay=0 it would not",
                stacklevel=2,
            )

    def build_state(self, variables: Sequence[Any]) -> None:
        """Nothing is kept."""
        warn_of_unmatched(self.exclude, [path_of(v) for v in variables], "exclude")

    def updates(self, gradients: list[Any], variables: list[Any]) -> list[Any]:
        """The inner optimizer's, less the decay."""
        rate = ops.multiply(self.rate(), self.weight_decay)
        updates, updated = self.inner_updates(gradients, variables)
        rate = ops.where(updated, rate, 0.0)
        return [
            u if find_match(self.exclude, path_of(v)) else u - ops.cast(rate, v.dtype) * v
            for u, v in zip(updates, variables, strict=True)
        ]

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "weight_decay": self.weight_decay,
            "exclude": list(self.exclude),
        }
