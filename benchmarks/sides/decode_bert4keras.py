"""bert4keras' own decoder: one question, several passages, one answer.

The form is that of bert4keras' example for reading with UniLM (facts: archives/7115): every step
sends whole sequences of all passages and beams through the model, votes over the passages, and the
library's AutoRegressiveDecoder keeps the best beams. Written anew from that description.
"""

from __future__ import annotations

import itertools
from typing import Any

import bert4keras_model
import numpy as np
from bert4keras.snippets import AutoRegressiveDecoder, sequence_padding

from worker import serve

CLS, SEP = 101, 102


class PassageDecoder(AutoRegressiveDecoder):
    """Beam search whose every step is a vote of the passages; inputs are one sequence a passage."""

    def __init__(self, model: Any, passages: list[list[int]], extractive: bool, maxlen: int):
        super().__init__(start_id=None, end_id=SEP, maxlen=maxlen)
        self.model = model
        self.passages = passages
        self.extractive = extractive
        self.dropped = 0

    @AutoRegressiveDecoder.wraps(default_rtype="probas", use_states=True)
    def predict(self, inputs: Any, output_ids: Any, states: Any) -> Any:
        """The voted distribution after every beam: (beams, V); states counts the steps."""
        step = states or 0
        probabilities = self._next_token(inputs, output_ids)
        if step == 0:
            self.keep = probabilities[:, 0].argmax(-1) != SEP
            self.dropped = int((~self.keep).sum())
        probabilities = probabilities[self.keep]
        if not len(probabilities):
            return np.eye(probabilities.shape[-1])[[SEP] * len(output_ids)], step + 1
        if self.extractive:
            probabilities = probabilities * self._allowed(output_ids, probabilities.shape[-1])
        vote = (probabilities**2).sum(0) / (1 + probabilities.sum(0))
        return vote, step + 1

    def _next_token(self, inputs: Any, output_ids: Any) -> np.ndarray:
        """Every passage's distribution after every beam, float32 (passages, beams, V)."""
        sequences = [[*rows[i], *ids] for rows in inputs for i, ids in enumerate(output_ids)]
        written = output_ids.shape[1]
        segments = [[0] * (len(ids) - written) + [1] * written for ids in sequences]
        padded = [sequence_padding(sequences), sequence_padding(segments)]
        all_positions = self.model.predict(padded, verbose=0)
        last = np.array([len(ids) - 1 for ids in sequences])
        rows = all_positions[np.arange(len(last)), last]
        return rows.reshape(len(inputs), len(output_ids), -1)

    def _allowed(self, output_ids: Any, vocabulary: int) -> np.ndarray:
        """Which tokens continue a piece of some kept passage: 0 or 1, (beams, V)."""
        size = output_ids.shape[1] + 1
        following: dict[tuple[int, ...], set[int]] = {}
        for passage in itertools.compress(self.passages, self.keep):
            for i in range(len(passage) - size + 1):
                piece = passage[i : i + size]
                following.setdefault(tuple(piece[:-1]), set()).add(piece[-1])
        allowed = np.zeros((len(output_ids), vocabulary), "float32")
        for row, ids in enumerate(output_ids):
            allowed[row, [SEP, *following.get(tuple(ids), ())]] = 1
        return allowed


class Bench:
    """The model and the questions, between calls."""

    model: Any = None

    def load(self, folder: str) -> dict[str, str]:
        """Build the model; returns versions."""
        self.model = bert4keras_model.load(folder)
        return bert4keras_model.versions()

    def decode(
        self, passages: list[list[int]], question: list[int], mode: str, beams: int, maxlen: int
    ) -> dict[str, Any]:
        """The answer's token ids, without the closing [SEP], and how many passages said no."""
        decoder = PassageDecoder(self.model, passages, mode == "extractive", maxlen)
        inputs = [[CLS, *passage, SEP, *question, SEP] for passage in passages]
        tokens = [int(i) for i in decoder.beam_search(inputs, topk=beams)]
        return {"tokens": tokens[:-1] if tokens[-1] == SEP else tokens, "dropped": decoder.dropped}


if __name__ == "__main__":
    bench = Bench()
    serve(load=bench.load, decode=bench.decode)
