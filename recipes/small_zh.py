"""The bundled small Chinese model: masked words of 68 million tokens, ten minutes on one GPU.

Source: Su Jianlin, kexue.fm/archives/7055; whole words as in Cui et al. 2019.
Command: python recipes/small_zh.py --data ../shared/data --out runs/small_zh
Time and scores: see the model card, src/octavo/pretraining/presets/small-zh/README.md.

    corpus    recipes/small_zh_data.py: fudan, laws, poetry, contexts; a text a line
    shards    a vocabulary of 8,000 tokens from rjieba's word counts, then token shards
    training  27,892 steps of 256 rows of 256 tokens (27 epochs), in bfloat16; on two cores take
              --steps 2000, which goes a tenth of the way in a day
    preset    float16 weights in OUT/preset, to be copied to src/octavo/pretraining/presets/small-zh
    scores    of that preset, on the held-out documents

Every stage can be killed and goes on where it was. `--score PRESET` only scores a preset.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

from octavo._keras import keras, use_compilation_cache
from octavo.pretraining import Corpus, Intervals, Settings, prepare, pretrain
from octavo.pretraining.baselines import measure_baselines
from octavo.pretraining.batches import Batches
from octavo.pretraining.examples import Examples
from octavo.pretraining.objectives import Masking
from octavo.training.compiling import compile_model
from octavo.transformer import Transformer, load_preset, save_preset
from small_zh_data import make_corpus

VOCABULARY_SIZE = 8000
CUTTER = "rjieba:cut"  # what cut the words of the published model; "jieba" is five times as fast
SETTINGS = Settings(
    sequence_length=256,
    hidden_size=256,
    layers=6,
    heads=4,
    dropout=0.0,
    batch_size=256,
    steps=27_892,
    learning_rate=1e-3,
    warmup_ratio=0.06,
    precision="mixed_bfloat16",
)
ROWS = 1024  # held-out rows that are scored
BATCH = 64


def main() -> None:
    """Run what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/small_zh"))
    parser.add_argument("--steps", type=int, default=SETTINGS.steps)
    parser.add_argument("--precision", default=SETTINGS.precision)
    parser.add_argument("--score", type=Path, help="a preset: only score it")
    options = parser.parse_args()
    use_compilation_cache()
    make_corpus(options.data, options.out / "corpus")
    # the folder, not its files as they were made: the order decides which documents are held out
    corpus = prepare(
        options.out / "corpus", options.out / "data", VOCABULARY_SIZE, segmenter=CUTTER, workers=2
    )
    preset = options.score or options.out / "preset"
    if options.score is None:
        settings = dataclasses.replace(SETTINGS, steps=options.steps, precision=options.precision)
        pretrain(
            corpus,
            options.out / "model",
            settings,
            intervals=Intervals(eval_steps=2000, logging_steps=200),
        )
        model, tokenizer = load_preset(options.out / "model", "unilm")
        save_preset(preset, model, tokenizer, "float16")
    print(json.dumps(score(preset, corpus)))


def score(preset: Path, corpus: Corpus) -> dict[str, Any]:
    """Accuracy and loss at masked tokens of held-out documents, beside guesses from counts."""
    kept, held_out = corpus.split(SETTINGS.validation_split, SETTINGS.seed)
    masking = Masking(SETTINGS.mask_selection_rate)
    examples = Examples(corpus.tokenizer, SETTINGS.sequence_length, {"mlm": 1.0}, masking)
    rows = corpus.rows(held_out, SETTINGS.sequence_length, specials=2)
    batches = Batches(corpus, rows, examples, BATCH, seed=1)
    asked = [batches(number) for number in range(min(ROWS, len(rows)) // BATCH)]
    plain, _ = load_preset(preset, "unilm")
    model = Transformer(plain.config, "unilm", examples.prediction_count, packed=True)
    model.set_weights(plain.get_weights())
    accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    compile_model(model, keras.optimizers.SGD(), [accuracy])
    sums = {"loss": 0.0, "accuracy": 0.0}
    places = 0.0
    for inputs, labels, weights in asked:
        scores = model.test_on_batch(inputs, labels, weights, return_dict=True)
        places += float(weights.sum())
        for name in sums:
            sums[name] += float(scores[name]) * float(weights.sum())
        model.reset_metrics()
    means = {name: round(total / places, 4) for name, total in sums.items()}
    return {**means, **measure_baselines(corpus, kept, asked), "held_out": int(_count(held_out))}


def _count(parts: list[Any]) -> int:
    return sum(int(part.sum()) for part in parts)


if __name__ == "__main__":
    main()
