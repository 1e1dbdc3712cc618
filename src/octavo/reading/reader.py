"""The reader: a question and passages in, an answer with its evidence out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from importlib import resources
from pathlib import Path
from typing import Any

from octavo._checks import check_one_of, check_whole
from octavo._files import write_directory
from octavo._keras import runs_on_jax_cpu
from octavo._locks import hold_folder
from octavo._progress import Progress
from octavo.decoding import Decoded, Decoder
from octavo.decoding.decoder import MODES, MOST_BEAMS
from octavo.errors import UsageError
from octavo.reading.answer import Answer
from octavo.reading.calibrating import Calibrated, calibrate_reader
from octavo.reading.doubts import Doubts
from octavo.reading.evidence import Prepared, make_answer
from octavo.reading.fit import fit_reader
from octavo.reading.passage_files import LONGEST_PASSAGE
from octavo.reading.question_files import Passage, Question
from octavo.reading.settings import SETTINGS, ReaderSettings, plain_settings, read_settings
from octavo.reading.start import start_reader
from octavo.reading.unknown_words import UnknownWords
from octavo.reading.windows import cut_windows, nearest_windows
from octavo.text import Encoding, WordPieceTokenizer
from octavo.transformer import Transformer, find_preset, load_preset
from octavo.transformer.inputs import check_two_segments
from octavo.transformer.presets import write_preset

BUNDLED = "reader"
BATCH, BATCH_ON_CPU = 32, 2  # windows read together
BEAMS_PER_ANSWER = 4  # of the likeliest beams many only begin or end elsewhere


class Reader:
    """Answers questions from passages with a UniLM model.

    Args:
        model: a `Transformer` built with application="unilm".
        tokenizer: the one the model was trained with.
        settings: lengths, beams and vote.

    Raises:
        UsageError: if the model has fewer positions than the settings ask for.

    Example:
        >>> reader = Reader.from_preset()
        >>> answer = reader.answer("谁发明了活字印刷术？", ["北宋的毕昇发明了活字印刷术。"])
        >>> 0 <= answer.score <= 1
        True

    Source: Su Jianlin, kexue.fm/archives/7115.
    """

    def __init__(
        self, model: Transformer, tokenizer: WordPieceTokenizer, settings: ReaderSettings
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.settings = settings
        self.decoder = Decoder(model, end_id=tokenizer.sep_id, unk_id=tokenizer.unk_id)
        self.new = False  # whether its output layer is untrained
        self._encoded: tuple[list[str], list[Encoding]] = ([], [])

    @property
    def settings(self) -> ReaderSettings:
        """Lengths, beams and vote; others may be set, as far as the model's positions go."""
        return self._settings

    @settings.setter
    def settings(self, settings: ReaderSettings) -> None:
        positions = self.model.config.max_position_embeddings
        if settings.longest_input > positions:
            raise UsageError(
                f"the settings need {settings.longest_input} positions. "
                f"Received: a model with {positions}"
            )
        self._settings = settings

    @classmethod
    def from_preset(cls, source: str | Path | None = None) -> Reader:
        """Load a reader.

        Args:
            source: a folder with config.json, model.safetensors, vocab.txt and, if it is a reader
                already, reader.json; "hf://owner/name" for one on the hub; None for the bundled
                one, which reads Chinese and English.

        Raises:
            PresetError: if a file is missing, damaged or contradicts another; names it.
        """
        if source is None:
            source = str(resources.files("octavo.reading") / "presets" / BUNDLED)
        folder = find_preset(source)
        model, tokenizer = load_preset(folder, application="unilm")
        check_two_segments(model.config, folder)
        settings = read_settings(folder, model.config.max_position_embeddings)
        return cls(model, tokenizer, settings)

    @classmethod
    def from_encoder(cls, source: str | Path, layers: int | None = None, seed: int = 0) -> Reader:
        """A reader to be trained, from a pretrained encoder such as a BERT.

        Added are an output layer that points at the passage's tokens and marks at those that stand
        in the question too.

        Args:
            source: a folder or "hf://owner/name", as for `octavo.transformer.load_preset`.
            layers: how many of the encoder's layers are kept, from the first; None keeps all.
            seed: of what is new; `keras.utils.set_random_seed` of the output layer.

        Raises:
            PresetError: if a file is missing, damaged, or contradicts another; names it.
            UsageError: if the model is a reader already, or has fewer layers.

        Example: `Reader.from_encoder("bert-base-chinese", layers=6).fit(questions, out="mine")`.
        """
        model, tokenizer = start_reader(source, layers, seed)
        settings = plain_settings(model.config.max_position_embeddings, source)
        reader = cls(model, tokenizer, settings)
        reader.new = True
        return reader

    def save_to_preset(self, path: str | Path, dtype: str = "float32") -> None:
        """Write a folder that `from_preset` reads, whole or not at all.

        Args:
            path: the folder.
            dtype: the stored weights' dtype, "float32", "float16" in half the space, or "int8" in
                a quarter, which the transformers library alone does not read.
        """
        with write_directory(path) as folder:
            self.write_files(folder, dtype)

    def write_files(self, folder: Path, dtype: str = "float32") -> None:
        """Write the files of a preset into an existing folder; an error may leave half of one.

        Args:
            folder: the folder the files are written into.
            dtype: the stored weights' dtype, as in `save_to_preset`.
        """
        write_preset(folder, self.model, self.tokenizer, dtype)
        text = json.dumps(dataclasses.asdict(self.settings), indent=2)
        (folder / SETTINGS).write_text(text + "\n", encoding="utf-8")

    def answer(
        self,
        question: str,
        passages: Sequence[str | Passage],
        mode: str = "extractive",
        beams: int | None = None,
        top_k: int = 1,
    ) -> Answer:
        """Answer one question from passages.

        Args:
            question: not empty; cut at `settings.question_length` tokens, with a warning.
            passages: at least one; a long one is read as several windows that vote, of which at
                most `settings.most_windows` are read, with a warning. A `Passage` may say its
                source, which comes back with its vote.
            mode: "extractive" (the answer is a span of a passage) or "generative".
            beams: answers followed at once; None takes the reader's setting, or what `top_k` needs.
            top_k: how many answers are given in `Answer.candidates`, none of which overlaps
                another; there may be fewer.

        Raises:
            UsageError: if the question or the list of passages is empty, a passage is over
                1,000,000 characters, or mode, beams or top_k are impossible.
        """
        if isinstance(passages, str | Passage):
            raise UsageError("passages must be a list of texts. Received: one text")
        given = (one if isinstance(one, Passage) else Passage(one) for one in passages)
        asked = Question("", question, tuple(given))
        return self.answer_many([asked], mode, beams, top_k=top_k, progress=False)[0]

    def answer_many(
        self,
        questions: Sequence[Question],
        mode: str = "extractive",
        beams: int | None = None,
        batch_size: int | None = None,
        top_k: int = 1,
        progress: bool = True,
    ) -> list[Answer]:
        """Answer many questions, several of them at once.

        Args:
            questions: their gold answers, if any, are not looked at.
            mode: "extractive" or "generative", as in `answer`.
            beams: answers followed at once; None takes the reader's setting.
            batch_size: passage windows read together; None takes 2 on JAX without an accelerator,
                where more are slower, and 32 else.
            top_k: how many answers to a question are given, as in `answer`.
            progress: show a bar on stderr.

        Returns:
            One `Answer` a question, in order.

        Raises:
            UsageError: as `answer` does.
        """
        calibration = self.settings.calibration if mode == "extractive" else None
        answers: list[Answer | None] = [None] * len(questions)
        doubts = Doubts(self.settings.question_length, self.tokenizer.unk_id)
        for index, prepared, decoded in self._read(
            questions, mode, beams, batch_size, top_k, progress
        ):
            answers[index] = make_answer(prepared, decoded, self.tokenizer, calibration, top_k)
            read, found = len(prepared.windows), prepared.found
            doubts.note(prepared.question, prepared.encoding, prepared.passages, read, found)
        doubts.warn(stacklevel=2)
        return [answer for answer in answers if answer is not None]

    def calibrate(self, questions: Sequence[Question], progress: bool = True) -> Calibrated:
        """Learn from questions with known answers how often an answer is right.

        Afterwards `Answer.score` is the probability that an extractive answer is right. Where 20
        questions or more have no answer, the line between an answer and none is drawn anew, where
        both are as likely. The passages, their number and the share of questions without an answer
        should be like those of the questions to come.

        Args:
            questions: with their gold answers; those without have no answer.
            progress: show a bar on stderr.

        Returns:
            How far scores were from the share of right answers before, and are now.

        Raises:
            UsageError: if fewer than 20 answers are right, or fewer than 20 wrong; before any is
                read if there are too few questions for that.
        """
        return calibrate_reader(self, questions, progress)

    def read(
        self, questions: Sequence[Question], progress: bool = True
    ) -> dict[int, tuple[Prepared, Decoded]]:
        """What is found for each question, by its number, before answers are made of it."""
        found = self._read(questions, progress=progress)
        return {index: (prepared, decoded) for index, prepared, decoded in found}

    def _read(
        self,
        questions: Sequence[Question],
        mode: str = "extractive",
        beams: int | None = None,
        batch_size: int | None = None,
        top_k: int = 1,
        progress: bool = True,
    ) -> Iterator[tuple[int, Prepared, Decoded]]:
        """What is found for each question, with its number, in the order of reading."""
        check_one_of("mode", mode, MODES)
        if batch_size is None:
            batch_size = BATCH_ON_CPU if runs_on_jax_cpu() else BATCH
        check_whole("batch_size", batch_size, 1)
        check_whole("top_k", top_k, 1, MOST_BEAMS // BEAMS_PER_ANSWER)
        for question in questions:
            _check(question)
        if beams is None:
            beams = self.settings.beams if top_k == 1 else BEAMS_PER_ANSWER * top_k
        with Progress(len(questions), "reading", progress) as bar:
            for batch in self._batches(questions, batch_size):
                found = self._decode([one for _, one in batch], mode, beams, top_k > 1)
                for (index, prepared), decoded in zip(batch, found, strict=True):
                    yield index, prepared, decoded
                bar.advance(len(batch))

    def fit(
        self, questions: Sequence[Question], out: str | Path | None = None, **options: Any
    ) -> dict[str, Any]:
        """Train on questions with known answers; see `octavo.reading.fit.fit_reader`."""
        with nullcontext() if out is None else hold_folder(out):
            return fit_reader(self, questions, out=out, **options)

    def _batches(
        self, questions: Sequence[Question], batch_size: int
    ) -> Iterator[list[tuple[int, Prepared]]]:
        """Questions of like length together, about `batch_size` windows at once."""
        order = sorted(range(len(questions)), key=lambda i: _length(questions[i]))
        batch: list[tuple[int, Prepared]] = []
        rows = 0
        for index in order:
            prepared = self._prepare(questions[index])
            if batch and rows + len(prepared.windows) > batch_size:
                yield batch
                batch, rows = [], 0
            batch.append((index, prepared))
            rows += len(prepared.windows)
        if batch:
            yield batch

    def _prepare(self, question: Question) -> Prepared:
        """Tokens, windows and prefixes of one question."""
        settings, tokenizer = self.settings, self.tokenizer
        encoding = tokenizer.encode(question.question)
        words = UnknownWords(tokenizer)
        asked = words.number(question.question, encoding)[: settings.question_length]
        texts = [passage.text for passage in question.passages]
        if texts != self._encoded[0]:  # of the same passages many questions are asked
            self._encoded = texts, tokenizer.encode_many(texts)
        passages = list(zip(question.passages, self._encoded[1], strict=True))
        ids = [words.number(passage.text, tokens) for passage, tokens in passages]
        windows = [
            window
            for index, tokens in enumerate(ids)
            for window in cut_windows(index, tokens, settings.window, settings.overlap)
        ]
        found = len(windows)
        windows = nearest_windows(windows, asked, settings.most_windows)
        prefixes = [window.prefix(asked, tokenizer.cls_id, tokenizer.sep_id) for window in windows]
        return Prepared(question.question, encoding, passages, ids, windows, prefixes, found)

    def _decode(
        self, batch: list[Prepared], mode: str, beams: int, finish_all: bool
    ) -> list[Decoded]:
        """Run the decoder over a batch."""
        return self.decoder.beam_search(
            [prepared.prefixes for prepared in batch],
            [[len(window.ids) for window in prepared.windows] for prepared in batch],
            steps=self.settings.answer_length + 1,
            beams=beams,
            mode=mode,
            vote=self.settings.vote,
            no_answer_bias=self.settings.no_answer_bias,
            finish_all=finish_all,
        )


def _check(question: Question) -> None:
    """Refuse what cannot be answered."""
    if not isinstance(question, Question):
        raise UsageError(f"questions must be of type Question. Received: {type(question).__name__}")
    texts = [question.question, *(passage.text for passage in question.passages)]
    texts += [passage.source for passage in question.passages]
    if not all(isinstance(text, str) for text in texts):
        kinds = ", ".join(sorted({type(text).__name__ for text in texts} - {"str"}))
        raise UsageError(f"question, passages and sources must be texts. Received: {kinds}")
    if not question.question.strip():
        name = f"question {question.id}" if question.id else "the question"
        raise UsageError(f"{name} must not be empty. Received: {question.question!r}")
    if not question.passages:
        raise UsageError("there must be at least one passage. Received: none")
    longest = max(len(passage.text) for passage in question.passages)
    if longest > LONGEST_PASSAGE:
        raise UsageError(
            f"a passage may have {LONGEST_PASSAGE:,} characters; cut longer ones into several. "
            f"Received: {longest:,} characters"
        )


def _length(question: Question) -> int:
    """Characters of the longest passage: a cheap guess at the padded length and rows."""
    return max(len(passage.text) for passage in question.passages)
