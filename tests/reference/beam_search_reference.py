"""UniLM decoding as its rules read: every step reads the whole sequence again, in float64.

No cache, no compilation, no Keras: one forward pass for every passage, answer and step, n-gram
sets for extractive answers, and plain lists for the beams. Slow, and obvious. It shares nothing
with octavo but the constants below; weights come as arrays by Hugging Face name.

Source: Su Jianlin, kexue.fm/archives/7115 (vote, no-answer passages, n-grams); Devlin et al. 2019
(the network); Dong et al. 2019, section 2.3 (the mask).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

TIE = 1e-5  # log scores and probabilities this close are equal
FLOOR = 1e-12  # added to a vote or a probability before its logarithm

erf = np.vectorize(math.erf)


@dataclass
class Network:
    """Arrays by Hugging Face name, float64, and the values of config.json."""

    arrays: dict[str, np.ndarray]
    config: dict[str, Any]

    def linear(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.arrays[f"{name}.weight"].T + self.arrays[f"{name}.bias"]

    def norm(self, name: str, x: np.ndarray) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(-1, keepdims=True) + self.config["layer_norm_eps"])
        return centred / spread * self.arrays[f"{name}.weight"] + self.arrays[f"{name}.bias"]

    def hidden(self, tokens: Sequence[int], types: Sequence[int], allowed: np.ndarray):
        """Final states, (length, d); allowed[i, j] says whether token i sees token j."""
        name = "bert.embeddings"
        x = self.arrays[f"{name}.word_embeddings.weight"][list(tokens)]
        x = x + self.arrays[f"{name}.position_embeddings.weight"][: len(tokens)]
        x = x + self.arrays[f"{name}.token_type_embeddings.weight"][list(types)]
        x = self.norm(f"{name}.LayerNorm", x)
        for index in range(self.config["num_hidden_layers"]):
            name = f"bert.encoder.layer.{index}"
            mixed = self.attention(f"{name}.attention.self", x, allowed)
            mixed = self.linear(f"{name}.attention.output.dense", mixed)
            x = self.norm(f"{name}.attention.output.LayerNorm", x + mixed)
            inner = gelu(self.linear(f"{name}.intermediate.dense", x))
            x = self.norm(
                f"{name}.output.LayerNorm", x + self.linear(f"{name}.output.dense", inner)
            )
        return x

    def attention(self, name: str, x: np.ndarray, allowed: np.ndarray) -> np.ndarray:
        query, key, value = (self.linear(f"{name}.{part}", x) for part in ("query", "key", "value"))
        size = x.shape[1] // self.config["num_attention_heads"]
        heads = []
        for start in range(0, x.shape[1], size):
            part = slice(start, start + size)
            scores = query[:, part] @ key[:, part].T / math.sqrt(size)
            heads.append(softmax(np.where(allowed, scores, -np.inf)) @ value[:, part])
        return np.concatenate(heads, axis=1)

    def point(self, hidden: np.ndarray, states: np.ndarray) -> np.ndarray:
        """Scores of a pointer head, (places, length); `states` are those of the prefix."""
        keys = self.linear("octavo.pointer.key", states)
        return self.linear("octavo.pointer.query", hidden) @ keys.T / math.sqrt(keys.shape[1])

    def logits(self, hidden: np.ndarray) -> np.ndarray:
        x = gelu(self.linear("cls.predictions.transform.dense", hidden))
        x = self.norm("cls.predictions.transform.LayerNorm", x)
        table = self.arrays["bert.embeddings.word_embeddings.weight"]
        return x @ table.T + self.arrays["cls.predictions.bias"]


def gelu(x: np.ndarray) -> np.ndarray:
    return x * 0.5 * (1.0 + erf(x / math.sqrt(2.0)))


def softmax(x: np.ndarray) -> np.ndarray:
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def unilm_mask(segments: Sequence[int]) -> np.ndarray:
    """allowed[i, j]: the prefix sees the prefix, the answer sees what stands before it."""
    length = len(segments)
    allowed = np.zeros((length, length), bool)
    for i in range(length):
        for j in range(length):
            allowed[i, j] = segments[j] == 0 or (segments[i] == 1 and j <= i)
    return allowed


def match_types(passage: Sequence[int], question: Sequence[int], answer: int) -> list[int]:
    """Segment types of question_match for [CLS] passage [SEP] question [SEP] answer."""
    pairs = set(pairwise(question))
    types = [3 if token in question else 0 for token in passage]
    for place in range(len(passage) - 1):
        if tuple(passage[place : place + 2]) in pairs:
            types[place] = types[place + 1] = 4
    return [0, *types, *[2] * (len(question) + 2), *[1] * answer]


VOTES = {
    "article": lambda p: (p**2).sum(0) / (1.0 + p.sum(0)),
    "mean": lambda p: p.mean(0),
    "confident": lambda p: (p**2).sum(0) / p.sum(0),
    "holders": lambda p: (p**2).sum(0) / np.maximum(p.sum(0), 1e-20),
}


@dataclass
class Answer:
    """One answer as it grows; finished once END was chosen, which stands in no `tokens`."""

    tokens: tuple[int, ...] = ()
    score: float = 0.0
    finished: bool = False


@dataclass
class Result:
    """What the search found; `margin` is how near any decision was to falling the other way."""

    answers: list[Answer]
    no_answer: list[float]
    voting: list[bool]
    row_scores: dict[tuple[int, ...], list[float]]
    margin: float


@dataclass
class Question:
    """One question with its passages, decoded by the slowest means."""

    network: Network
    passages: list[list[int]]
    question: list[int]
    cls: int
    end: int
    no_answer_bias: float = 0.0
    known: dict[tuple[int, ...], np.ndarray] = field(default_factory=dict)

    def prefix(self, passage: list[int]) -> list[int]:
        return [self.cls, *passage, self.end, *self.question, self.end]

    def distributions(self, answer: tuple[int, ...]) -> np.ndarray:
        """Each passage's distribution of the token after `answer`, (passages, V)."""
        if answer not in self.known:
            self.known[answer] = np.array([self._distribution(p, answer) for p in self.passages])
        return self.known[answer]

    def _distribution(self, passage: list[int], answer: tuple[int, ...]) -> np.ndarray:
        prefix = self.prefix(passage)
        segments = [0] * len(prefix) + [1] * len(answer)
        types = segments
        if self.network.config["question_match"]:
            types = match_types(passage, self.question, len(answer))
        hidden = self.network.hidden([*prefix, *answer], types, unilm_mask(segments))
        if self.network.config["pointer_head"]:
            scores = self.network.point(hidden[-1:], hidden[: len(prefix)])[0]
            return self._pointed(scores, prefix, passage, answer)
        return softmax(self.network.logits(hidden[-1]))

    def _pointed(
        self, scores: np.ndarray, prefix: list[int], passage: list[int], answer: tuple[int, ...]
    ) -> np.ndarray:
        """What a pointer gives each token: after the first only places that go on or end count."""
        found = np.zeros(self.network.config["vocab_size"])
        places = set(range(len(prefix)))
        if answer:
            size = len(answer)
            starts = [i for i in range(len(passage)) if tuple(passage[i : i + size]) == answer]
            if not starts:
                return found
            ends = {place for place, token in enumerate(prefix) if token == self.end}
            places = {1 + start + size for start in starts} | ends
        chosen = sorted(places)
        for place, weight in zip(chosen, softmax(scores[chosen]), strict=True):
            found[prefix[place]] += weight
        return found

    def voting(self) -> tuple[list[float], list[bool], float]:
        """Each passage's no-answer probability, whether it votes, and the smallest margin."""
        first = self.distributions(())
        ends = first[:, self.end]
        others = np.delete(first, self.end, axis=1).max(axis=1)
        doubt = np.log(ends + FLOOR) + self.no_answer_bias - np.log(others + FLOOR)
        margin = np.abs(doubt - TIE).min()
        filled = [any(token != self.end for token in passage) for passage in self.passages]
        voting = (doubt <= TIE) & np.array(filled)
        return ends.tolist(), voting.tolist(), float(margin)

    def holds(self, passage: list[int], answer: tuple[int, ...]) -> bool:
        """Whether the answer so far is a piece of the passage."""
        starts = range(len(passage) - len(answer) + 1)
        return any(tuple(passage[i : i + len(answer)]) == answer for i in starts)

    def log_votes(
        self, answer: Answer, voting: list[bool], vote: str, extractive: bool
    ) -> np.ndarray:
        """log(vote + FLOOR) of every next token, (V,); an ended answer can only end again."""
        if answer.finished or not any(voting):
            ended = np.full(self.network.config["vocab_size"], -np.inf)
            ended[self.end] = 0.0
            return ended
        held = [self.holds(passage, answer.tokens) for passage in self.passages]
        voters = np.array(voting) & (np.array(held) if vote == "holders" and extractive else True)
        logs = np.log(VOTES[vote](self.distributions(answer.tokens)[voters]) + FLOOR)
        if not answer.tokens:  # passages that vote hold an answer of at least one token
            logs[self.end] = -np.inf
        return logs

    def pieces(self, voting: list[bool], steps: int) -> set[tuple[int, ...]]:
        """All n-grams of the passages that vote, up to `steps` tokens."""
        return {
            tuple(passage[start:stop])
            for passage, votes in zip(self.passages, voting, strict=True)
            if votes
            for start in range(len(passage))
            for stop in range(start + 1, min(start + steps, len(passage)) + 1)
        }

    def extend(self, answer: Answer, token: int, gain: float) -> Answer:
        tokens = answer.tokens if token == self.end else (*answer.tokens, token)
        return Answer(tokens, answer.score + gain, answer.finished or token == self.end)

    def row_scores(self, answer: Answer) -> list[float]:
        """Each passage's own log probability of an answer, its END included if it has one."""
        chosen = [*answer.tokens, *([self.end] if answer.finished else [])]
        logs = np.zeros(len(self.passages))
        for step, token in enumerate(chosen):
            logs += np.log(self.distributions(tuple(chosen[:step]))[:, token] + FLOOR)
        return logs.tolist()

    def beam_search(
        self, steps: int, beams: int, extractive: bool, vote: str, finish_all: bool = False
    ) -> Result:
        no_answer, voting, margin = self.voting()
        pieces = self.pieces(voting, steps)
        answers = [Answer()]
        for _ in range(steps):
            candidates = []
            for answer in answers:  # in order of beam, then of token
                for token, gain in enumerate(self.log_votes(answer, voting, vote, extractive)):
                    if extractive and token != self.end and (*answer.tokens, token) not in pieces:
                        continue
                    if gain > -np.inf:
                        candidates.append(self.extend(answer, token, gain))
            answers, near = take_best(candidates, beams)
            margin = min(margin, near)
            first = answers if finish_all else answers[:1]  # the best; scores only fall
            if all(answer.finished for answer in first):
                break
        rows = {answer.tokens: self.row_scores(answer) for answer in answers}
        return Result(answers, no_answer, voting, rows, margin)

    def sample(
        self, uniform: np.ndarray, extractive: bool, vote: str, temperature: float, top_p: float
    ) -> Result:
        """Draw answers with the given numbers, (steps, samples), by inverting the distribution."""
        no_answer, voting, margin = self.voting()
        pieces = self.pieces(voting, len(uniform))
        answers = [Answer() for _ in uniform[0]]
        for numbers in uniform:
            for index, number in enumerate(numbers):
                answer = answers[index]
                logs = self.log_votes(answer, voting, vote, extractive)
                if extractive and not answer.finished and any(voting):
                    for token in range(len(logs)):
                        if token != self.end and (*answer.tokens, token) not in pieces:
                            logs[token] = -np.inf
                token, near = draw(logs, number, temperature, top_p)
                margin = min(margin, near)
                answers[index] = self.extend(answer, token, logs[token])
        rows = {answer.tokens: self.row_scores(answer) for answer in answers}
        return Result(answers, no_answer, voting, rows, margin)


def take_best(candidates: list[Answer], count: int) -> tuple[list[Answer], float]:
    """The best candidates; of those within TIE of the best left, always the first."""
    candidates = list(candidates)
    chosen: list[Answer] = []
    margin = np.inf
    while candidates and len(chosen) < count:
        line = max(candidate.score for candidate in candidates) - TIE
        margin = min(margin, *(abs(candidate.score - line) for candidate in candidates))
        index = next(i for i, candidate in enumerate(candidates) if candidate.score >= line)
        chosen.append(candidates.pop(index))
    return chosen, float(margin)


def draw(logs: np.ndarray, number: float, temperature: float, top_p: float) -> tuple[int, float]:
    """The token in whose share of [0, 1) a number falls, and how far it is from another share."""
    weights = softmax(logs / temperature)
    margin = np.inf
    if top_p < 1.0:
        falling = np.sort(weights)[::-1]
        before = np.cumsum(falling) - falling
        margin = np.abs(before[1:] - top_p).min()
        weights = np.where(weights >= falling[before < top_p][-1], weights, 0.0)
    weights = weights / weights.sum()
    passed = 0.0
    for token, weight in enumerate(weights):
        if passed <= number < passed + weight:
            return token, float(min(margin, passed + weight - number, number - passed or np.inf))
        passed += weight
    raise AssertionError(f"no token for {number}")
