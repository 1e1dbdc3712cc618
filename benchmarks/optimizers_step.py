"""One optimizer step of each wrapper, against optax' and Keras' counterparts.

The step alone, float32, on JAX: the weights of a BERT of 6 layers x 384 with 24,000 words, 20
million in all, fixed gradients, everything compiled, state and weights donated. Rows of octavo's
wrappers against optax are around octavo's Adam, those against Keras around Keras' own Adam. The
rows without a target are for information: Adam alone, Ranger, LearningRateMultiplier and LazyRows
against the bare Adam they wrap (LazyRows: a table of 50,000 x 256, of which 3,000 tokens a batch
have a gradient).

Before its time counts, a row's weights after 12 steps (three windows of accumulation, two periods
of Lookahead) must agree within 2e-6 of the largest weight of a variable, and so must the averages
(Ranger within 1e-5: optax subtracts nearly equal numbers where RAdam's first factors come from, and
these are half a percent off).
A row states what is left out because it differs on purpose: Keras' average starts at the first
weights instead of correcting its bias, and its Lamb decays outside the trust ratio (so the weights
are compared without decay, the times with it). LazyRows is compared with Adam in all but its
table, and all rows computed with rows gathered.

A row also states the megabytes of a step, from XLA: state, weights, gradients, temporary arrays.
`--quick`: three rows, two layers, 2,000 words. Peer: make_peer.py optax.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness import Row, Side, alternate, compare, progress, run, summary
from side import DifferenceError

TARGET = 0.952  # a step may take 1.05 times the peer's
LIMIT = 2e-6
STEPS = 12
BERT = {"layers": 6, "vocabulary": 24_000, "width": 384}
BERT_WITH_TABLE = {"layers": 6, "vocabulary": 50_000, "width": 256}
SMALL = {"layers": 2, "vocabulary": 2_000, "width": 384}
TOKENS = 3_000


@dataclass(frozen=True)
class Pair:
    """A row: a case of octavo and the one it is measured against.

    Args:
        name: of the row.
        ours: case of step_octavo.py.
        theirs: case of the peer's side.
        side: which side the peer's case runs on, "peer" or "bare" (octavo's own environment).
        target: None for information.
        checked: cases whose weights are compared instead, and the side of the second.
        apart: results whose names begin so differ on purpose and are not compared.
        limit: of the difference, relative to the largest value of a variable.
        table: whether only some rows of a large table have a gradient.
    """

    name: str
    ours: str
    theirs: str
    side: str = "peer"
    target: float | None = TARGET
    checked: tuple[str, str, str] | None = None
    apart: str | None = None
    limit: float = LIMIT
    table: bool = False


PAIRS = (
    Pair("WeightDecay, optax.adamw", "decay", "decay"),
    Pair("WeightDecay, Keras AdamW", "keras decay", "keras decay"),
    Pair("LAMB, optax.lamb", "lamb", "lamb"),
    Pair(
        "LAMB, Keras Lamb",
        "lamb",
        "keras lamb",
        checked=("lamb without decay", "keras lamb without decay", "peer"),
    ),
    Pair("GradientAccumulation(4), optax.MultiSteps", "accumulation", "accumulation"),
    Pair("GradientAccumulation(4), Keras", "keras accumulation", "keras accumulation"),
    Pair("Lookahead, optax.lookahead", "lookahead", "lookahead"),
    Pair("WeightAverage, optax.ema", "average", "average"),
    Pair("WeightAverage, Keras use_ema", "keras average", "keras average", apart="average of"),
    Pair("Adam alone, optax.adam", "adam", "adam", target=None),
    Pair("Ranger, optax.lookahead(optax.radam)", "ranger", "ranger", target=None, limit=1e-5),
    Pair(
        "LearningRateMultiplier, the Adam inside",
        "multiplier",
        "adam",
        side="bare",
        target=None,
        checked=("multiplier", "multiplier", "peer"),
    ),
    Pair(
        "LazyRows, the Adam inside",
        "lazy",
        "adam",
        side="bare",
        target=None,
        apart="word_embeddings",
        table=True,
    ),
    Pair(
        "LazyRows(rows=50000), the Adam inside",
        "lazy, all rows",
        "adam",
        side="bare",
        target=None,
        checked=("lazy, all rows", "lazy", "bare"),
        table=True,
    ),
)
QUICK = ("decay", "accumulation", "lookahead")


def measure(quick: bool) -> dict[str, Any]:
    """All rows; quick: three, smaller."""
    pairs = [
        pair for pair in PAIRS if not quick or (pair.ours == pair.theirs and pair.ours in QUICK)
    ]
    with (
        Side("step_optax.py", peer="optax") as peer,
        Side("step_octavo.py") as ours,
        Side("step_octavo.py") as bare,
    ):
        sides = {"peer": peer, "octavo": ours, "bare": bare}
        versions = peer.call("versions") | ours.call("versions")
        rows = [_row(pair, sides, quick) for pair in pairs]
    headline = [row for row in rows if row.target is not None]
    others = [row for row in rows if row.target is None]
    claim = "one optimizer step, 20M parameters, JAX, 2 threads"
    return summary(claim, headline, others, unit="peer's seconds / octavo's", versions=versions)


def _row(pair: Pair, sides: Mapping[str, Side], quick: bool) -> Row:
    """Compare the results, then time rounds of STEPS steps."""
    progress(pair.name)
    sizes = SMALL if quick else BERT_WITH_TABLE if pair.table else BERT
    task = {"sizes": sizes, "tokens": TOKENS if pair.table else 0}
    checked = pair.checked or (pair.ours, pair.theirs, pair.side)
    difference, loads = _check(pair, checked, sides, task)
    theirs, ours = sides[pair.side], sides["octavo"]
    if pair.checked:
        loads = _load({"peer": (theirs, pair.theirs), "octavo": (ours, pair.ours)}, task)
    rounds = 5 if quick else 11
    _, times = alternate({"peer": theirs, "octavo": ours}, "steps", rounds, count=STEPS)
    return compare(
        pair.name,
        times["peer"],
        times["octavo"],
        pair.target,
        steps_a_round=STEPS,
        peer_megabytes=loads["peer"]["megabytes"],
        our_megabytes=loads["octavo"]["megabytes"],
        million_parameters=loads["octavo"]["millions"],
        largest_difference=float(f"{difference:.1e}"),
        compared=checked[:2],
        not_compared=pair.apart,
    )


def _load(
    cases: Mapping[str, tuple[Side, str]], task: dict[str, Any]
) -> dict[str, dict[str, float]]:
    return {name: side.call("load", case=case, **task) for name, (side, case) in cases.items()}


def _check(
    pair: Pair, checked: tuple[str, str, str], sides: Mapping[str, Side], task: dict[str, Any]
) -> tuple[float, dict[str, dict[str, float]]]:
    """Let both sides make STEPS steps.

    Returns:
        The largest difference of what they reached, and what `load` of each said.
    """
    our_case, their_case, their_side = checked
    cases = {"peer": (sides[their_side], their_case), "octavo": (sides["octavo"], our_case)}
    loads = _load(cases, task)
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.npz" for name in cases}
        for name, (side, _) in cases.items():
            side.call("steps", count=STEPS)
            side.call("write", path=str(paths[name]))
        return check_arrays(
            pair.name, paths["peer"], paths["octavo"], pair.apart, pair.limit
        ), loads


def check_arrays(
    what: str, theirs: Path, ours: Path, apart: str | None = None, limit: float = LIMIT
) -> float:
    """Raise DifferenceError unless the arrays of two .npz files are the same to `limit`.

    Args:
        what: is compared, for the message.
        theirs: file of the peer.
        ours: file of octavo.
        apart: arrays whose names begin so are left out.
        limit: of a difference, relative to the largest value of its array.

    Returns:
        The largest difference, so measured.
    """
    with np.load(theirs) as their_arrays, np.load(ours) as our_arrays:
        names, expected = (
            {name for name in arrays if not (apart and name.startswith(apart))}
            for arrays in (our_arrays, their_arrays)
        )
        if names != expected:
            raise DifferenceError(f"{what}: only one side has {sorted(names ^ expected)}")
        worst = 0.0
        for name in sorted(names):
            peer, octavo = their_arrays[name], our_arrays[name]
            difference = float(np.max(np.abs(peer - octavo)) / np.max(np.abs(peer)))
            if not difference <= limit:  # a NaN is no agreement
                raise DifferenceError(f"{what}: {name} differs by {difference:.1e}")
            worst = max(worst, difference)
        return worst


if __name__ == "__main__":
    sys.exit(run("optimizers_step", __doc__ or "", measure))
