"""Answers from a UniLM model: pads to few shapes, compiles once a shape, runs on the device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from octavo._checks import check_number, check_one_of, check_whole
from octavo._keras import compile_with_variables, ops, use_compilation_cache
from octavo.decoding.cache import cache_bytes
from octavo.decoding.search import Search, search
from octavo.decoding.selection import IMPOSSIBLE
from octavo.decoding.votes import VOTES
from octavo.errors import UsageError
from octavo.transformer.inputs import check_two_segments

MODES = ("extractive", "generative")
MOST_BEAMS = 256
MOST_MEMORY = 4 << 30  # bytes of the answers' keys and values
LENGTH_STEP = 32  # prefixes are padded to a multiple of it
SHARPEST = 1e-9  # temperature or share: the likeliest token alone is drawn, as with smaller ones
# words outside the vocabulary have room for one of these numbers of them in a batch
UNKNOWN_STEPS = (0, 16, 128, 1024)
# and the tokens of a batch, of which a pointer chooses, for one of these, or four times as many
FEWEST_NAMES = 256
# and batches to one of these numbers of rows, or to a multiple of the last
ROW_STEPS = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64)


@dataclass(frozen=True)
class Decoded:
    """The answers found for one question, best first.

    Attributes:
        tokens: one list of token ids an answer, END left out; an empty list is "no answer". There
            are fewer than `beams` where the passages have no more spans.
        scores: float (answers,), sums of log votes.
        steps: int (answers,), tokens chosen, END counted if it was.
        row_scores: float (passages, answers), each passage's own log probability of the answer.
        no_answer: float (passages,), each passage's probability that it holds no answer.
        doubts: float (passages,), its log odds against the likeliest first token of an answer.
        voting: bool (passages,), whether the passage took part in the vote.
        starts: float (passages, length), how likely a model with a pointer_head has the answer
            begin at each token of the prefix; zeros for one that names words.

    Example:
        >>> one, two = np.zeros(1), np.zeros((1, 1))
        >>> Decoded([[7, 8]], one, one, two, one, one, one == 0, two).tokens
        [[7, 8]]
    """

    tokens: list[list[int]]
    scores: np.ndarray
    steps: np.ndarray
    row_scores: np.ndarray
    no_answer: np.ndarray
    doubts: np.ndarray
    voting: np.ndarray
    starts: np.ndarray


class Decoder:
    """Beam search and sampling with a vote of passages, for a UniLM `Transformer`.

    Args:
        model: a `Transformer` built with application="unilm".
        end_id: the token that ends an answer, [SEP].
        unk_id: the token that words outside the vocabulary are read as, [UNK]. Ids from the
            vocabulary's size on are such words: each is told from the others, in a prefix and in
            the answers found, though the model reads them alike. None: there are none.

    Raises:
        UsageError: if the model is no UniLM, or has no such token.
        PresetError: if it has one segment type only.

    Source: Su Jianlin, kexue.fm/archives/7115, for the vote and for the modes extractive and
    generative.

    Example:
        >>> from octavo.transformer import build_transformer_model
        >>> config = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1,
        ...           "num_attention_heads": 2, "intermediate_size": 32}
        >>> model = build_transformer_model(config, application="unilm")
        >>> found = Decoder(model, end_id=3).beam_search(
        ...     [[np.array([2, 7, 8, 9, 3, 6, 3])]], [[3]], steps=4, beams=2, no_answer_bias=-99.0)
        >>> len(found), len(found[0].tokens)
        (1, 2)
    """

    def __init__(self, model: Any, end_id: int, unk_id: int | None = None) -> None:
        if model.application != "unilm":
            raise UsageError(
                f"a UniLM model is needed. Received: application={model.application!r}"
            )
        check_two_segments(model.config)
        self.end_id = check_whole("end_id", end_id, 0, model.config.vocab_size - 1)
        self.unk_id = unk_id
        if unk_id is not None:
            check_whole("unk_id", unk_id, 0, model.config.vocab_size - 1)
        use_compilation_cache()
        self.model = model
        self._compiled: dict[Search, Callable[..., Any]] = {}

    def beam_search(
        self,
        prefixes: Sequence[Sequence[np.ndarray]],
        passage_lengths: Sequence[Sequence[int]],
        steps: int = 32,
        beams: int = 4,
        mode: str = "extractive",
        vote: str = "article",
        no_answer_bias: float = 0.0,
        finish_all: bool = False,
    ) -> list[Decoded]:
        """The most voted answers.

        Args:
            prefixes: for each question one int array a passage: [CLS] passage [SEP] question [SEP].
            passage_lengths: for each question the number of passage tokens in each prefix.
            steps: how many tokens an answer has at most.
            beams: how many answers are followed at once.
            mode: "extractive" (a span of a passage) or "generative".
            vote: a name of `VOTES`.
            no_answer_bias: added to the log probability of "no answer" when it is decided whether
                a passage votes; how it votes stays as it is.
            finish_all: go on until all answers have ended. Else only the best one has; of the
                others there may be but the first tokens.

        Returns:
            One `Decoded` a question, in order.

        Raises:
            UsageError: if an argument is impossible or a question has no passage.
        """
        settings = Search(
            self.end_id, steps, beams, mode == "extractive", vote, finish_all=finish_all
        )
        return self._run(settings, mode, prefixes, passage_lengths, no_answer_bias)

    def sample(
        self,
        prefixes: Sequence[Sequence[np.ndarray]],
        passage_lengths: Sequence[Sequence[int]],
        steps: int = 32,
        samples: int = 4,
        mode: str = "generative",
        vote: str = "mean",
        temperature: float = 1.0,
        top_p: float = 1.0,
        no_answer_bias: float = 0.0,
        seed: int = 0,
    ) -> list[Decoded]:
        """Answers drawn at random from the voted distribution.

        Args:
            prefixes: for each question one int array a passage: [CLS] passage [SEP] question [SEP].
            passage_lengths: for each question the number of passage tokens in each prefix.
            steps: how many tokens an answer has at most.
            samples: how many answers to draw.
            mode: "extractive" (a span of a passage) or "generative".
            vote: a name of `VOTES`.
            temperature: above 0; below 1 sharpens the distribution.
            top_p: draw from the smallest set of tokens with this much probability, (0, 1].
            no_answer_bias: added to the log probability of "no answer" when it is decided whether
                a passage votes.
            seed: the same batch with the same seed gives the same answers, on every backend.

        Returns:
            One `Decoded` a question, in order.

        Raises:
            UsageError: if an argument is impossible or a question has no passage.

        Example:
            >>> from octavo.transformer import build_transformer_model
            >>> config = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1,
            ...           "num_attention_heads": 2, "intermediate_size": 32}
            >>> decoder = Decoder(build_transformer_model(config, application="unilm"), end_id=3)
            >>> found = decoder.sample([[np.array([2, 7, 8, 3, 6, 3])]], [[2]], steps=4, samples=3)
            >>> len(found), found[0].scores.shape
            (1, (3,))
        """
        check_number("temperature", temperature, above=0)
        check_number("top_p", top_p, above=0, most=1)
        drawing = "all" if top_p == 1 else "nucleus"
        settings = Search(self.end_id, steps, samples, mode == "extractive", vote, drawing)
        random = np.random.default_rng(seed)
        return self._run(
            settings, mode, prefixes, passage_lengths, no_answer_bias, temperature, top_p, random
        )

    def _run(
        self,
        settings: Search,
        mode: str,
        prefixes: Sequence[Sequence[np.ndarray]],
        passage_lengths: Sequence[Sequence[int]],
        no_answer_bias: float,
        temperature: float = 1.0,
        top_p: float = 1.0,
        random: np.random.Generator | None = None,
    ) -> list[Decoded]:
        """Check, pad, call the compiled search, cut the padding off."""
        _check(settings, mode, self.model.config.pointer_head)
        size = self.model.config.vocab_size
        most = size + (0 if self.unk_id is None else UNKNOWN_STEPS[-1])
        highest = _check_rows(prefixes, passage_lengths, settings.steps, self.model.config, most)
        if not prefixes:
            return []
        batch = _pad(prefixes, passage_lengths, self.end_id)
        _check_memory(settings, len(batch["lengths"]), self.model.config)
        if self.model.config.pointer_head:
            names, batch["token_ids"] = _name_tokens(batch["token_ids"], self.end_id)
            settings = settings._replace(end_id=0)
        else:
            unknown = next(step for step in UNKNOWN_STEPS if highest < size + step)
            names = np.arange(size + unknown, dtype=np.int32)
        read_as = np.where(names < size, names, self.unk_id or 0).astype(np.int32)
        shape = (settings.steps, batch["owned"].shape[0], settings.beams)
        uniform = np.zeros((1, 1, 1), np.float32) if random is None else random.random(shape, "f")
        least = (max(temperature, SHARPEST), max(top_p, SHARPEST))  # float32 has no smaller ones
        scalars = (np.float32(value) for value in (no_answer_bias, *least))
        found = self._function(settings)(*batch.values(), read_as, *scalars, uniform)
        found = {name: ops.convert_to_numpy(value) for name, value in found.items()}
        found["tokens"] = names[found["tokens"]]
        return list(_split(found, prefixes, self.end_id, settings.drawing is None))

    def _function(self, settings: Search) -> Callable[..., Any]:
        """The search compiled for these settings; shapes are compiled as they come."""
        if settings not in self._compiled:
            model = self.model

            def run(*arrays: Any) -> dict[str, Any]:
                return search(model, settings, *arrays)

            self._compiled[settings] = compile_with_variables(run, model.variables)
        return self._compiled[settings]


def _check(settings: Search, mode: str, points: bool) -> None:
    """Refuse settings no search has."""
    check_one_of("mode", mode, MODES)
    if points and mode == "generative":
        raise UsageError(
            "the model points at its passages and names no words of its own: "
            "mode='extractive' is needed. Received: mode='generative'"
        )
    check_one_of("vote", settings.vote, VOTES)
    check_whole("steps", settings.steps, 1)
    check_whole("samples" if settings.drawing else "beams", settings.beams, 1, MOST_BEAMS)


def _check_memory(settings: Search, rows: int, config: Any) -> None:
    """Refuse beams whose keys and values would not fit."""
    a_beam = cache_bytes(config, rows, 1, settings.steps)
    if settings.beams * a_beam > MOST_MEMORY:
        name = "samples" if settings.drawing else "beams"
        raise UsageError(
            f"{settings.beams} {name} over {rows} windows would take "
            f"{settings.beams * a_beam / 1e9:.1f} GB; there is room for {MOST_MEMORY // a_beam}. "
            f"Ask for fewer, or have fewer windows read (most_windows)"
        )


def _check_rows(prefixes: Any, passage_lengths: Any, steps: int, config: Any, most_ids: int) -> int:
    """Refuse rows that cannot be decoded; gives their highest token id."""
    counts, named = ([len(rows) for rows in part] for part in (prefixes, passage_lengths))
    if counts != named:
        raise UsageError(
            f"every prefix needs a passage length. Received: {counts} prefixes, {named} lengths"
        )
    if 0 in counts:
        raise UsageError("every question needs a passage. Received: none")
    longest, highest = config.max_position_embeddings, 0
    for row, passage in zip(chain(*prefixes), chain(*passage_lengths), strict=True):
        if not 0 <= passage < len(row):
            raise UsageError(
                "a prefix is [CLS], the passage and more. "
                f"Received: {passage} passage tokens in a prefix of {len(row)}"
            )
        if len(row) + steps > longest:
            raise UsageError(
                f"prefix and answer must fit into {longest} positions. "
                f"Received: {len(row)} + {steps}"
            )
        ids = np.asarray(row)
        if ids.dtype.kind not in "iu" or ids.min() < 0 or ids.max() >= most_ids:
            raise UsageError(
                f"token ids must be whole numbers in [0, {most_ids}). "
                f"Received: {ids.dtype} from {ids.min()} to {ids.max()}"
            )
        highest = max(highest, int(ids.max()))
    return highest


def _pad(prefixes: Any, passage_lengths: Any, end_id: int) -> dict[str, np.ndarray]:
    """All rows of all questions as arrays of a bucketed shape.

    One question has one slot, several have as many slots as rows, so that the number of rows
    decides the shape.
    """
    rows = list(chain(*prefixes))
    owners = [index for index, group in enumerate(prefixes) for _ in group]
    count = row_bucket(len(rows))
    questions = count if len(prefixes) > 1 else 1
    length = -(-max(len(row) for row in rows) // LENGTH_STEP) * LENGTH_STEP
    batch = {
        "token_ids": np.full((count, length), end_id, np.int32),
        "lengths": np.ones(count, np.int32),
        "passage_lengths": np.zeros(count, np.int32),
        "owner_of": np.full(count, questions - 1, np.int32),
        "owned": np.zeros((questions, count), np.float32),
    }
    for index, (row, owner) in enumerate(zip(rows, owners, strict=True)):
        batch["token_ids"][index, : len(row)] = row
        batch["lengths"][index] = len(row)
        batch["owner_of"][index] = owner
        batch["owned"][owner, index] = 1.0
    batch["passage_lengths"][: len(rows)] = list(chain(*passage_lengths))
    return batch


def row_bucket(rows: int) -> int:
    """The number of rows a batch is padded to.

    Example:
        >>> [row_bucket(n) for n in (1, 5, 10, 50, 65)]
        [1, 6, 10, 64, 128]
    """
    for step in ROW_STEPS:
        if rows <= step:
            return step
    return -(-rows // ROW_STEPS[-1]) * ROW_STEPS[-1]


def _name_tokens(token_ids: np.ndarray, end_id: int) -> tuple[np.ndarray, np.ndarray]:
    """The tokens of a batch, END first, and the batch in their numbers.

    What is computed for each token is then computed for hundreds, not for a whole vocabulary.

    Example:
        >>> names, numbers = _name_tokens(np.array([[2, 90, 3], [2, 70, 3]]), end_id=3)
        >>> names[:4].tolist(), len(names), numbers.tolist()
        ([3, 2, 70, 90], 256, [[1, 3, 0], [1, 2, 0]])
    """
    tokens = np.unique(token_ids)
    tokens = np.concatenate([[end_id], tokens[tokens != end_id]])
    room = FEWEST_NAMES
    while room < len(tokens):
        room *= 4
    names = np.full(room, end_id, np.int32)
    names[: len(tokens)] = tokens
    numbers = np.zeros(tokens.max() + 1, np.int32)
    numbers[tokens] = np.arange(len(tokens))
    return names, numbers[token_ids]


def _split(found: dict[str, np.ndarray], prefixes: Any, end_id: int, ranked: bool) -> Any:
    """One `Decoded` a question, its answers by falling score; `ranked` ones have a best."""
    row = 0
    for index, group in enumerate(prefixes):
        rows = slice(row, row + len(group))
        row += len(group)
        order = np.argsort(-found["scores"][index], kind="stable")
        if ranked:  # near ties go to the lower beam
            best = int(found["best"][index])
            order = np.array([best, *order[order != best]])
        order = order[found["scores"][index][order] > IMPOSSIBLE / 2]
        tokens, steps = [], []
        for beam in order:
            ids = found["tokens"][index, beam]
            ends = np.flatnonzero(ids == end_id)
            length = int(ends[0]) if len(ends) else len(ids)
            tokens.append(ids[:length].tolist())
            steps.append(length + int(found["finished"][index, beam]))
        yield Decoded(
            tokens=tokens,
            scores=found["scores"][index][order],
            steps=np.array(steps),
            row_scores=found["row_scores"][rows][:, order],
            no_answer=found["no_answer"][rows],
            doubts=found["doubts"][rows],
            voting=found["voting"][rows],
            starts=found["starts"][rows],
        )
