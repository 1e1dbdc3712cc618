"""Two pictures of the counts of a corpus: Zipf's law, and how its vocabulary grows.

Growth is worked out from the counts, not from the order the corpus was read in: every token is kept
with the same chance f, and the different ones among them are counted,

    E[V] = sum over counts c of types(c) (1 - (1 - f)^c),        n = f N tokens on average,

the binomial interpolation. Exactly n tokens drawn without putting back (the corpus in random order)
differ from it by about 1 part in n. So the picture does not depend on files, parts or processes.

Source: Zipf 1949; Heaps 1978; Baayen 2001, Word Frequency Distributions, section 2.6.1.
"""

from __future__ import annotations

from os import PathLike
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from octavo._lazy import require
from octavo.errors import DataError
from octavo.report.pictures import COLOURS, draw_picture

POINTS = 400  # drawn of a curve, evenly spaced by logarithm
SURE = 10  # a smaller count is shared by so many tokens that a rank says little
LONGEST = 20  # characters of a token that is named
NEXT = 20  # tokens looked at for one worth naming


class Counted(Protocol):
    """What is drawn, such as `octavo.counting.Counts`: its table begins with the largest count."""

    @property
    def table(self) -> Any:
        """An Arrow table with columns token and count."""

    @property
    def tokens(self) -> int:
        """How many were counted."""


def plot_counts(counts: Counted, path: str | PathLike[str]) -> None:
    """Draw count against rank, and different tokens against tokens read.

    Args:
        counts: every token that was counted; with some left out the growth is that of the rest.
        path: where the picture is written; its ending says which kind (.png, .svg, .pdf).

    Raises:
        UsageError: if the path has another ending.
        DataError: if nothing was counted, or the file cannot be created.
        MissingExtraError: if matplotlib is not installed.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from octavo.counting import count_texts
        >>> path = Path(tempfile.mkdtemp()) / "counts.svg"
        >>> plot_counts(count_texts(["to be or not to be"], "whitespace"), path)
        >>> path.read_text()[:5]
        '<?xml'
    """
    if not len(counts.table):
        raise DataError("nothing was counted, so there is nothing to draw")
    ranked = counts.table["count"].to_numpy()
    names = find_names(counts.table["token"])
    with draw_picture(path, names.values()) as pyplot:
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
        _draw_ranks(left, ranked, names)
        _draw_growth(right, ranked, counts.tokens)
        for axes in (left, right):
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(color="0.92")
            axes.set_axisbelow(True)
        _drop_overlaps(figure, left)


def expect_growth(ranked: NDArray[np.int64], tokens: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Different tokens to expect among fewer, by the formula above.

    Args:
        ranked: counts, int64 (types,), in any order.
        tokens: how many tokens were counted, N.

    Returns:
        Tokens read, int64 (points,), evenly spaced by logarithm from 1 to N; and different tokens
        expected among them, float64 (points,).

    Example:
        >>> read, different = expect_growth(np.array([2, 2, 1, 1]), 6)
        >>> read.tolist(), different.round(2).tolist()
        ([1, 2, 3, 4, 5, 6], [0.94, 1.78, 2.5, 3.11, 3.61, 4.0])
    """
    values, types = np.unique(ranked, return_counts=True)
    read = _spread(tokens)
    absent = [types @ np.exp(values * np.log1p(-n / tokens)) for n in read[:-1]]
    return read, len(ranked) - np.array([*absent, 0.0])


def fit_exponent(x: NDArray[Any], y: NDArray[Any]) -> tuple[float, float] | None:
    """Exponent and factor of y = factor * x^exponent, by least squares of the logarithms.

    Returns:
        None where fewer than two x differ.

    Example:
        >>> fit = fit_exponent(np.array([1, 10, 100]), np.array([50.0, 5.0, 0.5]))
        >>> [round(value, 6) for value in fit]
        [-1.0, 50.0]
    """
    if len(np.unique(x)) < 2:
        return None
    exponent, intercept = np.polyfit(np.log(x), np.log(y), 1)
    return float(exponent), float(np.exp(intercept))


def find_names(tokens: Any) -> dict[int, str]:
    """Tokens to name in the picture, by rank: at 1, 10, 100, ..., or soon after, one with letters.

    Args:
        tokens: the tokens that were counted, an Arrow column (types,).

    Example:
        >>> import pyarrow
        >>> find_names(pyarrow.chunked_array([[",", "the", ".", "of"]]))
        {2: 'the'}
    """
    names = {}
    first = 1
    while first <= len(tokens):
        near = tokens.slice(first - 1, min(NEXT, 2 * first)).to_pylist()
        for rank, token in enumerate(near, first):
            if token.isprintable() and any(character.isalnum() for character in token):
                names[rank] = token if len(token) <= LONGEST else token[: LONGEST - 1] + "…"
                break
        first *= 10
    return names


def _draw_ranks(axes: Any, ranked: NDArray[np.int64], names: dict[int, str]) -> None:
    """Counts against ranks, the fitted line, some tokens by name."""
    ranks = _spread(len(ranked))
    drawn = ranked[ranks - 1]
    axes.loglog(ranks, drawn, ".", color=COLOURS[0], ms=4)
    sure, which = drawn >= SURE, f"\non counts of {SURE} and more"
    if sure.sum() < SURE:
        sure, which = drawn > 0, ""
    fit = fit_exponent(ranks[sure], drawn[sure])
    if fit:
        axes.plot(ranks, fit[1] * ranks ** fit[0], "--", color=COLOURS[1], lw=1.2, zorder=1)
        text = f"Zipf's exponent {abs(fit[0]):.2f}\nleast squares of logarithms{which}"
        axes.text(0.03, 0.04, text, transform=axes.transAxes, color=COLOURS[1], fontsize=9)
    halo = [require("matplotlib.patheffects", extra="plot").withStroke(linewidth=3, foreground="w")]
    for rank, name in names.items():
        place = (rank, ranked[rank - 1])
        axes.plot(*place, "o", color=COLOURS[0], ms=5)
        axes.annotate(name, place, (5, 5), textcoords="offset points", parse_math=False,
                      path_effects=halo)  # fmt: skip
    axes.set(
        xlim=(0.7, max(10, len(ranked) * 4)),  # room for the last name
        ylim=(min(0.6, drawn[-1] * 0.6), max(10, drawn[0] * 3)),
        xlabel="rank",
        ylabel="count",
        title=f"different tokens by count: {len(ranked):,}",
    )


def _draw_growth(axes: Any, ranked: NDArray[np.int64], tokens: int) -> None:
    """Different tokens against tokens read, and the fitted line."""
    read, different = expect_growth(ranked, tokens)
    axes.loglog(read, different, color=COLOURS[0], lw=1.8, marker="o" if tokens == 1 else "")
    last = read >= tokens / 100
    fit = fit_exponent(read[last], different[last])
    lines = []
    if fit:
        axes.plot(read, fit[1] * read ** fit[0], "--", color=COLOURS[1], lw=1.2, zorder=1)
        lines = [f"Heaps' exponent {fit[0]:.2f}", "least squares of logarithms"]
        lines += ["on the last two decades"] * (tokens > 100)
    new = (ranked == 1).sum() / tokens  # the slope of the formula at its end
    text = "\n".join([*lines, f"at the end {new:.2%} of tokens are new"])
    axes.text(0.97, 0.04, text, transform=axes.transAxes, ha="right", color=COLOURS[1], fontsize=9)
    axes.set(
        xlabel="tokens read, in random order",
        ylabel="different tokens to expect",
        title=f"growth of the vocabulary, tokens: {tokens:,}",
    )


def _spread(last: int) -> NDArray[np.int64]:
    """Whole numbers from 1 to `last`, evenly spaced by logarithm."""
    return np.unique(np.geomspace(1, last, POINTS).round().astype(np.int64))


def _drop_overlaps(figure: Any, axes: Any) -> None:
    """Leave out a name that would lie on one before it."""
    figure.canvas.draw()
    placed: list[Any] = []
    for text in [text for text in axes.texts if hasattr(text, "xyann")]:
        box = text.get_window_extent()
        if any(box.overlaps(other) for other in placed):
            text.remove()
        else:
            placed.append(box)
