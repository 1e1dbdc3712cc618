"""Question files: every layout, found from content; clear errors; a round trip.

Covers octavo.reading.question_layouts.
"""

from __future__ import annotations

import gzip
import json
import lzma
import re
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import DataError
from octavo.reading import Passage, Question, read_questions, write_questions
from octavo.reading.question_files import describe_faults

SHARED = Path(__file__).parents[3] / "shared" / "data"
CONTEXT = "故宫于1420年建成。"


def squad(**qa: Any) -> dict[str, Any]:
    paragraph = {"context": CONTEXT, "qas": [{"id": "q1", "question": "何时建成？", **qa}]}
    return {"version": "1", "data": [{"title": "x", "paragraphs": [paragraph]}]}


def read(tmp_path: Path, content: Any, faults: list[DataError] | None = None) -> list[Question]:
    path = tmp_path / "questions"
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    path.write_text(text, encoding="utf-8", newline="")
    return list(read_questions(path, faults=faults))


def expected(*standing: str, answers: tuple[str, ...] = ("1420年",), id: str = "q1") -> Question:
    return Question(id, "何时建成？", (Passage(CONTEXT, standing),), answers)


SAME = {
    "squad": squad(answers=[{"text": "1420年", "answer_start": 999}, {"text": "1420年"}]),
    "squad 2": squad(answers=[{"text": "1420年"}], is_impossible="false"),
    "article": [
        {
            "id": "q1",
            "question": "何时建成？",
            "passages": [{"passage": CONTEXT, "answer": "1420年"}],
        }
    ],
    "webqa": {
        "q1": {
            "question": "何时建成？",
            "evidences": {"q1#0": {"answer": ["1420年"], "evidence": CONTEXT}},
        }
    },
    "context": [{"id": "q1", "question": "何时建成？", "context": CONTEXT, "answers": "1420年"}],
    "hub": [
        {
            "id": "q1",
            "question": "何时建成？",
            "context": CONTEXT,
            "answers": {"text": ["1420年"], "answer_start": [3]},
        }
    ],
    "plain passages": [
        {"id": "q1", "question": "何时建成？", "passages": [CONTEXT], "answers": ["1420年", ""]}
    ],
    "list evidences": [
        {
            "id": "q1",
            "question": "何时建成？",
            "evidences": [{"evidence": CONTEXT, "answer": ["1420年"]}],
        }
    ],
}


@pytest.mark.parametrize("layout", SAME)
@pytest.mark.parametrize("indent", [None, 2])
def test_every_layout_gives_the_same_question(
    tmp_path: Path, layout: str, indent: int | None
) -> None:
    content = json.dumps(SAME[layout], ensure_ascii=False, indent=indent)
    assert read(tmp_path, content) == [expected("1420年")]


@pytest.mark.parametrize("layout", ["article", "context", "hub", "plain passages"])
def test_lists_may_be_json_lines(tmp_path: Path, layout: str) -> None:
    line = json.dumps(SAME[layout][0])
    assert read(tmp_path, f"\n{line}\r\n\n{line}") == [expected("1420年")] * 2


RAW = {
    "context_id": "T_1",
    "context_text": CONTEXT,
    "title": "故宫",
    "qas": [{"query_text": "何时建成？", "query_id": "q1", "answers": ["1420年"]}],
}
MRQA = {"context": CONTEXT, "qas": [{"qid": "q1", "question": "何时建成？", "answers": ["1420年"]}]}


def test_cmrcs_own_layout_and_mrqas(tmp_path: Path) -> None:
    assert read(tmp_path, json.dumps([RAW, RAW])) == [expected("1420年")] * 2
    header = json.dumps({"header": {"dataset": "any", "split": "dev"}})
    lines = "\n".join([header, json.dumps(MRQA), json.dumps(MRQA)])
    assert read(tmp_path, lines) == [expected("1420年")] * 2


def test_questions_of_a_line_without_ids_are_told_apart(tmp_path: Path) -> None:
    asked = [{"question": "何时？"}, {"question": "何地？"}, {"question": ""}]
    faults: list[DataError] = []
    (tmp_path / "q").write_text(json.dumps({"context": CONTEXT, "qas": asked}), "utf-8")
    found = list(read_questions(tmp_path / "q", faults=faults))
    assert [question.id for question in found] == ["0_0", "0_1"]
    assert "line 1: qas[2].question is empty" in str(faults[0])


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, zstandard.compress])
def test_reads_packed_files(tmp_path: Path, pack: Any) -> None:
    (tmp_path / "questions").write_bytes(pack(json.dumps(SAME["squad"]).encode()))
    assert list(read_questions(tmp_path / "questions")) == [expected("1420年")]


@pytest.mark.parametrize("impossible", [True, "true", "True"])
def test_impossible_questions_have_no_answer(tmp_path: Path, impossible: Any) -> None:
    content = squad(answers=[{"text": "1420年"}], is_impossible=impossible)
    assert read(tmp_path, content) == [expected(answers=())]


def test_answers_that_do_not_stand_in_the_passage(tmp_path: Path) -> None:
    content = squad(answers=[{"text": "YES"}, {"text": "1420年"}, {"text": ""}])
    assert read(tmp_path, content) == [expected("1420年", answers=("YES", "1420年"))]


def test_a_passage_with_its_own_answer_has_only_that(tmp_path: Path) -> None:
    passages = [
        {"passage": "建于1420年", "answer": ""},
        {"passage": "永乐十八年", "answer": "永乐十八年"},
        {"passage": "1420年", "answer": "1420年"},
    ]
    (question,) = read(tmp_path, [{"question": "何时？", "passages": passages}])
    assert [passage.answers for passage in question.passages] == [(), ("永乐十八年",), ("1420年",)]
    assert question.answers == ("永乐十八年", "1420年")
    assert question.id == "0"


def test_a_source_is_kept_as_text(tmp_path: Path) -> None:
    found = [{"passage": "一", "source": "notes.txt"}, {"passage": "二", "source": 7}, "三"]
    (question,) = read(tmp_path, [{"question": "?", "passages": found, "is_impossible": True}])
    assert [passage.source for passage in question.passages] == ["notes.txt", "7", ""]


def test_a_source_stands_beside_the_context_too(tmp_path: Path) -> None:
    paragraph = {"context": "一", "source": "notes.txt", "qas": [{"question": "?"}]}
    for content in (
        {"data": [{"paragraphs": [paragraph]}]},
        [{"question": "?", "context": "一", "source": "notes.txt"}],
    ):
        (question,) = read(tmp_path, content)
        assert question.passages[0].source == "notes.txt"
    other = {"question": "?", "context": "一", "source": {"url": "x"}}  # a data set's own notes
    assert read(tmp_path, [other])[0].passages[0].source == ""
    record = {"question": "?", "passages": [{"passage": "一", "source": ["a"]}]}
    with pytest.raises(DataError, match=r"passages\[0\]\.source is a list, expected a string"):
        read(tmp_path, [record])


def test_webqa_no_answer_is_none(tmp_path: Path) -> None:
    evidences = {"a": {"answer": ["no_answer"], "evidence": "has no_answer"}}
    (question,) = read(tmp_path, {"Q": {"question": "?", "evidences": evidences}})
    assert (question.answers, question.passages[0].answers) == ((), ())


def test_questions_without_answers_can_be_asked(tmp_path: Path) -> None:
    (question,) = read(tmp_path, '{"question": "?", "passages": ["a", ""], "id": 7}')
    assert question == Question("7", "?", (Passage("a"), Passage("")), ())


def test_the_first_key_with_an_answer_counts_and_null_is_no_id(tmp_path: Path) -> None:
    for answers in (None, []):
        record = {"id": None, "question": "?", "context": "c", "answers": answers, "answer": "c"}
        assert read(tmp_path, [record]) == [Question("0", "?", (Passage("c", ("c",)),), ("c",))]


def test_what_is_impossible_has_no_answer_in_any_passage(tmp_path: Path) -> None:
    passages = [{"passage": "abc", "answer": "b"}]
    record = {"question": "?", "passages": passages, "is_impossible": True}
    assert read(tmp_path, [record]) == [Question("0", "?", (Passage("abc"),), ())]


LINE = json.dumps({"question": "?", "context": "c", "answers": []})
QA: dict[str, Any] = {"question": "?", "answers": []}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", ": is empty, expected questions"),
        ("[]", ": holds no questions"),
        ({"data": []}, ": holds no questions"),
        (f"{LINE}\n" * 6999 + "{oops\n" + f"{LINE}\n", ", line 7000: not valid JSON: Expecting"),
        (f"{LINE}\n\n\n" + "[1]\n", ", line 4: the line is a list, expected an object"),
        (f'{LINE}\n{{"question": 3, "context": ""}}', ", line 2: question is a number, expected a"),
        ('{"text": "a"}\n' * 9, ", line 1: question missing"),
        ("{\n\n\n}}\n", ", line 4: not valid JSON: Extra data"),
        ("[" * 100_000, ", line 1: not valid JSON"),
        ("1" * 5000, ", line 1: not valid JSON: a value is too large"),
        ("3", ": no known layout of questions"),
        ({"documents": [], "x": 1, "data_": 2}, ", line 1: question missing"),
        ('{\n"documents": []}', ": no known layout of questions: .* found the keys documents"),
        ({"data": {}}, ": data is an object, expected a list"),
        ({"data": [{}]}, r": data\[0\].paragraphs missing"),
        ({"data": [{"paragraphs": [{"qas": []}]}]}, r": data\[0\].paragraphs\[0\].context missing"),
        (
            {"data": [{"paragraphs": [{"context": "c", "qas": [QA, {"question": " "}]}]}]},
            r": data\[0\].paragraphs\[0\].qas\[1\].question is empty",
        ),
        ([{"question": "?", "passages": []}], r": \[0\].passages: there is no passage"),
        (
            [{"question": "?", "context": " "}],
            r": \[0\].passages: there is no passage, or all are e",
        ),
        ([{"question": "?", "passages": ["a", None]}], r": \[0\].passages\[1\] is null, expected"),
        ([{"question": "?"}], r": \[0\].passages missing"),
        (
            [{"question": "?", "context": "c", "passages": ["a"]}],
            r": \[0\].context and passages: one of them is wanted",
        ),
        ([{"question": "?", "context": "c", "answer": [1]}], r": \[0\].answer holds a number"),
        ({"Q": {"question": "?", "evidences": {"e": {}}}}, ": Q.evidences.e.passage missing"),
    ],
)
def test_errors_are_one_line_and_name_the_place(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"/questions{message}") as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)


def test_lines_before_a_wrong_one_are_read(tmp_path: Path) -> None:
    (tmp_path / "questions").write_text(f"{LINE}\n{LINE}\nwrong")
    reading = read_questions(tmp_path / "questions")
    assert [next(reading).id, next(reading).id] == ["0", "1"]
    with pytest.raises(DataError, match="line 3"):
        next(reading)


GOOD: dict[str, Any] = {"question": "?", "context": "c", "answers": ["c"]}
EMPTY: dict[str, Any] = {**GOOD, "question": " "}
EVIDENCE: dict[str, Any] = {"question": "?", "evidences": {"e": {"evidence": "c", "answer": "c"}}}
PARAGRAPHS = [{"context": "c", "qas": [QA, {"question": ""}, None, QA]}, {"qas": [QA]}, [], {}]


@pytest.mark.parametrize(
    ("content", "count", "messages"),
    [
        ([GOOD, EMPTY, GOOD], 2, [": [1].question is empty"]),
        ([GOOD, None, {"question": "?"}], 1, [": [1] is null, ", ": [2].passages missing"]),
        (
            "\n".join([*map(json.dumps, [GOOD, EMPTY]), "", "{oops", json.dumps(GOOD)]),
            2,
            [", line 2: question is empty", ", line 4: not valid JSON: Expecting property name"],
        ),
        (
            {"data": [{"paragraphs": PARAGRAPHS}, {}, {"paragraphs": PARAGRAPHS[:1]}]},
            4,
            [
                ": data[0].paragraphs[0].qas[1].question is empty",
                ": data[0].paragraphs[0].qas[2] is null",
                ": data[0].paragraphs[1].context missing",
                ": data[0].paragraphs[2] is a list, expected an object",
                ": data[0].paragraphs[3].context missing",
                ": data[1].paragraphs missing",
                ": data[2].paragraphs[0].qas[1].question is empty",
                ": data[2].paragraphs[0].qas[2] is null",
            ],
        ),
        (
            {"Q1": EVIDENCE, "Q2": {**EVIDENCE, "question": ""}, "Q3": None},
            1,
            [": Q2.question is empty", ": Q3 is null"],
        ),
    ],
)
def test_faults_of_single_questions_may_be_left_out(
    tmp_path: Path, content: Any, count: int, messages: list[str]
) -> None:
    faults: list[DataError] = []
    assert len(read(tmp_path, content, faults)) == count
    for fault, message in zip(faults, messages, strict=True):
        assert str(fault).startswith(f"{tmp_path}/questions{message}")
    with pytest.raises(DataError, match=re.escape(messages[0])):
        read(tmp_path, content)


def test_questions_are_numbered_as_they_stand_whatever_is_left_out(tmp_path: Path) -> None:
    paragraphs = [{"context": "c", "qas": [QA, {"question": ""}, QA]}]
    for content in ([GOOD, EMPTY, GOOD], {"data": [{"paragraphs": paragraphs}]}):
        assert [question.id for question in read(tmp_path, content, [])] == ["0", "2"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([EMPTY, EMPTY], r": \[0\]\.question is empty; no question can be used"),
        (f"{json.dumps(EMPTY)}\n{{oops", ", line 1: question is empty; no question can be used"),
        ({"data": [{}]}, r": data\[0\]\.paragraphs missing; no question can be used"),
        ({"data": {}}, ": data is an object, expected a list"),
        ('[{"question": ', ", line 1: not valid JSON"),
        ("[]", ": holds no questions"),
        ("", ": is empty, expected questions"),
        ("3", ": no known layout of questions"),
    ],
)
def test_where_nothing_is_left_or_the_whole_is_damaged_it_is_an_error(
    tmp_path: Path, content: Any, message: str
) -> None:
    with pytest.raises(DataError, match=f"/questions{message}"):
        read(tmp_path, content, [])


def test_an_archive_cut_short_is_an_error_whatever_was_read(tmp_path: Path) -> None:
    lines = "".join(json.dumps({**GOOD, "id": n}) + "\n" for n in range(5000))
    (tmp_path / "questions").write_bytes(lzma.compress(lines.encode())[:-40])
    with pytest.raises(DataError, match="damaged or cut short"):
        list(read_questions(tmp_path / "questions", faults=[]))


def test_of_many_faults_the_first_are_named() -> None:
    faults = [DataError(f"[{n}].question is empty", "a") for n in range(1200)]
    described = describe_faults(faults)
    assert described.startswith("1,200 questions are left out: a: [0].question is empty; a: [1].")
    assert described.endswith("a: [4].question is empty; ...")


words = st.text(st.characters(exclude_categories=()), min_size=1)
answers = st.lists(words, unique=True, max_size=3).map(tuple)


@st.composite
def passages(draw: st.DrawFn) -> Passage:
    standing = draw(answers)
    return Passage(draw(words) + "".join(standing) + "end", standing, draw(st.text(max_size=3)))


questions = st.builds(
    Question,
    id=st.text(),
    question=words.filter(str.strip),
    passages=st.lists(passages(), min_size=1, max_size=3).map(tuple),
    answers=answers,
)


@given(st.lists(questions, min_size=1, max_size=4))
def test_written_questions_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, many: list[Question]
) -> None:
    path = tmp_path_factory.mktemp("questions") / "questions.jsonl"
    write_questions(iter(many), path)
    assert list(read_questions(path)) == many
    assert path.read_bytes().count(b"\n") == len(many)


COUNTS = {  # file: questions, questions with an answer, questions with one standing in a passage
    "cmrc2018/train.json.xz": (10142, 10142, 10142),
    "cmrc2018/dev.json.xz": (3219, 3219, 3219),
    "drcd_train_subset/train.jsonl.xz": (1960, 1960, 1960),
    "cail2019_rc/dev_ground_truth.json.xz": (6000, 4580, 3992),
    "webqa/me_test.ann.json.xz": (3024, 3024, 3006),
}


@pytest.mark.skipif(not SHARED.exists(), reason="the development data (../shared) is not here")
@pytest.mark.parametrize("name", COUNTS)
def test_published_files(name: str) -> None:
    read = list(read_questions(SHARED / name))
    answered = sum(bool(question.answers) for question in read)
    standing = sum(any(passage.answers for passage in question.passages) for question in read)
    assert (len(read), answered, standing) == COUNTS[name]
