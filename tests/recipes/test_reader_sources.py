"""The recipe's data: what must never be mixed."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("opencc", reason="the recipe's own packages are not installed")
sources = pytest.importorskip("reader_sources")
templates = pytest.importorskip("reader_templates")
negatives = pytest.importorskip("reader_negatives")
reader_data = pytest.importorskip("reader_data")

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

TEXT = (
    "赵州桥位于河北省赵县的洨河上。赵州桥由工匠李春设计，建于公元605年左右。"
    "桥长64.4米，宽9米，全部用石块建成。因为桥身坚固，赵州桥经历了多次洪水和地震。"
    "1961年，赵州桥被列为第一批全国重点文物保护单位。《营造法式》没有提到这座桥。"
)
needs_data = pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not there")


def test_templates_ask_for_the_subject() -> None:
    for predicate, forms in templates.TEMPLATES.items():
        assert len(set(forms)) == len(forms), predicate
        assert all("{s}" in form for form in forms), predicate


def test_leaks_finds_a_long_copy_and_lets_a_short_one_pass() -> None:
    held_out = set(sources.pieces(TEXT))
    assert sources.leaks("引言。" + TEXT[20:80] + "结尾。", held_out)
    assert not sources.leaks(TEXT[::-1], held_out)


def test_a_passage_without_the_sentences_of_its_answer_holds_it_nowhere() -> None:
    question = sources.ask("1", "赵州桥由谁设计？", (TEXT, "李春"))
    (found,) = negatives.add_cut_passages([question], 1.0, seed=0)
    (passage,) = found.passages
    assert not found.answers
    assert "李春" not in passage.text
    assert passage.text == TEXT.replace("赵州桥由工匠李春设计，建于公元605年左右。", "")
    everywhere = sources.ask("2", "哪座桥？", (TEXT, "桥"))
    assert not list(negatives.add_cut_passages([everywhere], 1.0, seed=0))


def test_answers_in_unknown_letters_stand_in_their_passages() -> None:
    question = sources.ask("1", "赵州桥由谁设计？", (TEXT, "李春"))
    number = sources.ask("2", "桥有多长？", (TEXT, "64.4米"))
    found = list(reader_data.rare_answers([question, number], 5))
    assert [one.id for one in found] == ["1_RARE"]
    assert found[0].answers[0] in found[0].passages[0].text
    assert "李春" not in found[0].passages[0].text


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


@needs_data
@pytest.mark.parametrize("name", ["drcd", "squad"])
def test_scored_passages_do_not_train(name: str) -> None:
    data = sources.Data(DATA, lambda text: text, set())
    scored = {item.passages[0].text for item in getattr(sources, f"{name}_scored")(data)}
    trained = {item.passages[0].text for item in getattr(sources, name)(data)}
    assert scored
    assert trained
    assert not scored & trained
