"""Layer-wise adaptation: u <- u * lr |theta| / |u|, variable by variable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from octavo._keras import ops, register
from octavo.optimizers.patterns import check_patterns, find_match, path_of, warn_of_unmatched
from octavo.optimizers.wrapper import Wrapper


@register("LayerAdaptation")
class LayerAdaptation(Wrapper):
    """Every variable moves by the learning rate times its own norm.

    u <- u * |theta| / |h|, with u = -lr h,

    the norms over all elements of a variable. A variable that is zero, or whose update is, keeps
    its update. `LayerAdaptation(WeightDecay(Adam(...)))` is LAMB, on momentum SGD it is LARS with
    a trust coefficient of 1.

    Args:
        inner_optimizer: the optimizer to wrap.
        exclude: patterns of variable paths that keep their update, such as ("bias", "norm").
        name: the optimizer's own name.

    Raises:
        UsageError: if an argument is impossible.

    Example:
        >>> from octavo.optimizers import LayerAdaptation
        >>> import keras
        >>> optimizer = LayerAdaptation(keras.optimizers.SGD(0.5))
        >>> weights = keras.Variable([3.0, 4.0])
        >>> optimizer.apply([keras.ops.array([0.0, 1e-6])], [weights])
        >>> weights.numpy().tolist()
        [3.0, 1.5]

    Source: You et al., "Large Batch Optimization for Deep Learning", arXiv 1904.00962, algorithm 2
        with phi the identity; Su Jianlin, kexue.fm/archives/7094.
    """

    def __init__(
        self, inner_optimizer: Any, exclude: str | Iterable[str] = (), name: str | None = None
    ) -> None:
        super().__init__(inner_optimizer, name)
        self.exclude = check_patterns(exclude or (), "exclude")

    def build_state(self, variables: Sequence[Any]) -> None:
        """Nothing is kept."""
        warn_of_unmatched(self.exclude, [path_of(v) for v in variables], "exclude")

    def updates(self, gradients: list[Any], variables: list[Any]) -> list[Any]:
        """The inner optimizer's, each scaled."""
        rate = self.rate()
        updates, _ = self.inner_updates(gradients, variables)
        return [
            u if find_match(self.exclude, path_of(v)) else u * _scale(u, v, rate)
            for u, v in zip(updates, variables, strict=True)
        ]

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {**super().get_config(), "exclude": list(self.exclude)}


def _scale(update: Any, variable: Any, rate: Any) -> Any:
    """The scale lr |theta| / |u|; 1 where either norm is zero."""
    size = ops.sqrt(ops.sum(ops.square(variable)))
    step = ops.sqrt(ops.sum(ops.square(update)))
    moves = ops.logical_and(ops.greater(size, 0.0), ops.greater(step, 0.0))
    ratio = ops.cast(rate, update.dtype) * size / ops.where(moves, step, ops.ones_like(step))
    return ops.where(moves, ratio, ops.ones_like(ratio))
