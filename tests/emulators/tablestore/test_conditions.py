"""Conditions of writes and filters of reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from tablestore import (
    ComparatorType,
    CompositeColumnCondition,
    Condition,
    LogicalOperator,
    OTSServiceError,
    Row,
    SingleColumnCondition,
)
from tablestore.metadata import CastType, RegexRule, SingleColumnRegexCondition

from tests.contracts.tablestore_client.contract.calls import CONDITION_FAILED, refused
from tests.emulators.tablestore.support import Emulator

C, L = ComparatorType, LogicalOperator
Passes: TypeAlias = Callable[[Any], bool]


def single(
    name: str,
    value: Any,
    comparator: str = C.EQUAL,
    pass_if_missing: bool = False,
    latest_version_only: bool = True,
) -> SingleColumnCondition:
    return SingleColumnCondition(name, value, comparator, pass_if_missing, latest_version_only)


def composite(combinator: int, *parts: Any) -> CompositeColumnCondition:
    condition = CompositeColumnCondition(combinator)
    for part in parts:
        condition.add_sub_condition(part)
    return condition


@pytest.fixture
def passes(emulator: Emulator) -> Passes:
    """A function that tells whether a condition lets the only row be read and written."""
    emulator.create(max_version=3)
    emulator.put(
        "jobs", "a", ("state", "QUEUED"), ("version", 3), ("ratio", 0.5), ("paid", True), ("name", "张")
    )

    def passes(condition: Any) -> bool:
        read = emulator.get("jobs", "a", column_filter=condition) is not None
        try:
            emulator.update("jobs", "a", {"PUT": [("touched", 1)]}, Condition("EXPECT_EXIST", condition))
            written = True
        except OTSServiceError as failure:
            if failure.code != "OTSConditionCheckFail":
                raise
            written = False
        assert read is written
        return read

    return passes


@pytest.mark.parametrize(
    ("expectation", "on_existing", "on_missing"),
    [("IGNORE", True, True), ("EXPECT_EXIST", True, False), ("EXPECT_NOT_EXIST", False, True)],
)
@pytest.mark.parametrize("operation", ["put_row", "update_row", "delete_row"])
def test_row_existence_is_checked_for_every_kind_of_write(
    emulator: Emulator, operation: str, expectation: str, on_existing: bool, on_missing: bool
) -> None:
    emulator.create()
    emulator.put("jobs", "there", ("x", 1))
    change = {"put_row": [("x", 2)], "update_row": {"PUT": [("x", 2)]}, "delete_row": None}[operation]
    for key, passes in (("there", on_existing), ("missing", on_missing)):
        call = getattr(emulator.client, operation)
        arguments = ("jobs", Row([("id", key)], change), Condition(expectation))
        if passes:
            call(*arguments)
        else:
            before = emulator.get("jobs", key)
            assert refused(call, *arguments) == CONDITION_FAILED
            assert emulator.get("jobs", key) == before


@pytest.mark.parametrize(
    ("name", "value", "passing"),
    [
        ("version", 2, {C.NOT_EQUAL, C.GREATER_THAN, C.GREATER_EQUAL}),
        ("version", 3, {C.EQUAL, C.GREATER_EQUAL, C.LESS_EQUAL}),
        ("version", 4, {C.NOT_EQUAL, C.LESS_THAN, C.LESS_EQUAL}),
        ("state", "PAID", {C.NOT_EQUAL, C.GREATER_THAN, C.GREATER_EQUAL}),
        ("ratio", 0.5, {C.EQUAL, C.GREATER_EQUAL, C.LESS_EQUAL}),
        ("paid", True, {C.EQUAL, C.GREATER_EQUAL, C.LESS_EQUAL}),
        ("name", "三", {C.NOT_EQUAL, C.GREATER_THAN, C.GREATER_EQUAL}),
        ("version", "3", {C.NOT_EQUAL}),
        ("paid", 1, {C.NOT_EQUAL}),
    ],
)
def test_each_comparator_decides_by_value_and_type(
    passes: Passes, name: str, value: Any, passing: set[str]
) -> None:
    comparators = (C.EQUAL, C.NOT_EQUAL, C.GREATER_THAN, C.GREATER_EQUAL, C.LESS_THAN, C.LESS_EQUAL)
    assert {c for c in comparators if passes(single(name, value, c))} == passing


def test_a_missing_column_passes_only_if_so_asked(passes: Passes) -> None:
    assert not passes(single("lease_until", 1, C.LESS_THAN, pass_if_missing=False))
    assert passes(single("lease_until", 1, C.LESS_THAN, pass_if_missing=True))


def test_a_missing_row_is_a_row_whose_columns_are_missing(emulator: Emulator) -> None:
    emulator.create()
    strict, lenient = (Condition("IGNORE", single("x", 1, C.EQUAL, p)) for p in (False, True))
    assert refused(emulator.update, "jobs", "a", {"PUT": [("x", 1)]}, strict) == CONDITION_FAILED
    emulator.update("jobs", "a", {"PUT": [("x", 1)]}, lenient)


def test_conditions_combine(passes: Passes) -> None:
    yes, no = single("version", 3), single("version", 4)
    assert passes(composite(L.AND, yes, yes))
    assert not passes(composite(L.AND, yes, no))
    assert passes(composite(L.OR, no, yes, no))
    assert not passes(composite(L.OR, no, no))
    assert passes(composite(L.NOT, no))
    assert not passes(composite(L.NOT, composite(L.OR, no, composite(L.AND, yes, yes))))


def test_key_columns_can_be_compared_too(passes: Passes) -> None:
    assert passes(single("id", "a"))
    assert not passes(single("id", "b"))


def test_existence_comparators_look_at_no_value(passes: Passes) -> None:
    assert passes(SingleColumnRegexCondition("state", C.EXIST))
    assert not passes(SingleColumnRegexCondition("state", C.NOT_EXIST))
    assert passes(SingleColumnRegexCondition("nowhere", C.NOT_EXIST))


def test_older_versions_count_only_if_so_asked(emulator: Emulator) -> None:
    emulator.create(max_version=3)
    for value in (1, 2):
        emulator.update("jobs", "a", {"PUT": [("x", value)]})
        emulator.clock.advance(1)

    def found(latest_version_only: bool) -> bool:
        condition = single("x", 1, latest_version_only=latest_version_only)
        return emulator.get("jobs", "a", column_filter=condition, max_version=3) is not None

    assert not found(latest_version_only=True)
    assert found(latest_version_only=False)


def test_a_filter_sees_only_the_columns_that_are_read(passes: Passes, emulator: Emulator) -> None:
    there = single("version", 3)
    assert emulator.get("jobs", "a", columns_to_get=["state"], column_filter=there) is None
    assert emulator.get("jobs", "a", columns_to_get=["state", "version"], column_filter=there) is not None


def regex(
    name: str, value: Any, pattern: str, cast: int = CastType.VT_INTEGER, comparator: str = C.EQUAL
) -> SingleColumnRegexCondition:
    return SingleColumnRegexCondition(name, comparator, value, RegexRule(pattern, cast))


@pytest.mark.parametrize(
    ("condition", "passing"),
    [
        (regex("fields", 51, "1[a-z]+(5[0-9])"), True),
        (regex("fields", "1aaa5", "1[a-z]+5", CastType.VT_STRING), True),
        (regex("fields", 2.5, "d=([0-9.]+)", CastType.VT_DOUBLE), True),
        (regex("fields", 50, "1[a-z]+(5[0-9])", comparator=C.GREATER_THAN), True),
        (regex("fields", 51, "1[a-z]+(5[0-9])", CastType.VT_STRING), False),
        (regex("fields", 51, "z([0-9]+)"), False),
        (regex("fields", 51, "([a-z]+)"), False),
        (regex("fields", 51, "(z)?[a-z]+"), False),
        (regex("fields", 51, "z([0-9]+)", comparator=C.NOT_EQUAL), False),
        (regex("number", 51, "([0-9]+)"), False),
        (regex("absent", 51, "([0-9]+)"), False),
    ],
)
def test_a_value_inside_of_a_string_is_compared(emulator: Emulator, condition: Any, passing: bool) -> None:
    emulator.create()
    emulator.put("jobs", "a", ("fields", "1aaa51bbb5 d=2.5"), ("number", 51))
    assert (emulator.get("jobs", "a", column_filter=condition) is not None) is passing


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (composite(L.OR, *[single("x", i) for i in range(11)]), "The count of filter exceeds the max: 10."),
        (
            composite(L.NOT, single("x", 1), single("x", 2)),
            "Invalid NOT operator: the number of sub-filters must be 1.",
        ),
        (composite(L.AND, single("x", 1)), "Invalid AND/OR operator: the number of sub-filters must be 2."),
        (regex("x", 1, "x" * 257), "The length of regex must be in range: [1, 256], actual: 257."),
        (regex("x", 1, ""), "The length of regex must be in range: [1, 256], actual: 0."),
        (regex("x", 1, "(["), "Invalid regex: '(['."),
        (regex("x", 1, "((a|b)+c)*d"), "Invalid regex: '((a|b)+c)*d'."),
    ],
)
def test_an_invalid_condition_is_refused_with_the_services_message(
    emulator: Emulator, condition: Any, message: str
) -> None:
    emulator.create()
    answer = refused(emulator.update, "jobs", "a", {"PUT": [("x", 1)]}, Condition("IGNORE", condition))
    assert answer == (400, "OTSParameterInvalid", message)


def test_conditions_nested_without_end_are_refused(emulator: Emulator) -> None:
    emulator.create()
    condition = single("x", 1)
    for _ in range(200):
        condition = composite(L.NOT, condition)
    answer = refused(emulator.get, "jobs", "a", column_filter=condition)
    assert answer[2] == "The count of filter exceeds the max: 10."
