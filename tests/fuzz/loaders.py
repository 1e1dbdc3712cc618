"""Everything octavo loads from files: a good small example of each, what loads it, what is allowed.

A loader without checksum may give anything that was no error; of one with, only what was saved.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from checkpoint_writer import write_checkpoint

from octavo._archives import has_archive
from octavo._files import read_text
from octavo.corpus.documents import read_documents
from octavo.corpus.token_shards import ShardWriter, hash_file, save_manifest
from octavo.counting import count_words
from octavo.pretraining import Corpus
from octavo.reading.passage_files import read_passages
from octavo.reading.question_files import read_questions
from octavo.reading.question_lists import read_question_list
from octavo.reading.settings import ReaderSettings
from octavo.reading.sogou_files import read_accepted_answers, read_predictions
from octavo.segmenting import jieba_dictionary
from octavo.text import WordPieceTokenizer, save_vocabulary
from octavo.text.tokenizer_json import load_tokenizer_json, save_tokenizer_json
from octavo.text.vocabulary import SPECIAL_TOKENS
from octavo.training.checkpoint import _open_state, _read_arrays, read_note, save_state
from octavo.transformer import TransformerConfig, build_transformer_model, load_preset, save_preset
from octavo.transformer.quantization import dequantize_weights
from octavo.transformer.tensorflow_checkpoint import read_checkpoint
from octavo.transformer.weights import read_weights

TEXT = "".join(f"第{n}行：长江发源于青藏高原 river {n * n}\n" for n in range(40))
TOKENS = [*SPECIAL_TOKENS, *"长江发源于青藏高原", "##a", "river"]
CONFIG = {
    "vocab_size": len(TOKENS), "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
    "intermediate_size": 8, "max_position_embeddings": 16,
}  # fmt: skip
RIVER = TEXT[:60]
ASKED = {"id": "q1", "question": "发源于哪里？", "answers": [{"text": "青藏高原"}]}
PARAGRAPH = {"context": RIVER, "qas": [ASKED]}
EVIDENCE = {"evidence": "毕昇。", "answer": ["毕昇"]}


@dataclass(frozen=True)
class Loader:
    """How a kind of file is made, loaded and judged.

    Args:
        name: of the kind, for messages.
        make: writes the example into an empty folder.
        files: those of its files that are damaged, one at a time.
        load: what reads them, from the folder; its result is compared by `==`.
        right: whether a result is allowed, of (result, that of the example, damaged bytes).
        share: how many of the cases, against 1 of a quick one.
    """

    name: str
    make: Callable[[Path], Any]
    files: tuple[str, ...]
    load: Callable[[Path], Any]
    right: Callable[[Any, Any, bytes], bool] = lambda found, good, data: True
    share: float = 1.0


def same(found: Any, good: Any, _: bytes) -> bool:
    """Of a file with a checksum only what was saved comes back."""
    return bool(found == good)


def whole_streams(found: Any, good: Any, data: bytes) -> bool:
    """A packed file: the text, once for every whole stream, unless it is none any more."""
    return not has_archive(data) or (found == good * (len(found) // len(good)))


def freeze(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Arrays as what `==` compares, to the last bit."""
    return {name: (str(a.dtype), a.shape, a.tobytes()) for name, a in sorted(arrays.items())}


def write(name: str, data: str | bytes) -> Callable[[Path], Any]:
    """What makes a file of this content."""
    raw = data.encode() if isinstance(data, str) else data
    return lambda folder: (folder / name).write_bytes(raw)


def packed(name: str, data: bytes) -> Loader:
    return Loader(
        name, write("text", data), ("text",), lambda f: read_text(f / "text"), whole_streams
    )


def questions(name: str, value: Any) -> Loader:
    """A layout of question files, as it is read to train, and to be asked."""
    lines = isinstance(value, str)
    content = value if lines else json.dumps(value, ensure_ascii=False, indent=1)

    def load(folder: Path) -> Any:
        faults: list[Any] = []
        found = list(read_questions(folder / "a.json", passages_too=True, faults=faults))
        return found, read_passages([folder / "a.json"]), read_question_list(folder / "a.json")

    return Loader(name, write("a.json", content), ("a.json",), load)


def _documents(folder: Path, name: str) -> list[str]:
    return [text for some in read_documents(str(folder / name)) for text in some.texts]


def _make_parquet(folder: Path) -> None:
    table = pa.table({"text": TEXT.split("\n"), "number": list(range(TEXT.count("\n") + 1))})
    pq.write_table(table, folder / "a.parquet", row_group_size=16)


@cache
def _model() -> Any:
    return build_transformer_model(CONFIG, application="unilm")


def _make_preset(dtype: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        save_preset(folder / "preset", _model(), WordPieceTokenizer(TOKENS), dtype)

    return make


def _load_preset(folder: Path) -> Any:
    model, tokenizer = load_preset(folder / "preset", "unilm")
    return tokenizer.vocabulary, freeze(dict(enumerate(model.get_weights())))


def _load_weights(quantized: bool) -> Callable[[Path], Any]:
    def load(folder: Path) -> Any:
        arrays = read_weights(folder / "preset" / "model.safetensors")
        return freeze(dequantize_weights(arrays, quantized))

    return load


def _make_checkpoint(folder: Path) -> None:
    random = np.random.default_rng(0)
    arrays = {f"layer_{n}/kernel": random.normal(size=(3, n + 1)) for n in range(6)}
    write_checkpoint(folder / "model.ckpt", {k: a.astype("float32") for k, a in arrays.items()})


def _make_parts(folder: Path) -> None:
    (folder / "text").write_text("to be or not to be\n" * 9, "utf-8")
    _count(folder)


def _count(folder: Path) -> Any:
    counts = count_words(folder / "text", "whitespace", folder=folder / "parts", progress=False)
    return counts.table.to_pylist(), counts.tokens, counts.documents


def _make_shards(folder: Path) -> None:
    writer, random = ShardWriter(folder, "00000", len(TOKENS)), np.random.default_rng(0)
    for size in (3, 9, 30):
        writer.add(random.integers(5, len(TOKENS), size), random.random(size) < 0.5)
    save_vocabulary(TOKENS, folder / "vocab.txt")
    about = {"lower_case": True, "tokens_blake2b": hash_file(folder / "vocab.txt")}
    save_manifest(folder, about, writer.close())


def _load_shards(folder: Path) -> Any:
    corpus = Corpus(folder)
    arrays = [(shard.tokens, shard.ends, shard.hashes) for shard in corpus.shards]
    return corpus.tokenizer.vocabulary, [[a.tobytes() for a in some] for some in arrays]


def _make_state(folder: Path) -> None:
    model = _model()
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    save_state(folder / "state", model, {"plan": {"seed": 0}, "log": [{"step": 3, "loss": 0.5}]})


def _load_state(folder: Path) -> Any:
    note = read_note(folder / "state")
    with _open_state(folder / "state") as file:
        return note, freeze(_read_arrays(file))


def _load_dictionary(folder: Path) -> Any:
    words, counts = ["长", "江", "长江"], [5, 6, 7]
    total = jieba_dictionary._add_words(str(folder / "words"), words, counts, sum(counts))
    assert (len(words), total) == (len(counts), sum(counts))
    return words, counts


RAW = TEXT.encode()
READER = {"window": 12, "overlap": 4, "calibration": {"answer": [0.5] * 4, "no_answer": [0.5, 2.0]}}
PART = "parts/*"

LOADERS = [
    packed("gzip", gzip.compress(RAW)),
    packed("bzip2", bz2.compress(RAW)),
    packed("xz", lzma.compress(RAW)),
    packed("zstandard", zstandard.ZstdCompressor(write_checksum=True).compress(RAW)),
    Loader("text", write("text", RAW), ("text",), lambda f: _documents(f, "text")),
    Loader(
        "JSON lines",
        write("a.jsonl", "".join(json.dumps({"text": line}) + "\n" for line in TEXT.split("\n"))),
        ("a.jsonl",),
        lambda f: _documents(f, "a.jsonl"),
    ),
    Loader(
        "CSV",
        write("a.csv", "id,text\n" + "".join(f'1,"{line},\n"\n' for line in TEXT.split("\n"))),
        ("a.csv",),
        lambda f: _documents(f, "a.csv"),
    ),
    Loader("Parquet", _make_parquet, ("a.parquet",), lambda f: _documents(f, "a.parquet")),
    questions("SQuAD's questions", {"data": [{"paragraphs": [PARAGRAPH, PARAGRAPH]}]}),
    questions(
        "a list of questions", [{**ASKED, "passages": [{"passage": RIVER, "answer": ""}]}] * 3
    ),
    questions("WebQA's questions", {"Q1": {"question": "谁？", "evidences": {"Q1#0": EVIDENCE}}}),
    questions(
        "lines of questions",
        "".join(json.dumps({**ASKED, "context": RIVER}) + "\n" for _ in range(9)),
    ),
    Loader(
        "passages",
        write("a.txt", TEXT.replace("5\n", "\n\n")),
        ("a.txt",),
        lambda f: read_passages([f / "a.txt"]),
    ),
    Loader(
        "Sogou's answers",
        write("a", "".join(f"{n}\ta\ta|b\n" for n in range(9))),
        ("a",),
        lambda f: read_accepted_answers(f / "a"),
    ),
    Loader(
        "Sogou's predictions",
        write("a", "".join(f"{n}\ta\n" for n in range(9))),
        ("a",),
        lambda f: read_predictions(f / "a"),
    ),
    Loader(
        "vocab.txt",
        lambda f: save_vocabulary(TOKENS, f / "vocab.txt"),
        ("vocab.txt",),
        lambda f: WordPieceTokenizer.from_file(f / "vocab.txt").encode("长江 river a").ids.tolist(),
    ),
    Loader(
        "tokenizer.json",
        lambda f: save_tokenizer_json(TOKENS, True, f / "tokenizer.json"),
        ("tokenizer.json",),
        lambda f: (
            WordPieceTokenizer(*load_tokenizer_json(f / "tokenizer.json"))
            .encode("长江")
            .ids.tolist()
        ),
    ),
    Loader(
        "config.json",
        write("config.json", json.dumps(CONFIG)),
        ("config.json",),
        lambda f: TransformerConfig.from_file(f / "config.json"),
    ),
    Loader(
        "reader.json",
        write("reader.json", json.dumps(READER)),
        ("reader.json",),
        lambda f: ReaderSettings.from_file(f / "reader.json"),
    ),
    Loader("weights", _make_preset("float32"), ("preset/model.safetensors",), _load_weights(False)),
    Loader(
        "weights in 8 bits",
        _make_preset("int8"),
        ("preset/model.safetensors",),
        _load_weights(True),
    ),
    Loader(
        "a preset",
        _make_preset("int8"),
        (
            "preset/config.json",
            "preset/tokenizer_config.json",
            "preset/vocab.txt",
            "preset/model.safetensors",
        ),
        _load_preset,
        share=0.3,
    ),
    Loader(
        "TensorFlow's checkpoint",
        _make_checkpoint,
        ("model.ckpt.index", "model.ckpt.data-00000-of-00001"),
        lambda f: freeze(read_checkpoint(f / "model.ckpt")),
        same,
    ),
    Loader("parts of a count", _make_parts, (PART,), _count, same, share=0.5),
    Loader(
        "token shards",
        _make_shards,
        ("manifest.json", "vocab.txt", "00000-000.tokens.npy", "00000-000.documents.npy"),
        _load_shards,
        same,
    ),
    Loader("a training's state", _make_state, ("state",), _load_state, same),
    Loader(
        "a dictionary",
        write("words", "长江 30 n\n青藏高原\n发源 7\n高 原\n"),
        ("words",),
        _load_dictionary,
    ),
]


def reset(loader: Loader, good: Path, folder: Path) -> None:
    """The example anew, in a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(good, folder)
