"""The tree of errors and what they say."""

from __future__ import annotations

import ast
import json
import re
from importlib import metadata
from pathlib import Path

import pytest

from octavo import errors

SOURCE = Path(errors.__file__).parent
CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and value.__module__ == errors.__name__
}


@pytest.mark.parametrize(
    ("child", "parents"),
    [
        (errors.UsageError, (errors.OctavoError, ValueError)),
        (errors.DataError, (errors.OctavoError, ValueError)),
        (errors.PresetError, (errors.DataError,)),
        (errors.MissingExtraError, (errors.OctavoError, ImportError)),
        (errors.WorkerError, (errors.OctavoError,)),
        (errors.LaunchError, (errors.OctavoError,)),
    ],
)
def test_tree(child, parents):
    assert all(issubclass(child, parent) for parent in parents)


@pytest.mark.parametrize(
    ("path", "line", "text"),
    [
        (None, None, "broken"),
        ("a.json", None, "a.json: broken"),
        ("a.json", 3, "a.json, line 3: broken"),
        (None, 3, "line 3: broken"),
    ],
)
def test_data_error_names_the_place(path, line, text):
    error = errors.PresetError("broken", path=path, line=line)
    assert (str(error), error.path, error.line) == (text, path, line)


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        (None, "'octavo[plot]'"),
        ({"url": "file:///a%20b/octavo.whl", "archive_info": {}}, "'octavo[plot] @ file:///a%20b"),
        ({"url": "file:///clone", "dir_info": {}}, "'octavo[plot] @ file:///clone'"),
        ({"url": "file:///a%20b", "dir_info": {"editable": True}}, "-e '/a b[plot]'"),
        ({"url": "https://h/o.git", "vcs_info": {"vcs": "git"}}, "'octavo[plot] @ git+https://h/o"),
    ],
)
def test_an_extra_comes_from_where_octavo_came_from(monkeypatch, origin, command):
    class Installed:
        def read_text(self, name):
            assert name == "direct_url.json"
            return origin and json.dumps(origin)

    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Installed())
    said = str(errors.MissingExtraError("matplotlib", "plot"))
    assert said.startswith(f"matplotlib is not installed; run: pip install {command}")


def test_an_extra_of_what_was_never_installed_is_named_all_the_same(monkeypatch):
    def find(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", find)
    assert str(errors.MissingExtraError("jax", "neural")).endswith("pip install 'octavo[neural]'")


def read_tree(docstring: str) -> dict[str, str]:
    """The parent of each error, as the tree in a docstring draws it."""
    parents: dict[str, str] = {}
    above: dict[int, str] = {}
    line = re.compile(r"^([│ ]*(?:├── |└── )?)(\w*(?:Error|Exception))\b", re.M)
    for blank, name in line.findall(docstring):
        depth = len(blank) // 4
        above[depth] = name
        if depth:
            parents[name] = above[depth - 1]
    return parents


def test_the_tree_draws_every_error():
    drawn = read_tree(errors.__doc__)
    assert drawn == {name: value.__bases__[0].__name__ for name, value in CLASSES.items()}


def find_errors(text: str) -> set[str]:
    """Public classes of a module that derive from one of octavo's errors."""
    bases = {
        node.name: {base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
                    for base in node.bases}
        for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)
    }  # fmt: skip
    return {name for name in bases if not name.startswith("_") and bases[name] & set(CLASSES)}


def test_no_other_module_holds_an_error():
    others = [path for path in SOURCE.rglob("*.py") if path != Path(errors.__file__)]
    assert not {p.name for p in others if find_errors(p.read_text(encoding="utf-8"))}


def test_the_check_sees_an_error_elsewhere():
    text = "class A(errors.DataError): ...\nclass B(OctavoError, OSError): ...\nclass C: ...\n"
    assert find_errors(f"{text}class _D(UsageError): ...") == {"A", "B"}
