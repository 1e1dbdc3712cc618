"""The nearest sentence: hand-made cases and what must hold for any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.reading.baseline import nearest_sentence, split_sentences

TEXTS = st.text("故宫建成 \n。！？；!?;.”）a1，", max_size=40)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("一。二！三？四；五", ["一。", "二！", "三？", "四；", "五"]),
        ("第一行\n\n第二行", ["第一行", "第二行"]),
        ("It is 3.14. Is it? Yes!", ["It is 3.14.", "Is it?", "Yes!"]),
        ("他说：“好。”她走了。", ["他说：“好。”", "她走了。"]),
        ("真的吗？！是。", ["真的吗？！", "是。"]),
        ("", []),
    ],
)
def test_sentences_keep_their_closing_marks(text, sentences):
    assert split_sentences(text) == sentences


@given(TEXTS)
def test_splitting_loses_nothing_but_blanks(text):
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())


def test_the_sentence_that_shares_most_is_found_in_any_passage():
    passages = ["颐和园位于北京西郊。", "故宫很大。北京故宫在1420年建成。天坛在南城。"]
    assert nearest_sentence("故宫在哪一年建成？", passages) == "北京故宫在1420年建成。"


def test_pairs_tell_order_apart_and_the_first_of_equals_wins():
    assert nearest_sentence("上海", ["海上。上海。"]) == "上海。"
    assert nearest_sentence("上海", ["去上海。上海好。"]) == "去上海。"


@given(st.text("故宫建成a1？", max_size=8), st.lists(TEXTS, max_size=3))
def test_the_answer_is_a_sentence_of_a_passage(question, passages):
    sentences = [sentence for passage in passages for sentence in split_sentences(passage)]
    answer = nearest_sentence(question, passages)
    assert answer in sentences if sentences else answer == ""
