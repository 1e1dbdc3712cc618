import pytest

from octavo.errors import UsageError
from octavo.training import Intervals


@pytest.mark.parametrize("name", ["save_steps", "eval_steps", "logging_steps", "save_total_limit"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "10"])
def test_impossible_numbers_are_named(name, value):
    with pytest.raises(UsageError, match=rf"{name} must .* Received: {name}="):
        Intervals(**{name: value})
