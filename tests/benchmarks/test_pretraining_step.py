"""The batch that pretraining_step gives all sides, and the check of ids before its times."""

from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def on_path(monkeypatch):
    """The modules beside the benchmarks can be imported."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


class Fake:
    """A side that answers from a table."""

    def __init__(self, **answers):
        self.answers = answers

    def call(self, function, **_):
        return self.answers[function]


def test_a_masked_batch_asks_for_what_stood_at_the_places_it_names(on_path):
    from random_bert import MASK, random_masked_batch

    batch = {n: np.array(v) for n, v in random_masked_batch(3, 64, masked=9, places=16).items()}
    tokens, targets, weights = batch["token_ids"], batch["targets"], batch["weights"]
    asked = np.take_along_axis(targets, batch["mask_positions"], axis=1)
    assert (asked == batch["labels"])[weights == 1].all()
    assert weights.sum(axis=1).tolist() == [9, 9, 9]
    changed = np.zeros(tokens.shape, bool)
    for row, (places, some) in enumerate(zip(batch["mask_positions"], weights, strict=True)):
        changed[row, places[some == 1]] = True
    assert changed.sum() == 27  # no place twice
    assert (tokens == targets)[~changed].all()
    assert 15 < (tokens == MASK).sum() <= 27
    assert not changed[:, [0, -1]].any()


def test_other_ids_stop_the_run_and_words_that_split_tokens_are_counted(on_path):
    import pretraining_step
    from side import DifferenceError

    ids = [[n] for n in range(200)]
    apart = [[7], *ids[1:]]
    peer = Fake(sentences=["a"] * 200, ids=ids, ids_by_word=apart)
    assert pretraining_step._check_ids(peer, Fake(ids=ids)) == "1 of 200"
    with pytest.raises(DifferenceError, match="ids of sentences differ"):
        pretraining_step._check_ids(peer, Fake(ids=apart))
    peer.answers["ids_by_word"] = [[7]] * 200
    with pytest.raises(DifferenceError, match="ids differ in 199 of 200"):
        pretraining_step._check_ids(peer, Fake(ids=ids))
