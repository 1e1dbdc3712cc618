"""How long the bundled reader takes from a cold start, and how many answers a second it gives.

- `octavo read ask` as a command of its own, the first time (nothing compiled is kept) and again,
  beside `import keras` with JAX in the same run: a ratio of 0.25 is four times as long. The seconds
  are in the rows; on two quiet cores the first shall take less than 8, the second less than 4.
- Questions a second in one process, 50 questions of CMRC 2018 dev with whole contexts, one window
  at a time, 32 at once, and as many as is the default, against the 2 a second that the article
  reports on a GPU.

`--quick` asks ten questions, each command once.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness import Row, Times, compare, progress, run, shared_data, summary
from side import DifferenceError

ARTICLE = 2.0  # questions a second, on a GPU
ROOT = Path(__file__).resolve().parent.parent
PASSAGES = ROOT / "examples" / "passages.txt"
QUESTION = "长江发源于哪里？"
ARGUMENTS = ["read", "ask", QUESTION, str(PASSAGES), "--json"]
ASK = f"import sys; sys.argv[1:] = {ARGUMENTS!r}; from octavo.__main__ import main; main()"


def measure(quick: bool) -> dict[str, Any]:
    """All rows; quick: one round, ten questions."""
    starts = measure_starts(1 if quick else 5)
    rates = measure_rates(10 if quick else 50)
    versions = {name: version(name) for name in ("octavo", "keras", "jax")}
    return summary(
        "one answer of the bundled reader from a cold start, the second time",
        starts[1:],
        [starts[0], *rates],
        unit="seconds of `import keras` / seconds of octavo read ask; or questions a second / 2",
        versions=versions,
    )


def measure_starts(rounds: int) -> list[Row]:
    """The first and the second answer of a machine, beside an import."""
    seconds: dict[str, list[float]] = {"import": [], "first": [], "second": []}
    for number in range(1 + rounds):
        progress(f"cold starts: round {number} of {rounds}")
        with tempfile.TemporaryDirectory() as cache:
            seconds["import"].append(run_python("import jax, keras", cache))
            seconds["first"].append(run_python(ASK, cache))
            seconds["second"].append(run_python(ASK, cache))
    imports, first, second = (Times(s[0], tuple(s[1:])) for s in seconds.values())
    return [
        compare("octavo read ask, nothing compiled", imports, first, None),
        compare("octavo read ask, the second time", imports, second, None),
    ]


def run_python(code: str, cache: str) -> float:
    """Seconds of a Python process of its own."""
    environment = os.environ | {"KERAS_BACKEND": "jax", "OCTAVO_CACHE": cache}
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    elapsed = time.perf_counter() - started
    if done.returncode or (code == ASK and not json.loads(done.stdout)["answer"]):
        raise DifferenceError(f"{code}: {done.stderr or done.stdout}")
    return elapsed


def measure_rates(count: int) -> list[Row]:
    """Questions a second of one process, compiled before."""
    from octavo.reading import Reader

    reader = Reader.from_preset()
    questions = read_dev(count)
    rows = []
    for windows in (1, 32, None):
        at_once = f"{windows or 'as many as is the default'} at once"
        progress(f"{count} questions, windows {at_once}")
        seconds = []
        for _ in range(2):  # the first compiles
            started = time.perf_counter()
            reader.answer_many(questions, batch_size=windows, progress=False)
            seconds.append(time.perf_counter() - started)
        rate = count / seconds[1]
        details = {"questions_per_second": round(rate, 2), "warm_up_seconds": round(seconds[0], 1)}
        name = f"questions a second, windows {at_once}"
        rows.append(Row(name, round(rate / ARTICLE, 3), None if windows else 1.5, details))
    return rows


def read_dev(count: int) -> list[Any]:
    """The first questions of CMRC 2018 dev."""
    from octavo.reading import read_questions

    path = shared_data("cmrc2018/dev.json.xz")
    return list(itertools.islice(read_questions(path), count))


if __name__ == "__main__":
    sys.exit(run("reading_latency", __doc__ or "", measure))
