"""Files of modules, as they are written and read by others."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from graphs import cliques

from octavo.community import Infomap, make_graph, write_modules
from octavo.errors import UsageError


@pytest.fixture(scope="module")
def model():
    graph = make_graph([0, 0, 1, 2, 3, 3, 4], [1, 2, 2, 3, 4, 5, 5], names=["a b", 'c"', *"defg"])
    return Infomap().fit(graph, progress=False)


def test_tables(model, tmp_path):
    for ending, delimiter in ((".tsv", "\t"), (".csv", ",")):
        path = tmp_path / f"modules{ending}"
        write_modules(model, path)
        with open(path, encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file, delimiter=delimiter)
        assert head == ["node", "module", "rate"]
        assert [row[0] for row in rows] == ["a b", 'c"', "d", "e", "f", "g"]
        assert [int(row[1]) for row in rows] == model.labels_.tolist()
        assert [float(row[2]) for row in rows] == model.rates_.tolist()


def test_clu_and_tree_as_infomap_has_them(model, tmp_path):
    write_modules(model, tmp_path / "modules.clu")
    lines = (tmp_path / "modules.clu").read_text("utf-8").split("\n")
    assert lines[2:5] == ["# node_id module flow", "3 1 0.214285714", "1 1 0.142857143"]
    write_modules(model, tmp_path / "modules.tree")
    lines = (tmp_path / "modules.tree").read_text("utf-8").split("\n")
    assert lines[2:] == [
        "# path flow name node_id",
        '1:1 0.214285714 "d" 3', '1:2 0.142857143 "a b" 1', '1:3 0.142857143 "c\'" 2',
        '2:1 0.214285714 "e" 4', '2:2 0.142857143 "f" 5', '2:3 0.142857143 "g" 6', "",
    ]  # fmt: skip


def test_nodes_with_numbers_keep_them(tmp_path):
    model = Infomap().fit(cliques(2, 3), progress=False)
    write_modules(model, tmp_path / "modules.clu")
    lines = (tmp_path / "modules.clu").read_text("utf-8").split("\n")[3:-1]
    assert sorted(int(line.split()[0]) for line in lines) == list(range(6))
    model.names_ = [np.int64(3), *"abcde"]
    write_modules(model, tmp_path / "modules.tree")


def test_other_files_and_models_as_made_are_errors(model, tmp_path):
    with pytest.raises(UsageError, match=r"\.tsv, \.csv, \.clu, \.tree"):
        write_modules(model, tmp_path / "modules.txt")
    with pytest.raises(UsageError, match="call fit first"):
        write_modules(Infomap(), tmp_path / "modules.tsv")
