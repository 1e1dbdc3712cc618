"""Settings of Keras' optimizers that a wrapper has none of."""

from __future__ import annotations

from typing import Any

from octavo.errors import UsageError


class AtBottom:
    """A setting of Keras' optimizers that is the bottom's alone; on a wrapper it would do nothing.

    Args:
        absent: what Keras' constructor gives where it is not set.
    """

    def __init__(self, absent: Any) -> None:
        self._absent = absent

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, wrapper: Any, owner: Any = None) -> Any:
        return self._absent

    def __set__(self, wrapper: Any, value: Any) -> None:
        if value is not self._absent:
            raise UsageError(
                f"{self._name} belongs to the optimizer at the bottom, where a wrapper's gradients "
                f"and updates come from. Received: {self._name}={value!r} for {wrapper.name}"
            )
