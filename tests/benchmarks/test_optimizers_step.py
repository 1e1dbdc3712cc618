"""The checks that stand before the times of optimizers_step."""

from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
FIRST = {"kernel": np.array([4.0, -0.5], "float32"), "average of kernel": np.ones(2, "float32")}


@pytest.fixture
def check(monkeypatch, tmp_path):
    """Compare arrays with FIRST: the largest difference."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import optimizers_step

    def compare(second, apart=None):
        for name, arrays in (("theirs", FIRST), ("ours", second)):
            np.savez(tmp_path / f"{name}.npz", **arrays)
        return optimizers_step.check_arrays(
            "a case", tmp_path / "theirs.npz", tmp_path / "ours.npz", apart
        )

    return compare


def test_the_largest_difference_is_relative_to_the_largest_value(check):
    assert check(FIRST) == 0.0
    near = {**FIRST, "kernel": np.array([4.0, -0.500004], "float32")}
    assert check(near) == pytest.approx(1e-6, rel=0.02)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({**FIRST, "kernel": FIRST["kernel"] + 1e-4}, "a case: kernel differs by 2.5e-05"),
        ({**FIRST, "kernel": FIRST["kernel"] * np.nan}, "a case: kernel differs by nan"),
        ({"kernel": FIRST["kernel"]}, r"a case: only one side has \['average of kernel'\]"),
    ],
)
def test_other_results_stop_the_run(check, second, message):
    from side import DifferenceError

    with pytest.raises(DifferenceError, match=message):
        check(second)


def test_what_differs_on_purpose_is_left_out(check):
    assert check({"kernel": FIRST["kernel"]}, apart="average of") == 0.0


def test_the_bert_has_20_million_weights_and_gradients_only_where_tokens_are(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS / "sides"))
    import step_bench

    import optimizers_step

    sizes = step_bench.shapes(**optimizers_step.BERT)
    assert sum(np.prod(shape) for shape in sizes.values()) == pytest.approx(20e6, rel=0.01)
    small = step_bench.shapes(layers=1, vocabulary=50, width=4, hidden=8)
    for gradients in step_bench.make_gradients(small, tokens=10):
        rows = [np.count_nonzero(np.any(g, axis=tuple(range(1, g.ndim)))) for g in gradients]
        assert 1 < rows[0] <= 10
        assert rows[1:] == [len(g) for g in gradients[1:]]
