"""The bundled reader of Chinese and English, from a pretrained start.

Source: the reader of Su Jianlin, kexue.fm/archives/7115; the start is recipes/e5_preset.py.
Command: python recipes/reader.py --data ../shared/data --out runs/reader
Time and scores: see the model card, src/octavo/reading/presets/reader/README.md.

    start      the first 8 layers of multilingual-e5-small as a plain BERT (e5_preset.py)
    data       questions of many sources, some beside passages without the answer (reader_data.py)
    short      epochs of windows of 144 tokens, which are cheap
    long       an epoch of windows of 320 tokens, from the best weights of the first

Every stage can be killed and goes on where it was. No scored question is looked at.
"""

from __future__ import annotations

import argparse
import dataclasses
import subprocess
import sys
from pathlib import Path

from octavo._keras import keras, use_compilation_cache
from octavo.reading import Question, Reader, ReaderSettings, read_questions

SETTINGS = ReaderSettings(
    window=320, overlap=96, question_length=64, answer_length=80, beams=1, vote="holders"
)
STAGES = {"short": (144, 2, 1.5e-4, 1), "long": (320, 1, 7e-5, 2)}  # window, epochs, rate, seed
LAYERS = 8  # of the 12
VALIDATION = {"cmrc": 60, "drcd": 30, "squad": 40, "near": 30}  # questions scored after an epoch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/reader"))
    parser.add_argument("--share", type=float, default=1.0, help="of the questions, to try it out")
    parser.add_argument("--layers", type=int, default=LAYERS, help="of the 12, to compare")
    options = parser.parse_args()
    use_compilation_cache()
    start, data = options.out / "e5", options.out / "data"
    make("e5_preset", options.data, start, start / "vocab.txt")
    make("reader_data", options.data, data, data / "sources.json")
    questions = list(read_questions(data / "train.jsonl"))
    questions = questions[: round(len(questions) * options.share)]
    validation = read_validation(data)
    keras.utils.set_random_seed(0)
    reader = Reader.from_encoder(start, options.layers)
    for name, (window, epochs, rate, seed) in STAGES.items():
        reader.settings = dataclasses.replace(SETTINGS, window=window, overlap=window // 3)
        reader.fit(
            questions,
            validation=validation,
            out=options.out / name,
            epochs=epochs,
            batch_size=16,
            learning_rate=rate,
            dropout=0.0,
            negative_rate=0.12,
            first_token_weight=4.0,
            seed=seed,
        )
        reader = Reader.from_preset(options.out / name)


def make(script: str, data: Path, out: Path, result: Path) -> None:
    """Run another recipe once."""
    if not result.is_file():
        path = Path(__file__).with_name(f"{script}.py")
        command = [sys.executable, str(path), "--data", str(data), "--out", str(out)]
        subprocess.run(command, check=True)


def read_validation(data: Path) -> list[Question]:
    """Some questions of every source that is like those of users."""
    chosen: list[Question] = []
    for name, count in VALIDATION.items():
        questions = list(read_questions(data / f"validation_{name}.jsonl"))
        chosen += questions[:: max(len(questions) // count, 1)][:count]
    return chosen


if __name__ == "__main__":
    main()
