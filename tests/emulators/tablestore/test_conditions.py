"""Conditional writes and filters: what passes and what does not."""

from __future__ import annotations

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

FAILED = (403, "OTSConditionCheckFail", "Condition check failed.")
C, L = ComparatorType, LogicalOperator


def single(name, value, comparator=C.EQUAL, pass_if_missing=False, latest_version_only=True):
    return SingleColumnCondition(name, value, comparator, pass_if_missing, latest_version_only)


def composite(combinator, *parts):
    condition = CompositeColumnCondition(combinator)
    for part in parts:
        condition.add_sub_condition(part)
    return condition


@pytest.fixture
def row(local):
    """A table with one row, and whether a condition lets it be read and written."""
    local.create(max_version=3)
    local.put(
        "jobs", "a", ("state", "QUEUED"), ("version", 3), ("ratio", 0.5), ("paid", True), ("name", "张")
    )

    def passes(condition):
        read = local.get("jobs", "a", column_filter=condition) is not None
        try:
            local.update("jobs", "a", {"PUT": [("touched", 1)]}, Condition("EXPECT_EXIST", condition))
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
    local, refused, operation, expectation, on_existing, on_missing
):
    local.create()
    local.put("jobs", "there", ("x", 1))
    change = {"put_row": [("x", 2)], "update_row": {"PUT": [("x", 2)]}, "delete_row": None}[operation]
    for key, passes in (("there", on_existing), ("missing", on_missing)):
        call = getattr(local.client, operation)
        arguments = ("jobs", Row([("id", key)], change), Condition(expectation))
        if passes:
            call(*arguments)
        else:
            before = local.get("jobs", key)
            assert refused(call, *arguments) == FAILED
            assert local.get("jobs", key) == before


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
def test_each_comparator_decides_by_value_and_type(row, name, value, passing):
    comparators = (C.EQUAL, C.NOT_EQUAL, C.GREATER_THAN, C.GREATER_EQUAL, C.LESS_THAN, C.LESS_EQUAL)
    assert {c for c in comparators if row(single(name, value, c))} == passing


def test_a_missing_column_passes_only_if_so_asked(row):
    assert not row(single("lease_until", 1, C.LESS_THAN, pass_if_missing=False))
    assert row(single("lease_until", 1, C.LESS_THAN, pass_if_missing=True))


def test_a_missing_row_is_a_row_whose_columns_are_missing(local, refused):
    local.create()
    strict, lenient = (Condition("IGNORE", single("x", 1, C.EQUAL, p)) for p in (False, True))
    assert refused(local.update, "jobs", "a", {"PUT": [("x", 1)]}, strict) == FAILED
    local.update("jobs", "a", {"PUT": [("x", 1)]}, lenient)


def test_conditions_combine(row):
    yes, no = single("version", 3), single("version", 4)
    assert row(composite(L.AND, yes, yes))
    assert not row(composite(L.AND, yes, no))
    assert row(composite(L.OR, no, yes, no))
    assert not row(composite(L.OR, no, no))
    assert row(composite(L.NOT, no))
    assert not row(composite(L.NOT, composite(L.OR, no, composite(L.AND, yes, yes))))


def test_key_columns_can_be_compared_too(row):
    assert row(single("id", "a"))
    assert not row(single("id", "b"))


def test_existence_comparators_look_at_no_value(row):
    assert row(SingleColumnRegexCondition("state", C.EXIST))
    assert not row(SingleColumnRegexCondition("state", C.NOT_EXIST))
    assert row(SingleColumnRegexCondition("nowhere", C.NOT_EXIST))


def test_older_versions_count_only_if_so_asked(local):
    local.create(max_version=3)
    for value in (1, 2):
        local.update("jobs", "a", {"PUT": [("x", value)]})
        local.clock.advance(1)

    def found(latest_version_only):
        condition = single("x", 1, latest_version_only=latest_version_only)
        return local.get("jobs", "a", column_filter=condition, max_version=3) is not None

    assert not found(latest_version_only=True)
    assert found(latest_version_only=False)


def test_a_filter_sees_only_the_columns_that_are_read(row, local):
    there = single("version", 3)
    assert local.get("jobs", "a", columns_to_get=["state"], column_filter=there) is None
    assert local.get("jobs", "a", columns_to_get=["state", "version"], column_filter=there) is not None


def regex(name, value, pattern, cast=CastType.VT_INTEGER, comparator=C.EQUAL, **more):
    return SingleColumnRegexCondition(name, comparator, value, RegexRule(pattern, cast), **more)


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
def test_a_value_inside_of_a_string_is_compared(local, condition, passing):
    local.create()
    local.put("jobs", "a", ("fields", "1aaa51bbb5 d=2.5"), ("number", 51))
    assert (local.get("jobs", "a", column_filter=condition) is not None) is passing


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
def test_a_condition_that_is_not_taken_is_refused_in_the_services_words(local, refused, condition, message):
    local.create()
    answer = refused(local.update, "jobs", "a", {"PUT": [("x", 1)]}, Condition("IGNORE", condition))
    assert answer == (400, "OTSParameterInvalid", message)


def test_conditions_nested_without_end_are_refused(local, refused):
    local.create()
    condition = single("x", 1)
    for _ in range(200):
        condition = composite(L.NOT, condition)
    assert (
        refused(local.get, "jobs", "a", column_filter=condition)[2]
        == "The count of filter exceeds the max: 10."
    )
