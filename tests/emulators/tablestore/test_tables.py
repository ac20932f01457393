"""Tables: created, listed, described, changed and deleted."""

from __future__ import annotations

from typing import Any

import pytest
from tablestore import (
    PK_AUTO_INCR,
    CapacityUnit,
    ReservedThroughput,
    SecondaryIndexMeta,
    TableMeta,
    TableOptions,
)

from tests.contracts.tablestore_client.contract.calls import (
    INSTANCE,
    MISSING_TABLE,
    NO_RESERVED_UNITS,
    KeySchema,
    refused,
)
from tests.emulators.tablestore.support import PLAIN_KEY, PLAIN_OPTIONS, Emulator


def test_a_table_is_described_as_it_was_created(emulator: Emulator) -> None:
    key = [("person", "STRING"), ("revision", "INTEGER"), ("hash", "BINARY")]
    columns = [
        ("state", "STRING"),
        ("due", "INTEGER"),
        ("cost", "DOUBLE"),
        ("paid", "BOOLEAN"),
        ("b", "BINARY"),
    ]
    emulator.create(key=key, columns=columns, max_version=3, time_to_live=86400, max_time_deviation=600)

    described = emulator.client.describe_table("jobs")

    assert described.table_meta.schema_of_primary_key == key
    assert described.table_meta.defined_columns == columns
    options = described.table_options
    assert (options.max_version, options.time_to_live, options.max_time_deviation) == (3, 86400, 600)
    assert options.allow_update is True
    assert described.reserved_throughput_details.last_increase_time == int(emulator.clock.now())


def test_an_auto_increment_column_is_described_as_one(emulator: Emulator) -> None:
    key = [("id", "STRING"), ("number", "INTEGER", PK_AUTO_INCR)]
    emulator.create(key=key)
    assert emulator.client.describe_table("jobs").table_meta.schema_of_primary_key == key


def test_tables_are_listed_by_name_without_their_indexes(emulator: Emulator) -> None:
    emulator.create("b")
    emulator.create(
        "a", columns=[("state", "STRING")], indexes=[SecondaryIndexMeta("a_by_state", ["state"], [])]
    )
    assert emulator.client.list_table() == ("a", "b")


def test_a_table_cannot_be_created_twice_nor_under_the_name_of_an_index(emulator: Emulator) -> None:
    emulator.create(columns=[("state", "STRING")], indexes=[SecondaryIndexMeta("by_state", ["state"], [])])
    for name in ("jobs", "by_state"):
        answer = refused(emulator.create, name)
        assert answer == (409, "OTSObjectAlreadyExist", "Requested table already exists.")


def test_a_table_with_an_invalid_index_is_not_created(emulator: Emulator) -> None:
    answer = refused(emulator.create, indexes=[SecondaryIndexMeta("by_state", ["state"], [])])
    assert answer == (400, "OTSParameterInvalid", "Column does not exist: 'state'.")
    assert emulator.client.list_table() == ()


def test_a_deleted_table_is_gone_with_its_rows_and_indexes(emulator: Emulator) -> None:
    columns, indexes = [("state", "STRING")], [SecondaryIndexMeta("by_state", ["state"], [])]
    emulator.create(columns=columns, indexes=indexes)
    emulator.put("jobs", "a", ("state", "QUEUED"))
    emulator.client.delete_table("jobs")

    assert refused(emulator.client.describe_table, "jobs") == MISSING_TABLE
    assert refused(emulator.get, "by_state", [("state", "QUEUED"), ("id", "a")]) == MISSING_TABLE
    assert refused(emulator.client.delete_table, "jobs") == MISSING_TABLE
    emulator.create(columns=columns, indexes=indexes)
    assert emulator.get("jobs", "a") is None


def test_options_and_reserved_units_can_be_changed_one_by_one(emulator: Emulator) -> None:
    emulator.create(max_version=2)
    emulator.clock.advance(60)
    answer = emulator.client.update_table("jobs", None, ReservedThroughput(CapacityUnit(5, None)))
    assert answer.reserved_throughput_details.capacity_unit.read == 5
    assert answer.reserved_throughput_details.last_increase_time == int(emulator.clock.now())

    emulator.client.update_table(
        "jobs", TableOptions(time_to_live=90000, max_version=None, max_time_deviation=None)
    )
    options = emulator.client.describe_table("jobs").table_options
    assert (options.time_to_live, options.max_version) == (90000, 2)


@pytest.mark.parametrize(
    ("name", "key", "options", "message"),
    [
        ("no-hyphens", None, {}, "Invalid table name: 'no-hyphens'."),
        ("1st", None, {}, "Invalid table name: '1st'."),
        ("t" * 256, None, {}, f"Invalid table name: '{'t' * 256}'."),
        (
            "t",
            [(f"k{i}", "STRING") for i in range(5)],
            {},
            "The number of primary key columns must be in range: [1, 4].",
        ),
        ("t", [("k", "STRING"), ("k", "INTEGER")], {}, "Duplicated primary key name: 'k'."),
        ("t", [("k!", "STRING")], {}, "Invalid column name: 'k!'."),
        ("t", None, {"time_to_live": 0}, "TimeToLive cannot be 0 or less than -1."),
        ("t", None, {"time_to_live": None}, "Time-to-live is missing while creating table."),
        ("t", None, {"max_version": 0}, "The maximum versions cannot be less than or equal to 0."),
        ("t", None, {"max_version": None}, "MaxVersions is missing while creating table."),
    ],
)
def test_an_invalid_table_is_refused_with_the_services_message(
    emulator: Emulator, name: str, key: KeySchema | None, options: dict[str, Any], message: str
) -> None:
    assert refused(emulator.create, name, key, **options) == (400, "OTSParameterInvalid", message)


def test_an_instance_holds_64_tables_and_no_more(emulator: Emulator) -> None:
    for number in range(64):
        emulator.store.create_table(INSTANCE, f"t{number}", PLAIN_KEY, PLAIN_OPTIONS)
    answer = refused(
        emulator.client.create_table, TableMeta("t64", [("id", "STRING")]), TableOptions(), NO_RESERVED_UNITS
    )
    assert answer == (403, "OTSQuotaExhausted", "Number of tables exceeded the quota.")


def test_operations_that_are_not_served_are_refused_as_the_service_does(emulator: Emulator) -> None:
    answer = refused(emulator.client.exe_sql_query, "show tables")
    assert answer == (400, "OTSUnsupportOperation", "Unsupported operation: 'SQLQuery'.")
