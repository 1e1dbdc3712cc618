"""Estimators have the habits that scikit-learn asks for."""

from __future__ import annotations

import pytest

from octavo._estimators import Estimator
from octavo.errors import UsageError


class Mean(Estimator):
    def __init__(self, trim=0.0, *, names=(), seed=0):
        self.trim, self.names, self.seed = trim, names, seed

    def fit(self, numbers, y=None):
        self.mean_ = sum(numbers) / len(numbers)
        return self


def test_parameters_are_kept_as_they_are():
    names = ["a"]
    mean = Mean(names=names)
    assert mean.get_params() == {"trim": 0.0, "names": names, "seed": 0}
    assert mean.get_params()["names"] is names
    assert mean.set_params(trim=0.5, seed=2) is mean
    assert repr(mean) == "Mean(trim=0.5, names=['a'], seed=2)"


def test_an_unknown_parameter_is_named():
    with pytest.raises(UsageError, match="parameter must be one of trim, names, seed"):
        Mean().set_params(trims=1)


def test_scikit_learn_clones_them():
    base = pytest.importorskip("sklearn.base", reason="scikit-learn is not installed")
    assert repr(base.clone(Mean(trim=0.5))) == "Mean(trim=0.5)"


def test_scikit_learn_sees_whether_they_are_fitted():
    sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from sklearn.pipeline import make_pipeline
    from sklearn.utils.validation import check_is_fitted

    pipeline = make_pipeline(Mean())
    with pytest.raises(sklearn.exceptions.NotFittedError):
        check_is_fitted(pipeline)
    check_is_fitted(pipeline.fit([1.0, 2.0]))
