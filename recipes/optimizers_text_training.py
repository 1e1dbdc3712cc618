"""One training of recipes/optimizers_text.py: headlines, a small transformer, one result.

Ten classes of Chinese news headlines, a character a token. The first 8,000 of dev.txt in a fixed
random order train, the rest of it validates, test.txt tests; a headline that is in test.txt as well
is dropped from the other two.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from octavo._files import read_text
from octavo._keras import keras
from octavo._seeds import make_generator
from octavo.optimizers import LazyRows, WeightAverage

LENGTH = 24  # characters of a headline; the longest have 27
WIDTH = 64
HEADS = 4
CLASSES = 10
TRAINING = 8_000  # headlines
POINTS = 16  # of a curve
FREQUENCIES = (1, 2, 3, 5, 9, 17, 65, 257)  # first of each bin of a character's count


class Headlines(NamedTuple):
    """Characters int32 (n, LENGTH), 0 for none, and classes int32 (n,)."""

    characters: np.ndarray
    classes: np.ndarray


class Data(NamedTuple):
    """The three parts, and how often each character is in the first, int64 (characters,)."""

    training: Headlines
    validation: Headlines
    test: Headlines
    counts: np.ndarray


def read_data(folder: Path) -> Data:
    """Read and divide the headlines.

    Raises:
        DataError: if a file is missing.
    """
    test = read_lines(folder / "test.txt.xz")
    known = {text for text, _ in test}
    lines = [line for line in read_lines(folder / "dev.txt.xz") if line[0] not in known]
    order = make_generator(0, "headlines").permutation(len(lines))
    lines = [lines[place] for place in order]
    numbers = number_characters([text[:LENGTH] for text, _ in lines[:TRAINING]])
    parts = [encode(part, numbers) for part in (lines[:TRAINING], lines[TRAINING:], test)]
    counts = np.bincount(parts[0].characters.ravel(), minlength=len(numbers) + 2)
    return Data(*parts, counts)


def read_lines(path: Path) -> list[tuple[str, int]]:
    """Headline and class of every line."""
    lines = [line.rpartition("\t") for line in read_text(path).split("\n") if line]
    return [(text, int(number)) for text, _, number in lines]


def number_characters(texts: list[str]) -> dict[str, int]:
    """A number from 2 for every character; 0 is none, 1 a character never seen."""
    return {character: i for i, character in enumerate(sorted(set("".join(texts))), 2)}


def encode(lines: list[tuple[str, int]], numbers: dict[str, int]) -> Headlines:
    """Headlines as numbers, cut at LENGTH."""
    characters = np.zeros((len(lines), LENGTH), "int32")
    for row, (text, _) in zip(characters, lines, strict=True):
        found = [numbers.get(character, 1) for character in text[:LENGTH]]
        row[: len(found)] = found
    return Headlines(characters, np.array([number for _, number in lines], "int32"))


def build_model(characters: int) -> Any:
    """Embedding, one pre-norm transformer block, mean, classes; no dropout."""
    layers = keras.layers
    tokens = keras.Input((LENGTH,), dtype="int32")
    x = layers.Embedding(characters, WIDTH, mask_zero=True, name="characters")(tokens)
    h = layers.LayerNormalization(name="norm_1")(x)
    x = x + layers.MultiHeadAttention(HEADS, WIDTH // HEADS, name="attention")(h, h)
    h = layers.LayerNormalization(name="norm_2")(x)
    h = layers.Dense(2 * WIDTH, activation="gelu", name="wide")(h)
    x = x + layers.Dense(WIDTH, name="narrow")(h)
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization(name="norm_3")(x))
    return keras.Model(tokens, layers.Dense(CLASSES, name="classes")(x))


def draw_order(examples: int, seed: int) -> np.ndarray:
    """Places of `examples` headlines: epoch after epoch, each in an order of its own."""
    generator = make_generator(seed, "order")
    epochs = -(-examples // TRAINING)
    return np.concatenate([generator.permutation(TRAINING) for _ in range(epochs)])[:examples]


class ValidateAverage(keras.callbacks.Callback):
    """Accuracy of the averaged weights, beside that of the last ones."""

    def __init__(self, headlines: Headlines) -> None:
        super().__init__()
        self.headlines = headlines
        self.accuracies: list[float] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Exchange the weights for one evaluation."""
        with self.model.optimizer.averaged():
            self.accuracies.append(score(self.model, self.headlines))


def score(model: Any, headlines: Headlines) -> float:
    """The share of headlines put into the right class."""
    logits = model.predict(headlines.characters, batch_size=1000, verbose=0)
    return float(np.mean(logits.argmax(axis=-1) == headlines.classes))


def train(
    optimizer: Any, data: Data, seed: int, batch: int, examples: int, use_test: bool
) -> dict[str, Any]:
    """Train one model from the seed's first weights on the seed's order of headlines.

    Args:
        optimizer: not yet used.
        data: of `read_data`.
        seed: of weights and order.
        batch: headlines a step (for an accumulation, of one micro-batch).
        examples: headlines in all, a multiple of POINTS * batch.
        use_test: whether the test part is scored.

    Returns:
        POINTS-long lists `loss` (mean since the point before) and `accuracy` (validation); of a
        WeightAverage also `accuracy_last`, the averaged weights' being `accuracy`; `movement`, how
        far rows of the embedding came, on average by FREQUENCIES; `shares` of LazyRows; `seconds`;
        and `test`, or None.
    """
    start = time.monotonic()
    keras.utils.set_random_seed(seed)
    model = build_model(len(data.counts))
    table = model.get_layer("characters").embeddings
    before = np.array(table)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"])
    averages = isinstance(optimizer, WeightAverage)
    validate = ValidateAverage(data.validation)
    order = draw_order(examples, seed)
    history = model.fit(
        data.training.characters[order],
        data.training.classes[order],
        batch_size=batch,
        shuffle=False,
        epochs=POINTS,  # a point of the curve is an epoch to Keras
        steps_per_epoch=examples // batch // POINTS,
        validation_data=data.validation,
        validation_batch_size=1000,
        callbacks=[validate] if averages else [],
        verbose=0,
    ).history
    moved = np.linalg.norm(np.array(table) - before, axis=1)
    last = {"accuracy_last": history["val_accuracy"]} if averages else {}
    with optimizer.averaged() if averages else nullcontext():
        test = score(model, data.test) if use_test else None
    return last | {
        "loss": history["loss"],
        "accuracy": validate.accuracies if averages else history["val_accuracy"],
        "movement": mean_by_frequency(moved, data.counts),
        "shares": optimizer.shares if isinstance(optimizer, LazyRows) else {},
        "test": test,
        "seconds": round(time.monotonic() - start, 2),
    }


def mean_by_frequency(values: np.ndarray, counts: np.ndarray) -> list[float]:
    """Means of the characters' values, by their counts: one for every bin of FREQUENCIES.

    The two numbers that are no characters (none, never seen) stay out.
    """
    bins = np.digitize(counts[2:], FREQUENCIES) - 1
    return [float(values[2:][bins == place].mean()) for place in range(len(FREQUENCIES))]
