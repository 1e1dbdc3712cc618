"""The transformers library gives the same logits at masked tokens from what a run leaves behind."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from octavo._keras import ops
from octavo.pretraining import SMALL_ZH, Corpus, Settings, pretrain
from octavo.text import WordPieceTokenizer
from octavo.transformer import load_preset

pytestmark = pytest.mark.peer

PYTHON = Path(__file__).parents[2] / ".peers" / "huggingface" / "bin" / "python"
PROGRAM = """
import sys
import numpy, torch, transformers
folder, ids, out = sys.argv[1:]
model, info = transformers.BertForMaskedLM.from_pretrained(
    folder, dtype=torch.float32, output_loading_info=True
)
assert not info["missing_keys"] and not info["unexpected_keys"], info
ids = torch.tensor(numpy.load(ids)).long()
with torch.no_grad():
    numpy.save(out, model.eval()(input_ids=ids).logits.numpy())
"""
TEXT = "长江是中国最长的河流，为了维护公民的合法权益，制定本法。"


def assert_same_logits(folder: Path, tokenizer: WordPieceTokenizer, text: str, scratch: Path):
    if not PYTHON.exists():
        pytest.skip("the transformers library is not installed (make peers)")
    ids = np.array([[tokenizer.cls_id, *tokenizer.encode(text).ids, tokenizer.sep_id]], np.int32)
    ids[0, 3:-2:4] = tokenizer.mask_id
    np.save(scratch / "ids.npy", ids)
    command = [PYTHON, "-c", PROGRAM, folder, scratch / "ids.npy", scratch / "out.npy"]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    model, _ = load_preset(folder, "unilm")
    ours = ops.convert_to_numpy(model({"token_ids": ids, "segment_ids": 0 * ids}))
    masked = ids == tokenizer.mask_id
    difference = np.abs(ours[masked] - np.load(scratch / "out.npy")[masked]).max()
    print(f"{folder.name}: largest difference of a logit {difference:.1e}")
    assert difference < 1e-4


def test_the_bundled_model(tmp_path):
    assert_same_logits(SMALL_ZH, load_preset(SMALL_ZH)[1], TEXT, tmp_path)


def test_a_model_that_was_just_trained(corpus: Corpus, settings: Settings, tmp_path):
    pretrain(corpus, tmp_path / "model", settings, progress=False)
    assert_same_logits(tmp_path / "model", corpus.tokenizer, "w1 w10 w7 w52 w5 w9 .", tmp_path)
