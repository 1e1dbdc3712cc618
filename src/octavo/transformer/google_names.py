"""The BERT of a checkpoint in the names of Google's own code, under Hugging Face's names.

bert4keras reads and writes (`save_weights_as_checkpoint`) the same names. What training leaves
beside the weights (adam_m, adam_v, global_step, averages) is not read.

Source: google-research/bert, modeling.py; the other direction is convert_bert_pytorch_checkpoint
of the transformers library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from octavo.errors import PresetError
from octavo.transformer.tensorflow_checkpoint import Checkpoint

TABLE = re.compile(r"(word|position|token_type)_embeddings$")
LAYER = re.compile(r"\blayer_(\d+)\b")
ENDINGS = {
    "kernel": "weight",  # transposed: TensorFlow multiplies by (in, out), torch by (out, in)
    "gamma": "weight",
    "beta": "bias",
    "bias": "bias",
    "output_weights": "weight",  # of the next-sentence task: Google keeps it as torch does
    "output_bias": "bias",
}


def huggingface_name(name: str) -> str | None:
    """Hugging Face's name of an array, or None for what is no weight of a BERT.

    Example:
        >>> huggingface_name("bert/encoder/layer_0/attention/self/query/kernel")
        'bert.encoder.layer.0.attention.self.query.weight'
        >>> huggingface_name("bert/encoder/layer_0/attention/self/query/kernel/adam_m") is None
        True
    """
    place, _, last = name.rpartition("/")
    if not place.startswith(("bert/", "cls/")):
        return None
    if TABLE.match(last):
        last = f"{last}.weight"
    elif last in ENDINGS:
        last = ENDINGS[last]
    else:
        return None
    return LAYER.sub(r"layer.\1", place).replace("/", ".") + "." + last


def rename_weights(
    arrays: Mapping[str, np.ndarray], source: str | Path | None = None
) -> dict[str, np.ndarray]:
    """Arrays of Google's names under Hugging Face's, kernels transposed.

    Args:
        arrays: a `Checkpoint` or a dict; only weights of a BERT are read.
        source: the file, for messages.

    Raises:
        PresetError: if there is no weight of a BERT among them; or see `Checkpoint`.

    Example:
        >>> arrays = {"bert/pooler/dense/kernel": np.zeros((2, 3)), "global_step": np.ones(())}
        >>> {name: array.shape for name, array in rename_weights(arrays).items()}
        {'bert.pooler.dense.weight': (3, 2)}
    """
    names = {name: huggingface_name(name) for name in arrays}
    found = {
        new: arrays[name].T if name.endswith("/kernel") else arrays[name]
        for name, new in names.items()
        if new is not None
    }
    if not found:
        some = ", ".join(sorted(arrays)[:3]) or "nothing"
        raise PresetError(f"holds no BERT under Google's names (bert/...), but {some}", path=source)
    return found


def read_google_weights(path: str | Path) -> dict[str, np.ndarray]:
    """The BERT of a checkpoint by Hugging Face's names.

    Args:
        path: what the files' names begin with, "bert_model.ckpt", or one of the files.

    Raises:
        PresetError: if a file is missing or damaged, or the checkpoint holds no BERT.

    Example: `read_google_weights("chinese_L-12_H-768_A-12/bert_model.ckpt")`.
    """
    checkpoint = Checkpoint(path)
    return rename_weights(checkpoint, checkpoint.path)
