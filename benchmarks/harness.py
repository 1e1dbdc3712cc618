"""What every benchmark shares: two sides measured in turns in one run, and one JSON object.

Each side is a process of its own (see worker.py), octavo's too, with the same number of threads on
the same cores. Rounds alternate, A B A B ..., so that a machine that slows down slows both; a
figure is the ratio of the two medians. The first round is a warm-up: it compiles and fills caches,
does not count, and its seconds are stated in the row.

The last line printed is {claim, ratio, target, rows, unit, versions}. A ratio is the peer's time
over ours: above 1 is ours better. `ratio` and `target` are the headline's, the worst of its cases;
`rows` hold every case and every other figure with its own target (null: for information).
Exit codes: 0 all targets met; 1 one missed, a side failed or the results differ; 2 a peer or data
is missing.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from make_peer import PeerMissingError
from side import DifferenceError, Side

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "results"
SHARED_DATA = FOLDER.parent.parent / "shared" / "data"


class MissingError(Exception):
    """Data or a peer is not there; the message is one line for a person (exit code 2)."""


@dataclass(frozen=True)
class Times:
    """Seconds of one side: the warm-up's, and each counted round's."""

    warm_up: float
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.rounds)


@dataclass(frozen=True)
class Row:
    """One figure: its name, the ratio reached, the ratio wanted (None: for information)."""

    name: str
    ratio: float
    target: float | None
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON types, `details` merged in."""
        plain = asdict(self)
        details = plain.pop("details")
        return plain | details


def alternate(
    sides: Mapping[str, Side],
    function: str,
    rounds: int,
    *,
    warm_up: Mapping[str, Mapping[str, Any]] | None = None,
    before: str | None = None,
    **arguments: Any,
) -> tuple[dict[str, Any], dict[str, Times]]:
    """Call the same function of all sides in turns: one warm-up round, then `rounds` that count.

    Args:
        sides: by name, in the order of their turns.
        function: of the workers.
        rounds: how many count.
        warm_up: by side, arguments that are different in the warm-up round.
        before: a function of the workers called before every turn, not timed.
        arguments: of the function.

    Returns:
        The result of every side's last call, and the times of every side.
    """
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    results: dict[str, Any] = {}
    for turn in range(1 + rounds):
        for name, side in sides.items():
            changes = (warm_up or {}).get(name, {}) if turn == 0 else {}
            if before is not None:
                side.call(before)
            results[name], elapsed = side.timed(function, **{**arguments, **changes})
            seconds[name].append(elapsed)
    return results, {name: Times(s[0], tuple(s[1:])) for name, s in seconds.items()}


def check_equal(what: str, theirs: Any, ours: Any) -> None:
    """Raise DifferenceError unless both are the same."""
    if theirs != ours:
        raise DifferenceError(f"{what} differ: peer {_short(theirs)}, octavo {_short(ours)}")


def check_close(what: str, theirs: Sequence[float], ours: Sequence[float], limit: float) -> None:
    """Raise DifferenceError unless every pair of numbers is within `limit`."""
    pairs = zip(theirs, ours, strict=True)
    if not all(abs(a - b) <= limit for a, b in pairs):  # a NaN is never within
        raise DifferenceError(f"{what} differ: peer {_short(theirs)}, octavo {_short(ours)}")


def compare(name: str, peer: Times, ours: Times, target: float | None, **details: Any) -> Row:
    """The row that says how many times faster ours is than the peer."""
    stated = {
        "peer_seconds": round(peer.median, 4),
        "our_seconds": round(ours.median, 4),
        "peer_warm_up_seconds": round(peer.warm_up, 2),
        "our_warm_up_seconds": round(ours.warm_up, 2),
        "rounds": len(ours.rounds),
    }
    return Row(name, round(peer.median / ours.median, 3), target, stated | details)


def time_steps(
    sides: Mapping[str, Side],
    dropout: float,
    rounds: int,
    tokens: int,
    targets: Mapping[str, float],
    check: Callable[[str, list[float], list[float]], None],
) -> list[Row]:
    """Check three losses where chance plays no part, then time two training steps a round.

    Args:
        sides: by name, loaded; one of them is "octavo".
        dropout: with which they were loaded.
        rounds: how many count.
        tokens: of a step.
        targets: by side; the others' rows are for information.
        check: called with dropout off, with a side's name, its losses and octavo's.

    Raises:
        DifferenceError: if `check` does.
    """
    losses = {name: side.call("steps", count=3) for name, side in sides.items()}
    if dropout == 0:
        for name in losses:
            check(name, losses[name], losses["octavo"])
    progress(f"timing {len(sides)} sides, {rounds} rounds")
    steps = 2
    _, times = alternate(sides, "steps", rounds, count=steps)
    ours = times.pop("octavo")
    return [
        compare(
            f"{name}, dropout {dropout or 'off'}",
            theirs,
            ours,
            targets.get(name),
            **({} if dropout else {"losses": losses[name], "our_losses": losses["octavo"]}),
            peer_tokens_per_second=round(tokens * steps / theirs.median),
            our_tokens_per_second=round(tokens * steps / ours.median),
        )
        for name, theirs in times.items()
    ]


def summary(
    claim: str,
    headline: Sequence[Row],
    others: Sequence[Row] = (),
    *,
    unit: str,
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """The JSON object of a benchmark, from the cases of its first figure and its other figures."""
    worst = min(headline, key=lambda row: row.ratio / (row.target or 1))
    return {
        "claim": claim,
        "ratio": worst.ratio,
        "target": worst.target,
        "rows": [row.as_json() for row in (*headline, *others)],
        "unit": unit,
        "versions": {"python": platform.python_version(), "processor": _processor(), **versions},
    }


def run(name: str, description: str, measure: Callable[[bool], dict[str, Any]]) -> int:
    """Command line of a benchmark: measure, print, keep a full run's figures, say pass or fail.

    Args:
        name: of the file under benchmarks/results.
        description: for --help.
        measure: takes `quick`, returns what `summary` made.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smaller cases, within a minute")
    quick = parser.parse_args().quick
    try:
        figures = measure(quick)
    except (MissingError, PeerMissingError) as error:
        print(error, file=sys.stderr)
        return 2
    except DifferenceError as error:
        print(error, file=sys.stderr)
        return 1
    if not quick:
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
        (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    print(json.dumps(figures, ensure_ascii=False))
    return 0 if all(_passed(row) for row in figures["rows"]) else 1


def progress(message: str) -> None:
    """Tell the person who waits, on standard error."""
    print(message, file=sys.stderr, flush=True)


def shared_data(relative: str) -> Path:
    """A file of the data folder beside the repository.

    Raises:
        MissingError: if it is not there.
    """
    path = SHARED_DATA / relative
    if not path.is_file():
        raise MissingError(f"data missing: {path}")
    return path


def keep_lines(path: Path, lines: Iterable[str]) -> Path:
    """A file of these lines, each with its end, made if it is not there from an earlier run.

    The lines are not asked for otherwise; a file is there whole or not at all.
    """
    if not path.is_file():
        progress(f"making {path.name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".part")
        with open(beside, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
        beside.rename(path)
    return path


def _processor() -> str:
    """Maker and model, where Linux tells them."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 200 else f"{text[:200]}..."


def _passed(row: Mapping[str, Any]) -> bool:
    return row["target"] is None or row["ratio"] >= row["target"]
