"""What importing octavo costs, and who opens the doors to Keras and to numba."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "octavo"
HEAVY = {"keras", "jax", "jaxlib", "tensorflow", "torch", "matplotlib", "scipy"}

REPORT = (
    "import json, sys; print(); print(json.dumps(sorted({n.split('.')[0] for n in sys.modules})))"
)


def modules_after(code: str) -> set[str]:
    """Top-level modules loaded in a fresh process once `code` has run."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{REPORT}"], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import octavo",
        "import octavo.cli.main",
        "import octavo.text, octavo.corpus, octavo.segmenting, octavo.report",
        "import octavo.reading.metrics, octavo.reading.question_files",
        "from octavo.cli.main import run; assert run(['--help']) == 0",
        "from octavo.cli.main import run; assert run(['read', '--help']) == 0",
        "from octavo.cli.main import run; assert run(['read', 'ask', '--help']) == 0",
        "from octavo.cli.main import run; assert run(['pretrain', '--help']) == 0",
        "from octavo.training.launch import launch; assert launch(['true'], 1) == 0",
        "from octavo.pretraining import Corpus, Intervals, Settings, prepare",
    ],
)
def test_nothing_heavy_is_imported(code):
    assert not modules_after(code) & HEAVY


def test_counting_loads_no_keras():
    loaded = modules_after(
        "from octavo.counting import count_texts; count_texts(['to be'], 'whitespace')"
    )
    assert loaded & HEAVY <= {"scipy"}  # numba looks whether it is there


@pytest.mark.parametrize(
    "code",
    [
        "import octavo.counting, octavo.corpus.encoding, octavo.segmenting.segmenters",
        "import octavo.pretraining.preparation",
        "from octavo.cli.main import run; assert run(['--help']) == 0",
        "from octavo.cli.main import run; assert run(['count', '--help']) == 0",
        "from octavo.cli.main import run; assert run(['embed', '--help']) == 0",
        "import octavo.embedding.encoding, octavo.vectors",
        "import octavo.community",
    ],
)
def test_who_only_starts_workers_loads_no_numba(code):
    assert "numba" not in modules_after(code)


def test_the_check_sees_a_heavy_import():
    assert "keras" in modules_after("import octavo._keras")


def test_community_loads_no_keras():
    loaded = modules_after(
        "from octavo.community import Infomap\nInfomap().fit([[0, 1], [1, 0]], progress=False)"
    )
    assert loaded & HEAVY <= {"scipy"}  # numba looks whether it is there


def test_embedding_loads_no_keras():
    loaded = modules_after(
        "from octavo.embedding import JoSE\n"
        "JoSE(4, passes=1, min_count=1, segmenter='whitespace').fit(['to be'], progress=False)"
    )
    assert loaded & HEAVY <= {"scipy"}


def test_asking_loads_nothing_that_keras_has_for_others():
    command = ["read", "ask", "甲？", str(ROOT / "README.md")]
    loaded = modules_after(f"from octavo.cli.main import run; assert run({command}) == 0")
    assert "keras" in loaded
    assert not loaded & {"matplotlib", "sklearn"}


def test_help_of_the_command_imports_no_verb():
    code = (
        "import sys; from octavo.cli.main import run; run(['--help'])\n"
        "assert not {'octavo.cli.read', 'octavo.cli.count'} & set(sys.modules)"
    )
    assert "octavo" in modules_after(code)  # it ran to its end


def find_imports(path: Path) -> set[str]:
    """Top-level packages that a file names in any import statement, wherever it stands."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require":
            names |= {a.value.split(".")[0] for a in node.args[:1] if isinstance(a, ast.Constant)}
    return names


@pytest.mark.parametrize(
    ("package", "door"), [("keras", "_keras.py"), ("numba", "_numba.py"), ("llvmlite", "_numba.py")]
)
def test_one_module_is_the_only_door_to_a_package(package, door):
    importers = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if package in find_imports(path)
    }
    assert importers == {door}
