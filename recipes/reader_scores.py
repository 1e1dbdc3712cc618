"""The scores of a reader on questions that nothing was trained on or chosen by.

    python recipes/reader_scores.py --data ../shared/data --out runs/reader/scores [--preset DIR]

An hour on two cores, or a share of it with --every 10, which asks every tenth question; every part
is kept in OUT/scores.json when it is done, and not done again.

    one passage    cmrc (2018 dev, whole contexts), drcd (the first 1,000 of dev, Traditional),
                   webqa (odd numbers), squad (the last ten articles of v1.1 dev)
    no answer      webqa_each: every passage found for a question of its own; cail, test;
                   elsewhere: 100 questions of cmrc beside the passage of another question
    many passages  voting.png: of webqa's 20 passages the first 1, 2, 5, 10 and 20 vote, in three
                   ways; foreign: 200 questions of cmrc, alone and beside 19 passages of others
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from octavo._files import write_atomic
from octavo.reading import Passage, Question, Reader, read_questions
from octavo.reading.evaluation import Evaluation, evaluate, write_predictions

NUMBERS = (1, 2, 5, 10, 20)
VOTES = ("article", "mean", "holders")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--questions", type=Path, default=Path("runs/reader/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/reader/scores"))
    parser.add_argument("--preset", type=Path)
    parser.add_argument("--every", type=int, default=1, help="ask every so-manieth question alone")
    parser.add_argument("--parts", nargs="+", help="measure these parts alone")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    reader = Reader.from_preset(options.preset) if options.preset else Reader.from_preset()
    path = options.out / "scores.json"
    done: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    files = {
        "cmrc": options.data / "cmrc2018" / "dev.json.xz",
        **{name: options.questions / f"scored_{name}.jsonl" for name in ("drcd", "webqa", "squad")},
    }
    every = options.every
    questions = {name: list(read_questions(file))[::every] for name, file in files.items()}
    retrieved = list(read_questions(options.questions / "scored_webqa_ir.jsonl"))[::every]
    judicial = list(read_questions(options.questions / "scored_cail.jsonl"))[::every]
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        name: partial(scores, reader, asked, options.out / f"{name}.jsonl")
        for name, asked in questions.items()
    }
    parts["elsewhere"] = partial(scores, reader, elsewhere(questions["cmrc"], 100))
    parts["webqa_each"] = partial(scores, reader, one_by_one(retrieved))
    parts["cail"] = partial(scores, reader, judicial)
    parts["foreign"] = partial(foreign, reader, questions["cmrc"])
    parts["voting"] = partial(voting, reader, retrieved)
    for name in options.parts or parts:
        if name not in done:
            done[name] = parts[name]()
            with write_atomic(path) as file:
                file.write(json.dumps(done, indent=1) + "\n")
        print(name, json.dumps(done[name]), flush=True)
    if "voting" in done:
        plot_voting(done["voting"], options.out / "voting.png")


def scores(
    reader: Reader, questions: Sequence[Question], path: Path | None = None
) -> dict[str, Any]:
    """What `octavo read evaluate` says; the predictions too, if there is a path."""
    result = evaluate(reader, questions)
    if path is not None:
        write_predictions(questions, result.answers, path)
    return result.to_dict()


def one_by_one(questions: Sequence[Question]) -> list[Question]:
    """Each passage as a question of its own, which has no answer where the passage has none."""
    return [
        dataclasses.replace(question, passages=(passage,), answers=passage.answers)
        for question in questions
        for passage in question.passages
    ]


def elsewhere(questions: Sequence[Question], count: int) -> list[Question]:
    """Every so-manieth question beside the passage of another text, in which no answer stands."""
    chosen = questions[:: max(len(questions) // count, 1)][:count]
    return [
        dataclasses.replace(question, passages=others(question, questions, 1), answers=())
        for question in chosen
    ]


def others(question: Question, questions: Sequence[Question], count: int) -> tuple[Passage, ...]:
    """Passages of other questions that hold no answer of this one, drawn by its number."""
    texts = sorted({other.passages[0].text for other in questions})
    random.Random(question.id).shuffle(texts)
    without = (text for text in texts if not any(answer in text for answer in question.answers))
    return tuple(Passage(next(without)) for _ in range(count))


def foreign(reader: Reader, questions: Sequence[Question]) -> dict[str, Any]:
    """F1 of 200 questions with their own passage alone, and among 19 others."""
    chosen = questions[:: max(len(questions) // 200, 1)][:200]
    among = []
    for question in chosen:
        passages = [*others(question, questions, 19), *question.passages]
        random.Random(question.id).shuffle(passages)
        among.append(dataclasses.replace(question, passages=tuple(passages)))
    return {"alone": evaluate(reader, chosen).f1, "among 19 others": evaluate(reader, among).f1}


def voting(reader: Reader, questions: Sequence[Question]) -> dict[str, Any]:
    """Accuracy of each vote by the number of passages."""
    settings = reader.settings
    found: dict[str, Any] = {"numbers": NUMBERS}
    for vote in VOTES:
        reader.settings = dataclasses.replace(settings, vote=vote)
        results: list[Evaluation] = []
        for number in NUMBERS:
            fewer = [dataclasses.replace(one, passages=one.passages[:number]) for one in questions]
            results.append(evaluate(reader, fewer))
        found[vote] = [result.accuracy for result in results]
    reader.settings = settings
    return found


def plot_voting(found: dict[str, Any], path: Path) -> None:
    """Accuracy against the number of passages, a line a vote."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5.2, 3.4), layout="constrained")
    for vote in VOTES:
        axes.plot(found["numbers"], found[vote], marker="o", lw=1.5, label=vote)
    axes.set(xscale="log", xlabel="passages that may vote", ylabel="accuracy", ylim=(0, 1))
    axes.set_xticks(found["numbers"], [str(number) for number in found["numbers"]])
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(title="vote", frameon=False)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
