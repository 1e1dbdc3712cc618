"""Every public name is documented with an example, and files stay small."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "octavo"
LONGEST = 400
PACKAGES = sorted(
    ".".join(("octavo", *path.parent.relative_to(SOURCE).parts))
    for path in SOURCE.rglob("__init__.py")
)
FILES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))


def find_undocumented(package: object) -> list[str]:
    """Names in __all__ that are callable and whose docstring lacks an Example."""
    names = getattr(package, "__all__", ())
    found = ((name, getattr(package, name)) for name in names)
    return [
        name
        for name, value in found
        if callable(value) and "Example" not in (inspect.getdoc(value) or "")
    ]


@pytest.mark.parametrize("name", PACKAGES)
def test_public_names_have_an_example(name):
    assert not find_undocumented(importlib.import_module(name))


def test_the_check_sees_a_missing_example():
    class Package:
        __all__ = ("told", "untold")

        @staticmethod
        def told():
            """Tell. Example: `told()`."""

        @staticmethod
        def untold():
            """Nothing to copy."""

    assert find_undocumented(Package) == ["untold"]


@pytest.mark.parametrize("file", FILES)
def test_module_says_what_it_is(file):
    text = (SOURCE / file).read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text)) or ""
    assert docstring.strip()
    if len(text.splitlines()) > LONGEST:
        assert "This file is long because" in docstring
