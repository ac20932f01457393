"""Single rows: put, read, changed, deleted; versions, life, capacity units."""

from __future__ import annotations

import pytest
from tablestore import PK_AUTO_INCR, Condition, Row

DAY = 86_400


def units(consumed):
    return consumed.read, consumed.write


def test_every_type_comes_back_as_it_was_put(local):
    local.create(key=[("s", "STRING"), ("i", "INTEGER"), ("b", "BINARY")])
    key = [("s", "张\x00三"), ("i", -(2**63)), ("b", bytearray(b"\x00\x01\xff"))]
    columns = {
        "text": "你好" * 50,
        "empty": "",
        "least": -(2**63),
        "most": 2**63 - 1,
        "half": 0.5,
        "yes": True,
        "no": False,
        "blob": bytearray(range(256)),
    }
    local.put("jobs", key, *columns.items())

    _, row, _ = local.client.get_row("jobs", key)

    assert row.primary_key == key
    found = {name: value for name, value, _ in row.attribute_columns}
    assert found == columns
    assert {name: type(value) for name, value in found.items()} == {n: type(v) for n, v in columns.items()}
    assert [name for name, _, _ in row.attribute_columns] == sorted(columns)
    assert {stamp for _, _, stamp in row.attribute_columns} == {int(local.clock.now() * 1000)}


def test_a_put_replaces_the_whole_row(local):
    local.create()
    local.put("jobs", "a", ("x", 1), ("y", 2))
    local.put("jobs", "a", ("y", 3))
    assert local.get("jobs", "a") == {"y": 3}


def test_a_missing_row_reads_as_none_and_costs_one_unit(local):
    local.create()
    consumed, row, token = local.client.get_row("jobs", [("id", "a")])
    assert (units(consumed), row, token) == ((1, 0), None, b"")


def test_a_row_may_have_no_columns(local):
    local.create()
    local.put("jobs", "a")
    assert local.get("jobs", "a") == {}


def test_an_update_puts_deletes_and_counts_in_one_step(local):
    local.create()
    local.put("jobs", "a", ("kept", 1), ("gone", 2), ("count", 40))
    change = {
        "PUT": [("new", "n")],
        "DELETE_ALL": ["gone", "never_there"],
        "INCREMENT": [("count", 2), ("fresh", 5)],
    }
    local.update("jobs", "a", change)
    assert local.get("jobs", "a") == {"kept": 1, "new": "n", "count": 42, "fresh": 5}


def test_an_update_makes_a_missing_row_unless_it_only_deletes(local):
    local.create()
    local.update("jobs", "made", {"PUT": [("x", 1)]})
    local.update("jobs", "not_made", {"DELETE_ALL": ["x"]})
    assert local.get("jobs", "made") == {"x": 1}
    assert local.get("jobs", "not_made") is None


def test_a_row_stays_when_an_update_takes_its_last_column(local):
    local.create()
    local.put("jobs", "a", ("x", 1))
    local.update("jobs", "a", {"DELETE_ALL": ["x"]})
    assert local.get("jobs", "a") == {}


@pytest.mark.parametrize("held", ["text", 1.5, True, bytearray(b"1"), 2**63 - 1])
def test_an_increment_of_no_integer_or_beyond_64_bits_changes_nothing(local, refused, held):
    local.create()
    local.put("jobs", "a", ("n", held), ("other", 0))
    status, code, _ = refused(local.update, "jobs", "a", {"PUT": [("other", 1)], "INCREMENT": [("n", 1)]})
    assert (status, code) == (400, "OTSParameterInvalid")
    assert local.get("jobs", "a") == {"n": held, "other": 0}


def test_an_incremented_column_takes_no_second_operation(local, refused):
    local.create()
    answer = refused(local.update, "jobs", "a", {"PUT": [("n", 1)], "INCREMENT": [("n", 1)]})
    assert answer[:2] == (400, "OTSParameterInvalid")


def test_a_deleted_row_is_gone_and_deleting_it_again_is_no_error(local):
    local.create()
    local.put("jobs", "a", ("x", 1))
    for _ in range(2):
        local.client.delete_row("jobs", Row([("id", "a")]), Condition("IGNORE"))
        assert local.get("jobs", "a") is None


def test_the_newest_versions_are_kept_and_can_be_read_by_time(local):
    local.create(max_version=3)
    now = int(local.clock.now() * 1000)
    for age in (4, 1, 3, 2):
        local.update("jobs", "a", {"PUT": [("x", f"{age} old", now - age)]})

    def versions(**wanted):
        _, row, _ = local.client.get_row("jobs", [("id", "a")], **wanted)
        return [value for _, value, _ in row.attribute_columns]

    assert versions(max_version=10) == ["1 old", "2 old", "3 old"]
    assert versions(max_version=1) == ["1 old"]
    assert versions(max_version=10, time_range=(now - 3, now - 1)) == ["2 old", "3 old"]
    assert versions(max_version=None, time_range=now - 2) == ["2 old"]

    local.update("jobs", "a", {"DELETE": [("x", None, now - 2)]})
    assert versions(max_version=10) == ["1 old", "3 old"]


def test_a_version_too_far_from_the_clock_is_refused(local, refused):
    local.create(max_time_deviation=60)
    now = int(local.clock.now() * 1000)
    for stamp in (now - 60_001, now + 60_000):
        answer = refused(local.put, "jobs", "a", ("x", 1, stamp))
        assert answer == (400, "OTSParameterInvalid", "Invalid timestamp. Cell:x.")
    local.put("jobs", "a", ("x", 1, now + 59_999))


def test_data_past_its_life_cannot_be_read_and_counts_as_missing(local):
    local.create(time_to_live=DAY)
    local.put("jobs", "a", ("old", 1))
    local.put("jobs", "bare")
    local.clock.advance(DAY / 2)
    local.update("jobs", "a", {"PUT": [("new", 2)]})
    local.clock.advance(DAY / 2 - 0.001)
    assert local.get("jobs", "a") == {"old": 1, "new": 2}
    local.clock.advance(0.001)
    assert local.get("jobs", "a") == {"new": 2}
    assert [row.primary_key for row in local.scan("jobs", ["id"])] == [[("id", "a")]]
    local.clock.advance(DAY / 2)
    assert local.get("jobs", "a") is None
    local.put("jobs", "a", ("again", 1), condition="EXPECT_NOT_EXIST")


def test_columns_can_be_chosen_by_name_and_by_range(local):
    local.create()
    local.put("jobs", "a", ("x", 1), ("y", 2), ("z", 3))
    assert local.get("jobs", "a", columns_to_get=["z", "x", "x"]) == {"x": 1, "z": 3}
    assert local.get("jobs", "a", start_column="y") == {"y": 2, "z": 3}
    assert local.get("jobs", "a", start_column="x", end_column="z") == {"x": 1, "y": 2}
    assert local.get("jobs", "a", columns_to_get=["none_of_these"]) is None
    assert local.get("jobs", "a", columns_to_get=["id", "none_of_these"]) == {}


def test_capacity_units_count_names_and_values_in_steps_of_4_kb(local):
    local.create()
    consumed, _ = local.put("jobs", "a", ("x", "v" * (4096 - len("id" + "a" + "x"))))
    assert units(consumed) == (0, 1)
    consumed, _ = local.put("jobs", "a", ("x", "v" * (4097 - len("id" + "a" + "x"))))
    assert units(consumed) == (0, 2)
    consumed, _ = local.put("jobs", "a", ("x", "v" * 9000), condition="EXPECT_EXIST")
    assert units(consumed) == (2, 3)
    consumed, _, _ = local.client.get_row("jobs", [("id", "a")])
    assert units(consumed) == (3, 0)
    consumed, _ = local.update("jobs", "a", {"PUT": [("n", 1)]})
    assert units(consumed) == (0, 1)


def test_the_key_is_returned_on_request_only(local):
    local.create()
    assert local.put("jobs", "a", ("x", 1))[1] is None
    _, row = local.put("jobs", "a", ("x", 1), return_type="RT_PK")
    assert row.primary_key == [("id", "a")]


def test_auto_increment_numbers_rise_within_a_partition_and_are_returned(local, refused):
    local.create(key=[("id", "STRING"), ("number", "INTEGER", PK_AUTO_INCR)])
    numbers = []
    for _ in range(5):
        _, row = local.put("jobs", [("id", "a"), ("number", PK_AUTO_INCR)], ("x", 1), return_type="RT_PK")
        numbers.append(dict(row.primary_key)["number"])
        local.clock.advance(-1)
    assert numbers == sorted(set(numbers))
    assert [dict(row.primary_key)["number"] for row in local.scan("jobs", ["id", "number"])] == numbers
    assert local.get("jobs", [("id", "a"), ("number", numbers[0])]) == {"x": 1}

    answer = refused(local.put, "jobs", [("id", "a"), ("number", PK_AUTO_INCR)], condition="EXPECT_EXIST")
    assert answer[2] == "Invalid expect: EXPECT_EXIST when modify row with pk auto increment."
    answer = refused(local.get, "jobs", [("id", "a"), ("number", PK_AUTO_INCR)])
    assert answer[2] == "PKAutoIncr can't be used for read operations."
