"""Checks of arguments that every leaf has."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from octavo.errors import UsageError

UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def check_whole(name: str, value: object, least: int, most: int | None = None) -> int:
    """A whole number within bounds.

    Raises:
        UsageError: if `value` is something else.

    Example:
        >>> check_whole("workers", 0, 1)
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: workers must be 1 or more. Received: workers=0
    """
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and least <= value
        and (most is None or value <= most)
    ):
        return value
    bounds = f"{least} or more" if most is None else f"{least} to {most}"
    raise UsageError(f"{name} must be {bounds}. Received: {name}={value!r}")


def check_field_types(settings: Any) -> None:
    """Whole numbers, numbers and texts where a dataclass says so; a NaN is no number.

    Raises:
        UsageError: naming the first field that holds something else.

    Example:
        >>> @dataclasses.dataclass
        ... class Settings:
        ...     steps: int
        >>> check_field_types(Settings("many"))
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: steps must be of type int. Received: 'many'
    """
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        types = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}
        kinds = types[str(field.type)]
        if type(value) not in kinds or value != value:
            raise UsageError(f"{field.name} must be of type {field.type}. Received: {value!r}")


def parse_bytes(name: str, value: str | int, least: int, what_for: str = "") -> int:
    """An amount of memory: a number of bytes, or a text such as "500MB" or "2 GB".

    Args:
        name: of the argument.
        value: of it.
        least: bytes.
        what_for: so many are needed, for the message.

    Raises:
        UsageError: if it is no such amount, or too little.

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
