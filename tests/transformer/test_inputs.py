"""Numbers beyond a model's tables are refused, on every backend."""

import numpy as np
import pytest

from octavo.decoding import Decoder
from octavo.errors import PresetError, UsageError

pytestmark = pytest.mark.keras_backend


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("token_ids", [5, 99], r"\[0, \d+\). Received: from 5 to 99"),
        ("token_ids", [-1, 5], "Received: from -1 to 5"),
        ("segment_ids", [0, 7], "Received: from 0 to 7"),
        ("mask_positions", [0, 2], r"\[0, 2\). Received: from 0 to 2"),
    ],
)
def test_a_number_out_of_range_is_named(build, name, values, found):
    model = build("unilm", mask_positions=True)
    good = {
        key: np.zeros((1, 2), "int32") for key in ("token_ids", "segment_ids", "mask_positions")
    }
    model(good)
    with pytest.raises(UsageError, match=f"{name} must .*{found}"):
        model({**good, name: np.array([values], "int32")})


def test_one_segment_type_cannot_be_decoded(build):
    with pytest.raises(PresetError, match="key type_vocab_size: 2 are needed"):
        Decoder(build("unilm", type_vocab_size=1), end_id=3)
