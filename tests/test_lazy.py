"""Optional dependencies: a missing one is named, a broken one is not called missing."""

import pytest

from octavo._lazy import check_installed, require
from octavo.errors import MissingExtraError


def test_missing_package_names_the_command():
    with pytest.raises(MissingExtraError, match=r"^no_such_package is not installed.*\[plot\]"):
        require("no_such_package.inner", extra="plot")


def test_what_is_installed_is_found_without_an_import():
    with pytest.raises(MissingExtraError, match=r"\[plot\]"):
        check_installed("no_such_package", extra="plot")
    check_installed("antigravity", extra="plot")  # which would open a page


def test_package_whose_own_need_is_missing_says_so(tmp_path, monkeypatch):
    (tmp_path / "half_there.py").write_text("import not_there_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="not_there_at_all") as caught:
        require("half_there", extra="plot")
    assert not isinstance(caught.value, MissingExtraError)
