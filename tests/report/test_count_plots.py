"""Counts drawn: the growth against exact expectations, the fits, and pictures of odd corpora."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import DataError
from octavo.report.count_plots import (
    LONGEST,
    POINTS,
    expect_growth,
    find_names,
    fit_exponent,
    plot_counts,
)

pa = pytest.importorskip("pyarrow")
COUNTS = st.lists(st.integers(1, 40), min_size=1, max_size=30)


def make_counts(counts, tokens=None):
    """What `count_words` returns, of tokens called w0, w1, ... unless they are given."""
    names = tokens or [f"w{i}" for i in range(len(counts))]
    table = pa.table({"token": pa.array(names, pa.large_string()), "count": pa.array(counts)})
    return SimpleNamespace(table=table, tokens=int(sum(counts)))


@given(COUNTS)
def test_growth_is_the_exact_expectation_but_for_one_part_in_n(counts):
    total = sum(counts)
    for n, value in zip(*expect_growth(np.array(counts), total), strict=True):
        absent = [Fraction(comb(total - c, int(n)), comb(total, int(n))) for c in counts]
        exact = float(len(counts) - sum(absent))
        assert abs(value - exact) <= exact / n


@given(COUNTS)
def test_growth_begins_below_one_rises_and_ends_at_the_vocabulary(counts):
    read, different = expect_growth(np.array(counts), sum(counts))
    assert (read[0], read[-1]) == (1, sum(counts))
    assert different[0] <= 1
    assert different[-1] == len(counts)
    assert (np.diff(different) >= 0).all()


def test_growth_is_what_keeping_tokens_by_chance_gives():
    counts = np.array([400, 100, 30, 10, 3, 2, 1, 1, 1])
    corpus = np.repeat(np.arange(len(counts)), counts)
    generator = np.random.default_rng(0)
    read, different = expect_growth(counts, counts.sum())
    for place in (50, 120, 180):
        chance = read[place] / counts.sum()
        seen = [len(np.unique(corpus[generator.random(len(corpus)) < chance])) for _ in range(4000)]
        assert different[place] == pytest.approx(np.mean(seen), abs=5 * np.std(seen) / 4000**0.5)


def test_growth_of_a_corpus_of_10_to_the_12_tokens_stays_smooth():
    counts = np.repeat([10**11, 10**6, 3, 1], [9, 10**5, 10**6, 10**6])
    read, different = expect_growth(counts, counts.sum())
    assert len(read) <= POINTS
    assert (np.diff(different) > 0).all()
    left = 1 - read[-2] / counts.sum()
    rare = 10**6 * left + 10**6 * left**3  # the frequent ones have all been seen
    assert different[-2] == pytest.approx(len(counts) - rare, rel=1e-9)


@pytest.mark.parametrize(("exponent", "factor"), [(-1.0, 1000.0), (0.5, 3.0), (0.0, 7.0)])
def test_a_power_law_is_found_again(exponent, factor):
    x = np.array([1, 3, 10, 500])
    assert fit_exponent(x, factor * x**exponent) == pytest.approx((exponent, factor))
    assert fit_exponent(x[:1], np.array([5])) is None


def test_names_have_letters_are_short_and_lie_at_every_tenfold_rank():
    tokens = ["，", "的", "。"] + [f"词{i}" for i in range(4, 200)]
    tokens[9], tokens[10] = "\x07bell", "很" * 50
    names = find_names(pa.chunked_array([tokens]))
    assert names == {2: "的", 11: "很" * (LONGEST - 1) + "…", 100: "词100"}
    assert find_names(pa.chunked_array([["，", "\n", " "]])) == {}


@pytest.fixture
def texts(monkeypatch):
    """The texts that the last picture shows, by axes (0: ranks, 1: growth)."""
    from matplotlib.figure import Figure

    shown = []

    def note(self, *arguments, **options):
        shown[:] = [[text.get_text() for text in axes.texts] for axes in self.axes]
        return save(self, *arguments, **options)

    save = Figure.savefig
    monkeypatch.setattr(Figure, "savefig", note)
    return shown


def test_exponents_are_stated(texts, tmp_path):
    counts = [round(10**6 / rank) for rank in range(1, 50_000)]
    plot_counts(make_counts(counts), tmp_path / "a.svg")
    assert texts[0][0].startswith("Zipf's exponent 1.00\n")
    assert "counts of 10 and more" in texts[0][0]
    assert texts[0][1:] == ["w0", "w9", "w99", "w999", "w9999"]
    read, different = expect_growth(np.array(counts), sum(counts))
    last = read >= sum(counts) / 100
    exponent = np.polyfit(np.log(read[last]), np.log(different[last]), 1)[0]
    assert texts[1][0].startswith(f"Heaps' exponent {exponent:.2f}\n")
    assert texts[1][0].endswith("at the end 0.00% of tokens are new")  # the least count is 20


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_one_token_is_a_point_without_exponents(texts, tmp_path, ending):
    path = tmp_path / f"one.{ending}"
    plot_counts(make_counts([1]), path)
    assert texts == [["w0"], ["at the end 100.00% of tokens are new"]]
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert path.read_bytes().startswith(start)


def test_names_that_would_lie_on_others_are_left_out_and_dollars_are_dollars(texts, tmp_path):
    names = ["$a_{b " + "long " * 3] + [f"word {i:014}" for i in range(200)]
    plot_counts(make_counts([1] * 201, names), tmp_path / "flat.png")
    assert texts[0][0] == "Zipf's exponent 0.00\nleast squares of logarithms"
    assert texts[0][1] == names[0][: LONGEST - 1] + "…"
    assert len(texts[0]) < 4  # of three


def test_millions_of_tokens_are_few_points(tmp_path):
    ranks = np.arange(1, 2_000_001)
    names = pa.DictionaryArray.from_arrays(np.zeros(len(ranks), np.int32), ["词"])
    table = pa.table({"token": names, "count": 10**7 // ranks})
    path = tmp_path / "many.svg"
    counts = SimpleNamespace(table=table, tokens=int((10**7 // ranks).sum()))
    plot_counts(counts, path)
    assert path.stat().st_size < 400_000


def test_nothing_counted_is_an_error_and_no_picture(tmp_path):
    with pytest.raises(DataError, match="nothing was counted"):
        plot_counts(make_counts([]), tmp_path / "none.png")
    assert not list(tmp_path.iterdir())
