"""Promises about tables and secondary indexes."""

from __future__ import annotations

import time
from functools import partial

from tablestore import (
    PK_AUTO_INCR,
    CapacityUnit,
    ReservedThroughput,
    SecondaryIndexMeta,
    SecondaryIndexType,
    TableMeta,
    TableOptions,
)

from tests.contracts.tablestore_client.contract.calls import MISSING_TABLE, NO_RESERVED_UNITS, refused
from tests.contracts.tablestore_client.contract.case import CLIENT_VERSION, Case, promise, since


@promise
def create_and_describe_a_table(case: Case) -> None:
    key = [("s", "STRING"), ("i", "INTEGER"), ("b", "BINARY"), ("n", "INTEGER", PK_AUTO_INCR)]
    columns = [("i1", "INTEGER"), ("d", "DOUBLE"), ("t", "BOOLEAN"), ("text", "STRING"), ("blob", "BINARY")]
    case.table("described", key, columns, time_to_live=1_200_000, max_version=2, max_time_deviation=86_401)
    described = case.client.describe_table("described")
    assert described.table_meta.table_name == "described"
    assert described.table_meta.schema_of_primary_key == key
    assert described.table_meta.defined_columns == columns
    options = described.table_options
    assert (options.time_to_live, options.max_version, options.max_time_deviation) == (1_200_000, 2, 86_401)
    assert options.allow_update is True
    details = described.reserved_throughput_details
    assert (details.capacity_unit.read, details.capacity_unit.write) == (0, 0)
    assert abs(details.last_increase_time - time.time()) < 60
    assert details.last_decrease_time is None
    assert described.secondary_indexes == []


@promise
def default_options_are_for_ever_one_version_and_a_day(case: Case) -> None:
    case.table()
    options = case.client.describe_table("t").table_options
    assert (options.time_to_live, options.max_version, options.max_time_deviation) == (-1, 1, 86_400)


@promise
def list_tables_by_name_without_indexes(case: Case) -> None:
    columns = [("x", "INTEGER")]
    case.table("zebra", columns=columns, indexes=[SecondaryIndexMeta("horse", ["x"], [])])
    case.table("ant")
    assert list(case.client.list_table()) == ["ant", "zebra"]


@promise
def a_deleted_table_is_gone_and_its_name_free(case: Case) -> None:
    case.table()
    case.put("t", "a", ("x", 1))
    case.client.delete_table("t")
    assert "t" not in case.client.list_table()
    assert refused(case.client.describe_table, "t") == MISSING_TABLE
    assert refused(case.client.delete_table, "t") == MISSING_TABLE
    assert refused(case.get, "t", "a") == MISSING_TABLE
    case.table(key=[("other", "INTEGER")])
    assert case.get("t", [("other", 1)]) is None


@promise
def a_table_cannot_be_created_twice(case: Case) -> None:
    case.table()
    other = TableMeta("t", [("k", "INTEGER")])
    answer = refused(case.client.create_table, other, TableOptions(), NO_RESERVED_UNITS)
    assert answer == (409, "OTSObjectAlreadyExist", "Requested table already exists.")
    assert list(case.client.list_table()).count("t") == 1


@promise
def a_key_column_named_twice_is_refused(case: Case) -> None:
    meta = TableMeta("t", [("PK0", "STRING"), ("PK0", "INTEGER")])
    answer = refused(case.client.create_table, meta, TableOptions(), NO_RESERVED_UNITS)
    assert answer == (400, "OTSParameterInvalid", "Duplicated primary key name: 'PK0'.")
    assert "t" not in case.client.list_table()


@promise
def reserved_units_are_described_and_updated_one_by_one(case: Case) -> None:
    case.table()
    first = case.client.update_table("t", reserved_throughput=ReservedThroughput(CapacityUnit(2, 3)))
    unit = first.reserved_throughput_details.capacity_unit
    assert (unit.read, unit.write) == (2, 3)
    lower = ReservedThroughput(CapacityUnit(1, None))
    second = case.client.update_table("t", reserved_throughput=lower).reserved_throughput_details
    assert (second.capacity_unit.read, second.capacity_unit.write) == (1, 3)
    assert abs(second.last_decrease_time - time.time()) < 60


@promise
def options_are_updated(case: Case) -> None:
    case.table(time_to_live=1_200_000, max_version=2)
    answered = case.client.update_table("t", TableOptions(-1, 3, 86_402)).table_options
    described = case.client.describe_table("t").table_options
    for options in (answered, described):
        assert (options.time_to_live, options.max_version, options.max_time_deviation) == (-1, 3, 86_402)


@promise
def allow_update_is_described_and_forbids_updates(case: Case) -> None:
    case.table(allow_update=False)
    assert case.client.describe_table("t").table_options.allow_update is False
    case.put("t", "a", ("x", 1))
    assert refused(case.update, "t", "a", {"put": [("x", 2)]})[:2] == (400, "OTSParameterInvalid")
    case.client.update_table("t", TableOptions(allow_update=True))
    assert case.client.describe_table("t").table_options.allow_update is True
    case.update("t", "a", {"put": [("x", 2)]})


@promise
def indexes_made_with_the_table_are_described_and_read(case: Case) -> None:
    index = SecondaryIndexMeta("by_x", ["x"], ["y"])
    local_index = SecondaryIndexMeta("mine", ["id", "x"], [], SecondaryIndexType.LOCAL_INDEX)
    key = [("id", "STRING"), ("n", "INTEGER")]
    case.table(key=key, columns=[("x", "INTEGER"), ("y", "STRING")], indexes=[index, local_index])
    found = case.client.describe_table("t").secondary_indexes
    assert [
        (one.index_name, one.primary_key_names, one.defined_column_names, one.index_type) for one in found
    ] == [
        ("by_x", ["x"], ["y"], SecondaryIndexType.GLOBAL_INDEX),
        ("mine", ["id", "x"], [], SecondaryIndexType.LOCAL_INDEX),
    ]
    case.put("t", [("id", "a"), ("n", 1)], ("x", 5), ("y", "v"), ("z", 1))
    assert case.get("by_x", [("x", 5), ("id", "a"), ("n", 1)]) == {"y": "v"}
    assert case.get("mine", [("id", "a"), ("x", 5), ("n", 1)]) == {}
    answer = refused(case.put, "by_x", [("x", 5), ("id", "a"), ("n", 1)], ("y", "w"))
    assert answer == (400, "OTSParameterInvalid", "Can't write index table directly.")


@promise
def an_index_is_made_and_dropped_later(case: Case) -> None:
    case.table(columns=[("x", "INTEGER")])
    index = SecondaryIndexMeta("by_x", ["x"], [])
    more = () if CLIENT_VERSION < (6,) else (False,)
    case.client.create_secondary_index("t", index, *more)
    assert [one.index_name for one in case.client.describe_table("t").secondary_indexes] == ["by_x"]
    case.client.delete_secondary_index("t", "by_x")
    assert case.client.describe_table("t").secondary_indexes == []
    assert refused(case.client.delete_secondary_index, "t", "by_x") == MISSING_TABLE


@promise
def an_index_costs_the_writer_of_its_table_nothing(case: Case) -> None:
    case.table(columns=[("x", "INTEGER")], indexes=[SecondaryIndexMeta("by_x", ["x"], [])])
    for number in range(2):
        unit, _ = case.put("t", "a", ("x", number))
        assert (unit.read, unit.write) == (0, 1)
    unit, _ = case.update("t", "a", {"put": [("x", 5)]}, condition="EXPECT_EXIST")
    assert (unit.read, unit.write) == (1, 1)


@promise
def a_table_has_five_indexes_of_four_columns_and_no_more(case: Case) -> None:
    names = [f"c{number}" for number in range(6)]
    columns = [(name, "INTEGER") for name in names]
    indexes = [SecondaryIndexMeta(f"by_{name}", [name], []) for name in names]
    quota = (400, "OTSParameterInvalid", "Number of index per table exceeds the quota:5.")
    assert refused(case.table, columns=columns, indexes=indexes) == quota
    case.table(columns=columns, indexes=indexes[:5])
    more = () if CLIENT_VERSION < (6,) else (False,)
    assert refused(case.client.create_secondary_index, "t", indexes[5], *more) == quota
    for key in ([], names[:5]):
        refusal = refused(case.table, "u", columns=columns, indexes=[SecondaryIndexMeta("i", key, [])])
        assert refusal == (
            400,
            "OTSParameterInvalid",
            "The number of primary key columns must be in range: [1, 4] in index.",
        )


@promise
def a_name_that_no_table_can_have_is_refused_by_every_operation(case: Case) -> None:
    for name in ("3t", "-", "T#"):
        invalid = (400, "OTSParameterInvalid", f"Invalid table name: '{name}'.")
        assert refused(case.table, name) == invalid
        for call in (
            partial(case.client.describe_table, name),
            partial(case.client.update_table, name, TableOptions(max_version=2)),
            partial(case.client.delete_table, name),
            partial(case.get, name, "a"),
            partial(case.put, name, "a", ("x", 1)),
            partial(case.update, name, "a", {"put": [("x", 1)]}),
            partial(case.delete, name, "a"),
        ):
            assert refused(call) == invalid


@since(6, 4, 8)
def a_table_is_divided_at_keys_that_are_given(case: Case) -> None:
    case.delete_later("t")
    meta = TableMeta("t", [("id", "INTEGER")])
    create = case.client._create_table_ex
    create(meta, TableOptions(), NO_RESERVED_UNITS, split_points=[100, 200])
    case.put("t", [("id", 150)], ("x", 1))
    assert case.get("t", [("id", 150)]) == {"x": 1}
    many = (400, "OTSParameterInvalid", "The count of partitions cannot be greater than 10")
    assert refused(create, meta, TableOptions(), NO_RESERVED_UNITS, split_points=list(range(10))) == many


@since(6)
def an_index_takes_in_earlier_rows_if_so_asked(case: Case) -> None:
    case.table(columns=[("x", "INTEGER"), ("y", "INTEGER")])
    case.put("t", "a", ("x", 1), ("y", 2))
    case.client.create_secondary_index("t", SecondaryIndexMeta("by_x", ["x"], []), True)
    case.client.create_secondary_index("t", SecondaryIndexMeta("by_y", ["y"], []), False)
    assert case.get("by_x", [("x", 1), ("id", "a")]) == {}
    assert case.get("by_y", [("y", 2), ("id", "a")]) is None


@since(6)
def encryption_is_described(case: Case) -> None:
    from tablestore import SSESpecification

    meta = TableMeta("t", [("id", "STRING")])
    case.table("u")
    case.delete_later("t")
    case.client.create_table(meta, TableOptions(), NO_RESERVED_UNITS, [], SSESpecification(True, 1))
    details = case.client.describe_table("t").sse_details
    assert (details.enable, details.key_type) == (True, 1)
    assert case.client.describe_table("u").sse_details.enable is False


@promise
def no_search_index_is_listed(case: Case) -> None:
    case.table()
    assert case.client.list_search_index("t") == []
    assert case.client.list_search_index() == []
    assert refused(case.client.list_search_index, "none") == MISSING_TABLE
