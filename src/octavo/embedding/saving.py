"""A model of JoSE in a folder, and back.

config.json         the parameters
vocab.txt           the words
model.safetensors   words, contexts, documents, float32; counts, document_counts, seen (how many
                    documents), int64; losses, float64
"""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from octavo._files import describe_absence, full_disk_named, read_text, write_directory
from octavo._lazy import require
from octavo.errors import DataError
from octavo.text.vocabulary import load_vocabulary, save_vocabulary

CONFIG, VOCABULARY, MODEL = "config.json", "vocab.txt", "model.safetensors"
NAMES = ("words", "contexts", "documents", "counts", "document_counts", "seen", "losses")
WHOLE = ("counts", "document_counts", "seen")


def plain_types(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters in JSON types, also where they are NumPy's numbers.

    Example:
        >>> plain_types({"size": np.int64(10)})
        {'size': 10}
    """
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in params.items()
    }


def save_model(
    folder: str | PathLike[str],
    params: dict[str, Any],
    words: list[str],
    arrays: dict[str, np.ndarray],
) -> None:
    """Write a folder, whole or not at all.

    Args:
        folder: what it holds under other names stays.
        params: in JSON types.
        words: the vocabulary.
        arrays: by `NAMES`.

    Raises:
        DataError: if it cannot be written.
        MissingExtraError: if safetensors is not installed.
    """
    safetensors: Any = require("safetensors.numpy", extra="embed")
    with full_disk_named(folder), write_directory(folder) as place:
        text = json.dumps({"model_type": "jose", **params}, ensure_ascii=False, indent=1)
        (place / CONFIG).write_text(text + "\n", "utf-8")
        save_vocabulary(words, place / VOCABULARY)
        safetensors.save_file(arrays, place / MODEL)


def load_model(
    folder: str | PathLike[str],
) -> tuple[dict[str, Any], list[str], dict[str, np.ndarray]]:
    """What `save_model` wrote: parameters, words, arrays.

    Raises:
        DataError: naming the file, if one is missing, damaged or belongs to others.
        MissingExtraError: if safetensors is not installed.
    """
    place = Path(folder)
    if not place.is_dir():
        raise DataError(describe_absence(folder), folder)
    try:
        params = dict(json.loads(read_text(place / CONFIG)))
    except (ValueError, TypeError, RecursionError):
        raise DataError("damaged: no parameters", place / CONFIG) from None
    if params.pop("model_type", None) != "jose":
        raise DataError('no model of JoSE: "model_type" is not "jose"', place / CONFIG)
    words, arrays = load_vocabulary(place / VOCABULARY), _load_arrays(place / MODEL)
    size = params.get("size")
    shapes = {
        "words": (len(words), size), "contexts": (len(words), size),
        "documents": (len(arrays["documents"]), size), "counts": (len(words),),
        "document_counts": (len(words),), "seen": (1,),
        "losses": (arrays["losses"].size,),
    }  # fmt: skip
    for name, shape in shapes.items():
        array = arrays[name]
        if array.shape != shape or array.dtype.kind != ("i" if name in WHOLE else "f"):
            raise DataError(
                f"{name} holds {array.dtype} {array.shape}, not {shape} as {VOCABULARY}, {CONFIG} "
                "and the other arrays have it",
                place / MODEL,
            )
        if not np.isfinite(array).all():
            raise DataError(f"a number of {name} is not finite", place / MODEL)
    if len(set(words)) != len(words):
        raise DataError("a word is there twice", place / VOCABULARY)
    return params, words, arrays


def _load_arrays(path: Path) -> dict[str, np.ndarray]:
    safetensors: Any = require("safetensors.numpy", extra="embed")
    try:
        arrays = safetensors.load_file(path)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", path) from None
    except Exception as error:  # safetensors has its own, and KeyError for types it lacks
        raise DataError(f"damaged or cut short: {error}", path) from None
    if missing := [name for name in NAMES if name not in arrays]:
        raise DataError(f"damaged: it has no {', '.join(missing)}", path)
    return arrays
