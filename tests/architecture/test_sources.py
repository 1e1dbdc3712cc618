"""What an article or paper gives names it: "Source: ..." in the docstring of a module or name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "octavo"
ROOMS = (
    "reading", "adversarial", "optimizers", "embedding",
    "pretraining", "denoising", "counting", "community",
    "decoding", "transformer", "generation", "vectors",
)  # fmt: skip
# Modules that need no source, by the reason.
NEED_NONE = {
    "files and the layouts they have": {
        "counting/counts.py", "counting/parts.py", "counting/runs.py",
        "pretraining/corpus.py", "pretraining/preparation.py",
        "pretraining/run_folder.py",
        "reading/passage_files.py", "reading/question_files.py", "reading/question_layouts.py",
        "reading/question_lists.py",
        "embedding/corpus.py", "embedding/encoding.py", "embedding/parameters.py",
        "embedding/runs.py", "embedding/saving.py",
        "community/graph.py", "community/graph_files.py", "community/module_files.py",
        "vectors/keyed_vectors.py", "vectors/word2vec.py",
        "transformer/presets.py",
    },
    "joins what other modules give, each with its own source": {
        "embedding/training.py", "vectors/__init__.py", "vectors/neighbours.py",
        "community/knn.py",
        "counting/cluster.py", "counting/counter.py", "counting/crew.py",
        "counting/kept.py", "counting/lines.py",
        "counting/matrix.py", "counting/options.py", "counting/preloaded.py",
        "counting/segments.py", "counting/texts.py",
        "optimizers/at_bottom.py",
        "optimizers/bare.py", "optimizers/patterns.py", "optimizers/tensors.py",
        "pretraining/batches.py", "pretraining/building.py", "pretraining/fit.py",
        "pretraining/settings.py",
        "reading/answer.py", "reading/batches.py", "reading/evaluation.py",
        "reading/evidence.py", "reading/fit.py", "reading/start.py",
        "reading/training_settings.py",
    },
    "data structures of textbooks, and how memory is used": {
        "counting/cells.py", "counting/entries.py", "counting/kernels.py", "counting/pairs.py",
        "counting/rows.py", "counting/sorting.py", "counting/table.py",
        "optimizers/rows.py",
        "community/logs.py", "community/network.py",
    },
    "octavo's own": {
        "pretraining/baselines.py",
        "reading/baseline.py", "reading/boundaries.py", "reading/doubts.py",
        "transformer/inputs.py",
    },
}  # fmt: skip


def find_docstrings(text: str) -> Iterator[str]:
    """The docstrings of a module, its public classes and functions, and their public methods."""

    def visit(node: ast.AST) -> Iterator[str]:
        yield ast.get_docstring(node) or ""
        for child in node.body:
            named = isinstance(child, ast.ClassDef | ast.FunctionDef)
            if named and not child.name.startswith("_"):
                yield from visit(child)

    return visit(ast.parse(text))


def names_a_source(text: str) -> bool:
    """Whether a line of such a docstring begins with "Source:" and says something."""
    lines = (line.strip() for docstring in find_docstrings(text) for line in docstring.split("\n"))
    return any(line.startswith("Source: ") for line in lines)


def test_modules_of_the_leaves_name_their_sources():
    files = [path for room in ROOMS for path in (SOURCE / room).glob("*.py")]
    without = {
        path.relative_to(SOURCE).as_posix()
        for path in files
        if not names_a_source(path.read_text(encoding="utf-8"))
    }
    assert len(files) > 60
    assert without == set().union(*NEED_NONE.values())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('"""A sum.\n\nSource: Euler 1755.\n"""', True),
        ('def add():\n    """A sum.\n\n    Source: Euler 1755.\n    """', True),
        ('class Sum:\n    def add(self):\n        """Source: Euler 1755."""', True),
        ('"""A sum, its source: unknown."""', False),
        ('def _add():\n    """A sum.\n\n    Source: Euler 1755.\n    """', False),
        ("# Source: Euler 1755.", False),
    ],
)
def test_the_check_sees_a_source(text, named):
    assert names_a_source(text) is named
