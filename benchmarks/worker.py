"""One side of a benchmark: a process that answers calls, one JSON object a line.

A side is a script that ends in `serve(name=function, ...)`. It runs in its own environment (a
peer's, or octavo's), so this file uses the standard library alone. The clock runs here, around the
function and nothing else: starting the process and sending arguments and results cost no time.

    request  {"call": "decode", "arguments": {"beams": 1}}
    reply    {"result": [...], "seconds": 1.25}   or   {"error": "ValueError: ..."}
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any


def serve(**functions: Callable[..., Any]) -> None:
    """Answer the calls that come on standard input until it ends.

    Replies go through a pipe of their own, number $REPLIES: libraries print to standard output.

    Args:
        functions: what may be called, by name; arguments and results are plain JSON types.
    """
    with open(int(os.environ["REPLIES"]), "w", encoding="utf-8") as replies:
        for line in sys.stdin:
            print(json.dumps(_answer(json.loads(line), functions)), file=replies, flush=True)


def _answer(request: dict[str, Any], functions: dict[str, Callable[..., Any]]) -> dict[str, Any]:
    try:
        function = functions[request["call"]]
        start = time.perf_counter()
        result = function(**request["arguments"])
        return {"result": result, "seconds": time.perf_counter() - start}
    except Exception as error:
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}".splitlines()[0]}


def drop_caches() -> None:
    """Make the system forget what it has read of all files; Linux, and root's to do."""
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
        file.write("3")
