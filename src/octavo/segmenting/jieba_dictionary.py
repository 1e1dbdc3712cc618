"""What jieba knows of Chinese, read from its files: words, counts, and a model of new ones."""

from __future__ import annotations

import importlib.util
import math
import pickle
import re
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

from octavo._files import open_text
from octavo._lazy import check_installed
from octavo.errors import DataError

STATES = "BEMS"  # a character begins, ends, goes on within, or is a word
LONGEST, DIGITS = 100, 18  # of a word of a dictionary, and of its count
NEVER = -3.14e100  # jieba's logarithm of a probability of 0
_ENTRY = re.compile(r"(?P<word>.+?)(?: (?P<count>\d+))?(?: (?P<tag>[a-z]+))?")
_LATIN = re.compile("[a-zA-Z0-9]")


class Lexicon(NamedTuple):
    """Words, and a hidden Markov model of the characters of words that are not among them.

    Args:
        words: the words, of one character or more; of one that is there twice the last counts.
        counts: how often each occurs, 0 or more.
        total: the sum of the counts, of both where a word is there twice.
        start: the log probabilities of the states BEMS of a first character, float64 (4,).
        transitions: the log probabilities of a state after a state, float64 (4, 4).
        emissions: the log probabilities of a character in each state, if it is known.
    """

    words: list[str]
    counts: list[int]
    total: int
    start: np.ndarray
    transitions: np.ndarray
    emissions: list[dict[str, float]]


def load_lexicon(dictionary: str | None = None) -> Lexicon:
    """Read the lexicon of the installed jieba.

    Args:
        dictionary: a file of more words: word, count, tag, the last two as you like.

    Raises:
        MissingExtraError: if jieba is not installed.
        DataError: naming file and line, if a file cannot be read.

    Example:
        >>> lexicon = load_lexicon()
        >>> lexicon.counts[lexicon.words.index("北京大学")]
        2053
    """
    check_installed("jieba", extra="count")
    spec = importlib.util.find_spec("jieba")
    folder = Path(spec.origin).parent  # type: ignore[union-attr, arg-type]  # it is installed
    start, transitions, emissions = (
        pickle.loads(_read(folder / "finalseg" / f"prob_{name}.p"))
        for name in ("start", "trans", "emit")
    )
    fields = _read(folder / "dict.txt").decode().split()  # always word, count and tag
    words, counts = fields[::3], list(map(int, fields[1::3]))
    total = sum(counts)
    if dictionary is not None:
        total = _add_words(dictionary, words, counts, total)
    return Lexicon(
        words,
        counts,
        total,
        np.array([start[state] for state in STATES]),
        np.array([[transitions[a].get(b, NEVER) for b in STATES] for a in STATES]),
        [emissions[state] for state in STATES],
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"cannot be read: {error.strerror}; pip install jieba==0.42.1", path
        ) from None


def _add_words(path: str, words: list[str], counts: list[int], total: int) -> int:
    """Add the words of a file as `jieba.load_userdict` does; gives the new total."""
    known = dict(zip(words, counts, strict=True))
    left_out: list[tuple[int, str]] = []
    with open_text(path) as file:
        for number, line in enumerate(file, 1):
            if not (line := line.strip()):
                continue
            found = _ENTRY.fullmatch(line)
            assert found is not None  # anything is a word
            word, given = found.group("word", "count")
            if any(character.isspace() for character in word):
                left_out.append((number, line))  # no text is cut into words with blanks
                continue
            if len(word) > LONGEST or len(given or "") > DIGITS:
                message = f"a word of {LONGEST} characters and a count of {DIGITS} digits at most"
                raise DataError(f"expected {message}, found {line[:50]!r}...", path, number)
            count = int(given) if given else _suggest_count(word, known, total)
            known[word] = count
            words.append(word)
            counts.append(count)
            total += count
    if left_out:
        number, line = left_out[0]
        lines = "line is" if len(left_out) == 1 else "lines are"
        warnings.warn(
            f"{path}: {len(left_out):,} {lines} left out, as jieba never finds such words: one "
            "without blanks, a count and a tag of small letters are wanted, one blank between; the "
            f"first is line {number}: {line[:50]!r}",
            stacklevel=2,
        )
    return total


def _suggest_count(word: str, known: dict[str, int], total: int) -> int:
    """The least count with which a word is not cut apart, as `jieba.suggest_freq` has it."""
    likely = 1.0
    for inner in cut_known(word, known, total):
        likely *= known.get(inner, 1) / float(total)
    return max(int(likely * total) + 1, known.get(word, 1))


def cut_known(text: str, known: dict[str, int], total: int) -> list[str]:
    """The most likely known words of a text; Latin letters that are left, together.

    Args:
        text: a text without blanks.
        known: counts by word; a character that is none counts as a word seen once.
        total: the sum of all counts.

    Example:
        >>> cut_known("北京大学生", {"北京": 9, "大学": 5, "大学生": 4}, 18)
        ['北京', '大学生']
    """
    size = len(text)
    best, ends = [0.0] * (size + 1), [0] * (size + 1)
    for i in reversed(range(size)):
        candidates = [j for j in range(i + 1, size + 1) if known.get(text[i:j])] or [i + 1]
        scores = [
            (math.log(known.get(text[i:j]) or 1) - math.log(total) + best[j], j) for j in candidates
        ]
        best[i], ends[i] = max(scores)
    words: list[str] = []
    i, joined = 0, False
    while i < size:
        word = text[i : ends[i]]
        single = len(word) == 1 and _LATIN.match(word) is not None
        if single and joined:
            words[-1] += word
        else:
            words.append(word)
        i, joined = ends[i], single
    return words
