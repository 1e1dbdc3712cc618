"""The optimizers and learning rates of octavo's runs, by name.

Every run warms up and falls, decays all weights but biases and norms, and clips the gradient's
norm. docs/decisions.md says why there are two AdamWs and two ways to fall.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from octavo._keras import keras
from octavo.errors import UsageError
from octavo.optimizers import GradientAccumulation, WeightAverage, adamw, lamb, warmup_stable_decay

NO_DECAY = ("bias", "norm")  # patterns of paths
NO_DECAY_NAMES = ("bias", "beta", "gamma")  # the same weights by their own names


def create_optimizer(
    name: str,
    learning_rate: float,
    steps: int,
    warmup_steps: int,
    weight_decay: float = 0.01,
    global_clipnorm: float = 1.0,
    ema_momentum: float = 0.0,
    gradient_accumulation_steps: int = 1,
) -> Any:
    """The optimizer of a run, with the learning rate over its course.

    Args:
        name: "adamw" or "lamb" of `octavo.optimizers`, with linear decay to 0; or "keras_adamw",
            that of Keras, with a cosine that falls to a hundredth.
        learning_rate: at the end of the warm-up.
        steps: updates of the run.
        warmup_steps: updates in which the learning rate rises.
        weight_decay: of all weights but norms and biases.
        global_clipnorm: largest norm of a gradient; 0 for none.
        ema_momentum: momentum of the weights' average; 0 for none.
        gradient_accumulation_steps: batches whose gradients make one update.

    Example:
        >>> lamb_average = create_optimizer("lamb", 1e-3, 100, warmup_steps=10, ema_momentum=0.99)
        >>> type(lamb_average).__name__
        'WeightAverage'
    """
    clipping = {"global_clipnorm": global_clipnorm} if global_clipnorm else {}
    make, schedule = OPTIMIZERS[name]
    optimizer = make(schedule(learning_rate, steps, warmup_steps), weight_decay, clipping)
    if ema_momentum:
        optimizer = WeightAverage(optimizer, ema_momentum)
    if gradient_accumulation_steps > 1:
        optimizer = GradientAccumulation(optimizer, gradient_accumulation_steps)
    return optimizer


def check_averages(optimizer: Any) -> None:
    """Refuse Keras' `use_ema`: every call of `fit` would end with averages in the weights' place.

    Raises:
        UsageError: if an optimizer of the nest averages so.

    Example:
        >>> check_averages(keras.optimizers.Adam())
    """
    if any(part.use_ema for part in _nest(optimizer)):
        raise UsageError(
            "use_ema puts averages in the weights' place at the end of every call of fit, and the "
            "loop makes many; use octavo.optimizers.WeightAverage. Received: use_ema=True"
        )


def count_batches(optimizer: Any) -> int:
    """How many batches the optimizer gathers for one update.

    Example:
        >>> count_batches(GradientAccumulation(keras.optimizers.Adam(), 4))
        4
    """
    batches = 1
    for part in _nest(optimizer):
        gathered = part.steps if isinstance(part, GradientAccumulation) else 1
        batches *= gathered * (part.gradient_accumulation_steps or 1)
    return batches


def _nest(optimizer: Any) -> Iterator[Any]:
    """The optimizer, the one inside it, and so on."""
    while optimizer is not None:
        yield optimizer
        optimizer = getattr(optimizer, "inner_optimizer", None)


def fall_linearly(learning_rate: float, steps: int, warmup: int) -> Any:
    """Up from 0, then on a straight line to 0."""
    return warmup_stable_decay(learning_rate, warmup, 0, steps - warmup)


def fall_by_cosine(learning_rate: float, steps: int, warmup: int) -> Any:
    """Up from a step's share of the warm-up, then by a cosine to a hundredth."""
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=learning_rate / warmup,
        warmup_target=learning_rate,
        warmup_steps=warmup,
        decay_steps=max(steps - warmup, 1),
        alpha=0.01,
    )


def _adamw(rate: Any, weight_decay: float, clipping: dict[str, float]) -> Any:
    return adamw(rate, weight_decay=weight_decay, exclude=NO_DECAY, **clipping)


def _lamb(rate: Any, weight_decay: float, clipping: dict[str, float]) -> Any:
    return lamb(rate, weight_decay=weight_decay, exclude=NO_DECAY, **clipping)


def _keras_adamw(rate: Any, weight_decay: float, clipping: dict[str, float]) -> Any:
    optimizer = keras.optimizers.AdamW(rate, weight_decay=weight_decay, **clipping)
    optimizer.exclude_from_weight_decay(var_names=list(NO_DECAY_NAMES))
    return optimizer


Maker = Callable[[Any, float, dict[str, float]], Any]
Schedule = Callable[[float, int, int], Any]
OPTIMIZERS: dict[str, tuple[Maker, Schedule]] = {
    "adamw": (_adamw, fall_linearly),
    "lamb": (_lamb, fall_linearly),
    "keras_adamw": (_keras_adamw, fall_by_cosine),
}
