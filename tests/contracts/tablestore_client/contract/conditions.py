"""Promises about the column conditions of writes and the filters of reads."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from tablestore import (
    ComparatorType,
    CompositeColumnCondition,
    Condition,
    LogicalOperator,
    SingleColumnCondition,
)

from tests.contracts.tablestore_client.contract.calls import CONDITION_FAILED, refused
from tests.contracts.tablestore_client.contract.case import Case, promise, since

C, L = ComparatorType, LogicalOperator
COMPARISONS = [
    (C.EQUAL, 5, True),
    (C.EQUAL, 6, False),
    (C.NOT_EQUAL, 6, True),
    (C.NOT_EQUAL, 5, False),
    (C.GREATER_THAN, 4, True),
    (C.GREATER_THAN, 5, False),
    (C.GREATER_EQUAL, 5, True),
    (C.GREATER_EQUAL, 6, False),
    (C.LESS_THAN, 6, True),
    (C.LESS_THAN, 5, False),
    (C.LESS_EQUAL, 5, True),
    (C.LESS_EQUAL, 4, False),
]


def combined(operator: Any, *parts: Any) -> CompositeColumnCondition:
    condition = CompositeColumnCondition(operator)
    for part in parts:
        condition.add_sub_condition(part)
    return condition


@promise
def every_comparison_guards_every_write(case: Case) -> None:
    case.table()
    for comparator, value, passing in COMPARISONS:
        guard = Condition("IGNORE", SingleColumnCondition("x", value, comparator))
        for write in (
            partial(case.put, "t", "a", ("x", 5), condition=guard),
            partial(case.update, "t", "a", {"put": [("x", 5)]}, condition=guard),
            partial(case.delete, "t", "a", condition=guard),
        ):
            case.put("t", "a", ("x", 5))
            if passing:
                unit, _ = write()
                assert (unit.read, unit.write) == (1, 1)
            else:
                assert refused(write) == CONDITION_FAILED


@promise
def every_comparison_filters_reads(case: Case) -> None:
    case.table()
    case.put("t", "a", ("x", 5))
    for comparator, value, passing in COMPARISONS:
        there = case.get("t", "a", column_filter=SingleColumnCondition("x", value, comparator))
        assert (there is not None) is passing


def check_passing(case: Case, condition: Any, passing: bool) -> None:
    """Check that a guarded write succeeds and a filtered read finds the row exactly if ``passing``."""

    def write() -> object:
        return case.update("t", "a", {"put": [("z", 1)]}, condition=Condition("IGNORE", condition))

    assert (case.get("t", "a", column_filter=condition) is not None) is passing
    if passing:
        write()
    else:
        assert refused(write) == CONDITION_FAILED


@promise
def a_missing_column_passes_if_so_asked(case: Case) -> None:
    case.table()
    case.put("t", "a", ("x", 5))
    for passing in (True, False):
        check_passing(case, SingleColumnCondition("age", 5, C.GREATER_THAN, passing), passing)


@promise
def conditions_combine(case: Case) -> None:
    case.table()
    case.put("t", "a", ("x", 5), ("y", "china"))
    yes = SingleColumnCondition("x", 5, C.EQUAL)
    no = SingleColumnCondition("y", "china", C.NOT_EQUAL)
    for condition, passing in (
        (combined(L.AND, yes, no), False),
        (combined(L.AND, yes, yes), True),
        (combined(L.OR, yes, no), True),
        (combined(L.OR, no, no), False),
        (combined(L.NOT, no), True),
        (combined(L.NOT, combined(L.AND, yes, combined(L.OR, no, yes))), False),
    ):
        check_passing(case, condition, passing)


@promise
def values_of_every_type_compare_with_their_own(case: Case) -> None:
    case.table()
    case.put("t", "a", ("s", "b"), ("d", 2.5), ("t", True), ("b", bytearray(b"b")), ("i", 2))
    for name, same, less in (("s", "b", "a"), ("d", 2.5, 2.25), ("b", bytearray(b"b"), bytearray(b"a"))):
        assert case.get("t", "a", column_filter=SingleColumnCondition(name, same, C.EQUAL)) is not None
        assert case.get("t", "a", column_filter=SingleColumnCondition(name, less, C.GREATER_THAN)) is not None
    assert case.get("t", "a", column_filter=SingleColumnCondition("t", True, C.EQUAL)) is not None
    assert case.get("t", "a", column_filter=SingleColumnCondition("i", "2", C.EQUAL)) is None


@promise
def older_versions_count_if_so_asked(case: Case) -> None:
    case.table(max_version=2)
    stamp = int(time.time() * 1000)
    case.put("t", "a", ("x", 1, stamp - 1))
    case.update("t", "a", {"put": [("x", 2, stamp)]})
    for latest, found in ((True, False), (False, True)):
        condition = SingleColumnCondition("x", 1, C.EQUAL, False, latest)
        row = case.get("t", "a", max_version=2, column_filter=condition)
        assert (row is not None) is found


@since(6)
def a_value_is_taken_out_of_a_string(case: Case) -> None:
    from tablestore import CastType, RegexRule, SingleColumnRegexCondition

    case.table()
    case.put("t", "a", ("fields", "1aaa51bbb5"))
    rule = RegexRule("1([a-z]+)5", CastType.VT_STRING)
    for value, found in (("aaa", True), ("bbb", False)):
        condition = SingleColumnRegexCondition("fields", C.EQUAL, value, rule)
        assert (case.get("t", "a", column_filter=condition) is not None) is found
    number = SingleColumnRegexCondition(
        "fields", C.LESS_THAN, 52, RegexRule("a(5[0-9])", CastType.VT_INTEGER)
    )
    assert case.get("t", "a", column_filter=number) is not None


@since(6)
def existence_with_a_rule_looks_at_the_column_alone(case: Case) -> None:
    from tablestore import CastType, RegexRule, SingleColumnRegexCondition

    case.table()
    case.put("t", "a", ("digits", "10"), ("xs", "x" * 11))
    for name, rule, passing in (
        ("digits", RegexRule(".*", CastType.VT_INTEGER), True),
        ("xs", RegexRule("xx[x]+xx", CastType.VT_STRING), True),
        ("none", RegexRule("xx[x]+xx", CastType.VT_STRING), False),
    ):
        condition = SingleColumnRegexCondition(name, C.EXIST, column_value=None, regex_rule=rule)
        assert (case.get("t", "a", column_filter=condition) is not None) is passing


@since(6)
def existence_of_a_column_is_a_condition(case: Case) -> None:
    from tablestore import SingleColumnRegexCondition

    case.table()
    case.put("t", "a", ("x", 1))
    for name, comparator, passing in (
        ("x", C.EXIST, True),
        ("x", C.NOT_EXIST, False),
        ("y", C.EXIST, False),
        ("y", C.NOT_EXIST, True),
    ):
        condition = SingleColumnRegexCondition(name, comparator)
        assert (case.get("t", "a", column_filter=condition) is not None) is passing
