"""One call of Keras' `fit` in the course of a run: it goes on where the last call ended.

Weights, optimizer and seeds do so by themselves; Keras' metrics, which every call begins anew, are
given the sums they had. So nothing depends on how a run is cut into calls.
"""

from __future__ import annotations

from typing import Any

from octavo._keras import keras, ops
from octavo._lazy import require
from octavo.training.prefetch import Chunk

CHUNK_SECONDS = 2.0  # of one call: what it costs to begin one is a hundredth of that
SHARED_CHUNK = 10  # updates of a call, where several processes train


def fit_chunk(model: Any, chunk: Chunk, sums: list[Any]) -> tuple[dict[str, float], list[Any]]:
    """Train with some batches.

    Args:
        model: compiled.
        chunk: the batches.
        sums: values of the variables of the model's metrics, to go on from; none to begin anew.

    Returns:
        (means by name since the sums were begun, the sums now).
    """
    first = chunk[0]  # an error in it must not meet Keras with the weights taken away
    going_on = _GoOn(sums, first)
    data = _as_dataset(model, chunk, first)
    history = model.fit(data, epochs=1, verbose=0, shuffle=False, callbacks=[going_on]).history
    return {name: float(values[-1]) for name, values in history.items()}, going_on.sums


def next_size(batches: int, seconds: float, unit: int, processes: int = 1) -> int:
    """Batches of the next call: whole updates, for about two seconds.

    Args:
        batches: of the last call.
        seconds: that it took.
        unit: batches of an update.
        processes: that train together; they must all begin and end a call at the same step.

    Example:
        >>> next_size(100, 4.0, unit=1), next_size(100, 0.1, unit=1), next_size(4, 60.0, unit=4)
        (50, 200, 4)
    """
    if processes > 1:
        return SHARED_CHUNK * unit
    wanted = CHUNK_SECONDS / seconds * batches / unit
    return unit * max(1, min(2 * batches // unit, round(wanted)))


def _as_dataset(model: Any, chunk: Chunk, first: Any) -> Any:
    """On TensorFlow a dataset whose batches may have every shape that the model takes.

    Keras would take the shapes of the first two batches, and stop at a batch of another length.
    """
    if keras.backend.backend() != "tensorflow" or not getattr(model, "inputs", None):
        return chunk
    tensorflow = require("tensorflow", extra="neural")
    arrays = keras.tree.flatten(first)
    shapes = [tensor.shape for tensor in model.inputs]
    shapes += [(None,) * array.ndim for array in arrays[len(shapes) :]]  # labels and weights
    specs = [
        tensorflow.TensorSpec(shape, array.dtype)
        for shape, array in zip(shapes, arrays, strict=True)
    ]
    signature = keras.tree.pack_sequence_as(first, specs)
    data = tensorflow.data.Dataset.from_generator(lambda: iter(chunk), output_signature=signature)
    return data.apply(tensorflow.data.experimental.assert_cardinality(len(chunk))).prefetch(2)


class _GoOn(keras.callbacks.Callback):
    """Gives the metrics the sums they had, and takes those at the end.

    It looks at no step, as that would wait for the device at every one.
    """

    def __init__(self, sums: list[Any], first: Any) -> None:
        super().__init__()
        self.sums, self.first = sums, first

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Keras has set them to 0 just now."""
        if not self.sums:
            return
        if len(self.model.metrics_variables) < len(self.sums):
            _build_metrics(self.model, self.first)
        for variable, value in zip(self.model.metrics_variables, self.sums, strict=True):
            variable.assign(value)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keras has taken them from the device just now."""
        variables = self.model.metrics_variables
        self.sums = [ops.convert_to_numpy(variable).tolist() for variable in variables]


def _build_metrics(model: Any, batch: Any) -> None:
    """Make the variables of a new model's metrics; on TensorFlow Keras does in the first step."""
    batch = keras.tree.map_structure(ops.convert_to_tensor, batch)
    inputs, labels, weights = keras.utils.unpack_x_y_sample_weight(batch)
    predictions = model(inputs)
    model.compute_loss(inputs, labels, predictions, weights)
    model.compute_metrics(inputs, labels, predictions, weights)
    model.reset_metrics()
