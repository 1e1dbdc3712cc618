"""Document-term matrices against one Counter a document, and against scikit-learn's.

Covers octavo.counting.cells, octavo.counting.kept.
"""

from __future__ import annotations

import json
import random
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.counting import count_texts
from octavo.counting.matrix import vectorize_files, vectorize_texts
from octavo.errors import DataError, MissingExtraError, UsageError

sparse = pytest.importorskip("scipy.sparse", reason="octavo[matrix] is not installed")

# "unlike" and others are too long to stand in the table itself
WORDS = ["a", "b", "ab", "北京", "𠮷", "z-z", "unlike-others", "unlike-other", "京"]
texts = st.lists(st.lists(st.sampled_from([*WORDS, "\n"]), max_size=12).map(" ".join), max_size=9)


def grams(words, ngrams):
    return [
        " ".join(words[i : i + n]) for n in range(1, ngrams + 1) for i in range(len(words) - n + 1)
    ]


def count_slowly(texts, ngrams=1, min_count=1, top=None, stop_words=()):
    """Tokens and a dense matrix."""
    rows = [Counter(grams(text.split(), ngrams)) for text in texts]
    total = sum(rows, Counter())
    kept = [t for t, count in total.items() if count >= min_count and t not in stop_words]
    tokens = sorted(sorted(kept, key=lambda token: (-total[token], token))[:top])
    return tokens, [[row[token] for token in tokens] for row in rows]


def check(counted, expected):
    tokens, rows = expected
    assert counted.tokens == tokens
    assert counted.matrix.shape == (len(rows), len(tokens))
    assert counted.matrix.toarray().tolist() == rows
    assert counted.matrix.has_canonical_format
    assert (counted.matrix.data > 0).all()


@given(texts, st.integers(1, 3), st.integers(1, 3), st.sampled_from([None, 1, 4]))
def test_it_is_what_a_counter_a_document_says(texts, ngrams, min_count, top):
    options = {"ngrams": ngrams, "min_count": min_count, "top": top, "stop_words": ["a", "京"]}
    counted = vectorize_texts(texts, "whitespace", **options)
    check(counted, count_slowly(texts, **options))
    check(vectorize_texts(texts, str.split, **options), count_slowly(texts, **options))


def many_texts(number, words=3000):
    drawn = random.Random(number)
    return [
        " ".join(f"word-{drawn.randrange(words)}" for _ in range(drawn.randrange(40)))
        for _ in range(number)
    ]


def test_documents_stay_in_order_whatever_their_files(tmp_path, monkeypatch):
    monkeypatch.setattr("octavo.counting.table.SLICE", 5000)
    monkeypatch.setattr("octavo.counting.matrix.SMALLEST_PART", 40_000)
    texts = many_texts(2000)
    parts = [texts[:3], texts[3:900], texts[900:910], texts[910:1990], texts[1990:]]
    for number, part in enumerate(parts):
        if number % 2:
            lines, name = part, f"{number}.txt"
        else:
            lines, name = [json.dumps({"text": text}) for text in part], f"{number}.jsonl"
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    assert (tmp_path / "3.txt").stat().st_size > 40_000
    counted = vectorize_files(tmp_path, "whitespace", progress=False)
    check(counted, count_slowly(texts))
    same = vectorize_texts(texts, "whitespace")
    assert (counted.matrix != same.matrix).nnz == 0


def test_sums_are_the_counts():
    texts = many_texts(300)
    counted, counts = (
        vectorize_texts(texts, "whitespace", ngrams=2),
        count_texts(texts, "whitespace", ngrams=2),
    )
    sums = np.asarray(counted.matrix.sum(axis=0)).ravel().tolist()
    rows = np.asarray((counted.matrix > 0).sum(axis=0)).ravel().tolist()
    expected = sorted(zip(*counts.table.to_pydict().values(), strict=True))
    assert list(zip(counted.tokens, sums, rows, strict=True)) == expected


def test_the_types_are_those_of_scikit_learn():
    matrix = vectorize_texts(["a b a"], "whitespace").matrix
    assert isinstance(matrix, sparse.csr_matrix)
    assert (matrix.dtype, matrix.indices.dtype, matrix.indptr.dtype) == (np.int64, *[np.int32] * 2)


def test_numbers_of_documents_that_run_out_begin_again(monkeypatch):
    monkeypatch.setattr("octavo.counting.table.DOCUMENTS_BEFORE", 50)
    texts = many_texts(400, words=20)
    monkeypatch.setattr("octavo.counting.segments.TOGETHER", 900)
    check(vectorize_texts(texts, "whitespace"), count_slowly(texts))


def test_a_matrix_is_read_by_scipy_and_its_tokens_are_inside(tmp_path, monkeypatch):
    counted = vectorize_texts(["b a\tb", "北京 b"], lambda text: text.split(" "))
    counted.write(tmp_path / "matrix.npz")
    assert (sparse.load_npz(tmp_path / "matrix.npz") != counted.matrix).nnz == 0
    written = (tmp_path / "matrix.npz").read_bytes()
    monkeypatch.setattr("time.time", lambda: 2e9)
    counted.write(tmp_path / "matrix.npz")
    assert (tmp_path / "matrix.npz").read_bytes() == written  # the same at any time
    lines = np.load(tmp_path / "matrix.npz")["tokens.txt"].decode()
    assert lines.split("\n")[:-1] == ["a\\tb", "b", "北京"]
    assert counted.tokens == ["a\tb", "b", "北京"]
    with pytest.raises(UsageError, match=r"a matrix is written as \.npz\. Received: "):
        counted.write(tmp_path / "matrix.tsv")
    with pytest.raises(DataError, match="cannot be written"):
        counted.write(tmp_path / "nowhere" / "matrix.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["matrix.npz"]


@pytest.mark.parametrize("kind", ["many words", "many documents"])
def test_what_does_not_fit_is_one_error(kind, monkeypatch):
    monkeypatch.setattr("octavo.counting.matrix.LEAST_MEMORY", 0)
    monkeypatch.setattr("octavo.counting.matrix.OVERHEAD", 0)
    texts = many_texts(3000, words=200_000 if kind == "many words" else 50)
    cells = vectorize_texts(texts, "whitespace").matrix.nnz
    words = len({word for text in texts for word in text.split()})
    needed = 20 * cells + 60 * words
    message = r"larger than memory; [\d,]+ documents fitted.*Received: memory="
    with pytest.raises(UsageError, match=message) as caught:
        vectorize_texts(texts, "whitespace", memory=needed // 2)
    assert "\n" not in str(caught.value)
    vectorize_texts(texts, "whitespace", memory=8 * needed)


def test_bad_lines_and_bad_arguments(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_bytes("北京 a\n".encode() + b"b \xe4\xbd\nc\n")
    with pytest.raises(DataError, match=r"lines.txt, line 2: not UTF-8"):
        vectorize_files(path, "whitespace", progress=False)
    left = vectorize_files(path, "whitespace", bad_lines="skip", progress=False)
    assert (left.tokens, left.matrix.shape, left.bad_lines) == (["a", "c", "北京"], (2, 3), 1)
    for options in ({"ngrams": 0}, {"min_count": 0}, {"top": 0}, {"memory": "1KB"}):
        with pytest.raises(UsageError, match="Received: "):
            vectorize_texts(["a"], "whitespace", **options)
    for arguments in ({"texts": "a"}, {"texts": ["a"], "stop_words": "a"}):
        with pytest.raises(UsageError, match="Received: "):
            vectorize_texts(**arguments)


def test_nothing_is_a_matrix_without_columns():
    for texts in ([], ["", " "]):
        check(vectorize_texts(texts, "whitespace"), ([], [[] for _ in texts]))


def test_without_scipy_the_extra_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "scipy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[matrix\]"):
        vectorize_texts(["a"], "whitespace")


@pytest.mark.peer
@pytest.mark.parametrize("ngrams", [1, 2])
def test_it_is_scikit_learns(ngrams):
    text = pytest.importorskip("sklearn.feature_extraction.text")
    texts = ["To be, or not to be", "", "Ünïcode 北京 be-be x", *many_texts(500)]
    peer = text.CountVectorizer(ngram_range=(1, ngrams))
    theirs = peer.fit_transform(texts).sorted_indices()
    ours = vectorize_texts(texts, r"regex:\b\w\w+\b", lowercase=True, ngrams=ngrams)
    assert ours.tokens == peer.get_feature_names_out().tolist()
    for name in ("data", "indices", "indptr"):
        mine, other = getattr(ours.matrix, name), getattr(theirs, name)
        assert (mine.dtype, mine.tolist()) == (other.dtype, other.tolist())
