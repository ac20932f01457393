"""Single rows: put, read, changed, deleted; versions, life, capacity units."""

from __future__ import annotations

from typing import Any

import pytest
from tablestore import PK_AUTO_INCR, CapacityUnit

from tests.contracts.tablestore_client.contract.calls import refused
from tests.emulators.tablestore.support import Emulator

DAY_SECONDS = 86_400


def units(consumed: CapacityUnit) -> tuple[int, int]:
    return consumed.read, consumed.write


def test_every_type_comes_back_as_it_was_put(emulator: Emulator) -> None:
    emulator.create(key=[("s", "STRING"), ("i", "INTEGER"), ("b", "BINARY")])
    key = [("s", "张\x00三"), ("i", -(2**63)), ("b", bytearray(b"\x00\x01\xff"))]
    columns: dict[str, Any] = {
        "text": "你好" * 50,
        "empty": "",
        "least": -(2**63),
        "most": 2**63 - 1,
        "half": 0.5,
        "yes": True,
        "no": False,
        "blob": bytearray(range(256)),
    }
    emulator.put("jobs", key, *columns.items())

    _, row, _ = emulator.client.get_row("jobs", key)

    assert row.primary_key == key
    found = {name: value for name, value, _ in row.attribute_columns}
    assert found == columns
    assert {name: type(value) for name, value in found.items()} == {n: type(v) for n, v in columns.items()}
    assert [name for name, _, _ in row.attribute_columns] == sorted(columns)
    assert {timestamp_ms for _, _, timestamp_ms in row.attribute_columns} == {emulator.now_ms}


def test_a_put_replaces_the_whole_row(emulator: Emulator) -> None:
    emulator.create()
    emulator.put("jobs", "a", ("x", 1), ("y", 2))
    emulator.put("jobs", "a", ("y", 3))
    assert emulator.get("jobs", "a") == {"y": 3}


def test_a_missing_row_reads_as_none_and_costs_one_unit(emulator: Emulator) -> None:
    emulator.create()
    consumed, row, token = emulator.client.get_row("jobs", [("id", "a")])
    assert (units(consumed), row, token) == ((1, 0), None, b"")


def test_a_row_may_have_no_columns(emulator: Emulator) -> None:
    emulator.create()
    emulator.put("jobs", "a")
    assert emulator.get("jobs", "a") == {}


def test_an_update_puts_deletes_and_counts_in_one_step(emulator: Emulator) -> None:
    emulator.create()
    emulator.put("jobs", "a", ("kept", 1), ("gone", 2), ("count", 40))
    change = {
        "PUT": [("new", "n")],
        "DELETE_ALL": ["gone", "never_there"],
        "INCREMENT": [("count", 2), ("fresh", 5)],
    }
    emulator.update("jobs", "a", change)
    assert emulator.get("jobs", "a") == {"kept": 1, "new": "n", "count": 42, "fresh": 5}


def test_an_update_makes_a_missing_row_unless_it_only_deletes(emulator: Emulator) -> None:
    emulator.create()
    emulator.update("jobs", "made", {"PUT": [("x", 1)]})
    emulator.update("jobs", "not_made", {"DELETE_ALL": ["x"]})
    assert emulator.get("jobs", "made") == {"x": 1}
    assert emulator.get("jobs", "not_made") is None


def test_a_row_stays_when_an_update_takes_its_last_column(emulator: Emulator) -> None:
    emulator.create()
    emulator.put("jobs", "a", ("x", 1))
    emulator.update("jobs", "a", {"DELETE_ALL": ["x"]})
    assert emulator.get("jobs", "a") == {}


@pytest.mark.parametrize("held", ["text", 1.5, True, bytearray(b"1"), 2**63 - 1])
def test_an_increment_of_no_integer_or_beyond_64_bits_changes_nothing(emulator: Emulator, held: Any) -> None:
    emulator.create()
    emulator.put("jobs", "a", ("n", held), ("other", 0))
    status, code, _ = refused(emulator.update, "jobs", "a", {"PUT": [("other", 1)], "INCREMENT": [("n", 1)]})
    assert (status, code) == (400, "OTSParameterInvalid")
    assert emulator.get("jobs", "a") == {"n": held, "other": 0}


def test_an_incremented_column_takes_no_second_operation(emulator: Emulator) -> None:
    emulator.create()
    answer = refused(emulator.update, "jobs", "a", {"PUT": [("n", 1)], "INCREMENT": [("n", 1)]})
    assert answer[:2] == (400, "OTSParameterInvalid")


def test_a_deleted_row_is_gone_and_deleting_it_again_is_no_error(emulator: Emulator) -> None:
    emulator.create()
    emulator.put("jobs", "a", ("x", 1))
    for _ in range(2):
        emulator.delete("jobs", "a")
        assert emulator.get("jobs", "a") is None


def test_the_newest_versions_are_kept_and_can_be_read_by_time(emulator: Emulator) -> None:
    emulator.create(max_version=3)
    now_ms = emulator.now_ms
    for age in (4, 1, 3, 2):
        emulator.update("jobs", "a", {"PUT": [("x", f"{age} old", now_ms - age)]})

    def versions(**wanted: Any) -> list[Any]:
        _, row, _ = emulator.client.get_row("jobs", [("id", "a")], **wanted)
        return [value for _, value, _ in row.attribute_columns]

    assert versions(max_version=10) == ["1 old", "2 old", "3 old"]
    assert versions(max_version=1) == ["1 old"]
    assert versions(max_version=10, time_range=(now_ms - 3, now_ms - 1)) == ["2 old", "3 old"]
    assert versions(max_version=None, time_range=now_ms - 2) == ["2 old"]

    emulator.update("jobs", "a", {"DELETE": [("x", None, now_ms - 2)]})
    assert versions(max_version=10) == ["1 old", "3 old"]


def test_a_version_too_far_from_the_clock_is_refused(emulator: Emulator) -> None:
    emulator.create(max_time_deviation=60)
    now_ms = emulator.now_ms
    for timestamp_ms in (now_ms - 60_001, now_ms + 60_000):
        answer = refused(emulator.put, "jobs", "a", ("x", 1, timestamp_ms))
        assert answer == (400, "OTSParameterInvalid", "Invalid timestamp. Cell:x.")
    emulator.put("jobs", "a", ("x", 1, now_ms + 59_999))


def test_data_past_its_life_cannot_be_read_and_counts_as_missing(emulator: Emulator) -> None:
    emulator.create(time_to_live=DAY_SECONDS)
    emulator.put("jobs", "a", ("old", 1))
    emulator.put("jobs", "bare")
    emulator.clock.advance(DAY_SECONDS / 2)
    emulator.update("jobs", "a", {"PUT": [("new", 2)]})
    emulator.clock.advance(DAY_SECONDS / 2 - 0.001)
    assert emulator.get("jobs", "a") == {"old": 1, "new": 2}
    emulator.clock.advance(0.001)
    assert emulator.get("jobs", "a") == {"new": 2}
    assert [row.primary_key for row in emulator.scan("jobs", ["id"])] == [[("id", "a")]]
    emulator.clock.advance(DAY_SECONDS / 2)
    assert emulator.get("jobs", "a") is None
    emulator.put("jobs", "a", ("again", 1), condition="EXPECT_NOT_EXIST")


def test_columns_can_be_chosen_by_name_and_by_range(emulator: Emulator) -> None:
    emulator.create()
    emulator.put("jobs", "a", ("x", 1), ("y", 2), ("z", 3))
    assert emulator.get("jobs", "a", columns_to_get=["z", "x", "x"]) == {"x": 1, "z": 3}
    assert emulator.get("jobs", "a", start_column="y") == {"y": 2, "z": 3}
    assert emulator.get("jobs", "a", start_column="x", end_column="z") == {"x": 1, "y": 2}
    assert emulator.get("jobs", "a", columns_to_get=["none_of_these"]) is None
    assert emulator.get("jobs", "a", columns_to_get=["id", "none_of_these"]) == {}


def test_capacity_units_count_names_and_values_in_steps_of_4_kb(emulator: Emulator) -> None:
    emulator.create()
    consumed, _ = emulator.put("jobs", "a", ("x", "v" * (4096 - len("id" + "a" + "x"))))
    assert units(consumed) == (0, 1)
    consumed, _ = emulator.put("jobs", "a", ("x", "v" * (4097 - len("id" + "a" + "x"))))
    assert units(consumed) == (0, 2)
    consumed, _ = emulator.put("jobs", "a", ("x", "v" * 9000), condition="EXPECT_EXIST")
    assert units(consumed) == (2, 3)
    consumed, _, _ = emulator.client.get_row("jobs", [("id", "a")])
    assert units(consumed) == (3, 0)
    consumed, _ = emulator.update("jobs", "a", {"PUT": [("n", 1)]})
    assert units(consumed) == (0, 1)


def test_the_key_is_returned_on_request_only(emulator: Emulator) -> None:
    emulator.create()
    assert emulator.put("jobs", "a", ("x", 1))[1] is None
    _, row = emulator.put("jobs", "a", ("x", 1), return_type="RT_PK")
    assert row.primary_key == [("id", "a")]


def test_auto_increment_numbers_rise_within_a_partition_and_are_returned(emulator: Emulator) -> None:
    emulator.create(key=[("id", "STRING"), ("number", "INTEGER", PK_AUTO_INCR)])
    numbers = []
    for _ in range(5):
        _, row = emulator.put("jobs", [("id", "a"), ("number", PK_AUTO_INCR)], ("x", 1), return_type="RT_PK")
        numbers.append(dict(row.primary_key)["number"])
        emulator.clock.advance(-1)
    assert numbers == sorted(set(numbers))
    assert [dict(row.primary_key)["number"] for row in emulator.scan("jobs", ["id", "number"])] == numbers
    assert emulator.get("jobs", [("id", "a"), ("number", numbers[0])]) == {"x": 1}

    answer = refused(emulator.put, "jobs", [("id", "a"), ("number", PK_AUTO_INCR)], condition="EXPECT_EXIST")
    assert answer[2] == "Invalid expect: EXPECT_EXIST when modify row with pk auto increment."
    answer = refused(emulator.get, "jobs", [("id", "a"), ("number", PK_AUTO_INCR)])
    assert answer[2] == "PKAutoIncr can't be used for read operations."
