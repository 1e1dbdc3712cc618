"""One UniLM training step against PyTorch and bert4keras; tokenizing against Hugging Face.

A step: batch of 4 sequences of 256 tokens with answers of 32, 6 layers x 384 hidden x 12 heads x
1536, vocabulary 21128, Adam, fp32, PyTorch in eager mode. Sides start from the same weights and
take the same batch; with dropout off their losses over three steps must agree to 1e-4 before any
time counts. Timed with dropout off, and with dropout 0.1 everywhere on all sides. PyTorch and
bert4keras compute the vocabulary head at every position, as their users do; octavo only where the
loss looks. Two rows for information say what PyTorch reaches in bf16 (left out where the processor
has no such instructions: a step takes 30 times as long there), and in fp32 with the head where
octavo has it.

Tokenizing: all contexts of CMRC 2018 with BERT's Chinese vocabulary, ids and character spans,
after the ids were found equal on every context. Every round begins with tokenizers that have seen
no text: octavo keeps the words it has cut. octavo uses one thread; so does the peer in the rows
that have a target.

Warm-up (tracing, compiling, first steps) is in the rows, not in the ratios. `--quick`: PyTorch with
dropout off and a tenth of the contexts. Peers: make_peer.py torch bert4keras huggingface.
"""

from __future__ import annotations

import contextlib
import json
import lzma
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness import (
    Row,
    Side,
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
from random_bert import random_batch, write_model

ROWS, LENGTH, ANSWER = 4, 256, 32
LEARNING_RATE = 1e-4
TARGETS = {"torch fp32": 1.05, "bert4keras": 1.15}
TOKENIZING_TARGET = 8.0


def measure(quick: bool) -> dict[str, Any]:
    """The training rows, then the tokenizing rows."""
    vocabulary = shared_data("bert_zh_vocab/vocab.txt")
    contexts = [shared_data(f"cmrc2018/{part}.json.xz") for part in ("train", "dev")]
    versions: dict[str, str] = {}
    training = _training_rows(quick, versions)
    tokenizing = _tokenizing_rows(quick, vocabulary, contexts, versions)
    headline = [row for row in training if row.name.startswith("torch fp32, dropout")]
    others = [row for row in training if row not in headline] + tokenizing
    claim = (
        "one UniLM training step, 4 x 256 tokens, 6 x 384 x 12, vocabulary 21128, 2 threads; "
        "peers compute the vocabulary head everywhere, octavo where the loss looks"
    )
    return summary(claim, headline, others, unit="peer's seconds / octavo's", versions=versions)


def _training_rows(quick: bool, versions: dict[str, str]) -> list[Row]:
    """Every peer, with dropout off and on."""
    batch = random_batch(ROWS, LENGTH, ANSWER)
    settings: dict[str, dict[str, Any]] = {"torch fp32": {}}
    if not quick:
        settings |= {
            "bert4keras": {},
            "torch fp32, head at answers": {"head": "answer"},
        }
        if _has_bf16():
            settings["torch bf16"] = {"autocast": True}
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        write_model(Path(folder))
        sides = {name: stack.enter_context(_training_side(name)) for name in settings}
        sides["octavo"] = stack.enter_context(Side("train_octavo.py"))
        rows = []
        for dropout in (0.0,) if quick else (0.0, 0.1):
            task = {"folder": folder, "batch": batch, "learning_rate": LEARNING_RATE}
            for name, side in sides.items():
                progress(f"loading {name}, dropout {dropout}")
                versions |= side.call("load", dropout=dropout, **task, **settings.get(name, {}))
            rounds = 3 if quick else 8
            rows += time_steps(sides, dropout, rounds, ROWS * LENGTH, TARGETS, _check)
        return rows


def _has_bf16() -> bool:
    """Whether the processor multiplies bf16 (Linux says; elsewhere: no)."""
    processor = Path("/proc/cpuinfo")
    return processor.is_file() and "bf16" in processor.read_text(encoding="utf-8")


def _training_side(name: str) -> Side:
    if name == "bert4keras":
        return Side("train_bert4keras.py", peer="bert4keras")
    return Side("train_torch.py", peer="torch")


def _check(name: str, losses: list[float], ours: list[float]) -> None:
    if name != "torch bf16":
        check_close(f"losses, {name}", losses, ours, 1e-4)


def _tokenizing_rows(
    quick: bool, vocabulary: Path, contexts: list[Path], versions: dict[str, str]
) -> list[Row]:
    """One text at a time and as a batch, one thread; the peer's batch on two for information."""
    texts = [text for path in contexts for text in _contexts(path)][:: 10 if quick else 1]
    with (
        tempfile.TemporaryDirectory() as folder,
        Side("tokenize_huggingface.py", "huggingface", threads=1) as peer,
        Side("tokenize_huggingface.py", "huggingface") as peer_on_two,
        Side("tokenize_octavo.py", threads=1) as ours,
    ):
        path = Path(folder) / "texts.json"
        path.write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")
        for side in (peer, peer_on_two, ours):
            versions |= side.call("load", vocabulary=str(vocabulary), texts=str(path))
        check_equal("token ids", peer.call("digests"), ours.call("digests"))
        progress(f"tokenizing {len(texts)} contexts")
        rows = []
        for name, side, batch, target in (
            ("one text at a time, 1 thread", peer, False, TOKENIZING_TARGET),
            ("as a batch, 1 thread", peer, True, TOKENIZING_TARGET),
            ("as a batch, peer on 2 threads", peer_on_two, True, None),
        ):
            sides = {"peer": side, "octavo": ours}
            _, times = alternate(sides, "encode", 11, before="renew", batch=batch)
            rows.append(_tokenizing_row(name, times, target, sum(map(len, texts))))
        return rows


def _tokenizing_row(name: str, times: dict[str, Any], target: float | None, size: int) -> Row:
    theirs, ours = times["peer"], times["octavo"]
    return compare(
        f"tokenizing, {name}",
        theirs,
        ours,
        target,
        peer_megacharacters_per_second=round(size / theirs.median / 1e6, 2),
        our_megacharacters_per_second=round(size / ours.median / 1e6, 2),
    )


def _contexts(path: Path) -> list[str]:
    """The passages of a file in SQuAD's layout."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        articles = json.load(file)["data"]
    return [part["context"] for article in articles for part in article["paragraphs"]]


if __name__ == "__main__":
    sys.exit(run("reading_train", __doc__ or "", measure))
