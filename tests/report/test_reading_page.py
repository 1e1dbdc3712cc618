"""The page of answers, read back with an HTML parser: nothing lost, nothing let in.

Covers octavo.report.page.
"""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import DataError
from octavo.reading.answer import Answer, PassageVote
from octavo.report.reading_page import KEPT_WHOLE, render_reading_page, write_reading_page

VOID = {"meta", "path"}
TEXTS = st.text(st.sampled_from("故宫<>&\"'/=-! ascript\n"), max_size=30)


class Page(HTMLParser):
    """Tags seen, attributes by tag, text by the class or tag it stands in."""

    def __init__(self, source):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts = [], [], [], {}
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append((tag, dict(attributes).get("class", tag)))
            self.texts.setdefault(self.open[-1][1], []).append("")

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for _, name in self.open:
            self.texts[name][-1] += data


def answer(text="1420年", passages=(), question="哪年？", score=0.9):
    return Answer(question, text, score, tuple(passages))


@given(TEXTS, TEXTS.filter(bool), TEXTS.filter(bool), st.integers(0, 9), st.integers(0, 9))
def test_any_text_comes_back_and_brings_no_tag(question, text, passage, start, length):
    vote = PassageVote(passage, 0.5, 0.1, True, ((start, start + length),))
    plain = Page(render_reading_page([answer("甲", [PassageVote("甲", 0.5, 0.1, True)], "乙")]))
    page = Page(render_reading_page([answer(text, [vote], question)], [[text]]))
    assert page.texts["h2"] == [question]
    assert page.texts["answer"] == [text]
    assert page.texts["text"] == [passage]
    assert "".join(page.texts.get("mark", [])) == passage[start : start + length]
    assert set(page.tags) - set(plain.tags) <= {"mark"}


def test_nothing_is_loaded_from_outside():
    page = Page(
        render_reading_page([answer(passages=[PassageVote("1420年", 1.0, 0.0, True, ((0, 5),))])])
    )
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert not {"src", "href"} & {name for name, _ in page.attributes}
    assert not any(name.startswith("on") for name, _ in page.attributes)
    assert "url(" not in "".join(page.texts["style"])
    assert "@import" not in "".join(page.texts["style"])


def test_languages_are_said():
    source = render_reading_page([answer(question="Which year?")])
    assert '<html lang="en">' in source
    assert '<h2 lang="">Which year?' in source
    assert '<p class="answer" lang="zh">1420年' in source


def test_overlapping_spans_are_one_mark():
    vote = PassageVote("在1420年建成", 0.5, 0.1, True, ((1, 6), (3, 8)))
    assert Page(render_reading_page([answer(passages=[vote])])).texts["mark"] == ["1420年建成"]


def test_votes_are_bars_within_bounds_and_no_answer_is_quiet():
    votes = [
        PassageVote("甲", 0.25, 0.1, voted=True),
        PassageVote("乙", 1.5, 0.6, voted=True),
        PassageVote("丙", 0.1, 0.4, voted=False),
        PassageVote("丁", 0.0, None, voted=False),
    ]
    page = Page(render_reading_page([answer(passages=votes)]))
    shares = [value for name, value in page.attributes if name == "style" and "share" in value]
    assert shares == ["--share:100.0%", "--share:25.0%"]
    assert [line[:28] for line in page.texts["quiet"]] == [
        "passage 3 holds no answer (0",
        "passage 4 was not read: 丁丁",
    ]
    assert page.texts["section"][0].strip().startswith("passage 2")


def test_sources_are_shown_as_text():
    votes = [
        PassageVote("1420年", 0.2, 0.1, True, ((0, 5),), "<a>.txt:3"),
        PassageVote("乙", 0.0, 0.9, False, (), "<a>.txt:5"),
    ]
    page = Page(render_reading_page([answer(passages=votes)]))
    assert page.texts["section"][0].strip().startswith("passage 1, <a>.txt:3")
    assert page.texts["quiet"][0].startswith("passage 2, <a>.txt:5 holds no answer")


def test_a_passage_with_a_span_is_never_quiet():
    vote = PassageVote("1420年", 0.2, 0.9, False, ((0, 5),))
    assert "quiet" not in Page(render_reading_page([answer(passages=[vote])])).texts


@pytest.mark.parametrize(("length", "opens"), [(900, True), (KEPT_WHOLE + 1, False)])
def test_long_passages_are_excerpts(length, opens):
    text = "甲" * (length - 105) + "1420年" + "乙" * 100
    start = length - 105
    page = Page(
        render_reading_page(
            [answer(passages=[PassageVote(text, 1, 0, True, ((start, start + 5),))])]
        )
    )
    assert page.texts["text"][0] == "…" + "甲" * 100 + "1420年" + "乙" * 100
    assert page.texts["text"][1:] == ([text] if opens else [])
    assert f"{length:,} characters" in "".join(page.texts["article"])


def test_no_answer_and_expected_answers_are_said():
    page = Page(render_reading_page([answer(""), answer()], [["北京", "京", "北京"], []]))
    assert page.texts["answer none"] == ["no answer"]
    assert page.texts["expected"] == ["expected: 北京 / 京", "expected: no answer"]
    with pytest.raises(ValueError, match="zip"):
        render_reading_page([answer()], [])


def test_dicts_and_answers_give_the_same_page():
    one = answer(passages=[PassageVote("在1420年", 0.5, 0.1, True, ((1, 6),))])
    assert render_reading_page([one]) == render_reading_page([one.to_dict()])


def test_figures_and_half_surrogates_are_written(tmp_path):
    path = tmp_path / "page.html"
    write_reading_page([answer(question="\ud83d？")], path, figures={"F1 < 1": "0.5"})
    page = Page(path.read_text(encoding="utf-8"))
    assert (page.texts["dt"], page.texts["dd"]) == (["F1 < 1"], ["0.5"])
    assert page.texts["h2"] == ["?？"]


def test_a_failed_page_leaves_the_old_one(tmp_path):
    path = tmp_path / "page.html"
    write_reading_page([answer()], path)
    before = path.read_bytes()
    with pytest.raises(KeyError):
        write_reading_page([{"question": "谁？"}], path)
    assert path.read_bytes() == before
    with pytest.raises(DataError, match="cannot be written"):
        write_reading_page([answer()], tmp_path / "nowhere" / "page.html")
