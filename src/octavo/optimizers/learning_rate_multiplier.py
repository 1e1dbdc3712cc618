"""Learning rates of single variables: u <- m u."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from octavo._checks import check_number
from octavo._keras import register
from octavo.errors import UsageError
from octavo.optimizers.patterns import check_patterns, find_match, path_of, warn_of_unmatched
from octavo.optimizers.wrapper import Wrapper


@register("LearningRateMultiplier")
class LearningRateMultiplier(Wrapper):
    """Chosen variables learn faster or slower than the others.

    u <- m u, with m of the first pattern that matches the variable's path, 1 if none does.

    One optimizer and one schedule serve all variables, whatever the number of rates; 0 freezes.

    Args:
        inner_optimizer: the optimizer to wrap.
        multipliers: {pattern of variable paths: m}, m 0 or more.
        name: the optimizer's own name.

    Raises:
        UsageError: if an argument is impossible.

    Example:
        >>> from octavo.optimizers import LearningRateMultiplier
        >>> import keras
        >>> optimizer = LearningRateMultiplier(keras.optimizers.SGD(1.0), {"bias": 0.5})
        >>> kernel, bias = keras.Variable([1.0], name="kernel"), keras.Variable([1.0], name="bias")
        >>> optimizer.apply([keras.ops.ones(1), keras.ops.ones(1)], [kernel, bias])
        >>> float(kernel[0]), float(bias[0])
        (0.0, 0.5)

    Source: bert4keras, `extend_with_parameter_wise_lr`.
    """

    def __init__(
        self, inner_optimizer: Any, multipliers: Mapping[str, float], name: str | None = None
    ) -> None:
        super().__init__(inner_optimizer, name)
        if not isinstance(multipliers, Mapping) or not multipliers:
            raise UsageError(
                "multipliers must be a dictionary of path patterns and numbers, such as "
                f"{{'embeddings$': 0.1}}. Received: multipliers={multipliers!r}"
            )
        check_patterns(multipliers, "multipliers")
        self.multipliers = tuple(
            (pattern, check_number(f"multipliers[{pattern!r}]", value, least=0.0))
            for pattern, value in multipliers.items()
        )

    def build_state(self, variables: Sequence[Any]) -> None:
        """Nothing is kept; patterns that do nothing are said."""
        patterns = [pattern for pattern, _ in self.multipliers]
        paths = [path_of(variable) for variable in variables]
        warn_of_unmatched(patterns, paths, "multipliers")
        first = {find_match(patterns, path) for path in paths}
        for pattern in patterns:
            if pattern not in first and any(find_match([pattern], path) for path in paths):
                warnings.warn(
                    f"the pattern {pattern!r} of multipliers does nothing: of every variable it "
                    "matches, a pattern before it counts",
                    stacklevel=2,
                )

    def updates(self, gradients: list[Any], variables: list[Any]) -> list[Any]:
        """The inner optimizer's, multiplied."""
        updates, _ = self.inner_updates(gradients, variables)
        factors = dict(self.multipliers)
        patterns = [find_match(factors, path_of(v)) for v in variables]
        return [
            u if pattern is None else u * factors[pattern]
            for u, pattern in zip(updates, patterns, strict=True)
        ]

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {**super().get_config(), "multipliers": dict(self.multipliers)}
