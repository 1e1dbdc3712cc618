"""Questions made of sentences: the answer stands in the passage once, the question lacks it."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("opencc", reason="the recipe's own packages are not installed")
clozes = pytest.importorskip("reader_clozes")

LAW = (
    "第一条 本办法所称公园，是指向公众开放、有绿地和设施的场所。\n"
    "第二条 公园由市园林管理部门负责。\n"
    "第三条 申请人提交材料的，应当自收到之日起三十日内答复。\n"
    "第四条 违反前条规定的，处二千元以上一万元以下罚款。\n"
    "第五条 本办法自2012年7月1日起施行。"
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("公园？", "向公众开放、有绿地和设施的场所"),
        ("起施行？", "2012年7月1日"),
        ("元罚款？", "二千元以上一万元以下"),
        ("日内", "三十日"),
    ],
)
def test_dates_amounts_and_meanings_are_asked_for(question, answer):
    found = dict(reversed(pair) for pair in clozes.find_clozes(LAW, random.Random(0)))
    assert question in found[answer]


def test_an_answer_stands_in_its_passage_once_and_not_in_its_question():
    texts = [LAW, LAW.replace("三十日", "六十日")]
    made = list(clozes.make_clozes("LAW", texts, 5, seed=0))
    assert [one.id for one in made] == [f"LAW_{n}" for n in range(5, 5 - len(made), -1)]
    for one in made:
        (answer,) = one.answers
        assert one.passages[0].text.count(answer) == 1
        assert answer not in one.question
    assert made == list(clozes.make_clozes("LAW", texts, 5, seed=0))


def test_paragraphs_are_joined_until_they_are_long_enough():
    passages = clozes.cut_passages("# 标题\n\n" + "短句。\n\n" * 200)
    assert all(clozes.PASSAGE[0] <= len(one.replace("\n", "")) for one in passages)
    assert not any("标题" in one for one in passages)
