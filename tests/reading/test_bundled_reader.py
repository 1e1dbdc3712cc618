"""The reader inside the package: there, small, described, and extractive."""

from importlib import resources
from pathlib import Path

import pytest

from octavo.reading import Reader
from octavo.reading.passage_files import read_passages

FOLDER = Path(str(resources.files("octavo.reading"))) / "presets" / "reader"
EXAMPLES = Path(__file__).parents[2] / "examples"
RIGHT = {
    "长江发源于哪里？": ("青藏高原的唐古拉山脉", "青藏高原"),
    "谁改进了造纸的方法？": ("蔡伦",),
    "珠穆朗玛峰有多高？": ("",),  # no passage says
    "围棋棋盘上有多少个交叉点？": ("三百六十一个交叉点", "三百六十一个"),
}


@pytest.fixture(scope="module")
def reader():
    return Reader.from_preset()


def test_it_is_small_and_says_where_it_comes_from():
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 48_000_000
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for word in ("Scores", "recipes/reader.py", "CC BY-SA", "MIT", "baseline"):
        assert word in card


def test_it_answers_the_demo_questions_or_doubts_its_answer(reader):
    passages = read_passages([EXAMPLES / "passages.txt"])
    right, wrong = [], []
    for question in (EXAMPLES / "questions.txt").read_text(encoding="utf-8").splitlines():
        answer = reader.answer(question, passages)
        (right if answer.text in RIGHT[question] else wrong).append(answer.score)
    assert len(right) >= 3
    assert max(wrong, default=0.0) < min(0.3, *right)


def test_it_reads_its_own_vocabulary(reader):
    for text in ("北京1990年", "臺灣的鐵路，ＡＢＣ１２", "The kettle's 1.7-litre jug"):
        assert reader.tokenizer.unk_id not in reader.tokenizer.encode(text).ids


def test_it_reads_both_scripts_and_english(reader):
    for question, passage, answer in (
        ("臺灣最高的山是哪一座？", "玉山是臺灣最高的山，海拔3952公尺，位於中央。", "玉山"),
        ("When was the bridge built?", "The bridge was built in 1932 by a firm.", "1932"),
    ):
        assert answer in reader.answer(question, [passage]).text
