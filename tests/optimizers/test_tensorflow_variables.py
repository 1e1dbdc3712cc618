"""Variables of TensorFlow that are not Keras', as loops with GradientTape have them."""

from __future__ import annotations

import numpy as np
import pytest

from octavo._keras import keras
from octavo.optimizers import (
    GradientAccumulation,
    LayerAdaptation,
    LazyRows,
    LearningRateMultiplier,
    Lookahead,
    WeightAverage,
    WeightDecay,
)

tensorflow = pytest.importorskip("tensorflow")
if keras.backend.backend() != "tensorflow":
    pytest.skip("Keras' TensorFlow backend alone knows them", allow_module_level=True)

pytestmark = pytest.mark.keras_backend

SGD = keras.optimizers.SGD
WRAPPERS = {
    WeightDecay: (lambda: WeightDecay(SGD(0.5), 0.5), [0.25, 1.0]),
    LearningRateMultiplier: (lambda: LearningRateMultiplier(SGD(0.5), {"kernel": 2.0}), [0.0, 1.0]),
    Lookahead: (lambda: Lookahead(SGD(0.5), 5), [0.5, 1.5]),
    GradientAccumulation: (lambda: GradientAccumulation(SGD(0.5), 1), [0.5, 1.5]),
    WeightAverage: (lambda: WeightAverage(SGD(0.5)), [0.5, 1.5]),
    LayerAdaptation: (lambda: LayerAdaptation(SGD(0.5), exclude="kernel"), [0.5, 1.5]),
    LazyRows: (lambda: LazyRows(SGD(0.5), include="kernel"), [0.5, 1.5]),
}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("wrapper", WRAPPERS, ids=lambda kind: kind.__name__)
def test_every_wrapper_moves_them(wrapper, dtype):
    make, right = WRAPPERS[wrapper]
    variable = tensorflow.Variable(tensorflow.constant([[1.0, 2.0]], dtype), name="dense/kernel")
    make().apply_gradients([(tensorflow.ones_like(variable), variable)])
    np.testing.assert_allclose(variable.numpy().astype(float)[0], right, atol=0.01)
