"""Modules in files: tables, and the .clu and .tree files that the tools of mapequation.org open.

node	module	rate        .tsv and .csv: modules from 0, the most visited first
node_id module flow         .clu: modules from 1, a node a line, with blanks between
1:2 0.25 "Anna" 7           .tree: its path in the modules, flow, name and number
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from os import PathLike, fspath
from typing import TYPE_CHECKING

import numpy as np

from octavo import __version__
from octavo._files import write_atomic
from octavo.errors import UsageError

if TYPE_CHECKING:  # numba is loaded by those who search
    from octavo.community.infomap import Infomap

ENDINGS = (".tsv", ".csv", ".clu", ".tree")


def check_module_file(path: str | PathLike[str]) -> str:
    """The ending of a file of modules.

    Raises:
        UsageError: if it is none that is written.

    Example:
        >>> check_module_file("modules.tree")
        '.tree'
    """
    ending = next((ending for ending in ENDINGS if fspath(path).endswith(ending)), None)
    if ending is None:
        raise UsageError(f"modules are written to {', '.join(ENDINGS)} files. Received: {path}")
    return ending


def write_modules(model: Infomap, path: str | PathLike[str]) -> None:
    """Write the modules that were found, in the form that the file's ending says.

    Args:
        model: that was fitted.
        path: a .tsv, .csv, .clu or .tree file.

    Raises:
        UsageError: if the ending is another, or nothing was fitted.
        DataError: if it cannot be written.

    Example:
        >>> from octavo.community import Infomap
        >>> model = Infomap().fit([[0, 1], [1, 0]], progress=False)
        >>> write_modules(model, "modules.txt")
        Traceback (most recent call last):
        ...
        octavo.errors.UsageError: modules are written to .tsv, .csv, .clu, .tree files. Received: modules.txt
    """  # noqa: E501
    ending = check_module_file(path)
    if not hasattr(model, "labels_"):
        raise UsageError("there are no modules yet: call fit first. Received: Infomap as made")
    with write_atomic(path) as file:
        if ending in (".tsv", ".csv"):
            writer = csv.writer(
                file, delimiter="\t" if ending == ".tsv" else ",", lineterminator="\n"
            )
            writer.writerow(["node", "module", "rate"])
            rates, labels = model.rates_.tolist(), model.labels_.tolist()
            writer.writerows(zip(model.names_, labels, rates, strict=True))
            return
        lines = _clu_lines(model) if ending == ".clu" else _tree_lines(model)
        file.write(f"# octavo {__version__}\n# codelength {model.codelength_:.9g} bits\n")
        file.writelines(f"{line}\n" for line in lines)


def _order(model: Infomap) -> np.ndarray:
    """Nodes by their modules, those of one by how often they are visited."""
    return np.lexsort((np.arange(len(model.labels_)), -model.rates_, model.labels_))


def _ids(model: Infomap) -> list[int]:
    """Numbers of the nodes: their names, if these are numbers, else from 1."""
    if all(isinstance(name, int) for name in model.names_):
        return list(model.names_)  # type: ignore[arg-type]
    return list(range(1, len(model.names_) + 1))


def _clu_lines(model: Infomap) -> Iterator[str]:
    yield "# node_id module flow"
    ids = _ids(model)
    for node in _order(model):
        yield f"{ids[node]} {model.labels_[node] + 1} {model.rates_[node]:.9g}"


def _tree_lines(model: Infomap) -> Iterator[str]:
    yield "# path flow name node_id"
    ids, module, place = _ids(model), -1, 0
    for node in _order(model):
        place = place + 1 if model.labels_[node] == module else 1
        module = model.labels_[node]
        name = str(model.names_[node]).replace('"', "'").replace("\n", " ")
        yield f'{module + 1}:{place} {model.rates_[node]:.9g} "{name}" {ids[node]}'
