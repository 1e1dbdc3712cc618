"""Variables whose gradient is their next value, where several batches make an update.

The layers of float8 give the next scale and the largest values seen as gradients. Where gradients
are gathered, such a variable changes at updates alone, to the largest gradient since the last one,
as under Keras' own `gradient_accumulation_steps`.

Source: Micikevicius et al. 2022, "FP8 Formats for Deep Learning", arXiv 2209.05433, for
the scales.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from octavo._keras import ops
from octavo.optimizers.tensors import snapshot


class Overwriting:
    """The largest gradients since the last update.

    Args:
        optimizer: that holds them.
        variables: of the model; those without `overwrite_with_gradient` are left out.
    """

    def __init__(self, optimizer: Any, variables: Sequence[Any]) -> None:
        self._pairs = {
            place: (variable, optimizer.add_variable_from_reference(variable, "largest_gradient"))
            for place, variable in enumerate(variables)
            if getattr(variable, "overwrite_with_gradient", False)
        }

    @property
    def places(self) -> list[int]:
        """Where such variables stand among all."""
        return list(self._pairs)

    def take(self, gradients: dict[int, Any]) -> dict[int, Any]:
        """Take out the gradients of such variables, by place; None where there is none."""
        return {place: gradients.pop(place, None) for place in self._pairs}

    def apply(self, gradients: dict[int, Any], updated: Any) -> None:
        """Remember the gradients and, where there was an update, overwrite the variables."""
        for place, (variable, largest) in self._pairs.items():
            value, gradient = snapshot(largest), gradients[place]
            if gradient is not None:
                value = ops.maximum(value, gradient)
            variable.assign(ops.where(updated, value, ops.convert_to_tensor(variable)))
            largest.assign(ops.where(updated, ops.zeros_like(value), value))
