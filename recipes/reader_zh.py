"""The bundled Chinese reader, trained from scratch on two cores.

Source: the reader of Su Jianlin, kexue.fm/archives/7115, made small (3.0 M parameters).
Command: python recipes/reader_zh.py --data ../shared/data --out runs/reader_zh
Time and scores: see the model card, src/octavo/reading/presets/reader-zh/README.md.

    data      recipes/reader_zh_data.py: questions by source, vocabulary from counts
    start     first weights that copy (reader_zh_start.py)
    training  three epochs of questions by people, cloze and template questions, with windows that
              hold no answer
    bias      the no-answer bias with the best mean of F1 and no-answer F1 on half of the
              validation part and half as many questions whose passage holds no answer
    preset    float16 weights in OUT/preset, to be copied to src/octavo/reading/presets/reader-zh

Every stage can be killed and goes on where it was. CMRC's dev set is not looked at.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import subprocess
import sys
from pathlib import Path

import reader_zh_start
from octavo._keras import keras
from octavo.reading import Question, Reader, ReaderSettings, read_questions
from octavo.reading.evaluation import evaluate
from octavo.text import WordPieceTokenizer
from octavo.transformer import TransformerConfig, build_transformer_model

SETTINGS = ReaderSettings(
    window=150, overlap=50, question_length=40, answer_length=31, beams=1, vote="holders"
)
SIZES = {
    "hidden_size": 192,
    "num_hidden_layers": 4,
    "num_attention_heads": 3,
    "intermediate_size": 768,
    "max_position_embeddings": 288,
    "type_vocab_size": 5,
    "question_match": True,
    "copy_head": True,
}
# questions taken from each source
QUESTIONS = {
    "cmrc": 8_964,
    "drcd": 5_484,
    "webqa": 1_499,
    "webqa_ir": 100,
    "samples": 30,
    "cail": 3_000,
    "cloze": 5_000,
    "kdconv": 1_000,
    "nre": 1_000,
}
BIASES = (2.0, 1.5, 1.0, 0.5, 0.0, -0.5, -1.0, -2.0)  # to choose from


def main() -> None:
    """Run what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/reader_zh"))
    parser.add_argument(
        "--share", type=float, default=1.0, help="share of the questions, to try it out"
    )
    options = parser.parse_args()
    out, share = options.out, options.share
    data = prepare_data(options.data, out / "data")
    validation = list(read_questions(data / "validation.jsonl"))
    unanswerable = list(read_questions(data / "validation_no_answer.jsonl"))
    held_out = thin(validation, share * 0.5) + thin(unanswerable, share * 0.5)

    reader = new_reader(data / "vocab.txt")
    reader.fit(
        mix(data, QUESTIONS, share, seed=2),
        validation=held_out,
        out=out / "training",
        epochs=3,
        learning_rate=1e-3,
        dropout=0.0,
        negative_rate=0.2,
        first_token_weight=5.0,
        seed=2,
    )
    reader = choose_bias(reader, held_out)
    reader.save_to_preset(out / "preset", dtype="float16")
    result = evaluate(Reader.from_preset(out / "preset"), validation)
    print(json.dumps({"preset": str(out / "preset"), "validation": result.to_dict()}))


def prepare_data(source: Path, folder: Path) -> Path:
    """The question files, made once."""
    if not (folder / "vocab.txt").is_file():
        script = Path(__file__).with_name("reader_zh_data.py")
        subprocess.run(
            [sys.executable, str(script), "--data", str(source), "--out", str(folder)], check=True
        )
    return folder


def new_reader(vocabulary: Path) -> Reader:
    """An untrained reader that can copy."""
    keras.utils.set_random_seed(0)
    tokenizer = WordPieceTokenizer.from_file(vocabulary)
    config = TransformerConfig(
        vocab_size=len(tokenizer.vocabulary),
        pad_token_id=tokenizer.pad_id,
        sep_token_id=tokenizer.sep_id,
        **SIZES,
    )
    model = build_transformer_model(config, application="unilm")
    reader_zh_start.write_circuits(model)
    return Reader(model, tokenizer, SETTINGS)


def mix(data: Path, counts: dict[str, int], share: float, seed: int) -> list[Question]:
    """Questions of several sources, each drawn at random."""
    chosen: list[Question] = []
    for name, count in counts.items():
        questions = list(read_questions(data / f"train_{name}.jsonl"))
        random.Random(seed).shuffle(questions)
        chosen += questions[: max(round(count * share), 1)]
    return chosen


def thin(questions: list[Question], share: float) -> list[Question]:
    """Every so-manieth question."""
    return questions[:: max(round(1 / share), 1)]


def choose_bias(reader: Reader, questions: list[Question]) -> Reader:
    """The reader with the no-answer bias of the highest mean of F1 and no-answer F1.

    So neither always answering nor always refusing wins.
    """
    scored = []
    for bias in BIASES:
        settings = dataclasses.replace(reader.settings, no_answer_bias=bias)
        candidate = Reader(reader.model, reader.tokenizer, settings)
        candidate.decoder = reader.decoder  # what it has compiled serves every bias
        result = evaluate(candidate, questions, progress=False)
        print(
            f"bias {bias}: F1 {result.f1:.4f}, no-answer F1 {result.no_answer_f1:.4f}", flush=True
        )
        scored.append((result.f1 + result.no_answer_f1, candidate))
    return max(scored, key=lambda pair: pair[0])[1]


if __name__ == "__main__":
    main()
