"""Checks of arguments: one place, one wording, "NAME must be BOUNDS. Received: NAME=VALUE".

A check gives the value back as the type it stands for: NumPy's numbers become Python's. What one
function alone asks for is checked there, in the same words.
"""

from __future__ import annotations

import dataclasses
import math
import numbers
import re
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from octavo.errors import UsageError

TYPES = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,), "dict": (dict,)}
UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def is_whole(value: Any, least: int, most: float = math.inf) -> bool:
    """Whether the value is a whole number (no bool) within bounds.

    Example:
        >>> is_whole(3, 1), is_whole(3.0, 1), is_whole(0, 1), is_whole(True, 1)
        (True, False, False, False)
    """
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    return whole and least <= int(value) <= most


def check_whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """The value as an int within bounds.

    Args:
        name: what the message calls the argument.
        value: what was given.
        least: the smallest value allowed.
        most: the largest value allowed; None for no limit.

    Raises:
        UsageError: if `value` is something else.

    Example:
        >>> check_whole("workers", 0, 1)
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: workers must be a whole number of 1 or more. Received: workers=0
    """
    if is_whole(value, least, math.inf if most is None else most):
        return int(value)
    bounds = f"of {least} or more" if most is None else f"from {least} to {most}"
    raise UsageError(f"{name} must be a whole number {bounds}. Received: {name}={value!r}")


def check_number(
    name: str,
    value: Any,
    least: float = -math.inf,
    most: float = math.inf,
    *,
    above: float = -math.inf,
    below: float = math.inf,
) -> float:
    """The value as a finite float within bounds: `least` or `above`, and `most`, `below` or none.

    Args:
        name: what the message calls the argument.
        value: what was given.
        least: the smallest value allowed.
        most: the largest value allowed.
        above: the bound that the value must lie above.
        below: the bound that the value must lie below.

    Raises:
        UsageError: if `value` is no number, not finite or out of bounds.

    Example:
        >>> check_number("alpha", 2, least=0, below=1)
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: alpha must be a number in [0, 1). Received: alpha=2
    """
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        with suppress(OverflowError):  # a whole number that no float reaches
            number = float(value)
            if math.isfinite(number) and least <= number <= most and above < number < below:
                return number
    closed, low = (True, least) if above == -math.inf else (False, above)
    if most == below == math.inf:
        bounds = f"of {low:g} or more" if closed else f"above {low:g}"
    else:
        high = f"{most:g}]" if below == math.inf else f"{below:g})"
        bounds = f"in {'[' if closed else '('}{low:g}, {high}"
    raise UsageError(f"{name} must be a number {bounds}. Received: {name}={value!r}")


def check_share(name: str, value: Any) -> float:
    """The value as a float in [0, 1): a rate, a ratio, a momentum.

    Raises:
        UsageError: if `value` is something else.

    Example:
        >>> check_share("dropout", 1)
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: dropout must be a number in [0, 1). Received: dropout=1
    """
    return check_number(name, value, least=0, below=1)


def check_one_of(name: str, value: Any, known: Collection[str]) -> str:
    """The value, if it is one of the known names.

    Raises:
        UsageError: if `value` is something else.

    Example:
        >>> check_one_of("vote", "loudest", ("mean", "article"))
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: vote must be one of mean, article. Received: vote='loudest'
    """
    if not isinstance(value, str) or value not in known:
        raise UsageError(f"{name} must be one of {', '.join(known)}. Received: {name}={value!r}")
    return value


def check_bool(name: str, value: Any) -> bool:
    """The value, if it is True or False.

    Raises:
        UsageError: if `value` is something else.

    Example:
        >>> check_bool("keep_slots", "yes")
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: keep_slots must be True or False. Received: keep_slots='yes'
    """
    if not isinstance(value, bool):
        raise UsageError(f"{name} must be True or False. Received: {name}={value!r}")
    return value


def check_field_types(settings: Any) -> None:
    """Whole numbers, numbers, texts and bools where a dataclass says so; a NaN is no number.

    Python's own types alone are taken, as settings are written into files.

    Args:
        settings: a dataclass. Fields of `TYPES`, or of one of them or None ("int | None"), are
            looked at; those of other types it has to check by itself.

    Raises:
        UsageError: naming the first field that holds something else.

    Example:
        >>> @dataclasses.dataclass
        ... class Settings:
        ...     steps: int
        >>> check_field_types(Settings("many"))
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: steps must be of type int. Received: steps='many'
    """
    for field in dataclasses.fields(settings):
        name, value, kind = field.name, getattr(settings, field.name), str(field.type)
        types = TYPES.get(kind.removesuffix(" | None"))
        if types is None or (value is None and kind.endswith(" | None")):
            continue
        if type(value) not in types or value != value:
            raise UsageError(f"{name} must be of type {kind}. Received: {name}={value!r}")


def parse_bytes(name: str, value: str | int, least: int, what_for: str = "") -> int:
    """An amount of memory: a number of bytes, or a text such as "500MB" or "2 GB".

    Args:
        name: what the message calls the argument.
        value: what was given.
        least: the smallest number of bytes allowed.
        what_for: ends the sentence of the message with what so many bytes are needed for.

    Raises:
        UsageError: if `value` is no such amount, or too little.

    Example:
        >>> parse_bytes("memory", "1.5GB", least=0)
        1500000000
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?B?)\s*", str(value).upper())
    unit = found and UNITS.get(found[2] if found[2] in UNITS else f"{found[2]}B")
    size = int(float(found[1]) * unit) if found and unit else -1
    if size < least:
        raise UsageError(
            f"{name} must be an amount such as 500MB or 2GB, at least {least // 10**6}MB"
            f"{what_for}. Received: {name}={value!r}"
        )
    return size
