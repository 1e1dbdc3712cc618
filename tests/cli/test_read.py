"""`octavo read` with a stand-in for the reader: what is parsed, printed, written and refused.

Covers octavo.cli.print_answers.
"""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

from octavo.cli.main import main, run
from octavo.cli.print_answers import print_answer
from octavo.reading.answer import Answer, Candidate, PassageVote
from octavo.reading.calibrating import Calibrated
from octavo.reading.training_settings import TrainingSettings

PASSAGE = "北京故宫[bold]到永乐十八年（1420年）建成。"
START = PASSAGE.index("1420年")


class StandIn:
    """Answers "1420年" wherever it stands; remembers what it was asked."""

    calls: ClassVar[list] = []
    fitted: ClassVar[dict] = {"start": {"f1": 0.25}, "epochs": [{"loss": 2.0, "f1": 0.5}]}

    @classmethod
    def from_preset(cls, path=None):
        cls.calls.append(("from_preset", path))
        return cls()

    def answer(self, question, passages, **options):
        self.calls.append(("answer", question, list(passages), options))
        places = [p.text.find("1420年") for p in passages]
        spans = [((start, start + 5),) if start >= 0 else () for start in places]
        votes = tuple(
            PassageVote(p.text, 0.8 if s else 0.0, 0.1, bool(s), s, p.source)
            for p, s in zip(passages, spans, strict=True)
        )
        return Answer(question, "1420年" if any(spans) else "", 0.8, votes)

    def answer_many(self, questions, progress=True, **options):
        return [self.answer(q.question, q.passages, **options) for q in questions]

    def calibrate(self, questions):
        self.calls.append(("calibrate", questions))
        return Calibrated(len(questions), 0.3, 0.2, -0.5, [(1.0, 0.8, 1.0)])

    def save_to_preset(self, path):
        self.calls.append(("save_to_preset", path))

    def fit(self, questions, **options):
        self.calls.append(("fit", questions, options))
        return self.fitted


@pytest.fixture(autouse=True)
def calls(monkeypatch):
    module = ModuleType("octavo.reading.reader")
    module.Reader = StandIn
    monkeypatch.setitem(sys.modules, "octavo.reading.reader", module)
    monkeypatch.setattr(StandIn, "calls", [])
    return lambda: StandIn.calls


@pytest.fixture
def passages(tmp_path):
    path = tmp_path / "palaces.txt"
    path.write_text(f"{PASSAGE}\n\n颐和园在西郊。\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "questions.jsonl"
    records = [
        {"id": "1", "question": "故宫哪年建成？", "context": PASSAGE, "answers": ["1420年"]},
        {"id": "2", "question": "谁建了天坛？", "context": "天坛很大。", "answers": []},
    ]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return str(path)


def test_ask_prints_the_answer_the_evidence_and_the_vote(passages, capsys):
    assert run(["read", "ask", "哪年？", passages]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("1420年  0.800\n")
    assert PASSAGE in printed.replace("\n", "")  # "[bold]" is text, not markup
    vote = "passage 1  ███████████████████░░░░░  0.800  P(no answer) 0.100"
    assert f"{vote}  {passages}:1\n" in printed


def test_of_many_passages_those_that_say_most_are_printed(tmp_path, capsys):
    path = tmp_path / "many.txt"
    path.write_text("\n".join(["颐和园在西郊。"] * 300 + [PASSAGE]), encoding="utf-8")
    assert run(["read", "ask", "哪年？", str(path), "--documents", "lines"]) == 0
    printed = capsys.readouterr().out
    assert "passage 301" in printed
    assert printed.count("passage ") == 1
    assert "300 more passages say less" in printed
    assert "not read" not in printed


def test_of_many_places_the_first_are_printed(capsys):
    vote = PassageVote("1420年" + "\u3000" * 90, 0.8, 0.1, True, ((0, 5),))
    text, places = vote.text * 50, tuple((95 * n, 95 * n + 5) for n in range(50))
    many = dataclasses.replace(vote, text=text, spans=places)
    unread = PassageVote("天坛", 0.0, None, False)
    print_answer(Answer("哪年？", "1420年", 0.8, (many, *[unread] * 10)))
    printed = capsys.readouterr().out
    assert printed.count("1420年") == 4
    assert "(and 47 more places)" in printed.replace("\n", " ")
    assert "10 were not read, as others are nearer" in printed
    assert "say less" not in printed


def test_other_answers_are_printed_below_the_first(capsys):
    vote = PassageVote("1420年，1421年。", 0.8, 0.1, True, ((0, 5),))
    others = [Candidate("1420年", 0.8, 1, 0, 5), Candidate("1421年", 0.1, 1, 6, 11)]
    print_answer(Answer("哪年？", "1420年", 0.8, (vote,), tuple(others)))
    assert capsys.readouterr().out.startswith("1420年  0.800\nor 1421年  0.100, passage 1\n")


def test_ask_json_is_the_last_line_and_carries_the_spans(passages, capsys):
    assert run(["read", "ask", "哪年？", passages, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.rstrip("\n").split("\n")[-1])
    assert answer["answer"] == "1420年"
    assert answer["passages"][0]["spans"] == [[START, START + 5]]
    assert answer["passages"][1]["text"] == "颐和园在西郊。"


def test_options_reach_the_reader_and_defaults_stay_with_it(passages, tmp_path, calls):
    preset = str(tmp_path)
    command = ["read", "ask", "哪年？", passages]
    run([*command, "--preset", preset, "--mode", "generative", "--beams", "2", "--top-k", "3"])
    run(command)
    assert calls()[0] == ("from_preset", preset)
    assert calls()[1][3] == {"mode": "generative", "beams": 2, "top_k": 3}
    assert calls()[2] == ("from_preset", None)
    assert calls()[3][3] == {"mode": "extractive", "top_k": 1}


def test_ask_writes_a_page(passages, tmp_path):
    assert run(["read", "ask", "哪年？", passages, "--html", str(tmp_path / "page.html")]) == 0
    assert "<mark>1420年</mark>" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_warning_is_one_line_on_stderr(tmp_path, monkeypatch, capsys):
    path = tmp_path / "many.txt"
    path.write_text("颐和园在西郊。\n" * 300, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["octavo", "read", "ask", "哪年？", str(path)])
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # `main` replaces it
    with pytest.raises(SystemExit):
        main()
    line, *others = capsys.readouterr().err.splitlines()
    assert line.startswith(f"octavo: {path}: 300 lines are one passage")
    assert not others


def test_swapped_arguments_and_missing_presets_are_said_at_once(passages, capsys):
    assert run(["read", "ask", passages, "哪年？"]) == 2
    assert "the question comes first" in capsys.readouterr().err
    assert run(["read", "ask", "哪年？", passages, "--preset", "nowhere"]) == 1
    assert capsys.readouterr().err == "octavo: nowhere: no such folder\n"


def test_the_help_of_train_names_the_defaults(capsys):
    assert run(["read", "train", "--help"]) == 0
    printed = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for field in dataclasses.fields(TrainingSettings):
        option = f"--{field.name.replace('_', '-')} (INT|FLOAT)"
        text = r"[A-Z](?:(?! --).)+\."
        default = r"Default: \S" if field.default is None else rf"\[default: {field.default}\]"
        assert re.search(rf"{option} {text} {default}", printed), option


def test_passages_come_from_standard_input():
    source = "import io,sys;sys.stdin=io.TextIOWrapper(io.BytesIO('甲\\n\\n乙'.encode()));"
    source += "from octavo.reading.passage_files import read_passages;"
    source += "print([passage.text for passage in read_passages(['-'])])"
    result = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert result.stdout == "['甲', '乙']\n", result.stderr


def test_evaluate_gives_fractions_in_json_and_a_table(questions, capsys):
    assert run(["read", "evaluate", questions, "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert (scores["em"], scores["f1"], scores["no_answer_f1"]) == (1, 1, 1)
    assert scores["questions_per_second"] > 0
    assert run(["read", "evaluate", questions, "--limit", "1"]) == 0
    assert "1 questions, 0 without an answer" in capsys.readouterr().out


@pytest.fixture
def faulty(tmp_path, questions):
    path = tmp_path / "faulty.jsonl"
    wrong = [json.dumps({"question": " ", "context": PASSAGE, "answers": []}), "{oops"]
    path.write_text("\n".join([Path(questions).read_text("utf-8"), *wrong]), encoding="utf-8")
    return str(path)


def test_evaluate_leaves_out_bad_questions_and_says_which(faulty, capsys):
    assert run(["read", "evaluate", faulty, "--json"]) == 0
    captured = capsys.readouterr()
    scores = json.loads(captured.out)
    assert (scores["questions"], scores["bad_questions"], scores["em"]) == (2, 2, 1)
    said = f"octavo: 2 questions are left out: {faulty}, line 3: question is empty; {faulty}, line "
    assert said in captured.err
    assert run(["read", "evaluate", faulty, "--limit", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bad_questions"] == 0


def test_train_stops_at_a_bad_question_or_leaves_it_out(faulty, tmp_path, calls, capsys):
    command = ["read", "train", faulty, "--validation", faulty, "--out", str(tmp_path / "reader")]
    stopped = ["read", "evaluate", faulty, "--bad-questions", "stop"]
    for tokens in (command, stopped):
        assert run(tokens) == 1
        assert capsys.readouterr().err == f"octavo: {faulty}, line 3: question is empty\n"
    assert run([*command, "--bad-questions", "skip"]) == 0
    _, learned, options = calls()[-1]
    assert [len(learned), len(options["validation"])] == [2, 2]
    assert capsys.readouterr().err.count("2 questions are left out") == 2


def test_evaluate_writes_predictions_and_a_page(questions, tmp_path, capsys):
    out, page = tmp_path / "predictions.jsonl", tmp_path / "page.html"
    assert run(["read", "evaluate", questions, "--out", str(out), "--html", str(page)]) == 0
    lines = out.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["answer"] for line in lines] == ["1420年", ""]
    assert "expected: <span" in page.read_text(encoding="utf-8")


def test_train_passes_what_was_given(questions, tmp_path, calls, capsys):
    out = tmp_path / "reader"
    command = ["read", "train", questions, questions, "--validation", questions, "--out", str(out)]
    assert run([*command, "--epochs", "2", "--learning-rate", "1e-3", "--no-resume", "--json"]) == 0
    _, learned, options = calls()[-1]
    assert [question.id for question in learned] == ["1", "2", "1", "2"]
    assert len(options.pop("validation")) == 2
    settings = TrainingSettings(epochs=2, learning_rate=1e-3)
    assert options == {"out": out, "resume": False, **dataclasses.asdict(settings)}
    assert json.loads(capsys.readouterr().out) == {"preset": str(out), **StandIn.fitted}


def test_train_prints_the_start_and_every_epoch(questions, tmp_path, capsys):
    assert run(["read", "train", questions, "--out", str(tmp_path / "reader")]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[:3] == [["epoch", "loss", "f1"], ["start", "0.25"], ["1", "2", "0.5"]]


def test_calibrate_scores_before_and_after_and_draws(questions, tmp_path, calls, capsys):
    out, plot = tmp_path / "reader", tmp_path / "scores.svg"
    command = ["read", "calibrate", questions, "--out", str(out)]
    assert run([*command, "--plot", str(plot), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["preset"], found["questions"]) == (str(out), 2)
    assert [found["calibration_error_before"], found["calibration_error"]] == [0.3, 0.2]
    assert (found["no_answer_bias"], found["bad_questions"]) == (-0.5, 0)
    assert plot.read_text().startswith("<?xml")
    assert [call[0] for call in calls()] == ["from_preset", "calibrate", "save_to_preset"]
    assert run(command) == 0
    assert "calibration error 0.3000 before, 0.2000 on the same" in capsys.readouterr().out


def test_calibrate_needs_questions(tmp_path, capsys):
    assert run(["read", "calibrate", "--out", str(tmp_path / "reader")]) == 2
    assert "at least one file of questions is needed" in capsys.readouterr().err


def test_sogou_scores_a_prediction_file(tmp_path, capsys):
    predictions, answers = tmp_path / "predictions.tsv", tmp_path / "answers.tsv"
    predictions.write_text("1\t北京市\n2\t上海\n", encoding="utf-8")
    answers.write_text("1\t北京\t北京|北京市\n2\t天津\t天津\n", encoding="utf-8")
    command = ["read", "sogou", str(predictions), str(answers)]
    assert run([*command, "--json", "--out", str(tmp_path / "lines.tsv")]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "accuracy": 0.5, "f1": 0.5, "final": 0.5, "questions": 2,
    }  # fmt: skip
    assert (tmp_path / "lines.tsv").read_text(encoding="utf-8").startswith("1\t北京市\t1\t1.000000")


@pytest.mark.parametrize(
    ("tokens", "code", "message"),
    [
        (["ask", " ", "PASSAGES"], 2, "the question is empty. Received: ' '"),
        (["ask", "哪年？"], 2, "at least one file of passages is needed"),
        (["ask", "哪年？", "nowhere.txt"], 1, "nowhere.txt: cannot be read: No such file"),
        (["ask", "哪年？", "-", "-"], 2, "standard input can be read only once"),
        (["ask", "哪年？", "PASSAGES", "--jsno"], 2, "--jsno"),
        (["ask", "哪年？", "PASSAGES", "--beams", "0"], 2, "--beams must be a whole number of 1"),
        (["ask", "哪年？", "PASSAGES", "--mode", "psychic"], 2, "psychic"),
        (["ask", "哪年？", "PASSAGES", "--html", "no/a.html"], 1, "there is no folder no"),
        (["evaluate", "PASSAGES"], 1, "palaces.txt, line 1: not valid JSON"),
        (["evaluate", "PASSAGES"], 1, "column 1; a file of questions begins with { or ["),
        (["evaluate", "PASSAGES", "--batch-size", "0"], 2, "--batch-size must be a whole number"),
        (["evaluate"], 2, "FILE"),
        (["train", "--out", "x"], 2, "at least one file of questions is needed"),
        (["train", "PASSAGES"], 2, "--out"),
        (["train", "PASSAGES", "--out", "x", "--learning-rate", "nan"], 2, "learning_rate must"),
        (["train", "PASSAGES", "--out", "PASSAGES"], 1, "is a file, expected a folder"),
        (["sogou", "PASSAGES", "PASSAGES"], 1, "palaces.txt, line 1: expected 3 fields"),
    ],
)  # fmt: skip
def test_bad_use_is_one_line_before_any_reader_is_loaded(
    tokens, code, message, passages, capsys, calls
):
    assert run(["read", *(passages if token == "PASSAGES" else token for token in tokens)]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert calls() == []


def test_a_passage_of_ten_megabytes_is_one_line(tmp_path, capsys):
    path = tmp_path / "huge.txt"
    path.write_text("长" * 3_500_000, encoding="utf-8")
    assert run(["read", "ask", "哪年？", str(path)]) == 1
    assert (
        "huge.txt, line 1: a line of more than 4 MB is more than is held" in capsys.readouterr().err
    )


@pytest.mark.parametrize("verb", [[], ["ask"], ["evaluate"], ["train"], ["sogou"]])
def test_help_loads_nothing_heavy(verb):
    source = (
        "import sys\nfrom octavo.cli.main import run\n"
        f"code = run(['read', *{verb!r}, '--help'])\n"
        "heavy = {'keras', 'jax', 'numpy', 'matplotlib', 'torch'} & set(sys.modules)\n"
        "print(code, heavy, file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert result.stderr == "0 set()\n"
    assert "octavo read" in result.stdout


def test_no_result_overwrites_an_input_or_another_result(questions, passages, tmp_path, capsys):
    before = Path(questions).read_bytes()
    page = str(tmp_path / "page.html")
    for command in (
        ["evaluate", questions, "--out", questions],
        ["evaluate", questions, "--out", page, "--html", f"{tmp_path}/./page.html"],
        ["ask", "哪年？", passages, "--html", passages],
        ["sogou", questions, passages, "--out", passages],
    ):
        assert run(["read", *map(str, command)]) == 2
        assert "would overwrite" in capsys.readouterr().err
    assert Path(questions).read_bytes() == before


def test_results_go_to_standard_output_on_request(questions, capsys):
    assert run(["read", "evaluate", str(questions), "--out", "-"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["answer"] == "1420年"
    assert run(["read", "evaluate", str(questions), "--out", "-x"]) == 2
    assert "--out needs a file" in capsys.readouterr().err
