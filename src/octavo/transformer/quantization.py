"""Weights in 8 bits: a matrix as int8 with one float32 scale a row, biases and norms as float32.

Names and layout are those of the compressed-tensors library, "int-quantized" by "channel": beside
NAME.weight, int8 (rows, columns), stands NAME.weight_scale, float32 (rows, 1), and config.json has
a `quantization_config`. A row is an output of a dense layer, or a token, position or segment type.

A scale has 17 significant bits, so that its products with numbers of 8 bits are exact in float32:
weights that were read and are written again come out the same.

Source: compressed-tensors, `NaiveQuantizationCompressor`; the rounding of scales is octavo's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from octavo.errors import PresetError, UsageError

SCALE = "_scale"  # after the name of a weight
LARGEST = 127  # -128 stays unused: what is symmetric needs no zero point
BITS = 17  # of a scale: 24 of float32 less the 7 of LARGEST
QUANTIZATION: dict[str, Any] = {
    "quant_method": "compressed-tensors",
    "format": "int-quantized",
    "quantization_status": "compressed",
    "config_groups": {
        "group_0": {
            "targets": ["Linear", "Embedding"],
            "weights": {
                "num_bits": 8,
                "type": "int",
                "symmetric": True,
                "strategy": "channel",
                "dynamic": False,
            },
            "input_activations": None,
            "output_activations": None,
        }
    },
    "ignore": [],
}


def quantize_rows(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers and the scales that lead back: each value is at most half a scale off.

    Args:
        matrix: float32 (rows, columns), finite.

    Returns:
        (int8 (rows, columns), from -127 to 127; float32 (rows, 1), above 0).

    Example:
        >>> numbers, scales = quantize_rows(np.array([[-254, 101.3], [0, 0]], np.float32))
        >>> numbers.tolist()
        [[-127, 51], [0, 0]]
        >>> (numbers * scales).tolist()
        [[-254.0, 102.0], [0.0, 0.0]]
    """
    tiny = np.finfo(np.float32).tiny  # the scale of a row of zeros
    scales = np.maximum(np.abs(matrix).max(axis=1, keepdims=True) / np.float32(LARGEST), tiny)
    fractions, exponents = np.frexp(scales)
    scales = np.ldexp(np.ceil(np.ldexp(fractions, BITS)), exponents - BITS)
    return np.rint(matrix / scales).astype(np.int8), scales


def quantize_weights(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Matrices as int8 with their scales beside them; what has one axis stays as it is.

    Args:
        arrays: a model's float32 arrays, by Hugging Face name.

    Raises:
        UsageError: if a matrix is not finite.
    """
    found: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        if array.ndim != 2:
            found[name] = array
            continue
        if not np.isfinite(array).all():
            raise UsageError(f"dtype int8 needs finite weights. Received: {name} with NaN or inf")
        found[name], found[name + SCALE] = quantize_rows(array)
    return found


def dequantize_weights(
    arrays: Mapping[str, np.ndarray], quantized: bool, source: str | Path | None = None
) -> dict[str, np.ndarray]:
    """Int8 matrices as float32, their scales taken away; other arrays as they are.

    Args:
        arrays: a file's arrays, by Hugging Face name.
        quantized: whether the config has a `quantization_config`.
        source: the file, for messages.

    Raises:
        PresetError: if the arrays are not what the config says, or a scale is missing, of another
            shape or kind, not above 0 and finite, or without its weight; names the array.
    """
    found = dict(arrays)
    stored = [name for name, array in arrays.items() if array.dtype == np.int8]
    if stored and not quantized:
        raise PresetError(
            f"{stored[0]} is int8, but the config has no quantization_config", path=source
        )
    if quantized and not stored:
        raise PresetError("no int8 arrays, but the config has a quantization_config", path=source)
    for name in stored:
        scales = found.pop(name + SCALE, None)
        fault = _find_fault(arrays[name], scales)
        if fault:
            raise PresetError(
                f"{name + SCALE if scales is not None else name} {fault}", path=source
            )
        found[name] = arrays[name] * scales
    left = [name for name in found if quantized and name.endswith(SCALE)]
    if left:
        raise PresetError(f"{left[0]} has no int8 weight beside it", path=source)
    return found


def _find_fault(matrix: np.ndarray, scales: np.ndarray | None) -> str:
    """What is wrong with an int8 array or its scales, or nothing."""
    if matrix.ndim != 2:
        return "is int8, which only matrices may be"
    if scales is None:
        return f"is int8 without its scales (...{SCALE})"
    if scales.dtype != np.float32 or scales.shape != (len(matrix), 1):
        wanted = f"float32 of shape {(len(matrix), 1)}"
        return f"must be {wanted}, but is {scales.dtype} of shape {scales.shape}"
    if not (np.isfinite(scales).all() and (scales > 0).all()):
        return "must be finite and above 0 in every row"
    return ""
