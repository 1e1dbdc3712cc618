"""`octavo community`: the modules of a network."""

from __future__ import annotations

import json
from typing import Any, Literal

from cyclopts import App

from octavo._lazy import check_installed
from octavo.cli.arguments import AsJson, Input, Output, check_inputs, check_outputs
from octavo.cli.terminal import one_line
from octavo.community.module_files import check_module_file, write_modules

SHOWN, NAMES = 20, 8  # modules, and nodes of each

app = App(name="community", help_format="markdown")


@app.default
def community(
    graph: Input,
    *,
    out: Output = None,
    flow: Literal["undirected", "directed", "given"] | None = None,
    teleportation: float = 0.15,
    teleport_to: Literal["links", "nodes"] = "links",
    record_teleportation: bool = False,
    markov_time: float = 1.0,
    preferred_modules: int | None = None,
    trials: int | None = None,
    max_trials: int = 10,
    workers: int | None = None,
    seed: int = 0,
    as_json: AsJson = False,
) -> None:
    """Find the modules of a network: how many there are is found too, by the map equation.

    For example:

        octavo community friends.csv

        octavo community links.txt.gz --flow directed --out modules.tree

    Parameters
    ----------
    graph
        A file of links: two nodes and, if there is one, a weight a line, with blanks, tabs or
        commas between; Pajek's .net; .parquet with columns source, target and weight. .gz, .bz2,
        .xz and .zst are unpacked; - is standard input.
    out
        Where to write the module of each node: .tsv or .csv; .clu or .tree, as infomap's tools
        have them.
    flow
        How a walk moves: undirected; directed, along links, and sometimes it jumps; given, the
        weights are the flows. By default undirected, unless the file has arcs.
    teleportation
        The chance that a directed walk jumps.
    teleport_to
        Where it jumps: where a link begins, or to any node.
    record_teleportation
        Count the bits of jumps.
    markov_time
        Above 1 for fewer and larger modules, below for more and smaller ones.
    preferred_modules
        How many modules there should be: each one more or less costs a bit.
    trials
        How many searches are made; until two agree by default.
    max_trials
        How many at most until two agree.
    workers
        How many searches go on at once; all cores by default.
    seed
        Of the first search; the others have the next ones.
    as_json
        Print one JSON object.
    """
    check_installed("numba", extra="graph")
    check_inputs(graph)
    if out is not None:
        check_module_file(out)
    check_outputs([graph], out=out)
    from octavo.community import Infomap, read_graph

    links = read_graph(graph, flow in ("directed", "given"))
    model = Infomap(
        flow=flow,
        teleportation=teleportation,
        teleport_to=teleport_to,
        record_teleportation=record_teleportation,
        markov_time=markov_time,
        preferred_modules=preferred_modules,
        trials=trials,
        max_trials=max_trials,
        workers=workers,
        seed=seed,
    ).fit(links)
    if out is not None:
        write_modules(model, out)
    if as_json:
        print(json.dumps(_facts(model), ensure_ascii=False))
        return
    if out is None:
        for number, module in enumerate(_largest(model)):
            print(f"{number}  {module}")
    told = f"{model.codelength_:.4f} bits a step, {model.one_level_codelength_:.4f} without modules"
    made = f"{len(model.trials_)} trial{'s' * (len(model.trials_) > 1)}"
    print(f"{model.n_modules_:,} modules of {len(model.labels_):,} nodes: {told}; {made}")


def _facts(model: Any) -> dict[str, Any]:
    return {
        "nodes": len(model.labels_),
        "modules": model.n_modules_,
        "codelength": model.codelength_,
        "index_codelength": model.index_codelength_,
        "one_level_codelength": model.one_level_codelength_,
        "trials": [trial._asdict() for trial in model.trials_],
    }


def _largest(model: Any) -> list[str]:
    """The modules that are visited most, each by its most visited nodes."""
    shown = []
    for module in range(min(SHOWN, model.n_modules_)):
        members = (model.labels_ == module).nonzero()[0]
        first = members[(-model.rates_[members]).argsort(kind="stable")][:NAMES]
        names = " ".join(one_line(str(model.names_[node])) for node in first)
        share = model.rates_[members].sum()
        shown.append(f"{share:.1%} of steps, {len(members):,} nodes: {names}")
    return shown
