"""Weights in and out, in Hugging Face's names for the BERT family.

Source: the transformers library, `BertForMaskedLM`.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from octavo._keras import ops
from octavo._lazy import require
from octavo.errors import PresetError, UsageError
from octavo.transformer.config import TransformerConfig
from octavo.transformer.google_names import read_google_weights
from octavo.transformer.tensorflow_checkpoint import is_checkpoint

TOKENS = "bert.embeddings.word_embeddings.weight"
POSITIONS = "bert.embeddings.position_embeddings.weight"
SEGMENT_TYPES = "bert.embeddings.token_type_embeddings.weight"
BIAS = "cls.predictions.bias"
SHARDS = ".index.json"  # ends the name of the index of several files
TIED = {"cls.predictions.decoder.weight": TOKENS, "cls.predictions.decoder.bias": BIAS}
VOCABULARY_HEAD = "cls.predictions."
HEAD = (VOCABULARY_HEAD, "octavo.pointer.")  # an encoder has neither
UNUSED = ("bert.pooler.", "cls.seq_relationship.", "bert.embeddings.position_ids")
POINTER_PARTS = ("query", "key")
TASKS = ("classifier.", "qa_outputs.")  # what BERT's other classes put on top of it


def read_weights(path: str | Path) -> dict[str, np.ndarray]:
    """All arrays of a .safetensors file or of the files its index names, or a checkpoint's BERT.

    Raises:
        PresetError: if a file is missing, truncated or not safetensors, or lacks what the index
            says is in it, or see `Checkpoint`.
    """
    if is_checkpoint(path):
        return read_google_weights(path)
    if str(path).endswith(SHARDS):
        return _read_shards(Path(path))
    safetensors = require("safetensors.numpy", extra="neural")
    try:
        return safetensors.load_file(str(path))
    except FileNotFoundError:
        raise PresetError("no such file", path=path) from None
    except Exception as error:  # safetensors raises its own type, TypeError, KeyError (dtype)
        raise PresetError(f"damaged or not a safetensors file ({error})", path=path) from None


def _read_shards(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an index, each from the file beside it that the index names."""
    try:
        places = json.loads(path.read_text("utf-8"))["weight_map"]
        files = sorted(set(places.values()))
        foreign = [name for name in files if Path(name).name != name]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise PresetError("damaged: no index of weights", path) from None
    if foreign or not files:
        raise PresetError(f"names no file beside it but {foreign[:1] or 'nothing'}", path)
    arrays: dict[str, np.ndarray] = {}
    for name in files:
        found = read_weights(path.with_name(name))
        if found.keys() != {array for array, file in places.items() if file == name}:
            raise PresetError(
                f"does not hold the arrays that {path.name} says", path.with_name(name)
            )
        arrays |= found
    return arrays


def weight_names(model: Any) -> dict[str, tuple[Any, bool]]:
    """Hugging Face name -> (variable, whether the array is stored transposed).

    Raises:
        UsageError: if a layer's weights are split: by LoRA, or quantized by Keras.
    """
    embeddings = model.get_layer("embeddings")
    names: dict[str, tuple[Any, bool]] = {
        TOKENS: (model.get_layer("tokens").embeddings, False),
        POSITIONS: (embeddings.positions, False),
        SEGMENT_TYPES: (embeddings.segment_types, False),
    }

    def add(name: str, layer: Any) -> None:
        is_norm = hasattr(layer, "gamma")
        if getattr(layer, "lora_enabled", False) or getattr(layer, "quantization_mode", None):
            raise UsageError(
                "a model's weights are read and written without LoRA and Keras' quantization. "
                f"Received: a model that has it in {name}"
            )
        names[f"{name}.weight"] = (layer.gamma, False) if is_norm else (layer.kernel, True)
        names[f"{name}.bias"] = (layer.beta if is_norm else layer.bias, False)

    add("bert.embeddings.LayerNorm", embeddings.norm)
    for index, block in enumerate(model.blocks):
        prefix = f"bert.encoder.layer.{index}"
        for part in ("query", "key", "value"):
            add(f"{prefix}.attention.self.{part}", getattr(block.attention, part))
        add(f"{prefix}.attention.output.dense", block.attention.output_dense)
        add(f"{prefix}.attention.output.LayerNorm", block.attention_norm)
        add(f"{prefix}.intermediate.dense", block.intermediate)
        add(f"{prefix}.output.dense", block.output_dense)
        add(f"{prefix}.output.LayerNorm", block.output_norm)
    if model.application != "encoder" and model.config.pointer_head:
        for part in POINTER_PARTS:
            add(f"octavo.pointer.{part}", getattr(model.get_layer("pointer"), part))
    elif model.application != "encoder":
        head = model.get_layer("head")
        add("cls.predictions.transform.dense", head.dense)
        add("cls.predictions.transform.LayerNorm", head.norm)
        names[BIAS] = (model.get_layer("tokens").bias, False)
    return names


def replaces_all_drawn(
    arrays: dict[str, np.ndarray], config: TransformerConfig, application: str
) -> bool:
    """Whether none of the first weights that are drawn stays: an encoder's file has no heads."""
    if application == "encoder":
        return True
    if config.pointer_head:
        return all(f"octavo.pointer.{part}.weight" in arrays for part in POINTER_PARTS)
    return "cls.predictions.transform.dense.weight" in arrays


def standard_name(name: str) -> str:
    """A name as BERT's own classes write it: with "bert." and without old gamma/beta."""
    name = name.replace("LayerNorm.gamma", "LayerNorm.weight")
    name = name.replace("LayerNorm.beta", "LayerNorm.bias")
    return f"bert.{name}" if name.startswith(("embeddings.", "encoder.", "pooler.")) else name


def assign_weights(
    model: Any, arrays: dict[str, np.ndarray], source: str | Path | None = None
) -> None:
    """Fill a model with arrays by Hugging Face name; all are checked before any is assigned.

    A missing vocabulary or pointer head stays as it is, with a warning: plain encoders have none.
    Left out are pooler, next-sentence head and position ids, in silence, and the heads of other
    tasks, with a warning.

    Raises:
        PresetError: if another array is missing, has the wrong shape or is no float; if there are
            arrays that the model has no place for, such as more layers, LoRA or an output layer
            that is not the word table.
    """
    names = weight_names(model)
    _check_rest(model, arrays, [name for name in arrays if name not in names], source)
    values: list[tuple[Any, np.ndarray]] = []
    absent: list[str] = []
    for name, (variable, transposed) in names.items():
        if name not in arrays:
            if name.startswith(HEAD):
                absent.append(name)
                continue
            raise PresetError(f"{name} is missing", path=source)
        array = arrays[name].T if transposed else arrays[name]
        if array.shape != tuple(variable.shape):
            raise PresetError(
                f"{name} has shape {arrays[name].shape}, but the config asks for "
                f"{tuple(variable.shape)[:: -1 if transposed else 1]}",
                path=source,
            )
        if array.dtype.kind not in "fV":  # bfloat16 is of kind V
            raise PresetError(f"{name} is {array.dtype}, but floats are wanted", path=source)
        values.append((variable, array))
    for variable, array in values:
        variable.assign(array.astype("float32"))
    if absent:
        warnings.warn(
            f"{source or 'the weights'}: no {', '.join(absent)} inside: untrained so far",
            stacklevel=3,
        )


def _check_rest(
    model: Any, arrays: dict[str, np.ndarray], rest: list[str], source: str | Path | None
) -> None:
    """Refuse what would make another model if there were a place for it."""
    unused = UNUSED + HEAD if model.application == "encoder" else UNUSED
    rest = [name for name in rest if not name.startswith(unused)]
    for name in rest:
        if name in TIED and not np.array_equal(arrays[name], arrays.get(TIED[name], ())):
            raise PresetError(
                f"{name} differs from {TIED[name]}: octavo has one for both", path=source
            )
    foreign = [name for name in rest if name not in TIED and not name.startswith(TASKS)]
    if foreign:
        raise PresetError(f"the config's model has no place for {_name_some(foreign)}", path=source)
    tasks = [name for name in rest if name.startswith(TASKS)]
    if tasks:
        warnings.warn(
            f"{source or 'the weights'}: {', '.join(tasks)} left out: the head of another task",
            stacklevel=4,
        )


def _name_some(names: list[str]) -> str:
    """The first three names and the number of the others."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def collect_weights(model: Any, dtype: str = "float32") -> dict[str, np.ndarray]:
    """A model's arrays by Hugging Face name."""
    arrays = {}
    for name, (variable, transposed) in weight_names(model).items():
        array = ops.convert_to_numpy(variable.value)
        arrays[name] = np.ascontiguousarray(array.T if transposed else array, dtype=dtype)
    return arrays
