"""Decoding one answer from ten passages, against bert4keras' own decoder.

Ten passages of 256 tokens, one question, answers of 32 tokens; 6 layers x 384 hidden x 12 heads x
1536, vocabulary 21128, the same random weights on both sides, exact GELU, layer norms of the same
epsilon. The output bias of [SEP] is lowered so that every answer reaches its limit and no passage
is dropped: both sides do all the work there is. Each row's tokens were the same before its time
counts. Warm-up: bert4keras writes 3 tokens (that traces its graph), octavo one whole answer (that
compiles it); their seconds are in the rows and not in the ratios.

`--quick` decodes from three passages, once. Peer: make_peer.py bert4keras.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from harness import Row, Side, alternate, check_equal, compare, progress, run, summary
from random_bert import random_passages, write_model

TARGET = 25.0
ANSWER = 32


def measure(quick: bool) -> dict[str, Any]:
    """All rows; quick: three passages, one beam, one round."""
    question = random_passages(count=3 if quick else 10, length=256, question=16)
    with (
        tempfile.TemporaryDirectory() as folder,
        Side("decode_bert4keras.py", peer="bert4keras") as peer,
        Side("decode_octavo.py") as ours,
    ):
        write_model(Path(folder), end_bias=-20.0)
        sides = {"bert4keras": peer, "octavo": ours}
        versions = {}
        for side in sides.values():
            versions |= side.call("load", folder=folder)
        rounds = 1 if quick else 2
        cases = [_case(sides, question, mode, 1, rounds) for mode in ("extractive", "generative")]
        others = [] if quick else [_case(sides, question, "generative", 3, 1)]
    claim = f"one answer of {ANSWER} tokens from {len(question['passages'])} passages of 256"
    return summary(claim, cases, others, unit="bert4keras' seconds / octavo's", versions=versions)


def _case(
    sides: dict[str, Side], question: dict[str, Any], mode: str, beams: int, rounds: int
) -> Row:
    """One mode and number of beams, checked and timed."""
    name = f"{mode}, {beams} beam{'s' * (beams > 1)}"
    progress(f"{name}: {rounds} rounds")
    results, times = alternate(
        sides,
        "decode",
        rounds,
        warm_up={"bert4keras": {"maxlen": 3}},
        **question,
        mode=mode,
        beams=beams,
        maxlen=ANSWER,
    )
    check_equal(f"{name}: tokens", results["bert4keras"]["tokens"], results["octavo"]["tokens"])
    check_equal(f"{name}: passages dropped", results["bert4keras"]["dropped"], 0)
    check_equal(f"{name}: length", len(results["octavo"]["tokens"]), ANSWER)
    return compare(name, times["bert4keras"], times["octavo"], TARGET)


if __name__ == "__main__":
    sys.exit(run("reading_decode", __doc__ or "", measure))
