"""Tests mirror src: each module has the test a newcomer looks for, or one that says it covers it.

The tests of src/octavo/P/m.py are tests/P/test_m.py (of _m.py tests/test_m.py), or a test file
whose docstring has a line such as "Covers MODULE, MODULE." with their full names.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE, TESTS = ROOT / "src" / "octavo", ROOT / "tests"
MODULES = {
    path.relative_to(SOURCE).with_suffix("").as_posix()
    for path in SOURCE.rglob("*.py")
    if not path.stem.startswith("__")
}


def find_covered(text: str) -> set[str]:
    """The modules that a test file's docstring says it covers, as paths below octavo."""
    docstring = ast.get_docstring(ast.parse(text)) or ""
    lists = re.findall(r"\bCovers (octavo(?:\.\w+)+(?:,\s+octavo(?:\.\w+)+)*)", docstring)
    names = {name for found in lists for name in re.findall(r"octavo\.([\w.]+)", found)}
    return {name.replace(".", "/") for name in names}


def find_test(module: str) -> Path:
    """The test file of a module's own name."""
    path = Path(module)
    return TESTS / path.parent / f"test_{path.name.removeprefix('_')}.py"


COVERED = {
    module for path in TESTS.rglob("test_*.py") for module in find_covered(path.read_text("utf-8"))
}


def test_each_module_has_its_test():
    without = {module for module in MODULES if not find_test(module).is_file()}
    assert not without - COVERED


def test_what_is_covered_is_there_and_has_no_test_of_its_own_name():
    assert not COVERED - MODULES
    assert not {module for module in COVERED if find_test(module).is_file()}


@pytest.mark.parametrize(
    ("docstring", "covered"),
    [
        ("Words.\n\nCovers octavo.text.bpe.\n", {"text/bpe"}),
        ("Words. Covers octavo.text.bpe,\noctavo._files and more.", {"text/bpe", "_files"}),
        ("Words of octavo.text.bpe.", set()),
        ("Covers octavo.", set()),
    ],
)
def test_the_check_reads_what_is_covered(docstring, covered):
    assert find_covered(f'"""{docstring}"""\n') == covered
    assert find_covered(f"# {docstring!r}\n") == set()
