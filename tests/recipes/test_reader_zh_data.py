"""The recipe's data: what must never be mixed, and what every made question must satisfy."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytest.importorskip("opencc", reason="the recipe's own packages are not installed")
pytest.importorskip("rjieba", reason="the recipe's own packages are not installed")

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
sys.path.insert(0, str(ROOT / "recipes"))

import reader_templates as templates  # noqa: E402
import reader_zh_cloze as cloze  # noqa: E402
import reader_zh_sources as sources  # noqa: E402
import reader_zh_spans as spans  # noqa: E402

TEXT = (
    "赵州桥位于河北省赵县的洨河上。赵州桥由工匠李春设计，建于公元605年左右。"
    "桥长64.4米，宽9米，全部用石块建成。因为桥身坚固，赵州桥经历了多次洪水和地震。"
    "1961年，赵州桥被列为第一批全国重点文物保护单位。《营造法式》没有提到这座桥。"
)
needs_data = pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not there")


def some(seed: int, no_answer: float, count: int = 200) -> list[cloze.Cloze]:
    return list(itertools.islice(cloze.make_cloze([TEXT, TEXT[::-1]], seed, no_answer), count))


def test_answers_stand_in_the_passage_and_not_in_the_question() -> None:
    for item in some(seed=1, no_answer=0.0):
        assert item.answer
        assert item.answer in item.passage
        assert item.answer not in item.question


def test_same_seed_same_questions() -> None:
    assert some(3, 0.2) == some(3, 0.2)
    assert some(3, 0.2) != some(4, 0.2)


def test_no_answer_share_runs_from_none_to_all() -> None:
    assert all(item.answer for item in some(5, 0.0))
    assert not any(item.answer for item in some(5, 1.0, 50))


@given(st.text("赵州桥位于河北1961年米《》。，（）由a ", max_size=60))
@example("《11年》")
@example("近1961年")
@settings(max_examples=200)
def test_cut_loses_no_character(sentence: str) -> None:
    assert "".join(word for word, _ in spans.cut(sentence)) == sentence


@given(st.text("赵州桥位于河北1961年米《》。，（）由因为a ", min_size=1, max_size=60))
@settings(max_examples=200)
def test_spans_lie_inside_the_sentence(sentence: str) -> None:
    tokens = spans.cut(sentence)
    for span in spans.spans(tokens):
        assert 0 <= span.first < span.last <= len(tokens)
        assert span.words
        assert span.kind in spans.WEIGHTS


@pytest.mark.parametrize(
    ("sentence", "answer", "word"),
    [
        ("赵州桥建于1961年。", "1961年", "哪一年"),
        ("桥长64.4米。", "64.4米", "多少米"),
        ("他写了《营造法式》。", "《营造法式》", "哪本书"),
    ],
)
def test_question_word_fits_the_answer(sentence: str, answer: str, word: str) -> None:
    tokens = spans.cut(sentence)
    found = {
        "".join(text for text, _ in tokens[span.first : span.last]): span.words
        for span in spans.spans(tokens)
        if span.kind in ("date", "number", "title")
    }
    assert word in found[answer]


def test_templates_ask_for_the_subject() -> None:
    for predicate, forms in templates.TEMPLATES.items():
        assert len(set(forms)) == len(forms), predicate
        assert all("{s}" in form for form in forms), predicate


def test_leaks_finds_a_long_copy_and_lets_a_short_one_pass() -> None:
    held_out = set(sources.pieces(TEXT))
    assert sources.leaks("引言。" + TEXT[20:80] + "结尾。", held_out)
    assert not sources.leaks(TEXT[::-1], held_out)


@needs_data
def test_no_context_is_on_both_sides_of_the_split() -> None:
    data = sources.Data(DATA, lambda text: text, set())
    train = {item.passages[0].text for item in sources.cmrc(data, validation=False)}
    validation = {item.passages[0].text for item in sources.cmrc(data, validation=True)}
    assert not train & validation
    assert 0.08 < len(validation) / (len(train) + len(validation)) < 0.12


@needs_data
def test_scored_webqa_questions_do_not_train() -> None:
    data = sources.Data(DATA, lambda text: text, set())
    scored = [*sources.webqa_odd(data), *sources.webqa_retrieved_odd(data)]
    trained = [*sources.webqa(data), *sources.webqa_retrieved(data), *sources.samples(data)]
    assert len(scored) > 1500
    assert len(trained) > 1500
    assert all(sources.is_odd(item.id) for item in scored)
    questions = {sources.ask_key(item.question) for item in scored}
    assert not questions & {sources.ask_key(item.question) for item in trained}
    texts = {passage.text for item in scored for passage in item.passages}
    assert not texts & {passage.text for item in trained for passage in item.passages}


@needs_data
def test_scored_judgments_do_not_train() -> None:
    data = sources.Data(DATA, lambda text: text, set())
    scored = {item.passages[0].text for item in sources.cail_test(data)}
    assert not scored & {item.passages[0].text for item in sources.cail(data)}
