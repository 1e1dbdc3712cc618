"""Rectified Adam: Adam whose first steps are as sure as their second moment is."""

from __future__ import annotations

from typing import Any

from octavo._checks import check_number
from octavo._keras import ops, register
from octavo.optimizers.adam import Adam, correction


@register("RectifiedAdam")
class RectifiedAdam(Adam):
    """RAdam: no division by the second moment until its variance is tractable, then a smaller one.

    rho_inf = 2 / (1 - b2) - 1,  rho_t = rho_inf - 2 t b2^t / (1 - b2^t);
    where rho_t < threshold the direction is the corrected first moment alone, else Adam's times
    sqrt((rho_t - 4) (rho_t - 2) rho_inf / ((rho_inf - 4) (rho_inf - 2) rho_t)).

    Args:
        learning_rate: a float, a schedule or a callable.
        beta_1: decay of the first moment.
        beta_2: decay of the second moment, 0.7 or more (below it no step would be rectified).
        epsilon: added to the root of the corrected second moment.
        threshold: a step is rectified where rho_t is this or more; 5 as in the authors' code, 4
            in the paper.
        name: the optimizer's own name.
        **arguments: those of every Keras optimizer.

    Raises:
        UsageError: if an argument is impossible.

    Example:
        >>> from octavo.optimizers import RectifiedAdam
        >>> import keras
        >>> weights = keras.Variable([1.0])
        >>> RectifiedAdam(0.5).apply([keras.ops.array([0.25])], [weights])
        >>> round(float(weights[0]), 6)
        0.875

    Source: Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond",
        arXiv 1908.03265, algorithm 2.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        threshold: float = 5.0,
        name: str | None = None,
        **arguments: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, name, **arguments)
        check_number("beta_2", beta_2, least=0.7, below=1.0)
        self.threshold = check_number("threshold", threshold, least=4.0)

    def direction(self, mean: Any, root: Any, step: Any) -> Any:
        """Adam's, rectified."""
        limit = 2.0 / (1.0 - self.beta_2) - 1.0
        left = 1.0 - correction(self.beta_2, step)
        rho = limit - 2.0 * step * left / correction(self.beta_2, step)
        sure = ops.maximum(rho, self.threshold)
        constant = limit / ((limit - 4.0) * (limit - 2.0))
        factor = ops.sqrt((sure - 4.0) * (sure - 2.0) * constant / sure)
        return ops.where(rho >= self.threshold, factor * mean / root, mean)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {**super().get_config(), "threshold": self.threshold}
