"""Training examples: what a row holds, and that an epoch draws every question once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import LETTERS, SPECIALS, make_questions, make_tokenizer

from octavo.errors import DataError
from octavo.reading import Passage, Question
from octavo.reading.examples import ExampleSampler, find_token_spans, padded_shape
from octavo.reading.settings import ReaderSettings
from octavo.text import WordPieceTokenizer
from octavo.text.vocabulary import build_vocabulary

SETTINGS = ReaderSettings(window=12, overlap=4, question_length=6, answer_length=4)
TOKENIZER = make_tokenizer()


def sampler(questions, **options):
    return ExampleSampler(questions, TOKENIZER, SETTINGS, **options)


def contains(ids, part):
    text = " ".join(map(str, ids))
    return f" {' '.join(map(str, part))} " in f" {text} "


passages = st.text(alphabet=LETTERS[:12], min_size=4, max_size=60)


@settings(max_examples=60)
@given(text=passages, place=st.integers(0, 59), size=st.integers(1, 4), epoch=st.integers(0, 9))
def test_a_drawn_window_holds_its_answer(text, place, size, epoch):
    place %= len(text)
    answer = text[place : place + size]
    question = Question("q", "甲乙", (Passage(text, (answer,)),), (answer,))
    example = sampler([question], negative_rate=0.0).draw(epoch, 0)
    assert len(example.window) <= SETTINGS.window
    assert example.answer.tolist() == TOKENIZER.encode(answer).ids.tolist()
    assert contains(example.window, example.answer)


@settings(max_examples=60)
@given(text=passages, place=st.integers(0, 59), epoch=st.integers(0, 9))
def test_a_window_drawn_elsewhere_holds_no_answer(text, place, epoch):
    place %= len(text)
    answer = text[place : place + 2]
    asked = Question("q", "甲乙", (Passage(text, (answer,)),), (answer,))
    other = Question("p", "甲乙", (Passage("".join(LETTERS[20:30]), ()),), ())
    example = sampler([asked, other], negative_rate=0.999).draw(epoch, 0)
    if len(example.answer) == 0:
        assert not contains(example.window, TOKENIZER.encode(answer).ids)


def test_rows_are_laid_out_as_the_module_says():
    question = make_questions(1)[0]
    one = sampler([question], negative_rate=0.0)
    example = one.draw(0, 0)
    inputs, labels, weights = one.arrays([example], batch_size=2)
    tokens, segments = inputs["token_ids"][0], inputs["segment_ids"][0]
    answer = [*example.answer.tolist(), TOKENIZER.sep_id]
    assert tokens[segments == 1].tolist() == answer
    assert labels[0][weights[0] > 0].tolist() == answer
    places = inputs["mask_positions"][0][weights[0] > 0]
    assert tokens[places + 1].tolist() == answer
    assert tokens[0] == TOKENIZER.cls_id
    assert weights[1].sum() == 0
    assert (inputs["token_ids"].shape[1], labels.shape[1]) == padded_shape([example])


def test_batches_hold_every_question_once_and_repeat_by_seed():
    questions = make_questions(11)
    first, second = sampler(questions, seed=3), sampler(questions, seed=3)
    batches = first.batches(2, 4)
    assert sorted(len(batch) for batch in batches) == [3, 4, 4]
    for mine, other in zip(batches, second.batches(2, 4), strict=True):
        for one, two in zip(mine, other, strict=True):
            assert np.array_equal(one.window, two.window)
            assert np.array_equal(one.answer, two.answer)
    assert any(
        not np.array_equal(one.window, two.window)
        for one, two in zip(batches[0], first.batches(3, 4)[0], strict=True)
    )


def test_an_answer_that_stands_nowhere_is_written():
    question = Question("q", "甲乙", (Passage("".join(LETTERS[:6]), ("3",)),), ("3",))
    example = sampler([question], negative_rate=0.0).draw(0, 0)
    assert example.answer.tolist() == TOKENIZER.encode("3").ids.tolist()


def test_no_question_is_an_error():
    with pytest.raises(DataError, match="no question"):
        sampler([])


def test_a_window_drawn_elsewhere_holds_no_answer_where_all_ask_about_one_text():
    text = "".join(LETTERS[:10])
    asked = [
        Question(str(place), "甲乙", (Passage(text, (text[place],)),), (text[place],))
        for place in range(5)
    ]
    other = Question("p", "甲乙", (Passage("".join(LETTERS[20:30])),))
    for questions, answers in ((asked, 1), ([*asked, other], 0)):
        drawn = [sampler(questions, negative_rate=0.999).draw(epoch, 4) for epoch in range(20)]
        without = [example for example in drawn if not len(example.answer)]
        assert not any(contains(x.window, TOKENIZER.encode(text[4]).ids) for x in without)
        assert bool(without) is not bool(answers)  # nothing else to show: the answer is shown


def test_rows_are_padded_with_the_pad_token():
    tokenizer = WordPieceTokenizer([*LETTERS, *SPECIALS])
    one = ExampleSampler(make_questions(1), tokenizer, SETTINGS, negative_rate=0.0)
    inputs, _, _ = one.arrays([one.draw(0, 0)], batch_size=1)
    assert inputs["token_ids"][0, -1] == tokenizer.pad_id == len(LETTERS)


def test_an_empty_question_among_good_ones_is_named():
    good = make_questions(2)
    with pytest.raises(DataError, match="question q9 is empty"):
        sampler([*good, Question("q9", " ", good[0].passages, ())])


@pytest.mark.parametrize(
    ("text", "answer", "right"),
    [
        ("他19岁参赛，9岁得到黑带。", "9岁", ["9岁"]),
        ("2004年至今历时4年。", "4年", ["4年"]),
        ("The golden gate is gold.", "gold", ["gold"]),
        ("12 teams played 2 games.", "2", ["2"]),
        ("宽3.5米，长5米。", "5米", ["5米"]),
        ("in 1999", "99", ["1999"]),  # stands only inside: better than nowhere
    ],
)
def test_whole_words_and_numbers_are_taught_first(text, answer, right):
    tokenizer = WordPieceTokenizer(build_vocabulary([text] * 9, 400))
    tokens = tokenizer.encode(text)
    spans = find_token_spans(text, tokens.starts, tokens.ends, answer)
    found = [text[tokens.starts[first] : tokens.ends[end - 1]] for first, end in spans]
    assert [part in whole for part, whole in zip(found, right, strict=True)] == [True] * len(right)
