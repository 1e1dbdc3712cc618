"""A reader so small that it is built and trained in seconds."""

from __future__ import annotations

import dataclasses
from functools import cache

from octavo._keras import keras
from octavo.reading import Passage, Question, Reader, ReaderSettings
from octavo.text import WordPieceTokenizer
from octavo.transformer import build_transformer_model

LETTERS = [chr(code) for code in range(0x4E00, 0x4E00 + 40)]
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def make_tokenizer() -> WordPieceTokenizer:
    """Forty Chinese characters, digits, and a few letters."""
    return WordPieceTokenizer([*SPECIALS, *LETTERS, *"0123456789abc", "##a", "##b", "##c"])


SETTINGS = ReaderSettings(window=12, overlap=4, question_length=6, answer_length=4, beams=2)
CONFIG = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
    "initializer_range": 0.3,
}


def make_reader(seed: int = 0) -> Reader:
    """A random reader: one block, width 16, windows of 12 tokens."""
    keras.utils.set_random_seed(seed)
    tokenizer = make_tokenizer()
    config = {"vocab_size": len(tokenizer.vocabulary), **CONFIG}
    return Reader(build_transformer_model(config, application="unilm"), tokenizer, SETTINGS)


@cache
def _shared_reader() -> Reader:
    return make_reader()


def shared_reader(**settings: object) -> Reader:
    """The same random reader for every test, with other settings: it compiles once.

    By default it always answers.
    """
    base = _shared_reader()
    chosen = dataclasses.replace(SETTINGS, **{"no_answer_bias": -1000.0, **settings})
    reader = Reader(base.model, base.tokenizer, chosen)
    reader.decoder = base.decoder
    return reader


def make_questions(count: int = 12) -> list[Question]:
    """Each asks for the character after the asked one."""
    questions = []
    for index in range(count):
        text = "".join(LETTERS[(index * 7 + place * 3) % 40] for place in range(9))
        answer = text[4:6]
        questions.append(Question(f"q{index}", text[2:4], (Passage(text, (answer,)),), (answer,)))
    return questions
