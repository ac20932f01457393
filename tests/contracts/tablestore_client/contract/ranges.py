"""Promises about range reads, page by page."""

from __future__ import annotations

from typing import Any

from tablestore import INF_MAX, INF_MIN, CapacityUnit, ComparatorType, SingleColumnCondition

from tests.contracts.tablestore_client.contract.calls import MISSING_TABLE, Key, columns_of, refused
from tests.contracts.tablestore_client.contract.case import Case, promise, since

WHOLE = [("id", INF_MIN)], [("id", INF_MAX)]


def read(
    case: Case, start: Any, end: Any, direction: str = "FORWARD", **options: Any
) -> tuple[list[str], Any]:
    _, following, rows, token = case.client.get_range(
        "t", direction, start, end, **{"max_version": 1, **options}
    )
    assert not token
    return [row.primary_key[0][1] for row in rows], following


def letters(case: Case, count: int = 10) -> str:
    case.table()
    for number in range(count):
        case.put("t", chr(97 + number), ("x", number), ("v", "v" * 400))
    return "abcdefghijklmnopqrstuvwxyz"[:count]


@promise
def rows_come_in_order_both_ways(case: Case) -> None:
    expected = list(letters(case))
    assert read(case, *WHOLE) == (expected, None)
    assert read(case, *WHOLE[::-1], "BACKWARD") == (expected[::-1], None)
    assert read(case, [("id", "c")], [("id", "f")]) == (["c", "d", "e"], None)
    assert read(case, [("id", "f")], [("id", "c")], "BACKWARD") == (["f", "e", "d"], None)


@promise
def an_empty_range_is_an_empty_page(case: Case) -> None:
    for columns in (1, 2, 3, 4):
        key = [(f"PK{n}", "STRING") for n in range(columns)]
        case.table(f"t{columns}", key=key)
        ends = ([(name, bound) for name, _ in key] for bound in (INF_MIN, INF_MAX))
        unit, following, rows, _ = case.client.get_range(f"t{columns}", "FORWARD", *ends, max_version=1)
        assert (unit.read, unit.write, following, rows) == (1, 0, None, [])


@promise
def pages_name_the_next_key_and_join(case: Case) -> None:
    expected = list(letters(case))
    for direction, (start, end) in (("FORWARD", WHOLE), ("BACKWARD", WHOLE[::-1])):
        found: list[str] = []
        pages = 0
        while start is not None:
            page, start = read(case, start, end, direction, limit=3)
            found += page
            pages += 1
        assert found == (expected if direction == "FORWARD" else expected[::-1])
        assert pages == 4


@promise
def the_iterator_pages_by_itself_and_adds_up_the_cost(case: Case) -> None:
    expected = letters(case)
    spent = CapacityUnit(0, 0)
    rows = list(case.client.xget_range("t", "FORWARD", *WHOLE, spent, max_version=1))
    assert [row.primary_key[0][1] for row in rows] == list(expected)
    assert columns_of(rows[3]) == {"v": "v" * 400, "x": 3}
    assert (spent.read, spent.write) == (2, 0)
    rows = list(case.client.xget_range("t", "BACKWARD", *WHOLE[::-1], spent, [], 4, max_version=1))
    assert [row.primary_key[0][1] for row in rows] == list(expected)[:-5:-1]


@since(6)  # whose checksums of megabytes do not take Python seconds
def a_page_ends_after_4_mb(case: Case) -> None:
    case.table()
    for number in range(3):
        case.put("t", f"r{number}", ("blob", bytearray(1_400_000)))
    case.put("t", "r3", ("x", 1))
    page, following = read(case, *WHOLE)
    assert (page, following) == (["r0", "r1", "r2"], [("id", "r3")])
    assert read(case, following, WHOLE[1]) == (["r3"], None)


@promise
def a_filter_leaves_pages_that_may_be_empty(case: Case) -> None:
    letters(case)
    last = SingleColumnCondition("x", 9, ComparatorType.EQUAL, False)
    found: list[str] = []
    start = WHOLE[0]
    while start is not None:
        page, start = read(case, start, WHOLE[1], limit=4, column_filter=last)
        found += page
    assert found == ["j"]


@promise
def columns_are_chosen_in_a_range(case: Case) -> None:
    letters(case, 3)
    _, _, rows, _ = case.client.get_range("t", "FORWARD", *WHOLE, ["x"], max_version=1)
    assert [columns_of(row) for row in rows] == [{"x": 0}, {"x": 1}, {"x": 2}]
    assert read(case, *WHOLE, columns_to_get=["none"]) == ([], None)


@promise
def ends_in_the_wrong_order_are_refused(case: Case) -> None:
    case.table()
    small, big = [("id", "AAA")], [("id", "DDDD")]
    for direction, start, end, message in (
        ("FORWARD", big, small, "Begin key must less than end key in FORWARD"),
        ("FORWARD", big, big, "Begin key must less than end key in FORWARD"),
        ("BACKWARD", small, big, "Begin key must more than end key in BACKWARD"),
    ):
        answer = refused(case.client.get_range, "t", direction, start, end, max_version=1)
        assert answer == (400, "OTSParameterInvalid", message)


@promise
def a_limit_below_one_is_refused(case: Case) -> None:
    case.table()
    for limit in (0, -1):
        answer = refused(case.client.get_range, "t", "FORWARD", *WHOLE, [], limit, max_version=1)
        assert answer == (400, "OTSParameterInvalid", "The limit must be greater than 0.")


@promise
def a_read_that_names_no_version_is_refused(case: Case) -> None:
    case.table()
    for call in (
        lambda: case.client.get_range("t", "FORWARD", *WHOLE, max_version=None),
        lambda: case.client.get_row("t", [("id", "a")], max_version=None),
    ):
        assert refused(call) == (400, "OTSParameterInvalid", "No version condition is specified.")


@promise
def the_later_columns_of_a_key_bound_a_range(case: Case) -> None:
    key = [("PK0", "STRING"), ("PK1", "STRING"), ("PK2", "INTEGER"), ("PK3", "INTEGER")]
    case.table(key=key)

    def at(*values: Any) -> Key:
        return [(name, value) for (name, _), value in zip(key, values, strict=True)]

    rows = [at("A", "A", 9, 9), at("A", "A", 10, 1), at("A", "A", 10, 9), at("A", "A", 11, 9)]
    for row in rows:
        case.put("t", row, ("col", 5))
    for start, end, expected in (
        (rows[1], rows[2], rows[1:2]),
        (rows[1], rows[3], rows[1:3]),
        (at("A", "A", 10, INF_MAX), at("A", "B", 10, INF_MIN), rows[3:]),
        (at("A", INF_MIN, 10, 1), at("B", INF_MAX, 2, 9), rows),
    ):
        _, following, found, _ = case.client.get_range("t", "FORWARD", start, end, max_version=1)
        assert ([row.primary_key for row in found], following) == (expected, None)


@promise
def a_range_of_a_missing_table_says_so(case: Case) -> None:
    assert refused(case.client.get_range, "none", "FORWARD", *WHOLE, max_version=1) == MISSING_TABLE
