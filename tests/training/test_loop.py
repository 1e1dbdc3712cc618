"""The training loop alone: whatever stops a run, it goes on to the same weights and log."""

from __future__ import annotations

import csv
import dataclasses
import errno
import re
import signal
from contextlib import contextmanager
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from octavo._interrupts import Terminated, terminations_raised
from octavo._keras import keras
from octavo.errors import DataError, UsageError
from octavo.optimizers import GradientAccumulation, WeightDecay
from octavo.training import Intervals, Loop, States, load_state, loop, read_note, save_state
from octavo.training.chunks import fit_chunk
from octavo.training.log_files import LogFiles

UPDATES = 12
PLAN = {"seed": 0, "steps": UPDATES, "batches_per_update": 1}  # as the loop completes it
EVERY = Intervals(save_steps=4, eval_steps=6, logging_steps=3)
EXAMPLES = 25 if keras.backend.backend() == "jax" else 8  # the others take seconds for each


class Killed(BaseException):
    """What no code of ours catches."""


def make_batch(number):
    random = np.random.default_rng(number)
    x = random.normal(size=(4, 3)).astype("float32")
    return x, {"sum": x.sum(1, keepdims=True), "first": x[:, :1]}


class Task:
    """A small model with dropout and two losses, that can be set back to its first weights."""

    def __init__(self, folder, batches_per_update=1):
        keras.utils.set_random_seed(0)
        inputs = keras.Input((3,))
        hidden = keras.layers.Dense(4, "tanh")(inputs)
        hidden = keras.layers.Dropout(0.3, seed=1)(hidden)
        heads = {name: keras.layers.Dense(1, name=name)(hidden) for name in ("sum", "first")}
        self.model = keras.Model(inputs, heads)
        optimizer = keras.optimizers.Adam(0.01)
        if batches_per_update > 1:
            optimizer = GradientAccumulation(optimizer, batches_per_update)
        losses, metrics = dict.fromkeys(heads, "mse"), {"sum": ["mae"]}
        self.model.compile(optimizer, losses, metrics=metrics)
        optimizer.build(self.model.trainable_variables)
        self.batches_per_update = batches_per_update
        self.first = folder / "first-weights"
        save_state(self.first, self.model, {})

    def loop(self, folder, **changes):
        """A loop from the first weights on."""
        load_state(self.first, self.model)
        usual = {
            "batches": make_batch, "steps": UPDATES, "plan": {"seed": 0},
            "states": None if folder is None else States(folder), "intervals": EVERY,
            "progress": False,
        }  # fmt: skip
        return Loop(self.model, **{**usual, **changes})

    def score(self, position):
        """As a leaf scores: with the metrics of the model that is trained."""
        scores = self.model.evaluate(*make_batch(999), verbose=0, return_dict=True)
        return {f"validation_{name}": value for name, value in scores.items()}

    def spoil(self):
        """Leave nothing that a run could go on with by chance."""
        for variable in [*self.model.variables, *self.model.optimizer.variables]:
            variable.assign(np.zeros(variable.shape))

    def values(self):
        variables = [*self.model.variables, *self.model.optimizer.variables]
        return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return Task(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def gathering(tmp_path_factory):
    return Task(tmp_path_factory.mktemp("gathering"), batches_per_update=2)


@pytest.fixture
def saves(monkeypatch):
    """Batches and scores of all states that are written."""
    seen = []

    def save(path, model, note):
        save_state(path, model, note)
        seen.append((note["batches"], note["scored"]))

    monkeypatch.setattr(loop, "save_state", save)
    return seen


@contextmanager
def dying(batch):
    """Inside, a new run is killed when it has trained with so many batches."""

    def fit(model, chunk, sums):
        left = batch - chunk.start
        if len(chunk) <= left:
            return fit_chunk(model, chunk, sums)
        if left:
            fit_chunk(model, chunk.data.chunk(chunk.start, left), sums)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "fit_chunk", fit)
        yield


def ends_alike(task, whole, position):
    """Whether this run has the weights and the log of an uninterrupted one."""
    values, log = whole
    assert position.log == log
    assert all(map(np.array_equal, task.values(), values))


def run_whole(task, **changes):
    log = task.loop(None, **changes).run().log
    return task.values(), log


@pytest.fixture(scope="module")
def whole(task, gathering):
    """Weights and log of uninterrupted runs."""
    return {one: run_whole(one, score=one.score) for one in (task, gathering)}


@pytest.mark.keras_backend
@pytest.mark.parametrize("kind", ["task", "gathering"])
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kill=st.integers(0, UPDATES - 1),
    save_steps=st.integers(1, UPDATES + 1),
    sizes=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    limit=st.integers(1, 3),
)
@example(kill=7, save_steps=4, sizes=(1, 5), limit=1)
def test_a_killed_run_goes_on_to_the_last_bit(
    request, whole, tmp_path_factory, kind, kill, save_steps, sizes, limit
):
    """Wherever it is killed, however often it saves, and into whatever calls it is cut."""
    task, folder = request.getfixturevalue(kind), tmp_path_factory.mktemp("run")
    unit = task.batches_per_update
    intervals = dataclasses.replace(EVERY, save_steps=save_steps, save_total_limit=limit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "next_size", lambda *_: sizes[0] * unit)
        with dying(kill * unit), pytest.raises(Killed):
            task.loop(folder, intervals=intervals, score=task.score).run()
        assert len(list(folder.glob("*"))) <= limit
        patch.setattr(loop, "next_size", lambda *_: sizes[1] * unit)
        resumed = task.loop(folder, intervals=intervals, score=task.score)
        if States(folder).paths():
            task.spoil()
        ends_alike(task, whole[task], resumed.run())


@pytest.mark.keras_backend
def test_a_model_that_was_never_trained_goes_on_too(task, whole, tmp_path):
    """As in a new process, in the middle of a line of the log."""
    with dying(5), pytest.raises(Killed):
        task.loop(tmp_path / "run", score=task.score).run()
    assert read_note(States(tmp_path / "run").paths()[-1])["metrics"]
    (tmp_path / "new").mkdir()
    new = Task(tmp_path / "new")
    ends_alike(new, whole[task], new.loop(tmp_path / "run", score=new.score).run())


@pytest.mark.keras_backend
def test_the_log_is_of_keras_means(task, whole):
    _, log = whole[task]
    assert [line["step"] for line in log] == [3, 6, 9, 12]
    assert ["validation_loss" in line for line in log] == [False, True, False, True]
    names = {"loss", "sum_loss", "first_loss", "sum_mae"}
    assert names == set(log[0]) - {"step"}
    # without a log in between, the last line is the mean over all
    only = run_whole(task, intervals=Intervals(logging_steps=UPDATES))[1]
    means = [np.mean([line[name] for line in log]) for name in names]
    np.testing.assert_allclose([only[0][name] for name in names], means, rtol=1e-5)


def test_a_finished_run_trains_no_more(task, whole, tmp_path, saves, capsys):
    task.loop(tmp_path, score=task.score).run()
    saves.clear()
    again = task.loop(tmp_path, score=task.score, batches=None, progress=True)
    task.spoil()
    ends_alike(task, whole[task], again.run())
    assert not saves
    assert "octavo: 12 of 12 steps are done" in capsys.readouterr().err


def test_states_are_saved_at_their_steps_and_after_some_time(gathering, tmp_path, saves):
    gathering.loop(tmp_path).run()
    assert [batches for batches, _ in saves] == [8, 16, 24]
    names = [path.name for path in States(tmp_path).paths()]
    assert names == ["step-00000008.safetensors", "step-00000012.safetensors"]  # of updates
    saves.clear()
    rarely = Intervals(save_steps=100)
    gathering.loop(tmp_path / "other", intervals=rarely, save_seconds=0.0).run()
    assert len(saves) > 2
    assert saves[0] == (2, -1)  # the first call of `fit` is one update


@pytest.mark.keras_backend
@pytest.mark.usefixtures("interrupts")
@pytest.mark.parametrize(
    ("kind", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]
)
def test_an_interrupt_ends_a_run_with_a_state(task, whole, tmp_path, kind, error):
    def press(number):
        if number == 5:
            signal.raise_signal(kind)
        return make_batch(number)

    rarely = dataclasses.replace(EVERY, save_steps=100)
    with pytest.raises(error, match=r"the same command.*goes on"), terminations_raised():
        task.loop(tmp_path, intervals=rarely, score=task.score, batches=press).run()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    (state,) = States(tmp_path).paths()
    assert 0 < read_note(state)["batches"] < UPDATES
    resumed = task.loop(tmp_path, score=task.score)
    task.spoil()
    ends_alike(task, whole[task], resumed.run())


@pytest.mark.usefixtures("interrupts")
def test_a_second_interrupt_ends_it_at_once(task, tmp_path, saves):
    def press_twice(position):
        signal.raise_signal(signal.SIGINT)
        assert not saves
        signal.raise_signal(signal.SIGINT)

    rarely = dataclasses.replace(EVERY, save_steps=100)
    with pytest.raises(KeyboardInterrupt, match=r"^$"):  # there is no state to go on from
        task.loop(tmp_path, intervals=rarely, score=press_twice).run()
    assert not saves


class BestKeeper:
    """A score that keeps weights in a file, as a leaf's does; may be killed before or after."""

    def __init__(self, task, path, saves):
        self.task, self.path, self.saves = task, path, saves
        self.dies_at = None

    def __call__(self, position):
        if self.dies_at == (position.batches, "before"):
            raise Killed
        scores = self.task.score(position)
        best = [line["validation_loss"] for line in position.log if "validation_loss" in line]
        if scores["validation_loss"] <= min(best, default=np.inf):
            self.path.write_text(f"{position.batches} {scores['validation_loss']!r}")
        self.saves.append(f"scored {position.batches}")
        if self.dies_at == (position.batches, "after"):
            raise Killed
        return scores


@pytest.mark.keras_backend
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", [0, 6, 12])
def test_a_kill_around_a_score_that_keeps_the_best_changes_nothing(
    task, tmp_path, saves, step, moment
):
    best = BestKeeper(task, tmp_path / "best", saves)
    options = {"score": best, "keeps_best": True, "intervals": EVERY}
    position = task.loop(tmp_path / "whole", **options).run()
    expected = task.values(), position.log
    kept = best.path.read_text()
    assert [entry for entry in saves if entry != (4, 0) and entry != (8, 6)] == [
        (0, -1), "scored 0", (0, 0), (6, 0), "scored 6", (6, 6), (12, 6), "scored 12", (12, 12)
    ]  # fmt: skip
    assert [line["step"] for line in position.log] == [0, 3, 6, 9, 12]
    best.path.unlink()
    best.dies_at = (step, moment)
    with pytest.raises(Killed):
        task.loop(tmp_path / "run", **options).run()
    best.dies_at = None
    resumed = task.loop(tmp_path / "run", **options)
    task.spoil()
    ends_alike(task, expected, resumed.run())
    assert best.path.read_text() == kept


@pytest.mark.usefixtures("interrupts")
def test_an_interrupt_while_the_best_is_kept_is_at_once(task, tmp_path):
    def press(position):
        if position.batches == 6:
            signal.raise_signal(signal.SIGINT)
            raise AssertionError("it goes on")
        return {}

    with pytest.raises(KeyboardInterrupt, match="goes on"):
        task.loop(tmp_path, score=press, keeps_best=True).run()
    assert [read_note(path)["batches"] for path in States(tmp_path).paths()] == [4, 6]


def test_an_older_run_stays_whole_until_the_new_one_has_a_state(task, tmp_path, monkeypatch):
    task.loop(tmp_path).run()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    anew = {"states": States(tmp_path, resume=False), "plan": {"seed": 1}}

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(loop, "save_state", full)
        with pytest.raises(DataError, match=f"{tmp_path.name}: cannot be written: No space left"):
            task.loop(tmp_path, **anew).run()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    with dying(6), pytest.raises(Killed):
        task.loop(tmp_path, **anew).run()
    (state,) = tmp_path.iterdir()
    assert (state.name, read_note(state)["plan"]) == (
        "step-00000004.safetensors",
        PLAN | {"seed": 1},
    )


def test_a_damaged_state_is_said_and_the_one_before_is_taken(task, whole, tmp_path):
    task.loop(tmp_path, score=task.score).run()
    older, newest = States(tmp_path).paths()
    newest.write_bytes(newest.read_bytes()[:500])
    resumed = task.loop(tmp_path, score=task.score)
    task.spoil()
    with pytest.warns(UserWarning, match=rf"{newest.name}: damaged .* the state before it"):
        ends_alike(task, whole[task], resumed.run())
    for path in (older, newest):
        path.write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="damaged"),
        pytest.raises(DataError, match=rf"{tmp_path.name}: none of its states can be read"),
    ):
        task.loop(tmp_path).run()
    older.unlink()
    with pytest.raises(DataError, match=rf"{newest.name}: damaged"):
        task.loop(tmp_path).run()


def test_what_killed_runs_left_half_written_goes(task, tmp_path):
    (tmp_path / ".step-00000004.safetensors.ab.part").write_bytes(b"half")
    (tmp_path / ".mine").write_bytes(b"")
    task.loop(tmp_path).run()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".mine", "step-00000008.safetensors", "step-00000012.safetensors"
    ]  # fmt: skip


def test_another_plan_is_refused_by_its_first_difference(task, tmp_path):
    task.loop(tmp_path, plan={"seed": 0, "rate": 0.5}).run()
    message = r"step-00000012\.safetensors: the run was started with rate 0\.5, not 0\.25; begin"
    other = {"plan": {"seed": 0, "rate": 0.25}, "states": States(tmp_path, anew="begin anew")}
    with pytest.raises(DataError, match=message):
        task.loop(tmp_path, **other).run()


def test_more_or_fewer_steps_are_another_plan(task, tmp_path):
    task.loop(tmp_path).run()
    for steps in (UPDATES // 2, 2 * UPDATES):
        with pytest.raises(DataError, match=f"was started with steps {UPDATES}, not {steps}"):
            task.loop(tmp_path, steps=steps).run()


def test_averages_that_replace_weights_in_every_call_are_refused():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    for wrap in (lambda optimizer: optimizer, lambda optimizer: WeightDecay(optimizer, 0.01)):
        model.compile(wrap(keras.optimizers.Adam(use_ema=True)), "mse")
        with pytest.raises(UsageError, match=r"WeightAverage\. Received: use_ema=True"):
            Loop(model, make_batch, 2, plan={})


@pytest.mark.keras_backend
def test_a_loss_that_is_not_finite_ends_the_run(task, tmp_path):
    def make_large(number):
        x, labels = make_batch(number)
        return x, {**labels, "first": labels["first"] * (np.float32(1e38) if number == 7 else 1)}

    message = r"the first_loss is (nan|inf) before step 8: try a lower learning rate"
    with pytest.raises(DataError, match=message + "; the last state is kept: name another folder"):
        task.loop(tmp_path, batches=make_large).run()
    assert [path.name for path in States(tmp_path).paths()] == ["step-00000004.safetensors"]
    with pytest.raises(DataError, match=message + "$"):
        task.loop(None, batches=make_large).run()
    rarely = dataclasses.replace(EVERY, save_steps=8)
    with pytest.raises(DataError, match=message + "$"):  # there is no state yet
        task.loop(tmp_path / "new", batches=make_large, intervals=rarely).run()


def test_losses_and_speed_are_shown(task, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr("octavo._progress.SECONDS_BETWEEN_LINES", 0.0)
    files = LogFiles(tmp_path, "images", per_batch=4)
    task.loop(tmp_path, log_files=files, description="drawing", progress=True).run()
    last = capfd.readouterr().err.splitlines()[-1]
    assert re.match(r"drawing: 12/12, .* first_loss [\d.]+, loss [\d.]+, sum_loss [\d.]+, ", last)
    assert re.search(r"[\d,]+ images/s$", last)
    assert "mae" not in last


def test_an_optimizer_is_built_before_a_state_is_saved(tmp_path):
    def make():
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        return model

    def make_sums(number):
        x, labels = make_batch(number)
        return x, labels["sum"]

    first = make()
    Loop(first, make_sums, 2, plan={}, states=States(tmp_path), progress=False).run()
    again = make()
    Loop(again, make_sums, 2, plan={}, states=States(tmp_path), progress=False).run()
    assert all(map(np.array_equal, first.get_weights(), again.get_weights()))


def test_the_log_is_written_with_every_state(gathering, tmp_path):
    files = LogFiles(tmp_path, "images", per_batch=4)
    position = gathering.loop(tmp_path / "states", log_files=files, score=gathering.score).run()
    with (tmp_path / "log.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [line["step"] for line in lines] == ["3", "6", "9", "12"]
    assert {"loss", "sum_loss", "images_per_second", "waiting"} < set(lines[0])
    assert [line["images_per_second"] > 0 for line in position.log] == [True] * 4
    (events,) = tmp_path.glob("events.out.tfevents.*")
    assert events.read_bytes().count(b"images_per_second") == 4
    again = LogFiles(tmp_path, "images", per_batch=4)
    gathering.loop(tmp_path / "states", log_files=again, score=gathering.score).run()
    assert list(tmp_path.glob("events.out.tfevents.*")) == [events]  # nothing is new


def test_a_run_killed_between_its_last_state_and_the_log_still_writes_it(task, tmp_path):
    states, files = tmp_path / "states", LogFiles(tmp_path, "images", per_batch=4)
    files.write = Mock(side_effect=[None, None, Killed])
    with pytest.raises(Killed):
        task.loop(states, log_files=files).run()
    again = LogFiles(tmp_path, "images", per_batch=4)
    task.loop(states, log_files=again, batches=None).run()
    with (tmp_path / "log.csv").open() as file:
        assert [line["step"] for line in csv.DictReader(file)] == ["3", "6", "9", "12"]


def test_a_log_without_states_is_refused(task, tmp_path):
    with pytest.raises(UsageError, match="Received: states=None"):
        task.loop(None, log_files=LogFiles(tmp_path, "images", per_batch=4))
