"""The tree of errors and what they say."""

import pytest

from octavo import errors


@pytest.mark.parametrize(
    ("child", "parents"),
    [
        (errors.UsageError, (errors.OctavoError, ValueError)),
        (errors.DataError, (errors.OctavoError, ValueError)),
        (errors.PresetError, (errors.DataError,)),
        (errors.MissingExtraError, (errors.OctavoError, ImportError)),
    ],
)
def test_tree(child, parents):
    assert all(issubclass(child, parent) for parent in parents)


@pytest.mark.parametrize(
    ("path", "line", "text"),
    [
        (None, None, "broken"),
        ("a.json", None, "a.json: broken"),
        ("a.json", 3, "a.json, line 3: broken"),
        (None, 3, "line 3: broken"),
    ],
)
def test_data_error_names_the_place(path, line, text):
    error = errors.PresetError("broken", path=path, line=line)
    assert (str(error), error.path, error.line) == (text, path, line)
