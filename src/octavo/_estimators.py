"""What scikit-learn asks of an estimator, without importing it."""

from __future__ import annotations

import inspect
from typing import Any, Self

from octavo._checks import check_one_of
from octavo._lazy import require


class Estimator:
    """Parameters by name: those of `__init__`, each kept as an attribute of its name.

    Example:
        >>> class Mean(Estimator):
        ...     def __init__(self, trim=0.0, *, seed=0):
        ...         self.trim, self.seed = trim, seed
        >>> Mean(seed=3), Mean().set_params(trim=0.5).get_params()
        (Mean(seed=3), {'trim': 0.5, 'seed': 0})
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Raises:
            UsageError: if there is no such parameter.
        """
        for name, value in params.items():
            setattr(self, check_one_of("parameter", name, list(self.get_params())), value)
        return self

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator: these take texts, or find clusters."""
        utils: Any = require("sklearn.utils", extra="evaluate")
        texts = hasattr(self, "transform")
        return utils.Tags(
            estimator_type=None if texts else "clusterer",
            target_tags=utils.TargetTags(required=False),
            transformer_tags=utils.TransformerTags() if texts else None,
            input_tags=utils.InputTags(one_d_array=texts, two_d_array=not texts, string=texts),
        )

    def __repr__(self) -> str:
        """The parameters that are not the defaults."""
        defaults = inspect.signature(type(self)).parameters
        params = self.get_params().items()
        changed = [f"{name}={value!r}" for name, value in params if value != defaults[name].default]
        return f"{type(self).__name__}({', '.join(changed)})"
