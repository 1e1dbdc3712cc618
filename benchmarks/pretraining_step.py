"""One masked-LM step against keras-hub and bert4keras; preparing its data against bert4keras.

A step: batch of 4 rows of 256 tokens, 38 of each masked, 6 layers x 384 hidden x 12 heads x 1536,
vocabulary 21128, AdamW with clipped gradients, fp32, 2 threads. Sides start from the same weights
and take the same batch; with dropout off the first losses must agree to 1e-4, and those of the next
two steps to 1e-3, before any time counts. Timed with dropout off, and with 0.1 everywhere on all
sides. octavo's model is the packed UniLM that `pretrain` makes; it and keras-hub (BertMaskedLM on
JAX) compute the vocabulary head at 56 places of a row, bert4keras at all 256, as it ships. For
equal results keras-hub's blocks get BERT's GELU by erf; rows for information have its own by tanh.

Waiting: `pretrain` at the same shape on real text for a minute; the figure is the share of the time
in which no step waited for its batch, from the log that every user gets.

Preparing: laws of the PRC, from JSON lines with BERT's Chinese vocabulary to what training reads.
octavo makes token shards, packs rows and draws an epoch of masks; bert4keras writes TFRecords, here
one pass of the ten that its script makes to vary the masks. Tokens a second count neither padding
nor special tokens; bert4keras gets every 5th document, as it is slower. The ids of sentences must
be equal. bert4keras tokenizes each word by itself, which splits "0.1mpa" elsewhere where the
segmenter cuts it: the row says in how many sentences.

Warm-up (tracing, compiling, first steps) is in the rows, not in the ratios. `--quick`: keras-hub
with dropout off, a tenth of the laws, few steps. Peers: make_peer.py kerashub bert4keras
bert4keras-data.
"""

from __future__ import annotations

import contextlib
import itertools
import lzma
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness import (
    DifferenceError,
    Row,
    Side,
    Times,
    alternate,
    check_close,
    check_equal,
    compare,
    progress,
    run,
    shared_data,
    summary,
    time_steps,
)
from random_bert import random_masked_batch, write_model

ROWS, LENGTH, MASKED, PLACES = 4, 256, 38, 56
LEARNING_RATE, DECAY = 1e-4, 0.01
STEP_TARGET, WAITING_TARGET, PREPARING_TARGET = 1.0, 0.99, 20.0
SPARSER = 5  # bert4keras prepares every 5th document
SENTENCES, MOST_APART = 20_000, 0.01  # how many are compared, how many words may change
PEERS = {
    "keras-hub": ("pretrain_kerashub.py", "kerashub"),
    "keras-hub, GELU by tanh": ("pretrain_kerashub.py", "kerashub"),
    "bert4keras": ("pretrain_bert4keras.py", "bert4keras"),
}
OTHER_RESULTS = "keras-hub, GELU by tanh"
TARGETS = {"keras-hub": STEP_TARGET, "bert4keras": STEP_TARGET}


def measure(quick: bool) -> dict[str, Any]:
    """The rows of steps, then those of the input."""
    vocabulary, laws = shared_data("bert_zh_vocab/vocab.txt"), shared_data("laws/laws.jsonl.xz")
    versions: dict[str, str] = {}
    steps = _step_rows(quick, versions)
    others = _input_rows(quick, vocabulary, laws, versions)
    headline = [row for row in steps if row.target is not None]
    others = [row for row in steps if row.target is None] + others
    claim = (
        "one masked-LM training step, 4 x 256 tokens, 6 x 384 x 12, vocabulary 21128, 2 threads, "
        "against keras-hub on JAX and bert4keras"
    )
    return summary(claim, headline, others, unit="peer's seconds / octavo's", versions=versions)


def _step_rows(quick: bool, versions: dict[str, str]) -> list[Row]:
    """Every peer, with dropout off and on."""
    batch = random_masked_batch(ROWS, LENGTH, MASKED, PLACES)
    task = {"batch": batch, "learning_rate": LEARNING_RATE, "decay": DECAY}
    names = ["keras-hub"] if quick else list(PEERS)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        write_model(Path(folder))
        sides = {name: stack.enter_context(Side(*PEERS[name])) for name in names}
        sides["octavo"] = stack.enter_context(Side("pretrain_octavo.py"))
        rows = []
        for dropout in (0.0,) if quick else (0.0, 0.1):
            for name, side in sides.items():
                progress(f"loading {name}, dropout {dropout}")
                changes = {"tanh": True} if name == OTHER_RESULTS else {}
                versions |= side.call("load", folder=folder, dropout=dropout, **task, **changes)
            rounds = 2 if quick else 10
            rows += time_steps(sides, dropout, rounds, ROWS * LENGTH, TARGETS, _check)
        return rows


def _check(name: str, losses: list[float], ours: list[float]) -> None:
    if name != OTHER_RESULTS:
        check_close(f"first losses, {name}", losses[:1], ours[:1], 1e-4)
        check_close(f"losses, {name}", losses, ours, 1e-3)


def _input_rows(quick: bool, vocabulary: Path, laws: Path, versions: dict[str, str]) -> list[Row]:
    """Preparing the laws, then training on them."""
    with (
        tempfile.TemporaryDirectory() as name,
        Side("prepare_bert4keras.py", peer="bert4keras-data") as peer,
        Side("prepare_octavo.py") as ours,
    ):
        whole, sparse = _write_laws(laws, Path(name), every=10 if quick else 1)
        for side, corpus in ((peer, sparse), (ours, whole)):
            versions |= side.call(
                "load", vocabulary=str(vocabulary), corpus=str(corpus), length=LENGTH
            )
        apart = _check_ids(peer, ours)
        progress("preparing")
        rows = _preparing_rows(peer, ours, rounds=1 if quick else 5, apart=apart)
        progress("training")
        return [_waiting_row(ours, steps=8 if quick else 120), *rows]


def _write_laws(path: Path, folder: Path, every: int) -> tuple[Path, Path]:
    """Some of the documents for octavo, and some of those for bert4keras, as JSON lines."""
    whole, sparse = folder / "laws.jsonl", folder / "some.jsonl"
    with lzma.open(path) as source, open(whole, "wb") as all_lines, open(sparse, "wb") as some:
        for number, line in enumerate(itertools.islice(source, 0, None, every)):
            all_lines.write(line)
            if number % SPARSER == 0:
                some.write(line)
    return whole, sparse


def _check_ids(peer: Side, ours: Side) -> str:
    """Compare the ids of sentences; says in how many bert4keras' words change them."""
    sentences = peer.call("sentences", most=SENTENCES)
    ids = ours.call("ids", sentences=sentences)
    check_equal("ids of sentences", peer.call("ids", sentences=sentences), ids)
    by_word = peer.call("ids_by_word", sentences=sentences)
    apart = sum(a != b for a, b in zip(ids, by_word, strict=True))
    if apart > MOST_APART * len(sentences):
        raise DifferenceError(f"ids differ in {apart} of {len(sentences)} sentences")
    return f"{apart} of {len(sentences)}"


def _preparing_rows(peer: Side, ours: Side, rounds: int, apart: str) -> list[Row]:
    """Tokens a second of both, with one process and with two; the headline is with two."""
    times: dict[str, dict[int, Times]] = {"peer": {}, "octavo": {}}
    tokens, parts = {}, {}
    for workers in (1, 2):
        sides = {"peer": peer, "octavo": ours}
        results, measured = alternate(sides, "prepare", rounds, before="clear", workers=workers)
        for name in sides:
            times[name][workers] = measured[name]
        parts[workers] = results["octavo"]
        tokens = {"peer": peer.call("tokens"), "octavo": results["octavo"].pop("tokens")}
    share = tokens["octavo"] / tokens["peer"]  # the time the peer would take for as many tokens
    best = min(times["peer"].values(), key=lambda some: some.median)
    cases = {
        "2 workers, bert4keras at its best": (best, 2, PREPARING_TARGET),
        "1 worker each": (times["peer"][1], 1, None),
        "1 worker, bert4keras at its best": (best, 1, None),
    }
    return [
        _preparing_row(
            f"preparing data, {name}", theirs, times["octavo"][workers], target, share, tokens,
            our_parts=parts[workers], sentences_of_other_ids=apart,
        )
        for name, (theirs, workers, target) in cases.items()
    ]  # fmt: skip


def _preparing_row(
    name: str,
    theirs: Times,
    ours: Times,
    target: float | None,
    share: float,
    tokens: dict[str, int],
    **details: Any,
) -> Row:
    scaled = Times(theirs.warm_up * share, tuple(seconds * share for seconds in theirs.rounds))
    return compare(
        name,
        scaled,
        ours,
        target,
        peer_tokens=tokens["peer"],
        our_tokens=tokens["octavo"],
        peer_tokens_per_second=round(tokens["peer"] / theirs.median),
        our_tokens_per_second=round(tokens["octavo"] / ours.median),
        **details,
    )


def _waiting_row(ours: Side, steps: int) -> Row:
    """The share of a run in which no step waited; what is logged first has compiled, too."""
    settings = {
        "sequence_length": LENGTH,
        "hidden_size": 384,
        "layers": 6,
        "heads": 12,
        "batch_size": ROWS,
        "validation_split": 0.0,
        "steps": steps,
    }
    lines = ours.call("train", settings=settings, log=steps // 4)[1:]
    waiting = sum(line["waiting"] for line in lines) / len(lines)
    return Row(
        "share of training in which no step waited for its batch",
        round(1 - waiting, 4),
        WAITING_TARGET,
        {
            "waiting": round(waiting, 4),
            "steps": steps,
            "tokens_per_second": [line["tokens_per_second"] for line in lines],
        },
    )


if __name__ == "__main__":
    sys.exit(run("pretraining_step", __doc__ or "", measure))
