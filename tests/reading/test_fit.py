import dataclasses
import json
import os
import signal

import numpy as np
import pytest
from tiny import CONFIG, LETTERS, SETTINGS, make_questions, make_reader

from octavo._keras import keras
from octavo.errors import DataError, UsageError
from octavo.reading import Passage, Reader
from octavo.reading import fit as fitting
from octavo.reading.calibration import Calibration
from octavo.text import WordPieceTokenizer
from octavo.training import loop, read_note
from octavo.transformer import build_transformer_model

OPTIONS = {"epochs": 2, "batch_size": 4, "learning_rate": 3e-3, "dropout": 0.1, "progress": False}


def weights(reader):
    return [np.asarray(weight) for weight in reader.model.get_weights()]


@pytest.mark.keras_backend
def test_training_lowers_the_loss_and_keeps_the_best(tmp_path):
    reader = make_reader()
    result = reader.fit(
        make_questions(), validation=make_questions(4), out=tmp_path / "run", **OPTIONS
    )
    losses = [epoch["loss"] for epoch in result["epochs"]]
    assert losses[1] < losses[0]
    assert result["best"] == max(one["f1"] for one in [result["start"], *result["epochs"]])
    json.dumps(result)
    again = Reader.from_preset(tmp_path / "run")
    assert again.settings == reader.settings
    for mine, saved in zip(weights(reader), weights(again), strict=True):
        np.testing.assert_array_equal(mine, saved)


@pytest.mark.keras_backend
def test_rows_may_have_several_lengths_in_one_call(monkeypatch):
    """64, 64 and 64, then 192 and 128 tokens: cut into two calls, and into one a batch."""
    answered = [(one.passages[0].text, one) for one in make_questions(4)]
    questions = [
        dataclasses.replace(
            one, passages=(Passage("".join(LETTERS[:8]) * times + text, one.answers),)
        )
        for times in (0, 0, 0, 8, 16)
        for text, one in answered
    ]
    config = {**CONFIG, "vocab_size": len(make_reader().tokenizer), "max_position_embeddings": 192}
    settings = dataclasses.replace(SETTINGS, window=150)
    results = []
    for batches in (9, 1):
        monkeypatch.setattr(loop, "next_size", lambda *_, size=batches: size)
        keras.utils.set_random_seed(0)
        model = build_transformer_model(config, application="unilm")
        reader = Reader(model, make_reader().tokenizer, settings)
        results.append(reader.fit(questions, seed=1, **{**OPTIONS, "batch_size": 2, "epochs": 1}))
    losses = [result["epochs"][0]["loss"] for result in results]
    assert losses[0] == losses[1]


class Killed(BaseException):
    pass


def fit_until(step, reader, **options):
    """Train, and die when the state of this step is saved."""
    save_state = loop.save_state

    def save_then_die(path, model, note):
        save_state(path, model, note)
        if note["batches"] == step:
            raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "save_state", save_then_die)
        patch.setattr(loop, "next_size", lambda *_: 1)
        with pytest.raises(Killed):
            reader.fit(make_questions(), save_seconds=0, **options, **OPTIONS)


@pytest.mark.keras_backend
@pytest.mark.parametrize("stop_after", [1, 4])
def test_a_killed_run_goes_on_exactly(tmp_path, begun, stop_after):
    """Stopped inside the first epoch and inside the second; three batches an epoch."""
    whole = make_reader()
    whole.fit(make_questions(), out=tmp_path / "whole", **OPTIONS)
    fit_until(stop_after, make_reader(), out=tmp_path / "run")
    begun.clear()
    resumed = make_reader()
    resumed.fit(make_questions(), out=tmp_path / "run", **OPTIONS)
    assert begun[0] == stop_after
    for mine, expected in zip(weights(resumed), weights(whole), strict=True):
        np.testing.assert_array_equal(mine, expected)


@pytest.fixture
def give_scores(monkeypatch):
    """Let the validation of a run find these F1, one after the other."""
    evaluate = fitting.evaluate

    def give(*figures):
        left = iter(figures)
        monkeypatch.setattr(
            fitting,
            "evaluate",
            lambda *given, **options: dataclasses.replace(
                evaluate(*given, **options), f1=next(left)
            ),
        )

    return give


def test_first_weights_stay_if_every_epoch_scores_less(tmp_path, give_scores):
    give_scores(0.5, 0.3, 0.4)
    reader, before = make_reader(), weights(make_reader())
    out = tmp_path / "run"
    result = reader.fit(make_questions(), validation=make_questions(2), out=out, **OPTIONS)
    assert (result["start"]["f1"], result["best"]) == (0.5, 0.5)
    for found in (reader, Reader.from_preset(out)):
        for mine, expected in zip(weights(found), before, strict=True):
            np.testing.assert_array_equal(mine, expected)


def test_the_best_of_a_killed_run_stays_if_a_later_epoch_scores_less(tmp_path, give_scores):
    options = {"validation": make_questions(2), "out": tmp_path / "run"}
    give_scores(0.1, 0.5)
    fit_until(4, make_reader(), **options)
    best = weights(Reader.from_preset(tmp_path / "run"))
    give_scores(0.3)
    reader = make_reader()
    assert reader.fit(make_questions(), **options, **OPTIONS)["best"] == 0.5
    for found in (reader, Reader.from_preset(tmp_path / "run")):
        for mine, expected in zip(weights(found), best, strict=True):
            np.testing.assert_array_equal(mine, expected)


def test_a_run_stopped_while_it_scores_goes_on_with_the_same_reader(tmp_path, monkeypatch):
    evaluate, calls = fitting.evaluate, []

    def press(*given, **options):
        calls.append(None)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return evaluate(*given, **options)

    monkeypatch.setattr(fitting, "evaluate", press)
    reader, before = make_reader(), weights(make_reader())
    options = {"validation": make_questions(2), "out": tmp_path / "run", **OPTIONS}
    with pytest.raises(KeyboardInterrupt):
        reader.fit(make_questions(), **options)
    for mine, expected in zip(weights(reader), before, strict=True):
        np.testing.assert_array_equal(mine, expected)
    assert len(reader.fit(make_questions(), **options)["epochs"]) == 2


def test_a_calibration_goes_with_the_weights_it_was_made_for(tmp_path, monkeypatch):
    reader = make_reader()
    calibrated = dataclasses.replace(
        reader.settings, no_answer_bias=0.7, calibration=Calibration((0.0, 1.0, 0.0, 0.0))
    )
    reader.settings = calibrated
    with pytest.raises(DataError):
        reader.fit([], **OPTIONS)
    assert reader.settings == calibrated

    def press(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "fit_chunk", press)
        with pytest.raises(KeyboardInterrupt):
            reader.fit(make_questions(), **OPTIONS)
    assert reader.settings == calibrated
    with pytest.warns(UserWarning, match=r"mean votes, not probabilities.* 20 right and 20 wrong"):
        reader.fit(make_questions(), out=tmp_path, **OPTIONS)
    assert (reader.settings.calibration, reader.settings.no_answer_bias) == (None, 0.0)
    assert Reader.from_preset(tmp_path).settings == reader.settings


def test_an_epoch_wins_a_tie_with_the_start(give_scores):
    give_scores(0.0, 0.0, 0.0)
    reader, before = make_reader(), weights(make_reader())
    reader.fit(make_questions(), validation=make_questions(2), **OPTIONS)
    assert any((mine != old).any() for mine, old in zip(weights(reader), before, strict=True))


def test_a_run_begun_anew_that_cannot_save_leaves_the_old_one(tmp_path, give_scores, monkeypatch):
    """A full disk at the first save: the old run's state beside a new preset would lie."""
    give_scores(0.1, 0.5, 0.4, 0.2)
    make_reader().fit(make_questions(), validation=make_questions(2), out=tmp_path, **OPTIONS)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(loop, "save_state", full)
    with pytest.raises(DataError, match="cannot be written: No space"):
        make_reader().fit(
            make_questions(), validation=make_questions(2), out=tmp_path, resume=False, **OPTIONS
        )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_run_does_not_rename_its_folder(tmp_path, monkeypatch):
    """A kill between two renames would leave it away, and a mount point cannot be renamed."""
    out = tmp_path / "run"
    out.mkdir()
    monkeypatch.setattr(os, "rename", lambda *_: pytest.fail("a folder was renamed"))
    make_reader().fit(make_questions(), validation=make_questions(2), out=out, **OPTIONS)
    assert Reader.from_preset(out).settings == SETTINGS


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_after_the_last_step_of_an_epoch_is_not_lost(tmp_path, monkeypatch):
    train = loop.fit_chunk

    def press(model, chunk, sums):
        if chunk.start + len(chunk) == 3:
            signal.raise_signal(signal.SIGINT)
        return train(model, chunk, sums)

    monkeypatch.setattr(loop, "fit_chunk", press)
    with pytest.raises(KeyboardInterrupt, match="goes on"):
        make_reader().fit(make_questions(), out=tmp_path / "run", **OPTIONS)
    note = read_note(tmp_path / "run" / fitting.STATE)
    assert (note["batches"], note["scored"]) == (3, 0)


def test_a_state_of_another_plan_or_a_damaged_one_is_refused(tmp_path):
    reader = make_reader()
    reader.fit(make_questions(), out=tmp_path, **OPTIONS)
    with pytest.raises(DataError, match=r"batch_size 4, not 2.*--no-resume"):
        reader.fit(make_questions(), out=tmp_path, **{**OPTIONS, "batch_size": 2})
    with pytest.raises(DataError, match=r"negative_rate 0\.1, not 0\.3"):
        reader.fit(make_questions(), out=tmp_path, negative_rate=0.3, **OPTIONS)
    with pytest.raises(DataError, match="questions_crc32"):  # as many, but others
        reader.fit(make_questions()[::-1], out=tmp_path, **OPTIONS)
    with pytest.raises(DataError, match="validation_crc32"):
        reader.fit(make_questions(), validation=make_questions(1), out=tmp_path, **OPTIONS)
    words = reader.tokenizer.vocabulary
    other = Reader(reader.model, WordPieceTokenizer(words[:5] + words[:4:-1]), reader.settings)
    with pytest.raises(DataError, match="reader_crc32"):
        other.fit(make_questions(), out=tmp_path, **OPTIONS)
    with pytest.raises(DataError, match="weights_crc32"):  # --preset names another one
        make_reader(seed=9).fit(make_questions(), out=tmp_path, **OPTIONS)
    state = tmp_path / fitting.STATE
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"training\.safetensors: damaged"):
        reader.fit(make_questions(), out=tmp_path, **OPTIONS)
    reader.fit(make_questions(), out=tmp_path, resume=False, **OPTIONS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"dropout": 1.0},
        {"negative_rate": -1},
        {"learning_rate": 0},
    ],
)
def test_impossible_arguments_are_named(wrong):
    with pytest.raises(UsageError, match=rf"{next(iter(wrong))}.*Received: "):
        make_reader().fit(make_questions(), **{**OPTIONS, **wrong})


@pytest.mark.parametrize("wrong", [{"learning_rate": np.inf}, {"seed": -1}, {"seed": 2**32}])
def test_what_no_run_can_use_is_named(wrong):
    with pytest.raises(UsageError, match=rf"{next(iter(wrong))} must .* Received: "):
        make_reader().fit(make_questions(), **{**OPTIONS, **wrong})


def test_a_run_that_diverges_stops_and_writes_no_reader(tmp_path):
    with pytest.raises(
        DataError, match=r"the loss is (nan|inf) before step \d+: try a lower learning rate"
    ):
        make_reader().fit(
            make_questions(), out=tmp_path / "run", **{**OPTIONS, "learning_rate": 1e30}
        )
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_a_folder_of_other_files_is_left_alone(tmp_path):
    (tmp_path / "vocab.txt").write_text("mine")
    with pytest.raises(DataError, match="holds other files"):
        make_reader().fit(make_questions(), out=tmp_path, **OPTIONS)
    assert [path.name for path in tmp_path.iterdir()] == ["vocab.txt"]


def test_a_reader_that_is_no_run_is_replaced_only_on_demand(tmp_path):
    reader, out = make_reader(), tmp_path / "mine"
    reader.save_to_preset(out)
    with pytest.raises(DataError, match=r"holds a reader.*--no-resume"):
        reader.fit(make_questions(), out=out, **OPTIONS)
    reader.fit(make_questions(), out=out, resume=False, **OPTIONS)


def test_hidden_leftovers_do_not_count(tmp_path):
    (tmp_path / ".training.safetensors.part").touch()
    make_reader().fit(make_questions(), out=tmp_path, **{**OPTIONS, "epochs": 1})
    assert Reader.from_preset(tmp_path).settings == make_reader().settings


def test_a_run_does_not_replace_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="is the folder you are in"):
        make_reader().fit(make_questions(), out=".", **OPTIONS)


@pytest.mark.keras_backend
@pytest.mark.usefixtures("interrupts")
def test_an_interrupted_run_saves_and_goes_on_exactly(tmp_path, monkeypatch, begun):
    whole, stopped = make_reader(), make_reader()
    expected = whole.fit(make_questions(), **OPTIONS)
    arrays, calls = fitting.ExampleSampler.arrays, []

    def press(self, *arguments):
        calls.append(signal.raise_signal(signal.SIGINT) if len(calls) == 3 else None)
        return arrays(self, *arguments)

    monkeypatch.setattr(fitting.ExampleSampler, "arrays", press)
    with pytest.raises(KeyboardInterrupt, match=r"the same command.*goes on"):
        stopped.fit(make_questions(), out=tmp_path / "run", **OPTIONS)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    step = read_note(tmp_path / "run" / fitting.STATE)["batches"]
    assert 0 < step < 6
    begun.clear()
    resumed = make_reader()
    result = resumed.fit(make_questions(), out=tmp_path / "run", **OPTIONS)
    assert begun[0] == step
    for mine, right in zip(weights(resumed), weights(whole), strict=True):
        np.testing.assert_array_equal(mine, right)
    losses = [[record["loss"] for record in one["epochs"]] for one in (result, expected)]
    assert losses[0] == losses[1]
