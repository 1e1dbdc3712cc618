"""A run learns, goes on exactly where it was stopped, and gives a folder others read."""

from __future__ import annotations

import csv
import dataclasses
import errno
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from octavo._keras import keras
from octavo.errors import DataError
from octavo.pretraining import Intervals, fit, pretrain
from octavo.pretraining.run_folder import RunFolder
from octavo.training import Loop
from octavo.training.devices import Devices
from octavo.transformer import load_preset

EVERY = Intervals(save_steps=4, eval_steps=6, logging_steps=3)


def weights(folder):
    return load_preset(folder, "unilm")[0].get_weights()


def curve(result):
    """Every loss and accuracy of a log, to the last digit."""
    names = ("step", "loss", "accuracy", "validation_loss", "validation_accuracy")
    return [[line.get(name) for name in names] for line in result["log"]]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


@pytest.mark.keras_backend
@pytest.mark.parametrize("objective", ["mlm", "lm", "mlm:0.5,unilm:0.3,span:0.2"])
def test_it_learns_what_is_there_to_learn(corpus, settings, tmp_path, objective):
    longer = dataclasses.replace(
        settings, objective=objective, steps=300, hidden_size=32, dropout=0.0,
        mask_selection_rate=0.3,
    )  # fmt: skip
    result = pretrain(
        corpus, tmp_path / "out", longer, intervals=Intervals(logging_steps=100), progress=False
    )
    losses = [line["loss"] for line in result["log"]]
    assert losses[-1] < losses[0] - 0.2
    assert result["validation"]["accuracy"] > result["validation"]["unigram"]
    lines = list(csv.DictReader((tmp_path / "out" / "log.csv").open()))
    assert [line["step"] for line in lines] == ["100", "200", "300"]
    assert {"loss", "accuracy", "tokens_per_second", "waiting"} < set(lines[0])
    (events,) = (tmp_path / "out").glob("events.out.tfevents.*")
    assert events.read_bytes().count(b"tokens_per_second") == 3
    model, tokenizer = load_preset(tmp_path / "out", "unilm")
    assert len(tokenizer) == model.config.vocab_size == len(corpus.tokenizer)


@pytest.mark.keras_backend
@pytest.mark.parametrize(
    "changes",
    [
        {"dropout": 0.2},
        {
            "gradient_accumulation_steps": 2,
            "ema_momentum": 0.9,
            "optimizer": "lamb",
            "objective": "mlm:1,lm:1",
        },
    ],
)
def test_a_stopped_run_is_the_same_as_one_that_was_not(corpus, settings, tmp_path, begun, changes):
    settings = dataclasses.replace(settings, **changes)
    whole = pretrain(corpus, tmp_path / "whole", settings, intervals=EVERY, progress=False)
    saves = []

    class Stopped(Loop):
        def _save(self):
            super()._save()
            saves.append(self.position.batches)
            if len(saves) == 2:
                raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "Loop", Stopped)
        with pytest.raises(KeyboardInterrupt, match="goes on from the last save"):
            pretrain(corpus, tmp_path / "stopped", settings, intervals=EVERY, progress=False)
    begun.clear()
    result = pretrain(corpus, tmp_path / "stopped", settings, intervals=EVERY, progress=False)
    assert begun[0] == saves[-1] == 8 * settings.gradient_accumulation_steps
    assert same(tmp_path / "whole", tmp_path / "stopped")
    assert curve(whole) == curve(result)
    states = sorted(path.name for path in (tmp_path / "stopped" / "checkpoints").iterdir())
    assert len(states) == 2


def test_how_often_it_saves_and_logs_changes_no_weight(corpus, settings, tmp_path):
    one = pretrain(corpus, tmp_path / "one", settings, intervals=EVERY, progress=False)
    intervals = Intervals(save_steps=5, logging_steps=3, save_total_limit=1)
    other = pretrain(corpus, tmp_path / "other", settings, intervals=intervals, progress=False)
    assert same(tmp_path / "one", tmp_path / "other")
    assert [line[:3] for line in curve(one)] == [line[:3] for line in curve(other)]


def test_a_finished_run_is_not_trained_again(corpus, settings, tmp_path, begun):
    pretrain(corpus, tmp_path / "out", settings, progress=False)
    before = weights(tmp_path / "out")
    begun.clear()
    result = pretrain(corpus, tmp_path / "out", settings, progress=False)
    assert not begun
    assert result["steps"] == settings.steps
    assert all(np.array_equal(a, b) for a, b in zip(before, weights(tmp_path / "out"), strict=True))


def test_other_settings_or_files_are_refused(corpus, settings, tmp_path):
    pretrain(corpus, tmp_path / "out", settings, progress=False)
    other = dataclasses.replace(settings, mask_selection_rate=0.2)
    with pytest.raises(
        DataError, match=r"mask_selection_rate 0\.15, not 0\.2; name another folder"
    ):
        pretrain(corpus, tmp_path / "out", other, progress=False)
    with pytest.raises(DataError, match="holds a run already"):
        pretrain(corpus, tmp_path / "out", settings, resume=False, progress=False)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}")
    with pytest.raises(DataError, match="holds other files"):
        pretrain(corpus, tmp_path / "mine", settings, progress=False)
    assert (tmp_path / "mine" / "config.json").read_text() == "{}"


def test_a_damaged_state_is_said_and_the_one_before_is_taken(corpus, settings, tmp_path, begun):
    pretrain(corpus, tmp_path / "whole", settings, intervals=EVERY, progress=False)
    pretrain(corpus, tmp_path / "out", settings, intervals=EVERY, progress=False)
    newest = sorted((tmp_path / "out" / "checkpoints").iterdir())[-1]
    newest.write_bytes(newest.read_bytes()[:500])
    begun.clear()
    with pytest.warns(UserWarning, match=rf"{newest.name}: damaged .* the state before it"):
        pretrain(corpus, tmp_path / "out", settings, intervals=EVERY, progress=False)
    assert begun[0] == 8
    assert same(tmp_path / "whole", tmp_path / "out")
    for state in (tmp_path / "out" / "checkpoints").iterdir():
        state.write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="damaged"),
        pytest.raises(DataError, match="none of its states can be read"),
    ):
        pretrain(corpus, tmp_path / "out", settings, progress=False)


def test_a_full_disk_leaves_the_last_state_whole(corpus, settings, tmp_path, monkeypatch, begun):
    write, calls = os.fsync, []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) > 2:  # the first state and its log are written
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DataError, match="cannot be written: No space left on device"):
            pretrain(corpus, tmp_path / "out", settings, intervals=EVERY, progress=False)
    states = list((tmp_path / "out" / "checkpoints").iterdir())
    assert [path.name for path in states] == ["step-00000004.safetensors"]
    begun.clear()
    result = pretrain(corpus, tmp_path / "out", settings, intervals=EVERY, progress=False)
    assert begun[0] == 4
    pretrain(corpus, tmp_path / "whole", settings, intervals=EVERY, progress=False)
    assert same(tmp_path / "whole", tmp_path / "out")
    assert result["steps"] == settings.steps


def test_a_run_stopped_in_its_first_save_begins_again(corpus, settings, tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match="No space left on device"):
        pretrain(corpus, tmp_path / "out", settings, intervals=EVERY, progress=False)
    monkeypatch.undo()
    (tmp_path / "out" / "checkpoints" / ".step-00000004.safetensors.ab.part").write_bytes(b"half")
    pretrain(corpus, tmp_path / "out", settings, intervals=EVERY, progress=False)
    names = [path.name for path in (tmp_path / "out" / "checkpoints").iterdir()]
    assert sorted(names) == ["step-00000008.safetensors", "step-00000012.safetensors"]


def test_validations_stand_at_their_steps(corpus, settings, tmp_path):
    intervals = Intervals(save_steps=5, eval_steps=3, logging_steps=4)
    result = pretrain(corpus, tmp_path / "out", settings, intervals=intervals, progress=False)
    steps = [line["step"] for line in result["log"]]
    assert steps == [3, 4, 6, 8, 9, 12]
    assert [
        s for s, line in zip(steps, result["log"], strict=True) if "validation_loss" in line
    ] == [
        3,
        6,
        9,
        12,
    ]
    assert [s for s, line in zip(steps, result["log"], strict=True) if "loss" in line] == [4, 8, 12]
    assert result["validation"]["loss"] == result["log"][-1]["validation_loss"]


def test_validation_is_the_same_whatever_becomes_of_the_masks(corpus, settings, tmp_path):
    falling = dataclasses.replace(settings, mask_selection_rate=0.4, final_mask_selection_rate=0.1)
    always = dataclasses.replace(settings, mask_selection_rate=0.4)
    asked = []
    for number, some in enumerate((falling, always)):
        run = fit._Run(
            corpus, RunFolder(tmp_path / str(number)), some, Intervals(), Devices(None), False
        )
        batches = [run.validation(n) for n in range(run._validation_size())]
        asked.append([weights.sum() for _, _, weights in batches])
        rows = sum(int((inputs["document_ids"].max(axis=1) > 0).sum()) for inputs, _, _ in batches)
        counted = sum(int((weights.sum(axis=1) > 0).sum()) for _, _, weights in batches)
        assert counted <= len(run.validation.rows) <= rows
    assert asked[0] == asked[1]


def test_a_loss_that_is_no_number_ends_the_run(corpus, settings, tmp_path):
    wild = dataclasses.replace(settings, learning_rate=1e30, global_clipnorm=0.0, warmup_ratio=0.0)
    with pytest.raises(DataError, match=r"the loss is nan before step .* lower learning rate"):
        pretrain(
            corpus,
            tmp_path / "out",
            wild,
            intervals=Intervals(save_steps=1, logging_steps=1),
            progress=False,
        )


def test_half_precision_learns_and_is_saved_in_full(corpus, settings, tmp_path):
    half = dataclasses.replace(settings, precision="mixed_bfloat16", steps=60)
    result = pretrain(
        corpus, tmp_path / "out", half, intervals=Intervals(logging_steps=20), progress=False
    )
    assert result["log"][-1]["loss"] < result["log"][0]["loss"]
    assert keras.config.dtype_policy().name == "float32"
    assert {w.dtype.name for w in weights(tmp_path / "out")} == {"float32"}


def test_averaged_weights_are_what_is_saved(corpus, settings, tmp_path):
    averaged = dataclasses.replace(settings, ema_momentum=0.9)
    pretrain(corpus, tmp_path / "plain", settings, progress=False)
    pretrain(corpus, tmp_path / "out", averaged, progress=False)
    run = fit._Run(corpus, RunFolder(tmp_path / "out"), averaged, Intervals(), Devices(None), False)
    run.loop._resume()
    last, saved = weights(tmp_path / "plain"), weights(tmp_path / "out")
    assert all(map(np.array_equal, run.model.get_weights(), last))
    with run._averaged():
        assert all(map(np.array_equal, run.model.get_weights(), saved))
    assert not all(map(np.array_equal, last, saved))


MAIN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from octavo.cli.main import main
main()
"""


def command(sources, out):
    text = f"{sources}/text.txt --vocabulary {sources}/vocab.txt --segmenter whitespace"
    sizes = "--sequence-length 32 --hidden-size 16 --layers 1 --heads 2 --batch-size 8 --steps 400"
    intervals = "--save-steps 10 --logging-steps 10 --eval-steps 100"
    words = f"pretrain {text} --out {out} {sizes} {intervals} --dropout 0.1"
    return [sys.executable, "-c", MAIN, *words.split()]


@pytest.fixture(scope="module")
def whole(sources, tmp_path_factory):
    """The folder of a run that nothing stopped."""
    out = tmp_path_factory.mktemp("fit") / "whole"
    subprocess.run(command(sources, out), check=True, capture_output=True)
    return out


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_the_command_goes_on_after_a_kill(sources, tmp_path, whole, kill):
    again = command(sources, tmp_path / "out")
    process = subprocess.Popen(again, stderr=subprocess.PIPE, text=True)
    states = tmp_path / "out" / "checkpoints"
    while not list(states.glob("step-*.safetensors")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(kill)
    error = process.communicate()[1]
    assert process.returncode == (-kill if kill == signal.SIGKILL else 128 + kill)
    if kill != signal.SIGKILL:
        assert "goes on from the last save" in error.splitlines()[-1]
    assert not (tmp_path / "out" / "model.safetensors").exists()
    done = subprocess.run(again, check=True, capture_output=True, text=True)
    assert "steps are done" in done.stderr
    assert same(whole, tmp_path / "out")
