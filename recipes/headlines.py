"""What a pretrained encoder gives where few texts have labels: 3,000 headlines, ten classes.

    python recipes/headlines.py --data ../shared/data ENCODER [ENCODER ...]

Trains each encoder with a layer of classes on the mean of its states: 3,000 headlines drawn from
dev.txt, three epochs, a rate chosen on 500 others; then scores 4,000 of test.txt that stand in
neither; each encoder minutes on two cores. An encoder is a folder, FOLDER:N for its first N layers,
or small-zh. Before them come counts of characters and of pairs of them, by logistic regression.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from typing import Any

import numpy as np

from octavo._keras import keras, ops, use_compilation_cache
from octavo.optimizers import adamw, warmup_stable_decay
from octavo.pretraining import SMALL_ZH
from octavo.transformer import build_transformer_model
from octavo.transformer.adapting import keep_layers
from octavo.transformer.presets import read_preset
from optimizers_text_training import read_lines

LENGTH = 40  # tokens of a headline
RATES = (3e-5, 1e-4, 3e-4)
EPOCHS, BATCH = 3, 32


class Mean(keras.layers.Layer):
    """The mean of the states of a row's tokens, padding left out."""

    def call(self, states: Any, token_ids: Any) -> Any:
        """Float (batch, length, d) and int32 (batch, length) to float (batch, d)."""
        real = ops.cast(ops.not_equal(token_ids, 0), states.dtype)[:, :, None]
        return ops.sum(states * real, axis=1) / ops.sum(real, axis=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("encoders", nargs="+")
    options = parser.parse_args()
    use_compilation_cache()
    folder = options.data / "thucnews_titles"
    parts = split(read_lines(folder / "dev.txt.xz"), read_lines(folder / "test.txt.xz"))
    print("counts: C {}, validation {:.3f}, test {:.4f}".format(*count(*parts)), flush=True)
    for encoder in options.encoders:
        scores = {rate: train(encoder, rate, parts) for rate in RATES}
        rate, (validation, test) = max(scores.items(), key=lambda item: item[1][0])
        print(f"{encoder}: rate {rate}, validation {validation:.3f}, test {test:.4f}", flush=True)


def split(dev: list[Any], test: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """3,000 headlines to train, 500 to choose by, 4,000 to score."""
    random.Random(0).shuffle(dev)
    known = {text for text, _ in dev}
    unseen = [line for line in test if line[0] not in known]
    random.Random(1).shuffle(unseen)
    return dev[:3000], dev[3000:3500], unseen[:4000]


def count(*parts: list[Any]) -> tuple[float, float, float]:
    """The baseline: how much its weights are held small, and its accuracies."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)
    vectorizer.fit([text for text, _ in parts[0]])
    arrays = [
        (vectorizer.transform([text for text, _ in part]), [number for _, number in part])
        for part in parts
    ]
    found = []
    for strength in (1.0, 10.0, 100.0):
        classifier = LogisticRegression(C=strength, max_iter=1000).fit(*arrays[0])
        found.append((strength, *(float(classifier.score(*one)) for one in arrays[1:])))
    return max(found, key=lambda row: row[1])


def train(encoder: str, rate: float, parts: tuple[list[Any], ...]) -> tuple[float, float]:
    """Accuracy on the second and the third part."""
    keras.utils.set_random_seed(0)
    base, tokenizer = load(encoder)
    states = base.output
    mean = Mean(name="mean")(states, base.input["token_ids"])
    model = keras.Model(base.input, keras.layers.Dense(10, name="classes")(mean))
    steps = EPOCHS * -(-len(parts[0]) // BATCH)
    model.compile(
        adamw(warmup_stable_decay(rate, steps // 10, 0, steps - steps // 10), weight_decay=0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    arrays = [encode(part, tokenizer) for part in parts]
    model.fit(*arrays[0], batch_size=BATCH, epochs=EPOCHS, verbose=0)
    scores = [model.evaluate(*one, batch_size=200, verbose=0)[1] for one in arrays[1:]]
    return scores[0], scores[1]


def load(encoder: str) -> tuple[Any, Any]:
    """The encoder and its tokenizer."""
    name, _, count = encoder.partition(":")
    _, config, tokenizer, file = read_preset(SMALL_ZH if name == "small-zh" else name)
    config, arrays = keep_layers(config, file, int(count) if count else None)
    return build_transformer_model(config, arrays, dropout=0.1), tokenizer


def encode(lines: list[tuple[str, int]], tokenizer: Any) -> tuple[dict[str, Any], np.ndarray]:
    """Inputs and classes."""
    tokens = np.full((len(lines), LENGTH), tokenizer.pad_id, np.int32)
    for row, (text, _) in zip(tokens, lines, strict=True):
        ids = [tokenizer.cls_id, *tokenizer.encode(text).ids[: LENGTH - 2], tokenizer.sep_id]
        row[: len(ids)] = ids
    classes = np.array([number for _, number in lines], np.int32)
    return {"token_ids": tokens, "segment_ids": np.zeros_like(tokens)}, classes


if __name__ == "__main__":
    main()
