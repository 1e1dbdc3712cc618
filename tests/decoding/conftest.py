"""Small random UniLM models, batches for them, and the reference that decodes the slow way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import beam_search_reference
import numpy as np
import pytest

from octavo.decoding import Decoded, Decoder
from octavo.transformer import build_transformer_model
from octavo.transformer.weights import BIAS, TOKENS, assign_weights, collect_weights

CLS, END, FIRST_WORD, SIZE = 2, 3, 4, 20
STEPS = 5


@dataclass(frozen=True)
class Asked:
    """A question's token ids and those of its passages."""

    question: list[int]
    passages: list[list[int]]


class Bench:
    """One model and one decoder whose weights change from test to test: nothing compiles anew."""

    def __init__(self, own_keys: bool) -> None:
        config = {
            "vocab_size": SIZE,
            "hidden_size": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 24,
            "max_position_embeddings": 160,
            "type_vocab_size": 5,
            "sep_token_id": END,
            "question_match": own_keys,
            "pointer_head": own_keys,
        }
        self.model = build_transformer_model(config, application="unilm")
        self.decoder = Decoder(self.model, end_id=END)
        self.steps = STEPS
        arrays = collect_weights(self.model)
        self.shapes = {name: array.shape for name, array in arrays.items()}

    def draw_weights(self, seed: int, twins: int = 0) -> None:
        """New weights, wide enough that distributions are far from flat.

        Args:
            seed: of the weights.
            twins: how many pairs of words are made the same, so that they always tie.
        """
        random = np.random.default_rng(seed)
        arrays = {}
        for name, shape in self.shapes.items():
            around = 1.0 if name.endswith("LayerNorm.weight") else 0.0
            arrays[name] = around + 0.4 * random.normal(size=shape)
        words = random.permutation(np.arange(FIRST_WORD, SIZE))
        for one, other in words[: 2 * twins].reshape(-1, 2):
            for name in {TOKENS, BIAS} & set(arrays):
                arrays[name][other] = arrays[name][one]
        assign_weights(self.model, arrays)
        rounded = {name: array.astype(np.float32) for name, array in arrays.items()}
        self.arrays = {name: array.astype(np.float64) for name, array in rounded.items()}

    def slow(self, asked: Asked, no_answer_bias: float = 0.0) -> Any:
        """The reference's view of one question."""
        network = beam_search_reference.Network(self.arrays, self.model.config.to_dict())
        return beam_search_reference.Question(
            network, asked.passages, asked.question, CLS, END, no_answer_bias
        )

    def bias_between(self, batch: list[Asked], share: float) -> float:
        """A no-answer bias that silences about this share of all passages."""
        gaps = []
        for asked in batch:
            first = self.slow(asked).distributions(())
            others = np.delete(first, END, axis=1).max(axis=1)
            gaps += (np.log(others) - np.log(first[:, END])).tolist()
        gaps = [min(gaps) - 1.0, *sorted(gaps), max(gaps) + 1.0]
        place = round(share * (len(gaps) - 2))
        return (gaps[place] + gaps[place + 1]) / 2

    def beam_search(self, batch: list[Asked], **options: Any) -> list[Decoded]:
        return self.decoder.beam_search(*inputs(batch), steps=STEPS, **options)

    def sample(self, batch: list[Asked], **options: Any) -> list[Decoded]:
        return self.decoder.sample(*inputs(batch), steps=STEPS, **options)


def inputs(batch: list[Asked]) -> tuple[list[list[np.ndarray]], list[list[int]]]:
    """Prefixes and passage lengths as the decoder takes them."""
    prefixes = [
        [np.array([CLS, *passage, END, *asked.question, END]) for passage in asked.passages]
        for asked in batch
    ]
    return prefixes, [[len(passage) for passage in asked.passages] for asked in batch]


def make_batch(seed: int, counts: tuple[int, ...] = (1, 3, 2), longest: int = 8) -> list[Asked]:
    """Questions with `counts` ragged passages; some question words stand in the passages."""
    random = np.random.default_rng(seed)

    def words(most: int) -> list[int]:
        return random.integers(FIRST_WORD, SIZE, size=random.integers(1, most + 1)).tolist()

    return [Asked(words(4), [words(longest) for _ in range(count)]) for count in counts]


@pytest.fixture(scope="session")
def bench():
    """Give the bench of a model with question_match and pointer_head or without."""
    return cache(Bench)


@pytest.fixture(scope="session")
def draw_batch():
    """Give `make_batch`."""
    return make_batch
