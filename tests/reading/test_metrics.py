"""CMRC's, the Sogou tool's and the no-answer scores: hand-counted cases, oracles, invariants.

Checked by hand against the published programs, which are not part of this repository:

- CMRC's script (version 6, with NLTK 3.10.4's word tokenizer; its split into English sentences,
  which needs a model of its own, was left out), 53,444 pairs of CMRC train and dev (whole
  sentences, random and shifted pieces, annotators against each other): EM equal in all, F1 in all
  but 13 (English in single quotes, "wanna"); the means differ by less than 1e-5.
- The Sogou tool (Python 2.7), 30,000 predictions on its own answers (right, aliases, halves,
  punctuated, reordered, full width, empty, other questions' answers): right or not, F1, precision
  and recall equal in all.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.reading.metrics import (
    cmrc_exact_match,
    cmrc_f1,
    cmrc_scores,
    cmrc_tokens,
    longest_common_run,
    no_answer_scores,
    sogou_match,
    sogou_scores,
)

SMALL_TEXTS = st.text("红楼梦石头记ab12，。 -", max_size=12)
ANSWERS = st.lists(SMALL_TEXTS, min_size=1, max_size=3)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("永乐十八年（1420年）", ["永", "乐", "十", "八", "年", "1420", "年"]),
        ("光荣和ω-Force", ["光", "荣", "和", "ωforce"]),
        ("The U.S. (1990)", ["the", "u.s.", "(", "1990", ")"]),
        ("1,420 and 3.5%, ok.", ["1,420", "and", "3.5", "%", ",", "ok", "."]),
        ("Don't, John's", ["do", "n't", ",", "john", "'s"]),
        ("等……", ["等", "……"]),  # the script's list misses the ellipsis
        ("。，、", []),
    ],
)
def test_cmrc_tokens_are_ideographs_and_english_words(text, tokens):
    assert cmrc_tokens(text) == tokens


@given(st.text("abc", max_size=12), st.text("abc", max_size=12))
def test_longest_common_run_equals_trying_every_piece(first, second):
    pieces = {first[i:j] for i in range(len(first)) for j in range(i + 1, len(first) + 1)}
    longest = max((len(piece) for piece in pieces if piece in second), default=0)
    assert longest_common_run(first, second) == longest


@pytest.mark.parametrize(
    ("prediction", "answers", "em", "f1"),
    [
        ("1420年", ["1420年"], 1, 1),
        ("《红楼梦》", ["红楼梦"], 1, 1),
        ("BBC", ["bbc"], 1, 1),
        ("红楼梦", ["石头记", "红楼梦。"], 1, 1),
        ("红楼一梦", ["红楼梦"], 0, 2 * 2 / 7),  # the run is 红楼, not the subsequence 红楼梦
        ("在1420年建成", ["1420年"], 0, 2 * 2 / 7),
        ("14", ["1420"], 0, 0),  # a number is one token
        ("", ["红楼梦"], 0, 0),
        ("。", ["红楼梦"], 0, 0),
        ("", [], 1, 1),
        (" ", [], 1, 1),
        ("红楼梦", [], 0, 0),
    ],
)
def test_cmrc_scores_of_hand_counted_cases(prediction, answers, em, f1):
    assert cmrc_exact_match(prediction, answers) == em
    assert cmrc_f1(prediction, answers) == pytest.approx(f1, abs=1e-12)


@given(SMALL_TEXTS, ANSWERS)
def test_cmrc_scores_are_the_best_over_annotators_in_any_order(prediction, answers):
    for score in (cmrc_exact_match, cmrc_f1):
        assert score(prediction, answers) == max(score(prediction, [one]) for one in answers)
        assert score(prediction, answers) == score(prediction, answers[::-1])
        assert 0 <= score(prediction, answers) <= 1


@given(SMALL_TEXTS, SMALL_TEXTS)
def test_cmrc_f1_of_one_answer_is_symmetric(first, second):
    assert cmrc_f1(first, [second]) == pytest.approx(cmrc_f1(second, [first]))


def test_cmrc_means_are_fractions_over_all_questions():
    scores = cmrc_scores(["红楼梦", "", "石头"], [["红楼梦"], [], ["石头记"]])
    assert (scores.em, scores.questions) == (pytest.approx(2 / 3), 3)
    assert scores.f1 == pytest.approx((1 + 1 + 0.8) / 3)
    with pytest.raises(ValueError, match="zip"):
        cmrc_scores(["红楼梦"], [])


@pytest.mark.parametrize(
    ("prediction", "answers", "correct", "f1"),
    [
        ("２４小时。", ["24小时"], True, 1),
        ("BBC", ["英国广播公司", "bbc"], True, 1),
        ("印度、巴西", ["巴西 印度"], True, 1),
        ("印度、 巴西", ["巴西 印度"], False, 1),  # the empty part between 、 and the blank counts
        ("印度、巴西", ["巴西印度", "巴西 印度"], False, 1),  # only the standard answer has parts
        ("北京市", ["北京"], False, 0.8),
        ("北北京", ["北京"], False, 0.8),  # multiplicity: the second 北 is not shared
        ("上海", ["北京"], False, 0),
        ("", ["北京"], False, 0),
        ("", [], True, 1),
        ("北京", [], False, 0),
    ],
)
def test_sogou_match_of_hand_counted_cases(prediction, answers, correct, f1):
    match = sogou_match(prediction, answers)
    assert (match.correct, match.f1) == (correct, pytest.approx(f1))


@given(SMALL_TEXTS, ANSWERS)
def test_sogou_f1_is_the_best_over_answers_and_belongs_to_its_parts(prediction, answers):
    match = sogou_match(prediction, answers)
    assert match.f1 == max(sogou_match(prediction, [one]).f1 for one in answers)
    if match.f1:
        parts = 2 * match.precision * match.recall / (match.precision + match.recall)
        assert match.f1 == pytest.approx(parts)
        assert match.answer in answers


def test_sogou_means_are_over_predictions_and_final_is_their_mean():
    answers = {"1": ["北京"], "2": ["天津"], "3": ["上海"]}
    scores = sogou_scores({"1": "北京", "2": "天津市"}, answers)
    assert (scores.accuracy, scores.questions) == (0.5, 2)
    assert scores.f1 == pytest.approx(0.9)
    assert scores.final == pytest.approx(0.7)
    with pytest.raises(KeyError):
        sogou_scores({"4": "北京"}, answers)


@pytest.mark.parametrize(
    ("predicted", "gold", "scores"),
    [
        ([], [], (1, 1, 1, 0)),
        ([False, False], [False, False], (1, 1, 1, 0)),
        ([True, False], [False, False], (0, 1, 0, 0)),
        ([False, False], [True, False], (1, 0, 0, 1)),
        ([True, True, False, False], [True, False, True, True], (1 / 2, 1 / 3, 2 / 5, 3)),
    ],
)
def test_no_answer_scores_of_hand_counted_cases(predicted, gold, scores):
    result = no_answer_scores(predicted, gold)
    found = (result.precision, result.recall, result.f1, result.support)
    assert found == pytest.approx(scores)
