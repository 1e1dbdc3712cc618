"""Import optional dependencies where they are used, with an error that says how to get them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from octavo.errors import MissingExtraError

NEEDLESS = ("matplotlib", "sklearn")  # for what octavo's commands do with Keras


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


def load_later(package: str, places: Mapping[str, str]) -> Callable[[str], Any]:
    """A package's `__getattr__`: names whose modules are imported when they are first asked for.

    Args:
        package: the package's name.
        places: the module below the package that has each name.

    Example:
        >>> load_later("importlib", {"files": "resources"})("files").__module__.split(".")[0]
        'importlib'
    """

    def get(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{package}.{places[name]}"), name)

    return get


@contextmanager
def without(*modules: str) -> Iterator[None]:
    """Inside the block modules cannot be imported, but for those that are there already.

    Keras imports those of `NEEDLESS`, where they are installed, for drawings and wrappers that no
    command makes: a third of a command's start and more.

    Example:
        >>> with without("antigravity"):
        ...     import antigravity
        Traceback (most recent call last):
        ...
        ModuleNotFoundError: import of antigravity halted; None in sys.modules
    """
    absent = [module for module in modules if module not in sys.modules]
    for module in absent:
        sys.modules[module] = None  # type: ignore[assignment]  # how Python itself marks "not here"
    try:
        yield
    finally:
        for module in absent:
            del sys.modules[module]
