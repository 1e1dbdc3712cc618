"""What a reader that points is taught."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import make_questions, make_tokenizer

from octavo._keras import ops
from octavo.reading.examples import ExampleSampler
from octavo.reading.places import CLOSED, OPEN, RIGHT, PlaceLoss, mark_places
from octavo.reading.settings import ReaderSettings

SETTINGS = ReaderSettings(window=12, overlap=4, question_length=6, answer_length=4)
WORDS = st.lists(st.integers(5, 8), min_size=1, max_size=9)


@given(window=WORDS, question=WORDS, data=st.data())
def test_right_places_spell_the_answer_and_its_end(window, question, data):
    start = data.draw(st.integers(0, len(window) - 1))
    answer = window[start : start + data.draw(st.integers(1, len(window) - start))]
    starts = tuple(i for i in range(len(window)) if window[i : i + len(answer)] == answer)
    prefix = [0, *window, 1, *question, 1]
    marks = mark_places(np.array(prefix), np.array([*answer, 1]), starts)
    assert marks.shape == (len(answer) + 1, len(prefix))
    for row, token in zip(marks, [*answer, 1], strict=True):
        assert {prefix[place] for place in np.flatnonzero(row == RIGHT)} == {token}
    assert (marks[0] != CLOSED).all()
    for step in range(1, len(marks)):  # where the answer so far goes on, and both [SEP]
        going_on = {1 + begin + step for begin in starts}
        ends = {len(window) + 1, len(prefix) - 1}
        assert set(np.flatnonzero(marks[step])) == going_on | ends


def test_an_answer_that_stands_nowhere_is_right_wherever_its_tokens_stand():
    marks = mark_places(np.array([0, 7, 8, 7, 1, 9, 1]), np.array([7, 5, 9, 1]), ())
    assert (marks == RIGHT).astype(int).tolist() == [
        [0, 1, 0, 1, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 1, 0, 1],
    ]


def test_a_window_without_an_answer_asks_for_its_end():
    marks = mark_places(np.array([0, 7, 8, 1, 9, 1]), np.array([1]), ())
    assert marks.tolist() == [[OPEN, OPEN, OPEN, RIGHT, OPEN, RIGHT]]


@pytest.mark.keras_backend
def test_the_loss_is_minus_the_log_of_the_right_share():
    scores = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")
    marks = np.array([[[1, 2, 1, 0, 2]] * 3] * 2, np.int8)
    found = ops.convert_to_numpy(PlaceLoss(reduction=None)(marks, scores))
    weights = np.exp(scores) * (marks > CLOSED)
    right = (weights * (marks == RIGHT)).sum(-1) / weights.sum(-1)
    np.testing.assert_allclose(found, -np.log(right), rtol=1e-5)
    none = ops.convert_to_numpy(PlaceLoss(reduction=None)(0 * marks, scores))
    assert np.isfinite(none).all()  # padding


def test_batches_hold_the_marks_of_their_rows():
    sampler = ExampleSampler(make_questions(6), make_tokenizer(), SETTINGS, places=True)
    examples = sampler.batches(0, 6)[0]
    inputs, marks, weights = sampler.arrays(examples, 6)
    assert marks.shape == (*weights.shape, inputs["token_ids"].shape[1])
    for row, example in enumerate(examples):
        tokens = inputs["token_ids"][row]
        prefix = tokens[: len(example.window) + len(example.question) + 3]
        target = np.append(example.answer, prefix[-1])
        expected = mark_places(prefix, target, example.starts)
        count, length = expected.shape
        np.testing.assert_array_equal(marks[row, :count, :length], expected)
        assert not marks[row, count:].any()
        assert not marks[row, :, length:].any()
        assert weights[row].sum() == count
        if example.starts:
            ids = example.window[example.starts[0] :][: len(example.answer)]
            np.testing.assert_array_equal(ids, example.answer)
    lengths = ExampleSampler(make_questions(6), make_tokenizer(), SETTINGS, length_step=16)
    assert lengths.arrays(examples, 6)[0]["token_ids"].shape[1] % 16 == 0
