"""The arrays of a batch: shares, places and labels, against the text they were made from.

Covers octavo.pretraining.spans.
"""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from octavo.corpus.encoding import Encoder
from octavo.pretraining.examples import Examples, Fragments
from octavo.pretraining.objectives import Masking
from octavo.text import WordPieceTokenizer
from octavo.text.vocabulary import SPECIAL_TOKENS

WORDS = [f"w{n}" for n in range(40)]
TOKENIZER = WordPieceTokenizer([*SPECIAL_TOKENS, "[unused1]", *WORDS])
FIRST = len(SPECIAL_TOKENS) + 1
PAD, UNK, CLS, SEP, MASK = range(5)

fragment = st.lists(
    st.tuples(st.sampled_from([UNK, *range(FIRST, FIRST + 40)]), st.booleans()),
    min_size=8,
    max_size=20,
)
row = st.lists(fragment, min_size=1, max_size=3)


def as_arrays(fragment):
    return np.array([i for i, _ in fragment]), np.array([b for _, b in fragment])


def unpack(row):
    return [as_arrays(fragment) for fragment in row]


def pack(rows):
    fragments = [fragment for row in rows for fragment in row]
    ids, begins = (np.concatenate([fragment[i] for fragment in fragments]) for i in (0, 1))
    sizes = np.array([len(ids) for ids, _ in fragments])
    return Fragments(ids, begins, sizes, np.array([len(row) for row in rows]))


@given(rows=st.lists(row, min_size=1, max_size=4), seed=st.integers(0, 99))
def test_masked_rows_can_be_mended(rows, seed):
    examples = Examples(TOKENIZER, 80, {"mlm": 1.0}, Masking(0.4))
    inputs, labels, weights = examples.arrays(
        pack([unpack(row) for row in rows]), np.random.default_rng(seed)
    )
    for number, row in enumerate(rows):
        whole = [t for fragment in row for t in (CLS, *(i for i, _ in fragment), SEP)]
        count = int(weights[number].sum())
        assert weights[number].tolist() == [1.0] * count + [0.0] * (
            examples.prediction_count - count
        )
        places = inputs["mask_positions"][number][:count]
        assert (np.diff(places) > 0).all()
        tokens = inputs["token_ids"][number]
        assert (labels[number][:count] != UNK).all()
        mended = tokens.copy()
        mended[places] = labels[number][:count]
        assert mended.tolist() == whole + [PAD] * (80 - len(whole))
        changed = np.setdiff1d(np.flatnonzero(tokens != mended), places)
        assert not len(changed)
        assert not set(tokens[places].tolist()) & {PAD, UNK, CLS, SEP, FIRST - 1}
        texts = [n for n, fragment in enumerate(row, 1) for _ in range(len(fragment) + 2)]
        assert inputs["document_ids"][number].tolist() == texts + [0] * (80 - len(texts))
        starts = [p for fragment in row for p in range(len(fragment) + 2)]
        assert inputs["position_ids"][number].tolist() == starts + [0] * (80 - len(texts))
        assert not inputs["segment_ids"][number].any()


@given(row=row, seed=st.integers(0, 99))
def test_words_are_masked_whole(row, seed):
    examples = Examples(TOKENIZER, 80, {"mlm": 1.0}, Masking(0.3), prediction_count=80)
    inputs, _, weights = examples.arrays(pack([unpack(row)]), np.random.default_rng(seed))
    chosen = set(inputs["mask_positions"][0][weights[0] > 0].tolist())
    at = 0
    for fragment in row:
        words: list[list[int]] = []
        for offset, (token, begins) in enumerate(fragment, at + 1):
            if begins or offset == at + 1:
                words.append([])
            if token != UNK:
                words[-1].append(offset)
        at += len(fragment) + 2
        # a fragment that begins inside a word: its first tokens belong to no word before them
        for word in words:
            assert len(chosen & set(word)) in (0, len(word))


def test_the_shares_are_those_asked_for():
    random = np.random.default_rng(0)
    ids = random.integers(FIRST, FIRST + 40, (600, 120))
    rows = [[(line, np.ones(120, bool))] for line in ids]
    examples = Examples(TOKENIZER, 128, {"mlm": 1.0}, Masking(0.15), prediction_count=60)
    inputs, labels, weights = examples.arrays(pack(rows), random)
    asked = weights > 0
    assert asked.sum() / ids.size == pytest.approx(0.15, abs=0.005)
    shown = np.take_along_axis(inputs["token_ids"], inputs["mask_positions"], 1)[asked]
    assert (shown == MASK).mean() == pytest.approx(0.8, abs=0.015)
    kept = shown == labels[asked]  # a fortieth of the random ones is the token itself
    assert kept.mean() == pytest.approx(0.1 + 0.1 / 40, abs=0.01)
    drawn = np.bincount(shown[(shown != MASK) & ~kept], minlength=len(TOKENIZER))
    assert drawn[:FIRST].sum() == 0
    assert (drawn[FIRST:] > 0).all()


def test_rows_with_too_many_chosen_words_keep_whole_ones():
    rows = [[(np.full(100, FIRST), np.arange(100) % 2 == 0)] for _ in range(50)]
    examples = Examples(TOKENIZER, 128, {"mlm": 1.0}, Masking(0.5), prediction_count=16)
    inputs, _, weights = examples.arrays(pack(rows), np.random.default_rng(0))
    counts = weights.sum(axis=1)
    assert (counts <= 16).all()
    assert (counts >= 15).all()
    for places, count in zip(inputs["mask_positions"], counts.astype(int), strict=True):
        pairs = places[:count].reshape(-1, 2)
        assert (pairs[:, 1] == pairs[:, 0] + 1).all()


@given(rows=st.lists(row, min_size=1, max_size=3), seed=st.integers(0, 99))
@pytest.mark.parametrize("name", ["lm", "unilm"])
def test_written_tokens_are_named_from_the_place_before(name, rows, seed):
    examples = Examples(TOKENIZER, 80, {name: 1.0}, Masking())
    inputs, labels, weights = examples.arrays(
        pack([unpack(row) for row in rows]), np.random.default_rng(seed)
    )
    tokens, segments = inputs["token_ids"], inputs["segment_ids"]
    for number, row in enumerate(rows):
        at = 0
        for fragment in row:
            ids = [i for i, _ in fragment]
            end = at + len(ids) + (2 if name == "lm" else 3)
            line, kinds = tokens[number, at:end].tolist(), segments[number, at:end].tolist()
            read = kinds.index(1)
            assert kinds == [0] * read + [1] * (len(kinds) - read)
            assert (line[0], line[-1]) == (CLS, SEP)
            inner = [*line[1 : read - 1], *line[read:-1]] if name == "unilm" else line[1:-1]
            assert inner == ids
            assert line[read - 1] == (SEP if name == "unilm" else CLS)
            assert len(line) - 1 - read >= 1  # something is left to write
            at = end
        asked = weights[number] > 0
        places = inputs["mask_positions"][number][asked]
        written = [p for p in range(80) if segments[number, p] and tokens[number, p] != UNK]
        assert (places + 1).tolist() == written
        assert labels[number][asked].tolist() == tokens[number][written].tolist()


def test_objectives_mix_by_their_weights():
    rows = [[(np.full(20, FIRST), np.ones(20, bool))] for _ in range(2000)]
    examples = Examples(TOKENIZER, 32, {"mlm": 0.5, "lm": 0.2, "unilm": 0.3}, Masking())
    segments = examples.arrays(pack(rows), np.random.default_rng(0))[0]["segment_ids"]
    causal = (segments[:, 1] == 1).mean()
    masked = (segments.sum(axis=1) == 0).mean()
    assert causal == pytest.approx(0.2, abs=0.03)
    assert masked == pytest.approx(0.5, abs=0.04)


@given(rows=st.lists(row, min_size=1, max_size=3), seed=st.integers(0, 99))
def test_a_span_is_answered_from_its_passage(rows, seed):
    """Words of w38 end sentences here, and w39 is a comma."""
    examples = Examples(TOKENIZER, 90, {"span": 1.0}, Masking())
    examples.ends[FIRST + 38] = examples.marks[FIRST + 38 : FIRST + 40] = True
    inputs, labels, weights = examples.arrays(
        pack([unpack(row) for row in rows]), np.random.default_rng(seed)
    )
    for number, row in enumerate(rows):
        for text, fragment in enumerate(row, 1):
            part = inputs["document_ids"][number] == text
            line, kinds = inputs["token_ids"][number][part], inputs["segment_ids"][number][part]
            answer, read = line[kinds == 1].tolist(), line[kinds == 0].tolist()
            assert (read[0], read[-1], answer[-1]) == (CLS, SEP, SEP)
            ids = [i for i, _ in fragment]
            if MASK not in read:  # no span recurs: a text cut in two
                assert [*read[1:-1], *answer[:-1]] == ids
                continue
            middle = read.index(SEP)
            passage, question, answer = read[1:middle], read[middle + 1 : -1], answer[:-1]
            hole = question.index(MASK)
            sentence = [*question[:hole], *answer, *question[hole + 1 :]]
            assert sorted([*passage, *sentence]) == sorted(ids)
            assert 2 <= len(answer) <= 10
            assert not set(answer) & {FIRST + 38, FIRST + 39}
            assert any(passage[i : i + len(answer)] == answer for i in range(len(passage)))
            assert FIRST + 38 not in sentence[:-1]
        assert (labels[number][weights[number] > 0] != UNK).all()


def test_words_with_punctuation_in_them_make_no_empty_span():
    """As white space cuts "hello, you": the comma belongs to the word."""
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "hello", "you", "me", "hi", ",", "!"])
    examples = Examples(tokenizer, 64, {"span": 1.0}, Masking())
    encoder = Encoder(tokenizer, str.split)
    texts = ["hello, you me ! hello, hi me ! hi you hello, me !", "hi you me ! you me hi !"]
    (ids, begins), (other, starts) = encoder.encode(texts)
    starts[1] = starts[4] = False  # words of two tokens: "hi you", "you me"
    for seed in range(40):
        inputs, labels, weights = examples.arrays(
            pack([[(ids, begins)], [(other, starts)]]), np.random.default_rng(seed)
        )
        for line, kinds in zip(inputs["token_ids"], inputs["segment_ids"], strict=True):
            written = line[kinds == 1].tolist()
            assert len(written) > 1
            assert written[-1] == SEP
        assert (labels[weights > 0] > 0).all()


def test_the_rate_of_masks_follows_its_schedule():
    rows = [[(np.full(100, FIRST), np.ones(100, bool))] for _ in range(100)]
    examples = Examples(TOKENIZER, 128, {"mlm": 1.0}, Masking(0.3, final_mask_selection_rate=0.1))
    counts = [
        examples.arrays(pack(rows), np.random.default_rng(0), share)[2].sum() / 10_000
        for share in (0.0, 0.5, 1.0)
    ]
    assert counts == pytest.approx([0.3, 0.2, 0.1], abs=0.015)
