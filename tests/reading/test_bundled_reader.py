"""The reader inside the package: there, small, described, and extractive."""

from importlib import resources
from pathlib import Path

import pytest

from octavo.reading import Reader
from octavo.reading.passage_files import read_passages

FOLDER = Path(str(resources.files("octavo.reading"))) / "presets" / "reader-zh"
EXAMPLES = Path(__file__).parents[2] / "examples"
RIGHT = {
    "长江发源于哪里？": "青藏高原的唐古拉山脉",
    "谁改进了造纸的方法？": "蔡伦",
    "珠穆朗玛峰有多高？": "",  # no passage says
    "围棋棋盘上有多少个交叉点？": "三百六十一个交叉点",
}


@pytest.fixture(scope="module")
def reader():
    return Reader.from_preset()


def test_it_is_small_and_says_where_it_comes_from():
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 8_000_000
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for word in ("Scores", "recipes/reader_zh.py", "CC BY-SA", "baseline"):
        assert word in card


def test_it_answers_the_demo_questions_from_their_passages(reader):
    passages = read_passages([EXAMPLES / "passages.txt"])
    for question in (EXAMPLES / "questions.txt").read_text(encoding="utf-8").splitlines():
        answer = reader.answer(question, passages)
        assert answer.text == RIGHT[question]


def test_it_reads_its_own_vocabulary(reader):
    encoding = reader.tokenizer.encode("北京1990年")
    assert reader.tokenizer.unk_id not in encoding.ids
