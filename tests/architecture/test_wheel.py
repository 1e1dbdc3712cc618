"""How README says that octavo is installed: the extras are those there are, and a wheel works."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_every_extra_is_told(name):
    text = (ROOT / name).read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", text, re.M))
    extras = PROJECT["optional-dependencies"]
    assert rows.keys() == extras.keys()
    for extra in rows.keys() - {"all"}:
        packages = [re.split("[><=]", package)[0] for package in extras[extra]]
        told = [package.lower() for package in re.split("[,、] ?", rows[extra])]
        assert told == packages
    inside = re.fullmatch(r"octavo\[(.+)\]", extras["all"][0])
    assert inside
    assert {*inside[1].split(",")} == rows.keys() - {"all"}
    assert f"octavo-{PROJECT['version']}-py3-none-any.whl" in text


@pytest.mark.peer
def test_a_wheel_works_in_a_fresh_environment(tmp_path):
    def run(*command, code=0):
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(command, cwd=tmp_path, env=kept, capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        return done

    run(sys.executable, "-m", "venv", "fresh")
    python, octavo = (str(tmp_path / "fresh" / "bin" / name) for name in ("python", "octavo"))
    run(python, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--wheel-dir", "dist")
    (wheel,) = (tmp_path / "dist").iterdir()
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"octavo", f"{wheel.name[:12]}.dist-info"}
    for preset in ("reading/presets/reader", "pretraining/presets/small-zh"):
        assert {"model.safetensors", "vocab.txt"} <= {
            Path(name).name for name in names if name.startswith(f"octavo/{preset}/")
        }
    run(python, "-m", "pip", "install", f"octavo[count] @ {wheel.as_uri()}")
    found = run(python, "-c", "import octavo; print(octavo.__version__, octavo.__file__)").stdout
    assert found.startswith(f"{PROJECT['version']} {tmp_path}")
    passages = str(ROOT / "examples" / "passages.txt")
    assert json.loads(run(octavo, "count", passages, "--json").stdout)["documents"] == 15
    said = run(octavo, "read", "ask", "谁？", passages, code=2).stderr
    assert said.endswith(f"run: pip install 'octavo[neural] @ {wheel.as_uri()}'\n")
