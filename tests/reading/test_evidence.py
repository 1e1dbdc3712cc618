"""Answers in the words of the passages: whole words, places, candidates, scores.

Covers octavo.reading.boundaries.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.decoding import Decoded
from octavo.reading.calibration import Calibration
from octavo.reading.evidence import Prepared, make_answer, whole_words
from octavo.reading.question_files import Passage
from octavo.reading.unknown_words import UnknownWords
from octavo.reading.windows import cut_windows
from octavo.text import WordPieceTokenizer
from octavo.text.vocabulary import SPECIAL_TOKENS

TOKENIZER = WordPieceTokenizer([*SPECIAL_TOKENS, *"甲乙丙丁戊，19"])


@pytest.mark.parametrize(
    ("text", "marked", "whole"),
    [
        ("全长167.8公里", "167", "167.8"),
        ("全长167.8公里", "8公里", "167.8公里"),
        ("共1,234,567人", "234", "1,234,567"),
        ("第3.", "3", "3"),
        ("it was Alice Springs.", "lice Spr", "Alice Springs"),
        ("他说“好”了", "“好", "好"),
        ("他说“好”了", "好”", "好"),
        ("他说“好”了", "“好”", "“好”"),
        ("《红楼梦》是小说", "《红楼梦", "红楼梦"),
        ("《红楼梦》是小说", "《红楼梦》", "《红楼梦》"),
        ("北京（首都）在", "北京（首都）", "北京（首都）"),
        ("甲，乙", "，乙", "乙"),
        ("甲，乙", "，", "，"),
        ("5G手机", "5", "5G"),
        ("café au lait", "caf", "café"),
        ('say "yes" now', '"yes', "yes"),
    ],
)
def test_words_numbers_and_marks_are_whole(text, marked, whole):
    start = text.index(marked)
    assert text[slice(*whole_words(text, start, start + len(marked)))] == whole


@given(st.text('a1.,“”《》"甲 ，', min_size=1, max_size=12), st.data())
def test_a_span_stays_one_within_its_text(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    first, last = whole_words(text, start, end)
    assert 0 <= first < last <= len(text)


def prepare(*texts):
    encodings = TOKENIZER.encode_many(texts)
    passages = [
        (Passage(text, source=str(n)), e)
        for n, (text, e) in enumerate(zip(texts, encodings, strict=True))
    ]
    words = UnknownWords(TOKENIZER)
    ids = [words.number(text, e) for text, e in zip(texts, encodings, strict=True)]
    windows = [w for n, tokens in enumerate(ids) for w in cut_windows(n, tokens, 8, 2)]
    return Prepared("谁？", TOKENIZER.encode("谁？"), passages, ids, windows, [], len(windows))


def decode(answers, rows, doubts=-3.0):
    tokens = [TOKENIZER.encode(answer).ids.tolist() for answer in answers]
    scores = -np.arange(1.0, len(answers) + 1)
    shares = np.full((rows, len(answers)), -2.0)
    shares[-1] = -1.0
    full = np.full(rows, doubts)
    steps, starts = np.full(len(answers), 2), np.zeros((rows, 16))
    return Decoded(tokens, scores, steps, shares, np.full(rows, 0.1), full, full < 0, starts)


def test_the_answer_stands_in_the_passage_that_votes_most():
    answer = make_answer(prepare("甲乙", "丙乙丁"), decode(["乙"], 2), TOKENIZER)
    assert (answer.text, answer.score) == ("乙", pytest.approx(np.exp(-0.5)))
    found = answer.to_dict()
    assert [found[key] for key in ("answer", "passage", "start", "end")] == ["乙", 2, 1, 2]
    assert [vote.spans for vote in answer.passages] == [((1, 2),), ((1, 2),)]


def test_an_answer_stands_where_the_reader_points():
    prepared = prepare("甲乙丙甲丁戊己甲乙甲丙")  # windows of 8 tokens from 0 and from 3
    assert [window.start for window in prepared.windows] == [0, 3]
    decoded = decode(["甲"], 2)
    for row, place, expected in ((0, 4, 3), (1, 5, 7), (1, 7, 9)):
        decoded.starts[:] = 0.1
        decoded.starts[row, place] = 0.5
        answer = make_answer(prepared, decoded, TOKENIZER)
        assert (answer.candidates[0].start, answer.candidates[0].end) == (expected, expected + 1)
        assert answer.passages[0].spans == ((0, 1), (3, 4), (7, 8), (9, 10))


def test_an_answer_is_a_word_or_a_number_of_its_own():
    prepared = prepare("3.5甲3乙23")
    decoded = decode([""], 1)
    (place,) = np.flatnonzero(prepared.passages[0][1].starts == 4)
    decoded.tokens[0] = [int(prepared.ids[0][place])]
    answer = make_answer(prepared, decoded, TOKENIZER)
    assert answer.text == "3"
    assert answer.passages[0].spans == ((4, 5),)
    decoded.starts[0, 1] = 0.5  # the reader points into the other number: all of it
    answer = make_answer(prepared, decoded, TOKENIZER)
    assert answer.text == "3.5"
    assert answer.passages[0].spans == ((0, 3), (4, 5))


def test_a_mark_alone_is_no_other_answer():
    decoded = decode(["甲乙", "，", "丁"], 1)
    answer = make_answer(prepare("甲乙，丁"), decoded, TOKENIZER, top_k=3)
    assert [candidate.text for candidate in answer.candidates] == ["甲乙", "丁"]


def test_answers_do_not_overlap():
    decoded = decode(["甲乙", "乙", "丙", "甲乙丙", "丁戊"], 1)
    answer = make_answer(prepare("甲乙丙丁戊"), decoded, TOKENIZER, top_k=3)
    assert [candidate.text for candidate in answer.candidates] == ["甲乙", "丙", "丁戊"]
    assert answer.candidates[0].text == answer.text
    assert [c["answer"] for c in answer.to_dict()["candidates"]] == ["甲乙", "丙", "丁戊"]
    one = make_answer(prepare("甲乙丙丁戊"), decoded, TOKENIZER)
    assert len(one.candidates) == 1


def test_answers_at_the_same_place_of_other_passages_do_not_overlap():
    decoded = decode(["甲", "丙"], 2)
    decoded.row_scores[:] = [[-1.0, -2.0], [-2.0, -1.0]]
    answer = make_answer(prepare("甲乙", "丙乙"), decoded, TOKENIZER, top_k=2)
    assert [(c.text, c.passage, c.start) for c in answer.candidates] == [("甲", 1, 0), ("丙", 2, 0)]


def test_an_unknown_word_stands_where_it_stands_and_nowhere_else():
    prepared = prepare("🙋甲𪚥", "乙𪚥🙋")
    decoded = decode([""], 2)
    decoded.tokens[0] = [int(prepared.ids[0][2])]
    answer = make_answer(prepared, decoded, TOKENIZER)
    assert answer.text == "𪚥"
    assert [vote.spans for vote in answer.passages] == [((2, 3),), ((1, 2),)]


def test_without_an_answer_nothing_stands_anywhere():
    answer = make_answer(prepare("甲乙"), decode([""], 1, doubts=2.0), TOKENIZER)
    assert not answer.found
    assert answer.candidates == ()
    assert answer.score == pytest.approx(0.1)
    found = answer.to_dict()
    assert [found[key] for key in ("answer", "passage", "start", "end")] == ["", None, None, None]


def test_calibrated_scores_are_the_regressions():
    calibration = Calibration((0.0, 0.0, 0.0, 1.0), (1.0, 0.0))
    chance = 1 / (1 + np.exp(-1.0))
    found = make_answer(prepare("甲乙"), decode(["乙"], 1), TOKENIZER, calibration)
    assert found.score == pytest.approx(chance)
    nothing = make_answer(prepare("甲乙"), decode([""], 1, doubts=1.0), TOKENIZER, calibration)
    assert nothing.score == pytest.approx(chance)
