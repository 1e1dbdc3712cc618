"""Settings of a reader: a wrong one in reader.json is named by its key."""

from __future__ import annotations

import pytest

from octavo.errors import PresetError
from octavo.reading import ReaderSettings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("[]", "a JSON object is wanted"),
        ('{"window": 150.5}', "key window must be of type int. Received: window=150.5"),
        ('{"beams": true}', "key beams must be of type int. Received: beams=True"),
        ('{"no_answer_bias": "x"}', "key no_answer_bias must be of type float"),
        ('{"no_answer_bias": NaN}', "key no_answer_bias must be of type float"),
        (f'{{"calibration": {{"answer": [{"9" * 400}, 1, 1, 1]}}}}', "key calibration.answer must"),
        ('{"calibration": {"answer": [NaN, 1, 1, 1]}}', "key calibration.answer must be finite"),
        ('{"size": 1}', "key size is unknown"),
    ],
)
def test_wrong_settings_name_their_key(tmp_path, values, message):
    (tmp_path / "reader.json").write_text(values)
    with pytest.raises(PresetError, match=f"reader.json: {message}"):
        ReaderSettings.from_file(tmp_path / "reader.json")
