"""Wrappers that turn any Keras optimizer into another, and what is built from them.

Source: Su Jianlin, kexue.fm/archives/7094.
"""

from octavo.optimizers.adam import Adam
from octavo.optimizers.gradient_accumulation import GradientAccumulation
from octavo.optimizers.layer_adaptation import LayerAdaptation
from octavo.optimizers.lazy_rows import LazyRows
from octavo.optimizers.learning_rate_multiplier import LearningRateMultiplier
from octavo.optimizers.lookahead import Lookahead
from octavo.optimizers.piecewise_linear import PiecewiseLinear, warmup_stable_decay
from octavo.optimizers.recipes import adamw, lamb, ranger
from octavo.optimizers.rectified_adam import RectifiedAdam
from octavo.optimizers.weight_average import EvaluateAverage, WeightAverage
from octavo.optimizers.weight_decay import WeightDecay
from octavo.optimizers.wrapper import Wrapper, find_wrapper

__all__ = [
    "Adam",
    "EvaluateAverage",
    "GradientAccumulation",
    "LayerAdaptation",
    "LazyRows",
    "LearningRateMultiplier",
    "Lookahead",
    "PiecewiseLinear",
    "RectifiedAdam",
    "WeightAverage",
    "WeightDecay",
    "Wrapper",
    "adamw",
    "find_wrapper",
    "lamb",
    "ranger",
    "warmup_stable_decay",
]
