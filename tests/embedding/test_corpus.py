"""A corpus as numbers, against counting and numbering by hand.

Covers octavo.embedding.encoding.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")

from octavo.embedding import corpus as corpus_module
from octavo.embedding.corpus import encode_files, encode_texts, load_corpus
from octavo.embedding.encoding import Options
from octavo.errors import DataError

SPACES = Options("whitespace")
words = st.sampled_from(["a", "b", "北京", "A", "\ud800", "z" * 40])
texts = st.lists(st.lists(words, max_size=9).map(" ".join), max_size=9)


def encode_slowly(texts, min_count, known=()):
    split = [[w.replace("\ud800", "\ufffd") for w in text.split()] for text in texts]
    counts = Counter(word for text in split for word in text)
    kept = [word for word in counts if counts[word] >= min_count and word not in known]
    vocabulary = [*known, *sorted(kept, key=lambda word: (-counts[word], word))]
    numbers = [[vocabulary.index(w) for w in text if w in vocabulary] for text in split]
    return vocabulary, [counts[word] for word in vocabulary], numbers


def split_documents(corpus):
    return [part.tolist() for part in np.split(corpus.tokens, corpus.ends)[:-1]]


@given(texts, st.integers(1, 3), st.sampled_from([(), ("b", "new")]), st.sampled_from([1, 3, 100]))
def test_numbers_are_those_of_numbering_by_hand(texts, min_count, known, block):
    vocabulary, counts, numbers = encode_slowly(texts, min_count, known)
    before, corpus_module.BLOCK = corpus_module.BLOCK, block
    try:
        with tempfile.TemporaryDirectory() as folder:
            if not sum(counts):
                with pytest.raises(DataError, match="nothing to learn from"):
                    encode_texts(iter(texts), Path(folder), SPACES, min_count, known)
                return
            corpus = encode_texts(iter(texts), Path(folder), SPACES, min_count, known)
            assert corpus.words == vocabulary
            assert corpus.counts.tolist() == counts
            assert split_documents(corpus) == numbers
    finally:
        corpus_module.BLOCK = before


def test_files_are_one_corpus_whatever_the_workers(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus_module, "SMALLEST_RANGE", 200)
    monkeypatch.setattr(corpus_module, "ALONE", 0)
    lines = [f"w{number % 37} w{number % 5} and" for number in range(400)]
    (tmp_path / "a.txt").write_text("\n".join(lines[:350]) + "\n")
    (tmp_path / "b.txt").write_text("\n".join(lines[350:355]) + "\n")
    (tmp_path / "c.txt").write_text("\n".join(lines[355:]) + "\n")
    paths = sorted(tmp_path.iterdir())
    found = []
    for workers in (1, 2):
        folder = tmp_path / f"corpus{workers}"
        folder.mkdir()
        corpus = encode_files(paths, folder, SPACES, 2, workers=workers, progress=False)
        assert sorted(path.name for path in folder.iterdir()) == sorted(
            [*corpus_module.FILES, corpus_module.MANIFEST]
        )
        found.append((corpus.words, split_documents(corpus)))
    assert found[0] == found[1] == encode_slowly(lines, 2)[::2]


def test_options_change_texts_and_lines(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "Ａ a"}\n{"text": "\\ud800"}\n')
    (tmp_path / "b.txt").write_bytes(b"a A\n\n\xff a\n")
    options = Options("whitespace", lowercase=True, nfkc=True)
    corpus = encode_files(
        [tmp_path / "a.jsonl", tmp_path / "b.txt"], tmp_path, options, 1,
        bad_lines="skip", progress=False,
    )  # fmt: skip
    assert corpus.words == ["a", "\ufffd"]
    assert split_documents(corpus) == [[0, 0], [1], [0, 0], []]
    assert corpus.bad_lines == 1


def test_a_word_is_one_line_of_the_vocabulary(tmp_path):
    cut = {"x": ["New\nYork", " ", "New  York", ""], "y": ["a"]}
    corpus = encode_texts(["x", "y"], tmp_path, Options(lambda text: cut[text]), 1)
    assert corpus.words == ["New York", "a"]
    assert split_documents(corpus) == [[0, 0], [1]]


def test_a_faulty_text_is_named(tmp_path):
    with pytest.raises(DataError, match="number 1, from 0, is None"):
        encode_texts(["a", None], tmp_path, SPACES, 1)
    with pytest.raises(DataError, match=r"document 1, from 0: the segmenter failed: ZeroDivision"):
        encode_texts(
            ["a", "b"], tmp_path, Options(lambda text: [text, "x" * (1 // (text != "b"))]), 1
        )
    (tmp_path / "bad.txt").write_bytes(b"a\n\xff\n")
    with pytest.raises(DataError, match=r"bad.txt, line 2: not UTF-8"):
        encode_files(tmp_path / "bad.txt", tmp_path, SPACES, 1, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.txt"]


def test_damage_is_seen_when_a_corpus_is_opened(tmp_path):
    encode_texts(["a b", "b c"], tmp_path, SPACES, 1)
    for name in (*corpus_module.FILES, corpus_module.MANIFEST):
        good = (tmp_path / name).read_bytes()
        for bad in (good[:-1], good[:-2] + bytes([good[-2] ^ 1]) + good[-1:], b""):
            (tmp_path / name).write_bytes(bad)
            if name == corpus_module.MANIFEST and bad == good[:-1]:
                continue  # the line end alone
            with pytest.raises(DataError, match=name):
                load_corpus(tmp_path)
        (tmp_path / name).write_bytes(good)
    assert load_corpus(tmp_path).words == ["b", "a", "c"]


def test_no_process_begins_for_a_small_corpus(tmp_path, monkeypatch):
    def note(function, tasks, workers, **options):
        assert workers == 1
        return run_tasks(function, tasks, workers, **options)

    run_tasks = corpus_module.run_tasks
    monkeypatch.setattr(corpus_module, "run_tasks", note)
    monkeypatch.setattr(corpus_module, "SMALLEST_RANGE", 2)
    (tmp_path / "texts.txt").write_text("to be or not to be\n" * 20)
    (tmp_path / "corpus").mkdir()
    paths, folder = [tmp_path / "texts.txt"], tmp_path / "corpus"
    assert len(encode_files(paths, folder, SPACES, 1, workers=4, progress=False).tokens) == 120
