"""The layers hold, and every package of octavo stands in one."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("importlinter", reason="import-linter is a developers' tool")

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "octavo"
LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as m; m()"]


def lint(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*LINT, "--no-cache"],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )


def read_contract(kind: str) -> dict[str, Any]:
    """The one contract of this type in pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    [contract] = [contract for contract in contracts if contract["type"] == kind]
    return contract


def test_contracts_are_kept():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_contracts_break_when_a_lower_layer_imports_a_higher_one(tmp_path):
    layers = read_contract("layers")["layers"]
    package = tmp_path / "octavo"
    for path in (*SOURCE.glob("*.py"), *SOURCE.glob("*/__init__.py")):
        copy = package / path.relative_to(SOURCE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text("")
    (package / "text" / "__init__.py").write_text("import octavo.reading\n")
    (tmp_path / ".importlinter").write_text(
        "[importlinter]\nroot_package = octavo\n[importlinter:contract:1]\nname = layers\n"
        "type = layers\ncontainers = octavo\nlayers =\n  " + "\n  ".join(layers) + "\n"
    )
    done = lint(tmp_path, PYTHONPATH=str(tmp_path))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "octavo.text is not allowed to import octavo.reading" in done.stdout


def test_contracts_break_when_an_import_inside_a_function_closes_a_circle(tmp_path):
    ancestors = read_contract("acyclic_siblings")["ancestors"]
    package = tmp_path / "octavo" / "reading"
    package.mkdir(parents=True)
    files = {
        "../__init__": "",
        "__init__": "from octavo.reading import fit, reader\n",
        "fit": "from octavo.reading.reader import Reader\n",
        "reader": "def fit():\n    from octavo.reading.fit import fit_reader\n",
    }
    for name, text in files.items():
        (package / f"{name}.py").write_text(text)
    (tmp_path / ".importlinter").write_text(
        "[importlinter]\nroot_package = octavo\n[importlinter:contract:1]\nname = circles\n"
        "type = acyclic_siblings\nancestors =\n  " + "\n  ".join(ancestors) + "\n"
    )
    done = lint(tmp_path, PYTHONPATH=str(tmp_path))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "No cycles are allowed in octavo.reading" in done.stdout
    (package / "reader.py").write_text("")
    assert lint(tmp_path, PYTHONPATH=str(tmp_path)).returncode == 0
