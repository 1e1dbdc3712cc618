"""Learning rates that are straight lines between points."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from octavo._checks import check_number, check_whole, is_whole
from octavo._keras import keras, ops, register
from octavo.errors import UsageError


@register("PiecewiseLinear")
class PiecewiseLinear(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate times a multiplier that is linear between given points.

    Before the first point the multiplier rises from 0 at step 0, unless step 0 is given; after the
    last it stays. `{1000: 1, 10000: 0.1}` warms up over 1,000 updates, falls to a tenth at update
    10,000 and stays there.

    Args:
        learning_rate: the learning rate at multiplier 1.
        points: {step: multiplier}, or pairs of them, by rising step; steps are updates from 0.
        name: the schedule's own name.

    Raises:
        UsageError: if points are out of order, repeated or no numbers of 0 or more.

    Example:
        >>> from octavo.optimizers import PiecewiseLinear
        >>> schedule = PiecewiseLinear(0.5, {100: 1.0, 300: 0.0})
        >>> [round(float(schedule(step)), 3) for step in (0, 50, 100, 200, 1000)]
        [0.0, 0.25, 0.5, 0.25, 0.0]

    Source: Su Jianlin, kexue.fm/archives/7094; bert4keras, `extend_with_piecewise_linear_lr`.
    """

    def __init__(
        self,
        learning_rate: float,
        points: Mapping[int, float] | Iterable[tuple[int, float]],
        name: str = "PiecewiseLinear",
    ) -> None:
        super().__init__()
        self.learning_rate = check_number("learning_rate", learning_rate, least=0.0)
        self.points = _check_points(points)
        self.name = name

    def __call__(self, step: Any) -> Any:
        """The learning rate of update `step`, float32."""
        points = self.points if self.points[0][0] == 0 else ((0, 0.0), *self.points)
        step = ops.convert_to_tensor(step)
        multiplier: Any = points[0][1]
        for (start, low), (end, high) in itertools.pairwise(points):
            share = ops.cast(step - start, "float32") / (end - start)
            line = low + (high - low) * share
            multiplier = ops.where(step >= start, line, multiplier)
        multiplier = ops.where(step >= points[-1][0], points[-1][1], multiplier)
        return ops.cast(self.learning_rate * multiplier, "float32")

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            "learning_rate": self.learning_rate,
            "points": [list(point) for point in self.points],
            "name": self.name,
        }


def warmup_stable_decay(
    learning_rate: float, warmup: int, stable: int, decay: int, final: float = 0.0
) -> PiecewiseLinear:
    """A schedule by name: up from 0, level, down to `final` of the learning rate.

    Args:
        learning_rate: the learning rate of the level part.
        warmup: how many updates it rises; 0 to begin on the level.
        stable: how many updates it stays on the level; 0 for warm-up and linear decay alone.
        decay: how many updates it falls; 0 to stay on the level.
        final: the multiplier at the end of the fall.

    Raises:
        UsageError: if a length is no whole number of 0 or more, or all are 0.

    Example:
        >>> from octavo.optimizers import warmup_stable_decay
        >>> warmup_stable_decay(1e-3, warmup=100, stable=0, decay=900).points
        ((100, 1.0), (1000, 0.0))
    """
    for name, length in (("warmup", warmup), ("stable", stable), ("decay", decay)):
        check_whole(name, length, 0)
    if not warmup + stable + decay:
        raise UsageError("a schedule needs updates. Received: warmup=0, stable=0, decay=0")
    check_number("final", final, least=0.0)
    level = warmup + stable
    points = {warmup: 1.0, level: 1.0, level + decay: final if decay else 1.0}
    return PiecewiseLinear(learning_rate, points)


def _check_points(points: Any) -> tuple[tuple[int, float], ...]:
    try:
        given = points.items() if isinstance(points, Mapping) else points
        pairs = [(step, value) for step, value in given]
    except (TypeError, ValueError):
        pairs = []
    if not pairs or not all(is_whole(step, 0) for step, _ in pairs):
        raise UsageError(
            "points must be {step: multiplier}, the steps whole numbers of 0 or more. "
            f"Received: points={points!r}"
        )
    if any(after <= before for (before, _), (after, _) in itertools.pairwise(pairs)):
        raise UsageError(
            f"points must be given by rising step, each step once. Received: points={points!r}"
        )
    return tuple((int(s), check_number(f"points[{s}]", value, least=0.0)) for s, value in pairs)
