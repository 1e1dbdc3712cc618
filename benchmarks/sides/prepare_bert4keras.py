"""What bert4keras trains from: words, masks and packed rows of ids, in a TFRecord file.

Its package holds the tokenizer and `parallel_apply`; the script that calls them,
pretraining/data_utils.py of its repository, is not in the package. The steps of that script are
made again here, in other words and in the same order: ten documents together are cut into sentences
that end in 。 or a line end (what follows the last one is dropped); a sentence is cut into words;
each word is tokenized by itself; a word is masked with a probability of 0.15, and each of its
tokens becomes [MASK], itself or any token; sentences are put into a row until the next does not
fit; a row becomes a tf.train.Example of ids and of masks. The script does so ten times, so that
masks differ; here it is done once.

jieba_fast cuts the words, as in that script: jieba whose inner loop is C.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path

os.environ["TF_KERAS"] = "1"

import jieba_fast
import numpy as np
import tensorflow as tf

_ = (tf.keras.layers, tf.keras.models, tf.keras.backend)

import bert4keras  # noqa: E402
from bert4keras.snippets import parallel_apply  # noqa: E402
from bert4keras.tokenizers import Tokenizer  # noqa: E402

from worker import serve  # noqa: E402

TOGETHER = 10  # documents
QUEUE = 2000  # the default of the script
RATE = 0.15
SENTENCE = re.compile("[^\n。]*[\n。]+")

Row = tuple[list[int], list[int]]  # ids, and 0 or what stands in their place + 1


class Maker:
    """Makes rows from texts.

    Args:
        vocabulary: path of vocab.txt.
        length: of a row.
    """

    def __init__(self, vocabulary: str, length: int) -> None:
        self.tokenizer = Tokenizer(vocabulary, do_lower_case=True)
        self.length = length

    def words(self, sentence: str) -> list[list[int]]:
        """The ids of each word of a sentence."""
        ids, tokenize = self.tokenizer.tokens_to_ids, self.tokenizer.tokenize
        return [ids(tokenize(word)[1:-1]) for word in jieba_fast.lcut(sentence)]

    def masked(self, sentence: str) -> Row:
        """Ids and masks of a sentence."""
        words = self.words(sentence)
        ids: list[int] = []
        masks: list[int] = []
        for chance, word in zip(np.random.random(len(words)), words, strict=True):
            ids += word
            masks += [self.change(i) + 1 for i in word] if chance < RATE else [0] * len(word)
        return ids[: self.length - 2], masks[: self.length - 2]

    def change(self, token: int) -> int:
        """What stands in a masked token's place."""
        chance = np.random.random()
        if chance <= 0.8:
            return self.tokenizer._token_mask_id
        return token if chance <= 0.9 else np.random.randint(0, self.tokenizer._vocab_size)

    def rows(self, sentences: list[str]) -> Iterator[Row]:
        """Sentences packed greedily, in their order."""
        start, end = self.tokenizer._token_start_id, self.tokenizer._token_end_id
        ids, masks = [start], [0]
        for sentence in sentences:
            more, more_masks = self.masked(sentence)
            if len(ids) + len(more) > self.length - 1:
                yield self.padded([*ids, end]), self.padded([*masks, 0])
                ids, masks = [start], [0]
            ids += more
            masks += more_masks
        yield self.padded([*ids, end]), self.padded([*masks, 0])

    def padded(self, numbers: list[int]) -> list[int]:
        return numbers + [0] * (self.length - len(numbers))

    def records(self, sentences: list[str]) -> list[bytes]:
        """The rows of some documents, as a TFRecord file holds them."""
        return [_serialize(token_ids=ids, mask_ids=masks) for ids, masks in self.rows(sentences)]


def _serialize(**columns: list[int]) -> bytes:
    features = {
        name: tf.train.Feature(int64_list=tf.train.Int64List(value=numbers))
        for name, numbers in columns.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def _documents(path: str) -> Iterator[str]:
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)["text"].strip()


def _together(path: str) -> Iterator[list[str]]:
    """The sentences of ten documents after another."""
    sentences: list[str] = []
    for number, text in enumerate(_documents(path), 1):
        sentences += SENTENCE.findall(text)
        if number % TOGETHER == 0:
            yield sentences
            sentences = []
    if sentences:
        yield sentences


class Bench:
    """The tokenizer and the corpus, between calls."""

    def load(self, vocabulary: str, corpus: str, length: int) -> dict[str, str]:
        """Load the dictionary of words; returns versions."""
        jieba_fast.initialize()
        self.maker, self.corpus = Maker(vocabulary, length), corpus
        self._held = tempfile.TemporaryDirectory()
        return {
            "bert4keras": bert4keras.__version__,
            "tensorflow": tf.__version__,
            "jieba_fast": version("jieba_fast"),
        }

    def sentences(self, most: int) -> list[str]:
        """The first sentences of the corpus, without their line ends."""
        sentences = (text.rstrip() for some in _together(self.corpus) for text in some)
        return list(islice(sentences, most))

    def ids(self, sentences: list[str]) -> list[list[int]]:
        """The ids of each, tokenized whole."""
        tokenizer = self.maker.tokenizer
        return [tokenizer.tokens_to_ids(tokenizer.tokenize(text)[1:-1]) for text in sentences]

    def ids_by_word(self, sentences: list[str]) -> list[list[int]]:
        """The ids of each, tokenized word by word, as a row holds them."""
        return [list(chain.from_iterable(self.maker.words(text))) for text in sentences]

    def clear(self) -> None:
        """Remove the file of the last call."""
        self.path.unlink(missing_ok=True)

    @property
    def path(self) -> Path:
        return Path(self._held.name) / "corpus.tfrecord"

    def prepare(self, workers: int) -> None:
        """Write the corpus as a TFRecord file."""
        with tf.io.TFRecordWriter(str(self.path)) as writer:

            def write(records: list[bytes]) -> None:
                for record in records:
                    writer.write(record)

            parallel_apply(
                self.maker.records, _together(self.corpus), workers, QUEUE, callback=write
            )

    def tokens(self) -> int:
        """Of the file: neither padding nor the special tokens around a row."""
        total = 0
        kind = {"token_ids": tf.io.FixedLenFeature([self.maker.length], tf.int64)}
        for record in tf.data.TFRecordDataset(str(self.path)):
            ids = tf.io.parse_single_example(record, kind)["token_ids"].numpy()
            total += int((ids != 0).sum()) - 2
        return total


if __name__ == "__main__":
    bench = Bench()
    names = ("load", "sentences", "ids", "ids_by_word", "clear", "prepare", "tokens")
    serve(**{name: getattr(bench, name) for name in names})
