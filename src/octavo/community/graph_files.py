"""Graphs in files: lists of links, Pajek's, and tables of Parquet.

    0 1 2.5                 two nodes and, if there is one, a weight; blanks, tabs or commas between
    # a comment             also after %; a first line that names the columns is none
    0 1 {'weight': 2.5}     as networkx writes it

    *Vertices 3             Pajek: nodes by number from 1, with their names
    1 "Anna"
    *Edges                  without directions; *Arcs with them
    1 2 2.5
    *Edgeslist              1 2 3: from 1 to 2 and to 3; *Arcslist

Whole numbers name nodes by number, in their order, and gaps are no nodes; other names are text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, count
from os import PathLike
from typing import TextIO

import numpy as np

from octavo._files import open_text
from octavo._lazy import require
from octavo.community.graph import Graph, make_graph
from octavo.corpus.files import layout
from octavo.errors import DataError

LONGEST_LINE = 1 << 20  # characters
MOST_BARE = 1_000_000  # nodes that may be announced without lines of their own
OTHER = re.compile(r'[,;"{]')  # than names and white space
SEPARATOR = re.compile(r"\s*[,;\t]\s*|\s+")
ATTRIBUTES = re.compile(r"\{(?:\s*'weight'\s*:\s*([^,}\s]+)[^}]*|[^}]*)\}\s*$")
HEADINGS = {
    ("source", "target"), ("from", "to"), ("src", "dst"), ("node1", "node2"), ("u", "v"),
    ("i", "j"), ("id1", "id2"), ("fromnodeid", "tonodeid"), ("head", "tail"),
}  # fmt: skip
WHOLE = re.compile(r"[0-9]{1,18}")
VERTEX = re.compile(r'(\d+)(?:\s+(?:"([^"]*)"|(\S+)))?')
SECTIONS = ("edges", "arcs", "edgeslist", "arcslist")


def read_graph(path: str | PathLike[str], directed: bool = False) -> Graph:
    r"""The graph of a file.

    Args:
        path: a list of links, a file of Pajek's (it begins with *Vertices) or a Parquet table, the
            columns of which are called source, target and weight or are the first two or three;
            packed files (.gz, .bz2, .xz, .zst) are unpacked.
        directed: whether links have a direction; a Pajek file with arcs says so itself.

    Raises:
        DataError: naming file and line, if a line is no link, a node or a weight is none, or the
            file cannot be read.
        MissingExtraError: if it is Parquet, and pyarrow is not installed.

    Example:
        >>> import tempfile
        >>> with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        ...     print("a b 2", "b c", sep="\n", file=file, flush=True)
        ...     read_graph(file.name).names
        ['a', 'b', 'c']
    """
    if layout(str(path)) == "parquet":
        return _read_parquet(path, directed)
    with open_text(path) as file:
        lines = _lines(file, path)
        first = next(lines, None)
        if first is None:
            raise DataError("has no links", path)
        if first[1].startswith("*"):
            return _read_pajek(path, chain([first], lines), directed)
        sources: list[str] = []
        targets: list[str] = []
        weights: list[float] = []
        cells = [cell.strip('"').lower() for cell in SEPARATOR.split(first[1])]
        if tuple(cells[:2]) not in HEADINGS:
            lines = chain([first], lines)
        for number, line in lines:
            source, target, weight = _split(path, number, line)
            sources.append(source)
            targets.append(target)
            weights.append(weight)
    return _named(sources, targets, weights, directed)


def _lines(file: TextIO, path: str | PathLike[str]) -> Iterator[tuple[int, str]]:
    """Lines that say something, without white space around, and their numbers."""
    for number in count(1):
        line = file.readline(LONGEST_LINE)
        if not line:
            return
        if len(line) == LONGEST_LINE:
            raise DataError("a line of more than a million characters", path, number)
        line = line.strip()
        if line and line[0] not in "#%":
            yield number, line


def _split(path: str | PathLike[str], number: int, line: str) -> tuple[str, str, float]:
    """The nodes and the weight of a line."""
    weight, parts = "1", line.split()
    if len(parts) == 2 and not OTHER.search(line):
        return parts[0], parts[1], 1.0
    if line[-1] == "}" and (attributes := ATTRIBUTES.search(line)):
        weight, line = attributes[1] or "1", line[: attributes.start()].rstrip(" ,;\t")
    parts = [part.strip('"') for part in SEPARATOR.split(line)]
    if len(parts) == 3:
        weight = parts.pop()
    if len(parts) != 2:
        raise DataError(
            f"a link is two nodes and a weight, if there is one; {len(parts)} things stand there",
            path,
            number,
        )
    return parts[0], parts[1], _weight(path, number, weight)


def _weight(path: str | PathLike[str], number: int, text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        raise DataError(f"the weight {text[:50]!r} is no number", path, number) from None
    if not 0 <= weight < float("inf"):
        raise DataError(f"a weight is finite and 0 or more; {text[:50]} stands there", path, number)
    return weight


def _named(
    sources: Sequence[str], targets: Sequence[str], weights: Sequence[float], directed: bool
) -> Graph:
    """The graph of links between names."""
    numbers: dict[str, int] = {}
    ends = [
        [numbers.setdefault(name, len(numbers)) for name in pair]
        for pair in zip(sources, targets, strict=True)
    ]
    links = np.array(ends, np.int64).reshape(-1, 2)
    names: list[str] | list[int] = list(numbers)
    if all(WHOLE.fullmatch(name) for name in numbers):
        order = sorted(range(len(names)), key=lambda place: int(names[place]))
        ranks = np.empty(len(order), np.int64)
        ranks[order] = np.arange(len(order))
        links, names = ranks[links], [int(names[place]) for place in order]
    plain = None if names == list(range(len(names))) else names
    return make_graph(
        links[:, 0], links[:, 1], weights, nodes=len(names), directed=directed, names=plain
    )


def _read_pajek(
    path: str | PathLike[str], lines: Iterator[tuple[int, str]], directed: bool
) -> Graph:
    """Nodes by number, and sections of links."""
    names: dict[int, str] = {}
    nodes, section, number = 0, "", 0
    links: dict[bool, list[tuple[int, int, float]]] = {True: [], False: []}  # by directed
    for number, line in lines:
        if line[0] == "*":
            section, *rest = line[1:].lower().split()
            if section == "vertices":
                nodes = _whole(path, number, rest[0] if rest else "", 0, 2**31 - 1)
            elif section not in SECTIONS:
                raise DataError(f"sections *{section[:50]} are not read", path, number)
        elif section == "vertices":
            found = VERTEX.match(line)
            node = _whole(path, number, found[1] if found else line, 1, nodes)
            names[node] = (found and (found[2] or found[3])) or str(node)
        else:
            parts = line.split()
            ends = [_whole(path, number, part, 1, nodes) for part in parts[:2]]
            weight, more = 1.0, parts[2:]
            if len(ends) < 2:
                raise DataError("a link is two nodes", path, number)
            if section.endswith("list"):
                ends += [_whole(path, number, part, 1, nodes) for part in more]
            elif more:
                weight = _weight(path, number, more[0])
            links[section.startswith("arcs")] += [(ends[0], end, weight) for end in ends[1:]]
    if nodes > MOST_BARE and nodes > 100 * number:
        raise DataError(f"{nodes} nodes are announced, in a file of {number} lines", path)
    directed = directed or bool(links[True])
    both = [(target, source, weight) for source, target, weight in links[False] if directed]
    array = np.array([*links[True], *links[False], *both], np.float64).reshape(-1, 3)
    return make_graph(
        array[:, 0].astype(np.int64) - 1,
        array[:, 1].astype(np.int64) - 1,
        array[:, 2],
        nodes=nodes,
        directed=directed,
        names=[names.get(node, str(node)) for node in range(1, nodes + 1)] if names else None,
    )


def _whole(path: str | PathLike[str], number: int, text: str, least: int, most: int) -> int:
    if not WHOLE.fullmatch(text) or not least <= int(text) <= most:
        raise DataError(
            f"a number from {least} to {most} must stand there, not {text[:50]!r}", path, number
        )
    return int(text)


def _read_parquet(path: str | PathLike[str], directed: bool) -> Graph:
    pq = require("pyarrow.parquet", extra="count")
    arrow = require("pyarrow", extra="count")
    try:
        names = pq.read_schema(path).names
        chosen = [name for name in ("source", "target", "weight") if name in names]
        if len(chosen) < 2 or "weight" in chosen[:2]:
            chosen = names[:3]
        table = pq.read_table(path, columns=chosen)
    except (arrow.ArrowException, OSError) as error:
        raise DataError(f"no table of Parquet: {error}".split("\n")[0], path) from None
    if len(chosen) < 2 or table.column(0).null_count or table.column(1).null_count:
        raise DataError("a table of links has two columns of nodes, none of them empty", path)
    columns = [table.column(place).to_pylist() for place in range(2)]
    weights = [1.0] * len(columns[0])
    if len(chosen) == 3:
        given = table.column(2).to_pylist()
        weights = [_weight(path, row, str(weight)) for row, weight in enumerate(given, 1)]
    sources, targets = ([str(name) for name in column] for column in columns)
    return _named(sources, targets, weights, directed)
