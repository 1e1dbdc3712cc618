"""What two document-term matrices are compared by."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any


def digest_matrix(matrix: Any, tokens: Iterable[str]) -> list[Any]:
    """Its type and size, the checksums of its arrays, rows sorted, and that of its tokens."""
    matrix = matrix.copy()
    matrix.sort_indices()  # CountVectorizer leaves the cells of a row in the order it met them
    arrays = [matrix.data, matrix.indices, matrix.indptr]
    sums = [[str(array.dtype), zlib.crc32(array.tobytes())] for array in arrays]
    names = zlib.crc32("\n".join(tokens).encode())
    return [type(matrix).__name__, list(matrix.shape), int(matrix.nnz), sums, names]
