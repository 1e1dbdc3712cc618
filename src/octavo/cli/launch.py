"""`octavo launch`: a verb in several processes, which all start again when one dies."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import App

from octavo.cli.arguments import HYPHEN
from octavo.errors import NoSuchOptionError, UsageError

app = App(name="launch", help_format="markdown")
VERBS = ("pretrain",)


@app.default
def launch(
    *command: Annotated[str, HYPHEN],
    processes: int = 2,
    max_restarts: int = 3,
    hosts: str = "",
    node_rank: int = 0,
    port: int = 0,
) -> int:
    """Run a verb in several processes that train together.

    For example:

        octavo launch --processes 2 -- pretrain news/ --out runs/news

        octavo launch --processes 1 --hosts a,b --node-rank 0 --port 7788 -- pretrain news/ --out x

    When a process dies, all start again and go on from the last save. On several machines run the
    same command on each, with its own --node-rank; all see the files at the same paths.

    Parameters
    ----------
    command
        A verb with its arguments, after --.
    processes
        Processes on this machine.
    max_restarts
        How often all are started again; counted anew after an hour of work.
    hosts
        Names or addresses of all machines, with commas between; the first is asked by the others.
    node_rank
        Number of this machine among --hosts, from 0.
    port
        Port of the first machine, at which the processes meet; 0 for a free one, on one machine
        alone.
    """
    from octavo.training.launch import launch as run

    if command and command[0].startswith("-"):
        raise NoSuchOptionError(command[0])
    if not command or command[0] not in VERBS:
        given = " ".join(command) or "nothing"
        raise UsageError(f"after -- stands {' or '.join(VERBS)}. Received: {given}")
    names = [name for name in hosts.split(",") if name]
    # -P: no json.py of the working folder is taken for Python's own
    whole = [sys.executable, "-P", "-m", "octavo", *command]
    return run(whole, processes, max_restarts, names, node_rank, port)
