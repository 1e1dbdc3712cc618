"""Optimizers by name, as compositions of a few lines; equal to optax's at its defaults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from octavo.optimizers.adam import Adam
from octavo.optimizers.layer_adaptation import LayerAdaptation
from octavo.optimizers.lookahead import Lookahead
from octavo.optimizers.rectified_adam import RectifiedAdam
from octavo.optimizers.weight_decay import WeightDecay


def adamw(
    learning_rate: Any = 0.001,
    weight_decay: float = 1e-4,
    exclude: str | Iterable[str] = (),
    epsilon: float = 1e-8,
    **arguments: Any,
) -> WeightDecay:
    """AdamW: `optax.adamw`.

    Args:
        learning_rate: a float, a schedule or a callable.
        weight_decay: lambda, per update and unit of learning rate, of all variables not excluded.
        exclude: patterns of variable paths; the papers exclude norms and biases.
        epsilon: added to the root of the corrected second moment.
        **arguments: other arguments of the Adam inside, such as `beta_1` or `global_clipnorm`.

    Example:
        >>> from octavo.optimizers import adamw
        >>> optimizer = adamw(1e-3, weight_decay=0.01, exclude=("bias", "norm"))
        >>> type(optimizer).__name__, type(optimizer.inner_optimizer).__name__
        ('WeightDecay', 'Adam')

    Source: Loshchilov & Hutter, arXiv 1711.05101, algorithm 2.
    """
    return WeightDecay(Adam(learning_rate, epsilon=epsilon, **arguments), weight_decay, exclude)


def lamb(
    learning_rate: Any,
    weight_decay: float = 0.0,
    exclude: str | Iterable[str] = (),
    epsilon: float = 1e-6,
    **arguments: Any,
) -> LayerAdaptation:
    """LAMB: `optax.lamb`, the decay inside the trust ratio.

    Args:
        learning_rate: a float, a schedule or a callable.
        weight_decay: lambda, inside the trust ratio, of all variables not excluded.
        exclude: patterns of variable paths that neither decay nor adapt; the paper's code
            excludes norms and biases.
        epsilon: added to the root of the corrected second moment.
        **arguments: other arguments of the Adam inside, such as `beta_1` or `global_clipnorm`.

    Example:
        >>> from octavo.optimizers import lamb
        >>> optimizer = lamb(1e-3, weight_decay=0.01, exclude=("bias", "norm"))
        >>> type(optimizer.inner_optimizer).__name__
        'WeightDecay'

    Source: You et al., arXiv 1904.00962, algorithm 2.
    """
    decayed = WeightDecay(Adam(learning_rate, epsilon=epsilon, **arguments), weight_decay, exclude)
    return LayerAdaptation(decayed, exclude)


def ranger(
    learning_rate: Any,
    sync_period: int = 6,
    alpha: float = 0.5,
    epsilon: float = 1e-8,
    **arguments: Any,
) -> Lookahead:
    """Ranger: Lookahead on rectified Adam, `optax.lookahead(optax.radam(...))`.

    Args:
        learning_rate: a float, a schedule or a callable.
        sync_period: updates between two steps of the slow weights.
        alpha: step of the slow weights.
        epsilon: added to the root of the corrected second moment.
        **arguments: other arguments of the Adam inside, such as `beta_1` or `global_clipnorm`.

    Example:
        >>> from octavo.optimizers import ranger
        >>> type(ranger(1e-3).inner_optimizer).__name__
        'RectifiedAdam'

    Source: Wright, "Ranger" (2019): Liu et al., arXiv 1908.03265, in Zhang et al.,
        arXiv 1907.08610.
    """
    return Lookahead(RectifiedAdam(learning_rate, epsilon=epsilon, **arguments), sync_period, alpha)
