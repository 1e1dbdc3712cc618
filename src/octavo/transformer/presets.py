"""Model directories in Hugging Face's layout: config.json, model.safetensors, vocab.txt.

A tokenizer.json, which is all that transformers 5 writes, serves in the place of vocab.txt.
Google's layout is read as well: bert_config.json, a TensorFlow checkpoint, vocab.txt.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any, NamedTuple

from octavo._checks import check_one_of
from octavo._files import describe_absence, write_directory
from octavo._lazy import require
from octavo.errors import PresetError, UsageError
from octavo.text import WordPieceTokenizer, save_vocabulary
from octavo.text.tokenizer_json import load_tokenizer_json, save_tokenizer_json
from octavo.transformer.config import TransformerConfig
from octavo.transformer.inputs import check_tokenizer
from octavo.transformer.quantization import QUANTIZATION, quantize_weights
from octavo.transformer.weights import SHARDS, collect_weights

HUB = "hf://"
TOKENIZER_JSON = "tokenizer.json"
MOST_PADDING = 128  # so many rows without a token are another vocabulary
FILES = ("config.json", "model.safetensors", "vocab.txt", TOKENIZER_JSON)
DTYPES = ("float32", "float16", "int8")
NAMES, POINTS = "BertForMaskedLM", "BertWithPointer"  # in config.json: with which output layer


class Preset(NamedTuple):
    """What a folder holds; the weights are not read yet.

    Args:
        folder: the folder, on this machine.
        config: what its config.json or bert_config.json says of the model.
        tokenizer: the tokenizer of its vocab.txt or tokenizer.json; rows of the word table beyond
            it have tokens that no text has.
        weights: the file of its weights.
    """

    folder: Path
    config: TransformerConfig
    tokenizer: WordPieceTokenizer
    weights: Path


def find_preset(source: str | Path) -> Path:
    """The folder of a preset: a local one, or hf://owner/name fetched by huggingface_hub.

    It holds config.json, model.safetensors and vocab.txt or tokenizer.json; a local one without
    model.safetensors may hold bert_config.json and a TensorFlow checkpoint (bert_model.ckpt.index
    and its data) instead.

    Raises:
        PresetError: if it is no folder, lacks a file, holds several checkpoints, or cannot be
            fetched.
        MissingExtraError: if hf:// is asked for without the extra [hub].

    Example: `find_preset("runs/mine")` or `find_preset("hf://owner/name")`.
    """
    folder = _fetch(str(source)) if str(source).startswith(HUB) else Path(source)
    if not folder.is_dir():
        raise PresetError(describe_absence(folder), path=source)
    for path in (*_find_files(folder), _find_tokens(folder)):
        if not path.is_file():
            raise PresetError(f"{path.name} is missing", path=source)
    return folder


def _find_files(folder: Path) -> tuple[Path, Path]:
    """The config and the weights a folder should hold, in Hugging Face's layout or Google's."""
    weights = folder / "model.safetensors"
    shards = folder / f"model.safetensors{SHARDS}"
    if not weights.is_file() and shards.is_file():
        return folder / "config.json", shards
    indexes = sorted(folder.glob("*.index"))
    if weights.is_file() or not indexes:
        return folder / "config.json", weights
    if len(indexes) > 1:
        names = ", ".join(path.stem for path in indexes)
        raise PresetError(
            f"holds several checkpoints ({names}): leave one, or give one to "
            "build_transformer_model(config, weights)",
            path=folder,
        )
    configs = sorted(folder.glob("bert_config*.json"))  # some are called bert_config_rbt3.json
    if not configs and (folder / "config.json").is_file():
        return folder / "config.json", indexes[0]
    return configs[0] if len(configs) == 1 else folder / "bert_config.json", indexes[0]


def _find_tokens(folder: Path) -> Path:
    """The file of the vocabulary that a folder holds, or should hold."""
    vocabulary, other = folder / "vocab.txt", folder / TOKENIZER_JSON
    return other if other.is_file() and not vocabulary.is_file() else vocabulary


def _fetch(source: str) -> Path:
    """Download the files of a hub repository, or find them in the local cache."""
    hub = require("huggingface_hub", extra="hub")
    sharded = (f"model.safetensors{SHARDS}", "model-*.safetensors")
    patterns = [*FILES, *sharded, "tokenizer_config.json", "reader.json"]
    try:
        return Path(hub.snapshot_download(source.removeprefix(HUB), allow_patterns=patterns))
    except Exception as error:  # the hub's many own types: network, name, rights
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise PresetError(f"cannot be fetched ({reason})", path=source) from None


def _pad_vocabulary(
    tokenizer: WordPieceTokenizer, rows: int, path: Path, config: str
) -> WordPieceTokenizer:
    """A tokenizer with a token for every row of a word table that was padded; no text has those.

    Raises:
        PresetError: if the table is not one padded to a multiple of 8 or more.
    """
    missing = rows - len(tokenizer)
    if not 0 < missing < MOST_PADDING or rows % 8:
        raise PresetError(
            f"{len(tokenizer)} tokens, but {config} says vocab_size {rows}", path=path
        )
    warnings.warn(
        f"{path}: {len(tokenizer)} tokens for {rows} rows: the last {missing} are not used",
        stacklevel=4,
    )
    padding = [f"[padding {number}]" for number in range(missing)]
    return WordPieceTokenizer([*tokenizer.vocabulary, *padding], tokenizer.lowercase)


def load_tokenizer(folder: Path) -> WordPieceTokenizer:
    """The tokenizer of a preset; tokenizer_config.json says whether it lower-cases.

    Raises:
        PresetError: if a file is damaged, or asks for a tokenizer that octavo does not have.
    """
    path = folder / "tokenizer_config.json"
    options: dict[str, Any] = {}
    if path.is_file():
        try:
            options = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise PresetError(f"not valid JSON ({error})", path=path) from None
        if not isinstance(options, dict):
            raise PresetError("a JSON object is wanted", path=path)
    lowercase = options.get("do_lower_case", True)
    allowed = {
        "do_lower_case": (True, False),
        "strip_accents": (None, lowercase),
        "tokenize_chinese_chars": (True,),
    }
    for key, values in allowed.items():
        if options.get(key, values[0]) not in values:
            wanted = " or ".join(json.dumps(value) for value in values)
            raise PresetError(f"key {key}: {wanted} is wanted, not {options[key]!r}", path=path)
    tokens = _find_tokens(folder)
    if tokens.name == TOKENIZER_JSON:
        return WordPieceTokenizer(*load_tokenizer_json(tokens))
    return WordPieceTokenizer.from_file(tokens, lowercase=lowercase)


def read_preset(source: str | Path) -> Preset:
    """Config and tokenizer of a folder or of hf://owner/name, and where its weights are.

    Raises:
        PresetError: if a file is missing, damaged, or contradicts another; names it.

    Example: `read_preset("runs/mine").config.hidden_size`.
    """
    folder = find_preset(source)
    config_file, weights = _find_files(folder)
    config = TransformerConfig.from_file(config_file)
    tokenizer = load_tokenizer(folder)
    if len(tokenizer) != config.vocab_size:
        tokens = _find_tokens(folder)
        tokenizer = _pad_vocabulary(tokenizer, config.vocab_size, tokens, config_file.name)
    for key, token, place in (
        ("pad_token_id", "[PAD]", tokenizer.pad_id),
        ("sep_token_id", "[SEP]", tokenizer.sep_id),
    ):
        if getattr(config, key) not in (None, place):
            raise PresetError(
                f"key {key}: the vocabulary has {token} at {place}, not at {getattr(config, key)}",
                path=config_file,
            )
    return Preset(folder, config, tokenizer, weights)


def write_preset(
    folder: Path, model: Any, tokenizer: WordPieceTokenizer, dtype: str = "float32"
) -> None:
    """Write the files of a preset into an existing folder.

    Args:
        folder: the folder the files are written into.
        model: the `Transformer` whose config and weights are written.
        tokenizer: its vocabulary is written.
        dtype: the stored weights' dtype, as in `save_preset`.

    Raises:
        UsageError: if the vocabulary does not fit the model, the dtype is another one, or weights
            that are not finite are to be stored in 8 bits.
    """
    check_one_of("dtype", dtype, DTYPES)
    safetensors = require("safetensors.numpy", extra="neural")
    check_tokenizer(tokenizer, model.config)
    head = POINTS if model.config.pointer_head else NAMES
    arrays = collect_weights(model, "float32" if dtype == "int8" else dtype)
    config = {
        "architectures": ["BertModel" if model.application == "encoder" else head],
        **model.config.to_dict(),
        "torch_dtype": dtype,
    }
    if dtype == "int8":
        arrays = quantize_weights(arrays)
        config |= {"torch_dtype": "float32", "quantization_config": QUANTIZATION}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    save_vocabulary(tokenizer.vocabulary, folder / "vocab.txt")
    save_tokenizer_json(tokenizer.vocabulary, tokenizer.lowercase, folder / TOKENIZER_JSON)
    options = {
        "do_lower_case": tokenizer.lowercase,
        "tokenizer_class": "BertTokenizer",
        "model_max_length": model.config.max_position_embeddings,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(options) + "\n", encoding="utf-8")
    # not save_file, whose file no other user could read
    data = safetensors.save(arrays, metadata={"format": "pt"})
    (folder / "model.safetensors").write_bytes(data)


def save_preset(
    path: str | Path, model: Any, tokenizer: WordPieceTokenizer, dtype: str = "float32"
) -> None:
    """Write a folder that `load_preset` reads, whole or not at all.

    The transformers library reads it too, but not one in 8 bits: load that and save it as
    "float32" for others.

    Args:
        path: the folder; its parent must exist. Files of other names in it stay.
        model: the `Transformer` whose config and weights are written.
        tokenizer: its vocabulary is written.
        dtype: the stored weights' dtype, "float32", "float16" in half the space, or "int8" in a
            quarter: matrices alone, with a float32 scale for each row, see `quantization`.

    Raises:
        DataError: if the folder cannot be written.
        UsageError: if the vocabulary does not fit the model, the dtype is another one, or weights
            that are not finite are to be stored in 8 bits; if an encoder would take the place of a
            model with an output layer.

    Example: see `load_preset`.
    """
    if model.application == "encoder" and _has_head(Path(path)):
        raise UsageError(
            f"{path} holds a model with an output layer, which an encoder lacks: load it with "
            "application='unilm', or write elsewhere. Received: an encoder"
        )
    with write_directory(path) as folder:
        write_preset(Path(folder), model, tokenizer, dtype)


def _has_head(folder: Path) -> bool:
    """Whether a preset says that its weights hold an output layer."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return not {NAMES, POINTS}.isdisjoint(config["architectures"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
