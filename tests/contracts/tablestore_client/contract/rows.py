"""Promises about single rows: put, get, update, delete."""

from __future__ import annotations

import time
from functools import partial

from tablestore import INF_MIN, PK_AUTO_INCR, Condition, ReturnType, Row

from tests.contracts.tablestore_client.contract.calls import CONDITION_FAILED, MISSING_TABLE, as_key, refused
from tests.contracts.tablestore_client.contract.case import CLIENT_VERSION, Case, promise

EVERY_TYPE = [
    ("binary", bytearray(b"\x00\xff\x01")),
    ("double", -3.14),
    ("false", False),
    ("int", -(2**63)),
    ("text", "萧峰\x00 ☃"),
    ("true", True),
]


def consumed_by_read(case: Case, table: str, key: str) -> int:
    unit, _, _ = case.client.get_row(table, as_key(key), max_version=1)
    assert unit.write == 0
    return int(unit.read)


@promise
def put_and_get_every_type(case: Case) -> None:
    case.table(key=[("s", "STRING"), ("i", "INTEGER"), ("b", "BINARY")])
    key = [("s", "武汉"), ("i", 2**63 - 1), ("b", bytearray([1, 23, 0, 101]))]
    before = int(time.time() * 1000) - 1000
    unit, returned = case.client.put_row("t", Row(key, EVERY_TYPE), Condition("IGNORE"))
    assert (unit.read, unit.write, returned) == (0, 1, None)
    unit, row, token = case.client.get_row("t", key, max_version=1)
    assert (unit.read, unit.write) == (1, 0)
    assert not token
    assert row.primary_key == key
    assert [(name, value) for name, value, _ in row.attribute_columns] == EVERY_TYPE
    assert [type(value) for _, value, _ in row.attribute_columns] == [type(value) for _, value in EVERY_TYPE]
    assert all(before <= stamp <= before + 60_000 for _, _, stamp in row.attribute_columns)


@promise
def a_put_without_a_condition_is_unconditional(case: Case) -> None:
    case.table()
    case.client.put_row("t", Row([("id", "a")], [("x", 1)]))
    case.client.put_row("t", Row([("id", "a")], [("y", 1)]), None)
    assert case.get("t", "a") == {"y": 1}


@promise
def a_missing_row_is_none_and_costs_a_unit(case: Case) -> None:
    case.table()
    unit, row, token = case.client.get_row("t", [("id", "none")], max_version=1)
    assert (unit.read, unit.write, row) == (1, 0, None)
    assert not token


@promise
def every_operation_on_a_missing_table_says_so(case: Case) -> None:
    for call in (
        lambda: case.get("none", "a"),
        lambda: case.put("none", "a", ("x", 1)),
        lambda: case.update("none", "a", {"put": [("x", 1)]}),
        lambda: case.delete("none", "a"),
    ):
        assert refused(call) == MISSING_TABLE


@promise
def an_update_puts_deletes_and_counts(case: Case) -> None:
    case.table(max_version=3)
    stamp = int(time.time() * 1000)
    case.put("t", "a", ("old", 1, stamp - 2), ("gone", 1), ("n", 40))
    case.put("t", "b", ("x", 1))
    case.update("t", "a", {"PUT": [("old", 2, stamp - 1), ("new", "v")], "DELETE_ALL": ["gone"]})
    case.update("t", "a", {"INCREMENT": [("n", 2), ("fresh", -1)]})
    assert case.get("t", "a") == {"fresh": -1, "n": 42, "new": "v", "old": 2}
    case.update("t", "a", {"DELETE": [("old", None, stamp - 1)]})
    assert case.get("t", "a", columns_to_get=["old"]) == {"old": 1}
    assert case.get("t", "b") == {"x": 1}


@promise
def an_increment_of_no_integer_is_refused(case: Case) -> None:
    case.table()
    case.put("t", "a", ("text", "v"), ("most", 2**63 - 1))
    for name in ("text", "most"):
        answer = refused(case.update, "t", "a", {"INCREMENT": [(name, 1)]})
        assert answer[:2] == (400, "OTSParameterInvalid")
    assert case.get("t", "a") == {"text": "v", "most": 2**63 - 1}


@promise
def an_update_of_nothing_but_deletes_makes_no_row(case: Case) -> None:
    case.table()
    case.update("t", "a", {"delete_all": [f"c{n}" for n in range(100)]})
    assert case.get("t", "a") is None


@promise
def a_deleted_row_is_gone(case: Case) -> None:
    case.table()
    case.put("t", "a", ("x", 1))
    unit, returned = case.delete("t", "a")
    assert (unit.read, unit.write, returned) == (0, 1, None)
    assert case.get("t", "a") is None
    case.delete("t", "a")
    if CLIENT_VERSION >= (6,):
        case.put("t", "a", ("x", 1))
        case.client.delete_row("t", [("id", "a")], Condition("EXPECT_EXIST"))
        assert case.get("t", "a") is None


@promise
def row_existence_is_expected_by_every_write(case: Case) -> None:
    case.table()
    change = {"put": [("x", 2)]}
    assert refused(case.put, "t", "a", ("x", 1), condition="EXPECT_EXIST") == CONDITION_FAILED
    assert refused(case.update, "t", "a", change, condition="EXPECT_EXIST") == CONDITION_FAILED
    assert refused(case.delete, "t", "a", condition="EXPECT_EXIST") == CONDITION_FAILED
    unit, _ = case.put("t", "a", ("x", 1), condition="EXPECT_NOT_EXIST")
    assert (unit.read, unit.write) == (1, 1)
    assert refused(case.put, "t", "a", ("x", 1), condition="EXPECT_NOT_EXIST") == CONDITION_FAILED
    assert refused(case.update, "t", "a", change, condition="EXPECT_NOT_EXIST") == CONDITION_FAILED
    unit, _ = case.update("t", "a", change, condition="EXPECT_EXIST")
    assert (unit.read, unit.write) == (1, 1)
    case.delete("t", "a", condition="EXPECT_EXIST")


@promise
def every_begun_4_kb_costs_a_capacity_unit(case: Case) -> None:
    case.table()
    name_and_key = len("x") + len("id") + len("k")
    for size, units in ((4096 - name_and_key, 1), (4097 - name_and_key, 2), (3 * 4096, 4)):
        written, _ = case.put("t", "k", ("x", "v" * size))
        assert (written.read, written.write) == (0, units)
        assert consumed_by_read(case, "t", "k") == units
    guarded, _ = case.put("t", "k", ("x", 1), condition="EXPECT_EXIST")
    assert (guarded.read, guarded.write) == (4, 1)


@promise
def columns_are_chosen_by_name_and_by_range(case: Case) -> None:
    case.table()
    case.put("t", "a", *((name, 1) for name in "abcd"))
    assert case.get("t", "a", columns_to_get=["b", "d"]) == {"b": 1, "d": 1}
    assert case.get("t", "a", columns_to_get=["none"]) is None
    assert case.get("t", "a", start_column="b", end_column="d") == {"b": 1, "c": 1}


@promise
def versions_are_kept_and_read_by_time(case: Case) -> None:
    case.table(max_version=3)
    now = int(time.time() * 1000)
    for back in (4, 3, 2, 1):
        case.update("t", "a", {"put": [("x", back, now - back)]})
    _, row, _ = case.client.get_row("t", [("id", "a")], max_version=10)
    assert row.attribute_columns == [("x", back, now - back) for back in (1, 2, 3)]
    _, row, _ = case.client.get_row("t", [("id", "a")], max_version=None, time_range=(now - 3, now - 1))
    assert row.attribute_columns == [("x", 2, now - 2), ("x", 3, now - 3)]
    _, row, _ = case.client.get_row("t", [("id", "a")], max_version=None, time_range=now - 2)
    assert row.attribute_columns == [("x", 2, now - 2)]


@promise
def a_version_far_from_the_clock_is_refused(case: Case) -> None:
    case.table(max_time_deviation=1000)
    stamp = int(time.time() * 1000) - 2_000_000
    answer = refused(case.put, "t", "a", ("x", 1, stamp))
    assert answer[:2] == (400, "OTSParameterInvalid")


@promise
def the_key_is_returned_with_its_new_number(case: Case) -> None:
    case.table(key=[("id", "STRING"), ("n", "INTEGER", PK_AUTO_INCR)])
    numbers = []
    for _ in range(3):
        row = Row([("id", "a"), ("n", PK_AUTO_INCR)], [("x", 1)])
        _, returned = case.client.put_row("t", row, Condition("IGNORE"), ReturnType.RT_PK)
        assert returned.primary_key[0] == ("id", "a")
        assert returned.attribute_columns == []
        numbers.append(returned.primary_key[1][1])
    assert numbers == sorted(set(numbers))
    assert case.get("t", [("id", "a"), ("n", numbers[1])]) == {"x": 1}
    _, nothing = case.client.put_row("t", row, Condition("IGNORE"), ReturnType.RT_NONE)
    assert nothing is None


@promise
def the_key_is_returned_by_every_write(case: Case) -> None:
    case.table()
    key = [("id", "a")]
    ignore = Condition("IGNORE")
    _, row = case.client.put_row("t", Row(key, [("x", 1)]), ignore, ReturnType.RT_PK)
    assert row.primary_key == key
    _, row = case.client.update_row("t", Row(key, {"put": [("x", 2)]}), ignore, ReturnType.RT_PK)
    assert row.primary_key == key
    _, row = case.client.delete_row("t", Row(key), ignore, ReturnType.RT_PK)
    assert row.primary_key == key


@promise
def a_key_that_does_not_fit_is_refused_by_every_operation(case: Case) -> None:
    case.table(key=[("PK1", "STRING"), ("PK2", "INTEGER")])
    for key, message in (
        ([("PK1", "a")], "Validate PK size fail. Input: 1, Meta: 2."),
        ([("PK1", "a"), ("PK2", 1), ("PK3", 1)], "Validate PK size fail. Input: 3, Meta: 2."),
        ([("PK2", 1), ("PK1", "a")], "Validate PK name fail. Input: PK2, Meta: PK1."),
        ([("PK1", 1), ("PK2", 1)], "Validate PK type fail. Input: VT_INTEGER, Meta: VT_STRING."),
    ):
        for call in (
            partial(case.get, "t", key),
            partial(case.put, "t", key, ("x", 1)),
            partial(case.update, "t", key, {"put": [("x", 1)]}),
            partial(case.delete, "t", key),
        ):
            assert refused(call) == (400, "OTSInvalidPK", message)
    answer = refused(case.get, "t", [("PK1", INF_MIN), ("PK2", 1)])
    assert answer == (400, "OTSParameterInvalid", "VT_INF_MIN is an invalid type for the primary key.")


@promise
def the_largest_names_keys_and_values_are_taken(case: Case) -> None:
    names = ["P" * 254 + str(n) for n in range(4)]
    case.table(key=[(name, "STRING") for name in names])
    key = [(name, "x" * 1024) for name in names]
    columns = [(f"a{n:0254}", "X" * 65_536) for n in range(3)]
    written, _ = case.put("t", key, *columns)
    assert written.write == -(-(4 * 1279 + 3 * (255 + 65_536)) // 4096)
    assert case.get("t", key) == dict(columns)
    too_long = [(names[0], "x" * 1025), *key[1:]]
    assert refused(case.put, "t", too_long, ("x", 1))[:2] == (400, "OTSParameterInvalid")
