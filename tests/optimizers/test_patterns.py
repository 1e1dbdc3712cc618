"""Patterns that choose variables: what matches nothing, or comes too late, is said."""

from __future__ import annotations

import warnings

import pytest
from small_problem import fit, make_model

from octavo._keras import keras
from octavo.optimizers import (
    LayerAdaptation,
    LazyRows,
    LearningRateMultiplier,
    WeightDecay,
    lamb,
)


def sgd():
    return keras.optimizers.SGD(0.1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: WeightDecay(sgd(), 0.1, exclude=("biass", "kernel")),
            r"'biass' of exclude matches none of the 5 trainable variables; near: bias$",
        ),
        (
            lambda: LearningRateMultiplier(sgd(), {"word/embeddings": 0.1}),
            r"'word/embeddings' of multipliers .* near: words/embeddings$",
        ),
        (lambda: LayerAdaptation(sgd(), "^gamma"), r"'\^gamma' of exclude matches none"),
        (  # as bert4keras' users write it
            lambda: WeightDecay(sgd(), 0.1, exclude=("Bias", "kernel")),
            r"'Bias' of .* of the 5 .*; in other capitals it matches 2, such as .*hidden/bias$",
        ),
        (
            lambda: LayerAdaptation(sgd(), ("HiddenBias", "kernel")),
            r"'HiddenBias' of exclude matches none .*; near: hidden/bias",
        ),
        (
            lambda: LazyRows(sgd(), include="table$"),
            r"'table\$' of include matches none of the 3 variables with rows",
        ),
    ],
)
def test_a_pattern_that_matches_nothing_is_said_with_near_names(make, message):
    with pytest.warns(UserWarning, match=message):
        fit(make_model(make()), 1)


def test_a_pattern_behind_others_is_said():
    multipliers = {"kernel": 0.5, "hidden/kernel": 0.0, "bias": 2.0, ".": 1.0}
    with pytest.warns(UserWarning, match="of multipliers does nothing") as caught:
        fit(make_model(LearningRateMultiplier(sgd(), multipliers)), 1)
    said = [str(w.message) for w in caught if "multipliers" in str(w.message)]
    assert len(said) == 1
    assert "'hidden/kernel'" in said[0]


def test_a_recipe_with_two_users_of_a_pattern_warns_once():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        fit(make_model(lamb(0.1, 0.1, exclude="gamma_of_a_test")), 1)
    assert sum("gamma_of_a_test" in str(w.message) for w in caught) == 1


@pytest.mark.parametrize("nothing", [None, (), "", []])
def test_nothing_is_excluded_by(nothing):
    assert WeightDecay(sgd(), 0.1, exclude=nothing).exclude == ()
    assert LayerAdaptation(sgd(), exclude=nothing).exclude == ()


def test_patterns_that_match_are_not():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(make_model(WeightDecay(sgd(), 0.1, exclude=r"bias$|^small/words")), 1)
    assert not [str(w.message) for w in caught if issubclass(w.category, UserWarning)]
