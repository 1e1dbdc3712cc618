"""Checks of arguments: what passes comes back as Python's type, what does not is named."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from octavo._checks import (
    check_bool,
    check_field_types,
    check_number,
    check_one_of,
    check_share,
    check_whole,
    is_whole,
    parse_bytes,
)
from octavo.errors import UsageError


@dataclasses.dataclass
class Fields:
    count: int = 1
    rate: float = 0.5
    name: str = "a"
    switch: bool = False
    seed: int | None = None


NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_whole_numbers_become_ints(value):
    assert type(check_whole("n", value, 3, 3)) is int
    assert is_whole(value, 3, 3)


@pytest.mark.parametrize("value", [True, 2, 6, 3.0, "3", None, NAN, np.float64(3), np.array([3])])
def test_what_is_no_whole_number_within_bounds(value):
    assert not is_whole(value, 3, 5)
    with pytest.raises(UsageError, match=r"^n must be a whole number from 3 to 5\. Received: n="):
        check_whole("n", value, 3, 5)


def test_without_a_limit_any_number_is_taken():
    assert check_whole("n", 10**30, 0) == 10**30
    with pytest.raises(
        UsageError, match=r"n must be a whole number of 0 or more\. Received: n=-1$"
    ):
        check_whole("n", -1, 0)


@pytest.mark.parametrize("value", [1, 0.25, np.float32(0.25), np.int64(1), np.bool_(True) + 0.0])
def test_numbers_become_floats(value):
    number = check_number("x", value, least=0, most=1)
    assert type(number) is float
    assert number == value


@pytest.mark.parametrize("value", [True, "0.5", None, NAN, INFINITY, -INFINITY, 1j, np.ones(1)])
def test_what_is_no_finite_number(value):
    with pytest.raises(UsageError, match=r"^x must be a number of 0 or more\. Received: x="):
        check_number("x", value, least=0)


@pytest.mark.parametrize(
    ("bounds", "inside", "outside", "said"),
    [
        ({"least": 0, "most": 1}, (0, 1), (-1e-9, 1.1), r"in \[0, 1\]"),
        ({"least": 0, "below": 1}, (0, 0.999), (-1e-9, 1), r"in \[0, 1\)"),
        ({"above": 0, "most": 1}, (1e-9, 1), (0, 1.1), r"in \(0, 1\]"),
        ({"above": 0, "below": 0.5}, (1e-9, 0.4), (0, 0.5), r"in \(0, 0\.5\)"),
        ({"least": 4}, (4, 1e30), (3.9,), "of 4 or more"),
        ({"above": 0}, (1e-30,), (0, -1), "above 0"),
    ],
)
def test_bounds_are_kept_and_said(bounds, inside, outside, said):
    assert [check_number("x", value, **bounds) for value in inside] == list(inside)
    for value in outside:
        with pytest.raises(UsageError, match=rf"^x must be a number {said}\. Received: x={value}$"):
            check_number("x", value, **bounds)


def test_a_share_is_below_one():
    assert check_share("dropout", 0) == 0.0
    with pytest.raises(UsageError, match=r"^dropout must be a number in \[0, 1\)\. Received: drop"):
        check_share("dropout", 1)


@pytest.mark.parametrize("value", ["c", None, 1, ["a"], {}, ""])
def test_one_of_several_names(value):
    assert check_one_of("vote", "a", {"a": 1, "b": 2}) == "a"
    with pytest.raises(UsageError, match=r"^vote must be one of a, b\. Received: vote="):
        check_one_of("vote", value, {"a": 1, "b": 2})


@pytest.mark.parametrize("value", [0, 1, "yes", None])
def test_true_or_false(value):
    assert check_bool("keep", True) is True
    with pytest.raises(UsageError, match=r"^keep must be True or False\. Received: keep="):
        check_bool("keep", value)


@pytest.mark.parametrize(
    "change",
    [
        {"count": 1.0}, {"count": True}, {"count": None}, {"count": np.int64(1)}, {"rate": "0.5"},
        {"rate": NAN}, {"rate": False}, {"name": 1}, {"name": b"a"}, {"switch": 1}, {"seed": "1"},
    ],
)  # fmt: skip
def test_fields_of_another_type_are_named(change):
    check_field_types(Fields())
    check_field_types(Fields(rate=1, seed=7))
    name = next(iter(change))
    with pytest.raises(UsageError, match=rf"^{name} must be of type \w+.*\. Received: {name}="):
        check_field_types(Fields(**change))


@pytest.mark.parametrize(
    ("value", "size"),
    [(1000, 1000), ("1000", 1000), ("2 GB", 2 * 10**9), ("1.5kb", 1500), ("3M", 3 * 10**6)],
)
def test_amounts_of_memory(value, size):
    assert parse_bytes("memory", value, least=1) == size


@pytest.mark.parametrize("value", ["", "GB", "-1", "1PB", "1 G B", "0.5MB", 999_999])
def test_what_is_no_amount_or_too_little(value):
    message = (
        r"^memory must be an amount such as 500MB or 2GB, at least 1MB each\. Received: memory="
    )
    with pytest.raises(UsageError, match=message):
        parse_bytes("memory", value, least=10**6, what_for=" each")
