"""Import optional dependencies where they are used, with an error that says how to get them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from octavo.errors import MissingExtraError


def require(module: str, extra: str) -> ModuleType:
    """Import `module` or say which octavo extra brings it.

    Raises:
        MissingExtraError: if the top-level package of `module` is not installed.

    Example:
        >>> require("math", extra="neural").sqrt(4.0)
        2.0
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module.split(".")[0]:
            raise  # the package is there but one of its own needs is missing: show that
        raise MissingExtraError(module.split(".")[0], extra) from None


def check_installed(module: str, extra: str) -> None:
    """Say which octavo extra brings a package, if it is not there, without importing it.

    Raises:
        MissingExtraError: if the package `module` is not installed.

    Example:
        >>> check_installed("math", extra="neural")
    """
    if importlib.util.find_spec(module) is None:
        raise MissingExtraError(module, extra)


@contextmanager
def without(module: str) -> Iterator[None]:
    """Inside the block `module` cannot be imported, unless it is there already.

    Keras imports matplotlib, where it is installed, for drawings that no command makes: a sixth of
    a command's start.

    Example:
        >>> with without("antigravity"):
        ...     import antigravity
        Traceback (most recent call last):
        ...
        ModuleNotFoundError: import of antigravity halted; None in sys.modules
    """
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]  # how Python itself marks "not here"
    try:
        yield
    finally:
        del sys.modules[module]
