"""An answer's passages, by their votes."""

from octavo.reading import Answer, PassageVote


def test_the_highest_votes_come_first_with_the_numbers_of_their_passages():
    unread, unsure = PassageVote("一", 0.0, None, False), PassageVote("二", 0.0, 0.9, False)
    sure, voter = PassageVote("三", 0.0, 0.2, True), PassageVote("四", 0.6, 0.3, True, ((0, 1),))
    answer = Answer("几？", "四", 0.6, (unread, unsure, sure, voter))
    assert answer.rank() == [(4, voter), (3, sure), (2, unsure), (1, unread)]
    shown = answer.to_dict()["passages"]
    assert [(one["number"], one["text"]) for one in shown] == list(enumerate("一二三四", 1))[::-1]
    assert answer.passages[0] is unread


def test_equal_votes_keep_the_order_given():
    alike = [PassageVote(text, 0.5, 0.1, True) for text in "甲乙丙"]
    assert [number for number, _ in Answer("几？", "甲", 0.5, tuple(alike)).rank()] == [1, 2, 3]
