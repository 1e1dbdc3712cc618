"""Variables chosen by patterns: regular expressions searched in a variable's path.

A path is what Keras calls it, "encoder/dense_1/kernel"; a pattern may match any part of it, as in
Keras' own `exclude_from_weight_decay`: "bias", "norm", r"encoder/", r"embeddings$".
"""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from octavo.errors import UsageError


def check_patterns(patterns: str | Iterable[str], argument: str) -> tuple[str, ...]:
    """The patterns as a tuple; one string is one pattern.

    Raises:
        UsageError: if one is not a string or no regular expression.

    Example:
        >>> check_patterns("bias", "exclude")
        ('bias',)
    """
    if isinstance(patterns, str) or not isinstance(patterns, Iterable):
        patterns = [patterns]
    given = tuple(patterns)
    for pattern in given:
        try:
            re.compile(pattern)
        except (re.error, TypeError) as error:
            raise UsageError(
                f"{argument} takes regular expressions to search in variable paths ({error}). "
                f"Received: {pattern!r}"
            ) from None
    return given


def path_of(variable: Any) -> str:
    """What Keras calls the variable; a TensorFlow variable that is not Keras' has a name alone.

    Example:
        >>> from octavo._keras import keras
        >>> path_of(keras.Variable([0.0], name="scale"))
        'scale'
    """
    return getattr(variable, "path", None) or variable.name.removesuffix(":0")


def find_match(patterns: Iterable[str], path: str) -> str | None:
    """The first pattern found in the path.

    Example:
        >>> find_match(["norm", "bias"], "block_1/dense/bias")
        'bias'
    """
    return next((pattern for pattern in patterns if re.search(pattern, path)), None)


def _parts(path: str) -> list[str]:
    """The names in a path, and its ends: "a/b/c" has a, b, c, b/c and a/b/c."""
    names = path.split("/")
    return names + ["/".join(names[place:]) for place in range(len(names) - 1)]


def warn_of_unmatched(
    patterns: Sequence[str], paths: Sequence[str], argument: str, among: str = "trainable variables"
) -> None:
    """Warn of every pattern that matches none of the paths, with names that are near.

    Args:
        patterns: the regular expressions that were given.
        paths: the paths of variables that are searched.
        argument: the name of the argument that gave the patterns, for the message.
        among: what the paths belong to, for the message.

    Example:
        >>> import warnings
        >>> with warnings.catch_warnings(record=True) as caught:
        ...     warnings.simplefilter("always")
        ...     warn_of_unmatched(["gama"], ["norm/gamma", "norm/beta"], "exclude")
        >>> print(caught[0].message)
        the pattern 'gama' of exclude matches none of the 2 trainable variables; near: gamma
    """
    for pattern in patterns:
        if not any(re.search(pattern, path) for path in paths):
            # one place in the code for all, so that the same message comes once
            warnings.warn(
                f"the pattern {pattern!r} of {argument} matches none of the {len(paths)} {among}"
                f"{_name_near(pattern, paths)}",
                stacklevel=1,
            )


def _name_near(pattern: str, paths: Sequence[str]) -> str:
    """What the pattern matches if case does not count; else names like it, or the first paths.

    Keras writes paths in small letters, and users of bert4keras "Norm".
    """
    found = [path for path in paths if re.search(pattern, path, re.IGNORECASE)]
    if found:
        return f"; in other capitals it matches {len(found)}, such as {found[0]}"
    names = {name.lower(): name for path in paths for name in _parts(path)}
    near: list[str] = []
    for small in difflib.get_close_matches(pattern.lower(), sorted(names), n=9, cutoff=0.5):
        name = names[small]
        if not any(other in name or name in other for other in near):
            near.append(name)
    near = near[:3] or list(paths[:3])
    return f"; near: {', '.join(near)}" if near else ""
