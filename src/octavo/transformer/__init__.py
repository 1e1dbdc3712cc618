"""One BERT-family model in keras.ops: encoder, language model or UniLM; weights in and out.

Source: Devlin et al. 2019, "BERT"; Dong et al. 2019, "Unified Language Model Pre-training" (UniLM).
"""

from octavo.transformer.config import TransformerConfig
from octavo.transformer.model import Transformer, build_transformer_model, load_preset
from octavo.transformer.positions import extend_positions
from octavo.transformer.presets import find_preset, save_preset

__all__ = [
    "Transformer",
    "TransformerConfig",
    "build_transformer_model",
    "extend_positions",
    "find_preset",
    "load_preset",
    "save_preset",
]
