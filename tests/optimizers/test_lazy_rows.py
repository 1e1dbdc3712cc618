"""Rows without gradient, with all rows computed and with a few gathered.

Covers octavo.optimizers.rows.
"""

from __future__ import annotations

import warnings

import numpy as np
import optimizers_reference as reference
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_problem import apply, fit, make_model, state, weights

from octavo._keras import keras, ops
from octavo.optimizers import (
    Adam,
    GradientAccumulation,
    LayerAdaptation,
    LazyRows,
    Lookahead,
    WeightDecay,
)
from octavo.optimizers.rows import choose_rows

pytestmark = pytest.mark.keras_backend


def run(optimizer, gradients):
    """The table after these gradients, from ones; and the optimizer's moments by name."""
    table = keras.Variable(np.ones((4, 2), "float32"), name="embeddings")
    for gradient in gradients:
        optimizer.apply([ops.convert_to_tensor(np.asarray(gradient, "float32"))], [table])
    slots = {v.name: ops.convert_to_numpy(v) for v in optimizer.variables if v.shape == (4, 2)}
    return ops.convert_to_numpy(table), slots


def gradient_of(*rows):
    gradient = np.zeros((4, 2))
    gradient[list(rows)] = 0.5
    return gradient


@pytest.mark.parametrize("rows", [4, 2, 1])
def test_rows_without_gradient_keep_value_and_moments(rows):
    table, slots = run(LazyRows(Adam(0.1), rows=rows), [gradient_of(0, 1), gradient_of(1)])
    once, _ = run(Adam(0.1), [gradient_of(0)])
    assert table[0].tolist() == once[0].tolist()
    assert table[2:].tolist() == np.ones((2, 2)).tolist()
    assert slots["embeddings_first"][:, 0] == pytest.approx([0.05, 0.095, 0, 0])


def test_moments_may_decay():
    table, slots = run(LazyRows(Adam(0.1), keep_slots=False), [gradient_of(0, 1), gradient_of(1)])
    once, _ = run(Adam(0.1), [gradient_of(0)])
    assert table[0].tolist() == once[0].tolist()
    assert slots["embeddings_first"][:, 0] == pytest.approx([0.045, 0.095, 0, 0])


def test_a_row_of_nan_is_a_gradient():
    gradient = gradient_of(1)
    gradient[3] = np.nan
    table, _ = run(LazyRows(keras.optimizers.SGD(0.1)), [gradient])
    assert np.isnan(table[3]).all()
    assert not np.isnan(table[:3]).any()


@pytest.mark.parametrize("rows", [4, 2, 1])
def test_decay_outside_moves_all_rows_decay_inside_only_those_seen(rows):
    sgd = keras.optimizers.SGD
    outside, _ = run(WeightDecay(LazyRows(sgd(0.5), rows=rows), 0.5), [gradient_of(0)])
    inside, _ = run(LazyRows(WeightDecay(sgd(0.5), 0.5), rows=rows), [gradient_of(0)])
    assert outside[:, 0].tolist() == [0.5, 0.75, 0.75, 0.75]
    assert inside[:, 0].tolist() == [0.5, 1.0, 1.0, 1.0]


def test_accumulation_inside_and_outside_are_one():
    def sgd():
        return keras.optimizers.SGD(0.5, momentum=0.5)

    gradients = [gradient_of(0), gradient_of(1), gradient_of(1), gradient_of(2)]
    inside, _ = run(LazyRows(GradientAccumulation(sgd(), 2)), gradients)
    outside, _ = run(GradientAccumulation(LazyRows(sgd()), 2), gradients)
    gathered, _ = run(GradientAccumulation(LazyRows(sgd(), rows=3), 2), gradients)
    assert outside[:, 0] == pytest.approx([0.875, 0.6875, 0.875, 1.0])
    np.testing.assert_array_equal(inside, outside)
    np.testing.assert_array_equal(gathered, outside)


@pytest.mark.parametrize("rows", [20, 15, 3])
def test_a_model_goes_on_from_a_file(rows, tmp_path):
    def make():
        return make_model(WeightDecay(LazyRows(Lookahead(Adam(0.05), 2), rows=rows), 0.1))

    whole = fit(make(), 8)
    model = fit(make(), 4)
    model.save(tmp_path / "model.keras")
    loaded = fit(keras.models.load_model(tmp_path / "model.keras"), 4, skip=4)
    for a, b in zip(state(whole), state(loaded), strict=True):
        np.testing.assert_array_equal(a, b)


def test_gathered_rows_are_those_of_the_long_way():
    def make(rows):
        return make_model(WeightDecay(LazyRows(Adam(0.05), rows=rows), 0.1))

    long = weights(fit(make(20), 8))
    for rows in (1, 15, 19):
        assert reference.difference(weights(fit(make(rows), 8)), long) < 1e-6


@pytest.mark.parametrize(
    "inner",
    [
        lambda: LayerAdaptation(Adam(0.05)),
        lambda: Adam(0.05, global_clipnorm=0.1),
        lambda: GradientAccumulation(Adam(0.05), 2),
        lambda: keras.optimizers.Adafactor(0.05),
    ],
)
def test_what_does_not_treat_every_element_alike_sees_all_rows(inner):
    few = weights(fit(make_model(LazyRows(inner(), rows=5)), 4))
    many = weights(fit(make_model(LazyRows(inner(), rows=20)), 4))
    np.testing.assert_array_equal(few[0], many[0])


def test_tables_of_one_path_keep_their_own_moments():
    def make(rows):
        tables = [keras.Variable(np.ones((4, 2), "float32"), name="embeddings") for _ in range(2)]
        optimizer = LazyRows(Adam(0.1), rows=rows)
        for rows_seen in ((0, 1), (2, 3), (0, 2)):
            gradients = [gradient_of(*rows_seen), gradient_of(rows_seen[0])]
            optimizer.apply([ops.convert_to_tensor(g, dtype="float32") for g in gradients], tables)
        return [ops.convert_to_numpy(table) for table in tables]

    alone, _ = run(LazyRows(Adam(0.1)), [gradient_of(0), gradient_of(2), gradient_of(0)])
    for rows in (2, 4):
        np.testing.assert_array_equal(make(rows)[1], alone)


def test_a_step_that_overflowed_leaves_no_row_marked():
    inner = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(1.0), 1.0)
    gradient = gradient_of(0)
    gradient[0] = np.inf
    table = keras.Variable(np.ones((4, 2), "float32"), name="embeddings")
    optimizer = LazyRows(WeightDecay(inner, 0.5))
    optimizer.build([table])
    for g in (gradient, gradient_of(1)):
        apply(optimizer, [ops.convert_to_tensor(g, dtype="float32")], [table])
    # the scale was halved: the gradient of 0.5 is one of 1
    assert ops.convert_to_numpy(table)[:, 0].tolist() == [1.0, -0.5, 1.0, 1.0]


def test_a_table_that_is_not_lazy_is_said_so():
    optimizer = LazyRows(keras.optimizers.SGD(0.1), include=r"kernel$")
    with pytest.warns(UserWarning, match=r"does nothing for small/(hidden|out)/kernel: every row"):
        fit(make_model(optimizer), 2)
    assert optimizer.shares == {"small/hidden/kernel": 1.0, "small/out/kernel": 1.0}


def test_a_table_that_is_lazy_is_not():
    optimizer = LazyRows(keras.optimizers.SGD(0.1))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        fit(make_model(optimizer), 3)
    seen = [len(np.unique(ids)) / 20 for ids, _ in reference.batches(3)]
    assert optimizer.shares["small/words/embeddings"] == pytest.approx(np.mean(seen), rel=1e-6)


@given(st.lists(st.booleans(), min_size=2, max_size=30), st.data())
@settings(max_examples=30)
def test_chosen_rows_are_the_touched_ones_and_all_different(touched, data):
    count = data.draw(st.integers(1, len(touched) - 1))
    chosen = []
    for number in range(-(-sum(touched) // count)):
        index, valid = choose_rows(ops.convert_to_tensor(np.array(touched)), count, number)
        index, valid = ops.convert_to_numpy(index), ops.convert_to_numpy(valid)
        chosen += list(index[valid])
        assert len(set(index)) == count
        assert (index >= 0).all()
        assert (index < len(touched)).all()
    assert chosen == list(np.flatnonzero(touched))
