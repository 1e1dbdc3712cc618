"""Adam as the paper's algorithm 1 has it, with epsilon beside the corrected root."""

from __future__ import annotations

import math
import numbers
from typing import Any

from octavo._checks import check_number, check_share
from octavo._keras import keras, ops, register
from octavo.optimizers.tensors import make_dense


@register("Adam")
class Adam(keras.optimizers.Optimizer):
    """Adam of the paper, as optax and PyTorch have it.

    m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,
    theta <- theta - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)

    `keras.optimizers.Adam` has epsilon beside the root of the uncorrected v (the paper's "epsilon
    hat"), so its first steps differ where gradients are as small as epsilon.

    Args:
        learning_rate: a float, a schedule or a callable.
        beta_1: decay of the first moment.
        beta_2: decay of the second moment.
        epsilon: added to the root; in float16 at least 6e-8, its smallest number.
        name: the optimizer's own name.
        **arguments: those of every Keras optimizer, such as `global_clipnorm`.

    Raises:
        UsageError: if an argument is impossible.

    Example:
        >>> from octavo.optimizers import Adam
        >>> import keras
        >>> weights = keras.Variable([1.0])
        >>> Adam(0.25, epsilon=1.0).apply([keras.ops.ones(1)], [weights])
        >>> round(float(weights[0]), 6)
        0.875

    Source: Kingma & Ba, "Adam: A Method for Stochastic Optimization", arXiv 1412.6980,
        algorithm 1.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        name: str | None = None,
        **arguments: Any,
    ) -> None:
        if isinstance(learning_rate, numbers.Real):
            check_number("learning_rate", learning_rate, least=0.0)
        super().__init__(learning_rate=learning_rate, name=name, **arguments)
        self.beta_1 = check_share("beta_1", beta_1)
        self.beta_2 = check_share("beta_2", beta_2)
        self.epsilon = check_number("epsilon", epsilon, least=0.0)

    def build(self, variables: Any) -> None:
        """Create both moments of every variable."""
        if self.built:
            return
        super().build(variables)
        self._first, self._second = self.add_optimizer_variables(variables, ["first", "second"])

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update both moments and the variable."""
        gradient = ops.cast(make_dense(gradient), variable.dtype)
        place = self._get_variable_index(variable)
        first, second = self._first[place], self._second[place]
        self.assign(first, first + (gradient - first) * (1 - self.beta_1))
        self.assign(second, second + (ops.square(gradient) - second) * (1 - self.beta_2))
        step = ops.cast(self.iterations + 1, variable.dtype)
        mean = first / correction(self.beta_1, step)
        epsilon = max(self.epsilon, 6e-8) if variable.dtype == "float16" else self.epsilon
        root = ops.sqrt(second / correction(self.beta_2, step)) + epsilon
        direction = self.direction(mean, root, step)
        self.assign_sub(variable, ops.cast(learning_rate, variable.dtype) * direction)

    def direction(self, mean: Any, root: Any, step: Any) -> Any:
        """What the learning rate multiplies.

        Args:
            mean: the corrected first moment.
            root: the root of the corrected second moment, epsilon added.
            step: the number of this update, from 1, in the variable's dtype.
        """
        return mean / root

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }


def correction(beta: float, step: Any) -> Any:
    """1 - beta^step; by expm1, or a beta near 1 would cost half the digits of float32."""
    if beta == 0.0:
        return 1.0
    return -ops.expm1(step * math.log(beta))
