"""What is warned of: a language the vocabulary lacks, and what was not read; never rare signs."""

from __future__ import annotations

import warnings

import pytest
from tiny import LETTERS, SPECIALS, shared_reader

from octavo.reading import Passage, Question
from octavo.reading.doubts import Doubts, is_unknown
from octavo.text import WordPieceTokenizer

TEXT = "".join(LETTERS[:30])
THAI, KOREAN = "ใครเป็นผู้ประดิษฐ์เครื่องพิมพ์", "누가 이 궁전을 지었습니까?"
ENGLISH = WordPieceTokenizer([*SPECIALS, *"abcdefghijklmnopqrstuvwxyz", *"?.", "who", "built"])
CHINESE = WordPieceTokenizer(
    [*SPECIALS, *"谁改进了造纸术故宫哪年建成是的名字公元", *"0123456789？。"]
)


@pytest.mark.parametrize(
    ("text", "tokenizer", "unknown"),
    [
        (THAI, CHINESE, True),
        (KOREAN, CHINESE, True),
        ("من بنى القصر؟", CHINESE, True),
        ("Who built the palace?", CHINESE, True),
        ("谁改进了造纸术？", ENGLISH, True),
        ("谁改进了造纸术？", CHINESE, False),
        ("公元2020年造的是谁？" + "😀" * 40, CHINESE, False),
        ("😀" * 40, CHINESE, False),
        ("★☆→—…" * 9 + "1234567", CHINESE, False),
        ("犇猋骉麤是谁？", CHINESE, False),  # rare characters, and few
        ("故宫的公元名字是Forbidden City？", CHINESE, True),
        ("谁改进了造纸术？谁改进了造纸术？" + "Forbidden", CHINESE, False),
        ("", CHINESE, False),
    ],
)
def test_a_text_is_unknown_if_most_of_its_letters_are(text, tokenizer, unknown):
    assert is_unknown(text, tokenizer.encode(text), tokenizer.unk_id) is unknown


def test_each_kind_is_said_once_with_the_first_of_them():
    doubts = Doubts(6, CHINESE.unk_id)
    passages = [(Passage(text), CHINESE.encode(text)) for text in (KOREAN, TEXT, "谁造的？")]
    for question in ("谁造的故宫？", THAI, "故宫哪年建成？故宫哪年？"):
        doubts.note(question, CHINESE.encode(question), passages, read=64, found=96)
    assert doubts.texts() == [
        "only 6 tokens were read of 1 questions, '故宫哪年建成？故宫哪年？'...",
        "read 192 of 288 windows for 3 questions, '谁造的故宫？': those nearest to it",
        f"the reader knows few words of 1 question, {THAI!r} and 2 passages, {KOREAN!r}:"
        " is it in another language?",
    ]


def test_a_reader_warns_of_a_language_it_does_not_know_whoever_asks():
    reader = shared_reader()
    with pytest.warns(UserWarning, match="knows few words of 1 question, 'ใคร.* and 1 passage"):
        reader.answer(THAI, [TEXT, KOREAN])
    asked = [Question(text, text, (Passage(TEXT),)) for text in (TEXT[:4], THAI)]
    with pytest.warns(UserWarning, match="knows few words of 1 question") as given:
        reader.answer_many(asked, progress=False)
    assert given[0].filename == __file__


def test_a_reader_says_how_many_windows_it_read():
    with pytest.warns(UserWarning, match="read 3 of 75 windows for 1 question"):
        shared_reader(most_windows=3).answer(TEXT[20:24], [TEXT * 20])


def test_a_reader_that_read_all_of_what_it_knows_says_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shared_reader().answer(TEXT[20:24] + "😀", [TEXT, "😀😀😀", "犇猋骉麤", ""])
