"""Files of graphs: what networkx, Pajek, SNAP and tables write, and what is damaged."""

from __future__ import annotations

import gzip

import pytest
from graphs import dense

from octavo.community import read_graph
from octavo.errors import DataError

TRIANGLE = [[0, 2, 1], [2, 0, 3], [1, 3, 0]]


def write(folder, text, name="links.txt"):
    path = folder / name
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["links.txt", "links.csv.gz"])
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("0 1 2\n0\t2\n1  2  3\n", None),
        ("# a comment\n% another\n\r\n0 1 2\r\n0 2\r\n1 2 3", None),
        ("source,target,weight\n0,1,2\n0,2,1\n1,2,3\n", None),
        ('"Source";"Target";"Weight"\n"a";"b";2\n"a";"c";1.0\n"b";"c";3\n', ["a", "b", "c"]),
        ("10 11 2\n10 30 {}\n11 30 {'weight': 3.0, 'x': 'y'}\n", [10, 11, 30]),
        ("30 11 3\n10 30\n10 11 1\n11 10 1\n", [10, 11, 30]),
        ("张 李 2\n张 王\n李 王 3\n", ["张", "李", "王"]),
        ('*Vertices 3\n1 "a b" 0.1 0.2\n2 b\n3\n*Edges\n1 2 2\n1 3\n2 3 3\n', ["a b", "b", "3"]),
        ("*vertices 3\n*edgeslist\n1 2 3\n*Edges\n1 2 1\n2 3 3\n", None),
    ],
)
def test_a_graph_is_the_same_in_every_file(text, names, name, tmp_path):
    graph = read_graph(write(tmp_path, text, name))
    assert dense(graph).tolist() == TRIANGLE
    assert graph.names == names
    assert not graph.directed


def test_a_first_link_from_a_word_that_could_head_a_column_is_a_link(tmp_path):
    graph = read_graph(write(tmp_path, "i you 2\nfrom you 3\n"))
    assert graph.names == ["i", "you", "from"]
    assert graph.weights.sum() == 10


def test_arcs_have_a_direction_and_edges_beside_them_two(tmp_path):
    graph = read_graph(write(tmp_path, "*Vertices 3\n*Arcs\n1 2 5\n*Arcslist\n3 1\n*Edges\n2 3\n"))
    assert graph.directed
    assert dense(graph).tolist() == [[0, 5, 0], [0, 0, 1], [1, 1, 0]]
    graph = read_graph(write(tmp_path, "0 1\n1 2\n"), directed=True)
    assert dense(graph).tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_nodes_of_pajek_without_links_are_nodes(tmp_path):
    assert len(dense(read_graph(write(tmp_path, "*Vertices 4\n*Edges\n1 2\n")))) == 4


def test_tables_of_parquet(tmp_path):
    pq, pa = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
    path = tmp_path / "links.parquet"
    columns = {"weight": [2.0, 1.0, 3.0], "target": ["b", "c", "c"], "source": ["a", "a", "b"]}
    pq.write_table(pa.table(columns), path)
    graph = read_graph(path)
    assert (dense(graph).tolist(), graph.names) == (TRIANGLE, ["a", "b", "c"])
    pq.write_table(pa.table({"x": [0, 0], "y": [1, 2]}), path)
    assert dense(read_graph(path)).tolist() == [[0, 1, 1], [1, 0, 0], [1, 0, 0]]
    pq.write_table(pa.table({"x": [0, None], "y": [1, 2]}), path)
    with pytest.raises(DataError, match="none of them empty"):
        read_graph(path)
    path.write_bytes(b"PAR1 no")
    with pytest.raises(DataError, match="no table of Parquet"):
        read_graph(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "links.txt: has no links"),
        ("0 1\n2\n", "line 2: a link is two nodes and a weight.*; 1 things"),
        ("0 1 2 3\n", "line 1: a link is two nodes and a weight.*; 4 things"),
        ("0 1 much\n", "line 1: the weight 'much' is no number"),
        ("0 1\n1 2 -3\n", "line 2: a weight is finite and 0 or more; -3 stands"),
        ("0 1 nan\n", "a weight is finite"),
        ("0 1 1e999\n", "a weight is finite"),
        ("*Vertices\n", "line 1: a number from 0 to"),
        ("*Vertices 2\n*Edges\n1 3\n", "line 3: a number from 1 to 2 must stand there, not '3'"),
        ("*Vertices 2\n*Edges\n1\n", "line 3: a link is two nodes"),
        ("*Vertices 2\n*Matrix\n0 1\n", r"line 2: sections \*matrix are not read"),
        ("*Vertices 2000000000\n", "2000000000 nodes are announced, in a file of 1 lines"),
        ("*Vertices 99999999999\n", "line 1: a number from 0 to 2147483647"),
        ("a b " + "1" * (1 << 20), "line 1: a line of more than a million characters"),
    ],
)
def test_a_file_that_is_none_is_an_error_that_says_where(text, message, tmp_path):
    with pytest.raises(DataError, match=message):
        read_graph(write(tmp_path, text))


def test_files_that_are_damaged_or_not_there_are_named(tmp_path):
    path = tmp_path / "links.txt.gz"
    path.write_bytes(gzip.compress(b"0 1\n" * 10_000)[:-20])
    with pytest.raises(DataError, match=r"links.txt.gz: .*damaged or cut short"):
        read_graph(path)
    path.write_bytes(b"0 1\n\xff\n")
    with pytest.raises(DataError, match="line 2: not UTF-8"):
        read_graph(path)
    with pytest.raises(DataError, match=r"none\.txt"):
        read_graph(tmp_path / "none.txt")
