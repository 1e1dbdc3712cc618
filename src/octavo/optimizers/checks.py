"""Arguments checked; the message of every error ends in "Received: ..."."""

from __future__ import annotations

import math
import numbers
from typing import Any

from octavo.errors import UsageError


def check_number(
    name: str, value: Any, least: float, most: float = math.inf, *, below: bool = False
) -> float:
    """The value as a float from `least` to `most`, or to below it.

    Raises:
        UsageError: if it is no number, not finite or out of range.

    Example:
        >>> check_number("alpha", 2, least=0.0, most=1.0)
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: alpha must be a number from 0 to 1. Received: alpha=2
    """
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    fits = is_number and math.isfinite(value) and least <= value <= most
    if not fits or (below and value == most):
        bounds = f"from {least:g} to {'below ' if below else ''}{most:g}"
        bounds = bounds if most < math.inf else f"of {least:g} or more"
        raise UsageError(f"{name} must be a number {bounds}. Received: {name}={value!r}")
    return float(value)


def is_whole(value: Any, least: int) -> bool:
    """Whether the value is a whole number (no bool) of `least` or more.

    Example:
        >>> is_whole(3, least=1), is_whole(3.0, least=1), is_whole(0, least=1)
        (True, False, False)
    """
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    return whole and int(value) >= least


def check_count(name: str, value: Any, least: int = 1) -> int:
    """The value as an int of `least` or more.

    Raises:
        UsageError: if it is anything else.

    Example:
        >>> check_count("steps", 0)
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: steps must be a whole number of 1 or more. Received: steps=0
    """
    if not is_whole(value, least):
        raise UsageError(
            f"{name} must be a whole number of {least} or more. Received: {name}={value!r}"
        )
    return int(value)


def check_choice(name: str, value: Any) -> bool:
    """The value, if it is True or False.

    Raises:
        UsageError: if it is anything else.

    Example:
        >>> check_choice("keep_slots", "yes")
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: keep_slots must be True or False. Received: keep_slots='yes'
    """
    if not isinstance(value, bool):
        raise UsageError(f"{name} must be True or False. Received: {name}={value!r}")
    return value
