"""The layers hold, and every package of octavo stands in one."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="import-linter is a developers' tool")

ROOT = Path(__file__).resolve().parents[2]
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


def test_contracts_are_kept():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_contracts_break_when_a_lower_layer_imports_a_higher_one(tmp_path):
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [layers] = [
        contract["layers"]
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    ]
    package = tmp_path / "octavo"
    for name in (
        "cli",
        "reading",
        "pretraining",
        "transformer",
        "decoding",
        "training",
        "optimizers",
        "counting",
        "corpus",
        "segmenting",
        "text",
        "report",
    ):
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").write_text("")
    for name in (
        "__init__",
        "__main__",
        "errors",
        "_checks",
        "_lazy",
        "_keras",
        "_numba",
        "_parallel",
        "_progress",
        "_files",
        "_seeds",
    ):
        (package / f"{name}.py").write_text("")
    (package / "text" / "__init__.py").write_text("import octavo.reading\n")
    (tmp_path / ".importlinter").write_text(
        "[importlinter]\nroot_package = octavo\n[importlinter:contract:1]\nname = layers\n"
        "type = layers\ncontainers = octavo\nlayers =\n  " + "\n  ".join(layers) + "\n"
    )
    done = lint(tmp_path, PYTHONPATH=str(tmp_path))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "octavo.text is not allowed to import octavo.reading" in done.stdout
