"""`octavo read`: ask questions of passages, score a reader, train one."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App

from octavo._files import check_directory
from octavo.cli.arguments import (
    AsJson,
    Flat,
    Given,
    Input,
    Output,
    Preset,
    Resume,
    check_inputs,
    check_outputs,
)
from octavo.cli.ask import ask
from octavo.cli.readers import Mode, check_counts, load_reader, print_json, say_written
from octavo.cli.terminal import printable
from octavo.errors import DataError, UsageError
from octavo.reading.training_settings import TrainingSettings

if TYPE_CHECKING:
    from octavo.reading.evaluation import Evaluation
    from octavo.reading.question_files import Question

BadQuestions = Literal["stop", "skip"]

app = App(name="read", help_format="markdown")
app.command(ask)


@app.command
def evaluate(
    file: Input,
    /,
    *,
    preset: Preset = None,
    mode: Mode = "extractive",
    beams: int | None = None,
    batch_size: int | None = None,
    limit: int | None = None,
    bad_questions: BadQuestions = "skip",
    as_json: AsJson = False,
    html: Output = None,
    out: Output = None,
) -> None:
    """Score a reader on questions with known answers.

    Gives EM and F1 of CMRC 2018, Accuracy and Final of the Sogou tool, precision, recall and F1 of
    "no answer", questions a second, and beside them the score of the sentence nearest to the
    question. A question without known answers is right if the reader gives none.

    For example:

        octavo read evaluate cmrc2018_dev.json

        octavo read evaluate questions.jsonl.xz --limit 200 --html answers.html --json

    Parameters
    ----------
    file
        Questions in the layout of SQuAD and CMRC, of WebQA, as JSON lines or as a list; - is
        standard input.
    preset
        A reader's folder, or hf://owner/name. Default: the bundled one.
    mode
        extractive: answers are spans of a passage. generative: they are written freely.
    beams
        Answers followed at once. Default: the reader's own setting.
    batch_size
        Windows of passages read together. Default: the reader's own.
    limit
        Only this many questions, from the start.
    bad_questions
        Questions without text or passages, or otherwise at fault: skip them, said on stderr, or
        stop with an error.
    as_json
        Print one JSON object, scores from 0 to 1, instead of a table.
    html
        Write a page that shows every answer in its passages.
    out
        Write the answers as JSON lines.
    """
    check_counts(beams=beams, batch_size=batch_size, limit=limit)
    check_inputs(file)
    check_outputs([file], html=html, out=out)
    questions, skipped = _read_questions([file], bad_questions, limit)
    reader = load_reader(preset)
    from octavo.reading import evaluation

    result = evaluation.evaluate(reader, questions, mode, beams, batch_size)
    try:
        if out is not None:
            evaluation.write_predictions(questions, result.answers, out)
        if html is not None:
            _write_evaluation_page(questions, result, html)
            say_written(html)
    finally:  # scores are not lost with a file that cannot be written
        if as_json:
            print_json({**result.to_dict(), "bad_questions": skipped})
        else:
            from octavo.cli.print_answers import print_evaluation

            print_evaluation(result)


@app.command
def train(
    *files: Input,
    out: Path,
    validation: Given = None,
    preset: Preset = None,
    settings: Annotated[TrainingSettings, Flat] = TrainingSettings(),  # noqa: B008 (frozen)
    bad_questions: BadQuestions = "stop",
    resume: Resume = True,
    as_json: AsJson = False,
) -> None:
    """Train a reader on questions with known answers, starting from another reader.

    With validation questions the best epoch is kept, or the start if every epoch scores less;
    without them the last. A run that was stopped goes on where it was when the same command is
    given again.

    For example:

        octavo read train cmrc2018_train.json --out my-reader

        octavo read train a.jsonl b.jsonl.xz --validation c.jsonl --out my-reader --epochs 3

    Parameters
    ----------
    files
        Questions to learn from, in any layout that `octavo read evaluate` takes.
    out
        The folder of the new reader.
    validation
        Questions to choose the best weights by.
    preset
        The reader to start from, a folder or hf://owner/name, or an encoder such as a BERT, of
        which a reader is made. Default: the bundled reader.
    settings
        The fields of `TrainingSettings`, each an option with its own text.
    bad_questions
        Questions without text or passages, or otherwise at fault: stop with an error, or skip
        them, said on stderr.
    resume
        Go on with a stopped run in --out; --no-resume begins anew.
    as_json
        Print one JSON object instead of text.
    """
    if not files:
        raise UsageError("at least one file of questions is needed. Received: none")
    check_inputs(*files, *([] if validation is None else [validation]))
    check_directory(out, parents=True)
    questions, _ = _read_questions(files, bad_questions)
    held_out = None if validation is None else _read_questions([validation], bad_questions)[0]
    reader = load_reader(preset, start=True)
    options = asdict(settings)
    result = reader.fit(questions, validation=held_out, out=out, resume=resume, **options)
    if as_json:
        print_json({"preset": str(out), **result})
        return
    from octavo.cli.print_answers import print_epochs

    print_epochs(result)
    print(f"wrote {out}")


@app.command
def calibrate(
    *files: Input,
    out: Path,
    preset: Preset = None,
    bad_questions: BadQuestions = "skip",
    as_json: AsJson = False,
    plot: Output = None,
) -> None:
    """Make a reader's scores probabilities, by your own questions with known answers.

    Afterwards the score of an answer is how often such answers are right. Where 20 questions or
    more have no answer, the line between an answer and "no answer" is drawn anew too. The new
    reader has the weights of the old one.

    For example:

        octavo read calibrate questions.jsonl --out my-reader

        octavo read calibrate a.json b.jsonl --preset my-reader --out calibrated --plot scores.png

    Parameters
    ----------
    files
        Questions in any layout that `octavo read evaluate` takes, like those to come: with as many
        passages each, and as many that have no answer.
    out
        The folder of the new reader.
    preset
        A reader's folder, or hf://owner/name. Default: the bundled one.
    bad_questions
        Questions without text or passages, or otherwise at fault: skip them, said on stderr, or
        stop with an error.
    as_json
        Print one JSON object instead of text.
    plot
        Draw how often answers are right against their score; .png, .svg or .pdf.
    """
    if not files:
        raise UsageError("at least one file of questions is needed. Received: none")
    check_inputs(*files)
    check_outputs(files, plot=plot)
    check_directory(out)
    questions, skipped = _read_questions(files, bad_questions)
    reader = load_reader(preset)
    result = reader.calibrate(questions)
    reader.save_to_preset(out)
    if plot is not None:
        from octavo.report.reliability import plot_reliability

        plot_reliability(result.reliability, plot)
    if as_json:
        figures = {
            "questions": result.questions,
            "calibration_error_before": round(result.error_before, 6),
            "calibration_error": round(result.error, 6),
            "no_answer_bias": round(result.no_answer_bias, 6),
        }
        print_json({"preset": str(out), **figures, "bad_questions": skipped})
        return
    errors = f"{result.error_before:.4f} before, {result.error:.4f} on the same questions now"
    print(f"calibration error {errors}")
    print(f"wrote {out}")


@app.command
def sogou(
    predictions: Input,
    answers: Input,
    /,
    *,
    as_json: AsJson = False,
    out: Output = None,
) -> None:
    """Score a file of predictions as the CIPS-SOGOU evaluation tool does.

    For example:

        octavo read sogou predictions.tsv qid_answer_expand

        octavo read sogou predictions.tsv qid_answer_expand --out lines.tsv --json

    Parameters
    ----------
    predictions
        Lines of question id, tab, predicted answer.
    answers
        Lines of question id, tab, standard answer, tab, all accepted answers with | between them.
    as_json
        Print one JSON object, scores from 0 to 1, instead of a table.
    out
        Write each prediction with its own scores, in the tool's seven columns.
    """
    check_inputs(predictions, answers)
    check_outputs([predictions, answers], out=out)
    from octavo.reading import sogou_files
    from octavo.reading.metrics import sogou_scores

    accepted = sogou_files.read_accepted_answers(answers)
    predicted = sogou_files.read_predictions(predictions)
    sogou_files.check_ids(predicted, accepted, predictions)
    scores = sogou_scores(predicted, accepted)
    if out is not None:
        sogou_files.write_matches(out, predicted, accepted)
    if as_json:
        print_json(vars(scores))
        return
    from octavo.cli.print_answers import print_sogou_scores

    print_sogou_scores(scores)


def _read_questions(
    files: Iterable[str], bad_questions: str, limit: int | None = None
) -> tuple[list[Question], int]:
    """The questions of files, and how many were left out, as is said."""
    from octavo.reading.passage_files import check_lengths
    from octavo.reading.question_files import describe_faults, read_questions

    found: list[DataError] = []
    faults = found if bad_questions == "skip" else None
    questions: list[Question] = []
    for file in files:
        usable = list(islice(read_questions(file, faults=faults), limit))
        questions += check_lengths(usable, file, faults)
    if found:
        print(f"octavo: {printable(describe_faults(found))}", file=sys.stderr)
    return questions, len(found)


def _write_evaluation_page(questions: list[Question], result: Evaluation, path: Path) -> None:
    from octavo.report.reading_page import write_reading_page

    figures = {
        "F1": f"{result.f1:.3f}",
        "EM": f"{result.em:.3f}",
        "nearest sentence F1": f"{result.baseline_f1:.3f}",
        "Sogou Final": f"{result.final:.3f}",
        "questions a second": f"{result.questions_per_second:.1f}",
    }
    if result.no_answer_questions:
        figures["no-answer F1"] = f"{result.no_answer_f1:.3f}"
    expected = [question.answers for question in questions]
    write_reading_page(result.answers, path, expected, figures)
