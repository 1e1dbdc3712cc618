"""The reader: answers with their evidence, presets that come back, and what is refused.

Covers octavo.reading.calibrating.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny import LETTERS, make_questions, make_reader, shared_reader

from octavo.errors import PresetError, UsageError
from octavo.reading import Passage, Question, Reader
from octavo.reading.calibration import Calibration

TEXT = "".join(LETTERS[:30])


@pytest.mark.keras_backend
def test_an_answer_is_cut_from_the_original_passage():
    passages = [f"{TEXT} Abc 12", "".join(reversed(LETTERS))]
    answer = shared_reader().answer("甲乙", passages)
    assert answer.found
    assert len(answer.passages) == 2
    standing = [vote for vote in answer.passages if vote.spans]
    assert standing
    best = max(standing, key=lambda vote: vote.vote)
    start, end = best.spans[0]
    assert best.text[start:end] == answer.text
    assert 0 <= answer.score <= 1
    assert all(0 <= vote.vote <= 1 and 0 <= vote.no_answer <= 1 for vote in answer.passages)
    json.dumps(answer.to_dict())


@pytest.mark.keras_backend
def test_answers_do_not_depend_on_the_batch():
    reader = shared_reader()
    questions = [
        Question(str(i), "甲乙", tuple(Passage(TEXT[i : i + 9 + 5 * n]) for n in range(i % 3 + 1)))
        for i in range(4)
    ]
    together = reader.answer_many(questions, batch_size=8, progress=False)
    for question, answer in list(zip(questions, together, strict=True))[:2]:
        alone = reader.answer_many([question], progress=False)[0]
        assert alone.text == answer.text
        assert alone.score == pytest.approx(answer.score, abs=1e-5)


def test_no_answer_when_every_passage_says_so():
    answer = shared_reader(no_answer_bias=1000.0).answer("甲乙", [TEXT])
    assert (answer.text, answer.found) == ("", False)
    assert answer.passages[0].spans == ()
    assert 0 < answer.passages[0].no_answer <= answer.score < 1  # windows: the least, the mean
    answer = shared_reader(no_answer_bias=1000.0).answer("甲乙", [TEXT[:8]])  # one window
    assert answer.score == pytest.approx(answer.passages[0].no_answer)


def test_a_long_passage_is_read_in_windows_and_only_the_nearest_of_very_many():
    reader = shared_reader(most_windows=3)
    prepared = reader._prepare(Question("q", TEXT[20:24], (Passage(TEXT * 20),)))
    assert len(prepared.windows) == 3
    answer = reader.answer(TEXT[20:24], [TEXT * 20])
    assert answer.text in TEXT * 20


def test_a_long_question_is_cut_and_that_is_said():
    reader = shared_reader()
    longest = reader.settings.question_length
    question = TEXT[:longest] + "甲乙"
    with pytest.warns(
        UserWarning, match=f"only {longest} tokens were read of 1 questions"
    ) as given:
        assert reader.answer(question, [TEXT]).question == question
    assert len(given) == 1
    asked = [Question("q", text, (Passage(TEXT),)) for text in (question, "甲乙", question)]
    with pytest.warns(UserWarning, match=f"only {longest} tokens were read of 2 questions"):
        reader.answer_many(asked, progress=False)


def test_a_source_comes_back_with_its_vote():
    answer = shared_reader().answer("甲乙", [Passage(TEXT, source="notes.txt:3"), TEXT])
    assert [vote.source for vote in answer.passages] == ["notes.txt:3", ""]


def test_generative_answers_need_not_stand_in_a_passage():
    answer = shared_reader().answer("甲乙", [TEXT], mode="generative")
    assert answer.found


def test_an_empty_question_among_good_ones_is_named():
    many = [*make_questions(2), Question("q9", "", (Passage(TEXT),), ())]
    with pytest.raises(UsageError, match=r"question q9 must not be empty\. Received: ''"):
        shared_reader().answer_many(many, progress=False)


def test_an_empty_passage_among_others_is_harmless():
    answer = shared_reader().answer("甲乙", ["", TEXT])
    assert answer.passages[0].spans == ()


@pytest.mark.parametrize(
    ("question", "passages", "options", "message"),
    [
        ("  ", [TEXT], {}, "question must not be empty"),
        ("甲", [], {}, "at least one passage"),
        ("甲", TEXT, {}, "list of texts"),
        ("甲", Passage(TEXT), {}, "list of texts"),
        ("甲", [Passage(TEXT, source=Path("a.txt"))], {}, "sources must be texts"),
        ("甲", ["一" * 1_000_001], {}, "1,000,000 characters"),
        ("甲", [TEXT], {"mode": "poetic"}, "mode must be one of extractive, generative"),
        ("甲", [TEXT], {"beams": 0}, "from 1"),
    ],
)
def test_impossible_questions_are_refused_in_one_line(question, passages, options, message):
    with pytest.raises(UsageError, match=rf"{message}.*Received: ") as caught:
        shared_reader().answer(question, passages, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.keras_backend
def test_a_preset_brings_the_same_reader_back(tmp_path):
    reader = shared_reader()
    reader.save_to_preset(tmp_path / "reader")
    again = Reader.from_preset(tmp_path / "reader")
    assert again.settings == reader.settings
    assert again.answer("甲乙", [TEXT]) == reader.answer("甲乙", [TEXT])
    reader.save_to_preset(tmp_path / "half", dtype="float16")
    half = (tmp_path / "half" / "model.safetensors").stat().st_size
    assert half < 0.6 * (tmp_path / "reader" / "model.safetensors").stat().st_size
    for mine, other in zip(
        reader.model.get_weights(),
        Reader.from_preset(tmp_path / "half").model.get_weights(),
        strict=True,
    ):
        np.testing.assert_allclose(mine, other, atol=2e-3)


def test_a_preset_that_contradicts_itself_is_named(tmp_path):
    make_reader().save_to_preset(tmp_path / "good")

    def spoiled(name, text):
        folder = tmp_path / "bad"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tmp_path / "good", folder)
        (folder / name).write_text(text, encoding="utf-8")
        return folder

    settings = json.loads((tmp_path / "good" / "reader.json").read_text())
    for name, text, message in [
        ("reader.json", "{", r"reader\.json, line 1: not valid JSON"),
        (
            "reader.json",
            json.dumps({**settings, "window": 500}),
            r"reader\.json: needs .* positions",
        ),
        (
            "reader.json",
            json.dumps({**settings, "colour": 1}),
            r"reader\.json: key colour is unknown",
        ),
        (
            "reader.json",
            json.dumps({**settings, "vote": "loud"}),
            r"reader\.json: key vote must be",
        ),
        ("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n", r"vocab\.txt: 5 tokens, but"),
    ]:
        with pytest.raises(PresetError, match=message):
            Reader.from_preset(spoiled(name, text))
    with pytest.raises(PresetError, match="no such folder"):
        Reader.from_preset(tmp_path / "nowhere")


def test_a_passage_that_was_not_read_says_so():
    passages = ["甲" * 12, "一丁丂七" * 3, "甲乙" * 6]
    answer = shared_reader(most_windows=2).answer("一丁丂七", passages)
    unread = [vote for vote in answer.passages if vote.no_answer is None]
    assert len(unread) == 1
    assert (unread[0].voted, unread[0].vote) == (False, 0.0)
    assert all(vote.voted for vote in answer.passages if vote is not unread[0])


def test_several_answers_do_not_overlap():
    answer = shared_reader().answer("甲乙", [TEXT], top_k=3)
    places = [(one.passage, one.start, one.end) for one in answer.candidates]
    assert len(places) == 3
    assert answer.candidates[0].text == answer.text
    for number, (_, start, end) in enumerate(places):
        assert all(end <= first or last <= start for _, first, last in places[:number])


def make_asked(count):
    """Questions of which some are answered as the untrained reader does, and some have none."""
    passages = [Passage(TEXT[n % 20 : n % 20 + 8 + n % 3]) for n in range(count)]
    asked = [Question(str(n), "甲乙", (passage,)) for n, passage in enumerate(passages)]
    answers = shared_reader().answer_many(asked, progress=False)
    return [
        dataclasses.replace(question, answers=() if n % 3 == 0 else (answer.text * (1 + n % 2),))
        for n, (question, answer) in enumerate(zip(asked, answers, strict=True))
    ]


@pytest.mark.keras_backend
def test_a_calibrated_reader_scores_by_how_often_it_is_right(tmp_path):
    shared = shared_reader()
    reader = Reader(shared.model, shared.tokenizer, shared.settings)
    questions = make_asked(120)
    reader.calibrate(questions, progress=False)
    answers = reader.answer_many(questions, progress=False)
    pairs = zip(answers, questions, strict=True)
    right = [a.text in q.answers if a.found else not q.answers for a, q in pairs]
    assert abs(np.mean([answer.score for answer in answers]) - np.mean(right)) < 0.1
    reader.save_to_preset(tmp_path / "calibrated")
    assert Reader.from_preset(tmp_path / "calibrated").settings == reader.settings


def test_what_another_bias_changes_is_read_again():
    texts = [TEXT[n % 13 : n % 13 + 12 + n % 5] for n in range(132)]  # two windows and three
    asked = [Question(str(n), "甲乙", (Passage(text),)) for n, text in enumerate(texts)]
    reader = shared_reader()
    doubts = {index: float(found.doubts.min()) for index, _, found in reader._read(asked)}
    line = float(np.median(list(doubts.values())))
    texts = [answer.text for answer in reader.answer_many(asked, progress=False)]
    questions = []
    for number, question in enumerate(asked):  # one in six against the doubt
        answered = (doubts[number] < line) != (number % 6 == 0)
        answers = (texts[number] * (1 + number % 2),) if answered else ()
        questions.append(dataclasses.replace(question, answers=answers))
    found = []
    for bias in (-1000.0, 0.0, -line):
        reader = shared_reader(no_answer_bias=bias)
        reader.calibrate(questions, progress=False)
        found.append(reader.settings)
    assert -1000 < found[0].no_answer_bias < 1000
    for other in found[1:]:
        assert other.no_answer_bias == pytest.approx(found[0].no_answer_bias, rel=1e-4)
        assert other.calibration.answer == pytest.approx(found[0].calibration.answer, rel=1e-3)


def test_too_few_questions_leave_a_reader_as_it_was():
    shared = shared_reader()
    reader = Reader(shared.model, shared.tokenizer, shared.settings)
    with pytest.raises(UsageError, match=r"20 right and 20 wrong.*Received: 12 questions"):
        reader.calibrate(make_asked(12), progress=False)
    right = [one for one in make_asked(150) if one.answers and int(one.id) % 2 == 0]
    with pytest.raises(UsageError, match=r"20 right and 20 wrong.* right, \d wrong"):
        reader.calibrate(right, progress=False)
    assert reader.settings == shared.settings


def test_a_calibration_is_of_extractive_answers():
    reader = shared_reader()
    free = reader.answer("甲乙", [TEXT], mode="generative").score
    calibration = Calibration((0.0, 0.0, 0.0, 9.0))
    reader.settings = dataclasses.replace(reader.settings, calibration=calibration)
    assert reader.answer("甲乙", [TEXT]).score > 0.99
    assert reader.answer("甲乙", [TEXT], mode="generative").score == free < 0.99


def test_settings_that_need_more_places_than_there_are_are_refused():
    reader = shared_reader()
    positions = reader.model.config.max_position_embeddings
    with pytest.raises(UsageError, match=f"positions. Received: a model with {positions}"):
        reader.settings = dataclasses.replace(reader.settings, answer_length=positions)


def test_many_questions_of_the_same_passages_have_them_encoded_once(monkeypatch):
    reader, calls = shared_reader(), []
    encode = reader.tokenizer.encode_many
    monkeypatch.setattr(reader.tokenizer, "encode_many", lambda t: calls.append(t) or encode(t))
    passages = [Passage(TEXT), Passage(TEXT[5:])]
    asked = [Question(str(n), LETTERS[n], tuple(passages)) for n in range(3)]
    together = reader.answer_many(asked, progress=False)
    assert len(calls) == 1
    assert reader.answer(LETTERS[2], [TEXT[::-1]]).passages[0].text == TEXT[::-1]
    assert reader.answer(LETTERS[2], passages).text == together[2].text
    assert len(calls) == 3
