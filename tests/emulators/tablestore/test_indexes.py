"""Secondary indexes: sparse, in step with their table, or behind it by a lag."""

from __future__ import annotations

import pytest
from tablestore import (
    BatchWriteRowRequest,
    Condition,
    PutRowItem,
    Row,
    SecondaryIndexMeta,
    SecondaryIndexType,
    TableInBatchWriteRowItem,
)

from aliyun_local.tablestore.codec.values import Cell
from aliyun_local.tablestore.codec.values import Row as Stored

COLUMNS = [("state", "STRING"), ("due", "INTEGER"), ("note", "STRING")]
BY_STATE = SecondaryIndexMeta("by_state", ["state", "due"], ["note"])
KEY = ["state", "due", "person", "revision"]


def create(local, *indexes, **options):
    key = [("person", "STRING"), ("revision", "INTEGER")]
    local.create(key=key, columns=COLUMNS, indexes=list(indexes or [BY_STATE]), **options)


def put(local, person, state, due, *more):
    key = [("person", person), ("revision", 1)]
    local.put("jobs", key, ("state", state), ("due", due), *more)


def entries(local, index="by_state", key=KEY):
    return [
        (
            tuple(value for _, value in row.primary_key),
            {name: value for name, value, _ in row.attribute_columns},
        )
        for row in local.scan(index, key)
    ]


def test_an_index_is_ordered_by_its_columns_and_then_by_the_rest_of_the_key(local):
    create(local)
    put(local, "c", "QUEUED", 2, ("note", "n"), ("other", "not in the index"))
    put(local, "b", "QUEUED", 1)
    put(local, "a", "TRAINING", 0)
    put(local, "a2", "QUEUED", 1)
    assert entries(local) == [
        (("QUEUED", 1, "a2", 1), {}),
        (("QUEUED", 1, "b", 1), {}),
        (("QUEUED", 2, "c", 1), {"note": "n"}),
        (("TRAINING", 0, "a", 1), {}),
    ]
    key = list(zip(KEY, ("QUEUED", 2, "c", 1), strict=True))
    assert local.get("by_state", key) == {"note": "n"}
    described = local.client.describe_table("by_state").table_meta.schema_of_primary_key
    assert described == [
        ("state", "STRING"),
        ("due", "INTEGER"),
        ("person", "STRING"),
        ("revision", "INTEGER"),
    ]


def test_a_row_moves_when_its_indexed_columns_change(local):
    create(local)
    put(local, "a", "QUEUED", 1, ("note", "n"))
    local.update("jobs", [("person", "a"), ("revision", 1)], {"PUT": [("state", "TRAINING")]})
    assert entries(local) == [(("TRAINING", 1, "a", 1), {"note": "n"})]
    local.update("jobs", [("person", "a"), ("revision", 1)], {"INCREMENT": [("due", 5)]})
    assert entries(local) == [(("TRAINING", 6, "a", 1), {"note": "n"})]


def test_an_index_is_sparse(local):
    create(local)
    local.put("jobs", [("person", "a"), ("revision", 1)], ("state", "QUEUED"))
    local.put("jobs", [("person", "b"), ("revision", 1)], ("state", "QUEUED"), ("due", "not a number"))
    assert entries(local) == []
    put(local, "a", "QUEUED", 1)
    assert len(entries(local)) == 1
    local.update("jobs", [("person", "a"), ("revision", 1)], {"DELETE_ALL": ["due"]})
    assert entries(local) == []


def test_a_value_of_another_type_leaves_the_index_however_equal_it_is(local):
    create(local, SecondaryIndexMeta("by_due", ["due"], ["state"]))
    key = ["due", "person", "revision"]
    put(local, "a", "QUEUED", 1)
    put(local, "a", "QUEUED", 1.0)
    assert entries(local, "by_due", key) == []
    put(local, "a", "QUEUED", 1)
    put(local, "a", "FAILED", 1)
    assert entries(local, "by_due", key) == [((1, "a", 1), {"state": "FAILED"})]
    local.update("jobs", [("person", "a"), ("revision", 1)], {"DELETE_ALL": ["state"]})
    assert entries(local, "by_due", key) == [((1, "a", 1), {})]


def test_an_index_shows_when_its_columns_were_written_last(local):
    create(local)
    for _ in range(2):
        put(local, "a", "QUEUED", 1, ("note", "n"))
        (row,) = local.scan("by_state", KEY)
        assert row.attribute_columns == [("note", "n", int(local.clock.now() * 1000))]
        local.clock.advance(1)
    local.update("jobs", [("person", "a"), ("revision", 1)], {"PUT": [("other", 1)]})
    (row,) = local.scan("by_state", KEY)
    assert row.attribute_columns == [("note", "n", int(local.clock.now() * 1000) - 1000)]


def test_an_index_costs_the_writer_of_its_table_nothing(local):
    create(local)
    put(local, "a", "QUEUED", 1)
    columns = [("state", "FAILED"), ("due", 2), ("note", "n" * 5000)]
    consumed, _ = local.put("jobs", [("person", "a"), ("revision", 1)], *columns)
    assert (consumed.read, consumed.write) == (0, 2)
    consumed, _ = local.put("jobs", [("person", "a"), ("revision", 1)], *columns, condition="EXPECT_EXIST")
    assert (consumed.read, consumed.write) == (2, 2)


def test_a_deleted_or_replaced_row_leaves_nothing_behind(local):
    create(local)
    put(local, "a", "QUEUED", 1)
    put(local, "a", "FAILED", 2)
    assert [key for key, _ in entries(local)] == [("FAILED", 2, "a", 1)]
    local.client.delete_row("jobs", Row([("person", "a"), ("revision", 1)]), Condition("IGNORE"))
    assert entries(local) == []


def test_a_write_that_fails_its_condition_changes_no_index(local, refused):
    create(local)
    put(local, "a", "QUEUED", 1)
    key = [("person", "a"), ("revision", 1)]
    refused(local.put, "jobs", key, ("state", "FAILED"), ("due", 2), condition="EXPECT_NOT_EXIST")
    assert [key for key, _ in entries(local)] == [("QUEUED", 1, "a", 1)]


def test_batches_reach_the_index_too(local):
    create(local)
    items = [
        PutRowItem(
            Row([("person", f"p{n}"), ("revision", 1)], [("state", "QUEUED"), ("due", n)]),
            Condition("IGNORE"),
        )
        for n in range(10)
    ]
    request = BatchWriteRowRequest()
    request.add(TableInBatchWriteRowItem("jobs", items))
    local.client.batch_write_row(request)
    assert [key[1] for key, _ in entries(local)] == list(range(10))


def test_an_index_cannot_be_written_or_changed_as_a_table(local, refused):
    create(local)
    row = list(zip(KEY, ("QUEUED", 2, "c", 1), strict=True))
    answer = refused(local.put, "by_state", row, ("note", "n"))
    assert answer == (400, "OTSParameterInvalid", "Can't write index table directly.")
    assert refused(local.client.delete_table, "by_state")[0] == 400


def test_an_index_made_later_holds_earlier_rows_only_on_request(local):
    create(local, SecondaryIndexMeta("by_note", ["note"], []))
    put(local, "old", "QUEUED", 1)
    local.client.create_secondary_index("jobs", BY_STATE, False)
    local.client.create_secondary_index("jobs", SecondaryIndexMeta("by_due", ["due"], ["state"]), True)
    put(local, "new", "QUEUED", 2)
    assert [key[2] for key, _ in entries(local)] == ["new"]
    assert [key[1] for key, _ in entries(local, "by_due", ["due", "person", "revision"])] == ["old", "new"]


def test_a_dropped_index_is_gone_and_its_name_free(local, refused):
    create(local)
    local.client.delete_secondary_index("jobs", "by_state")
    assert local.client.describe_table("jobs").secondary_indexes == []
    missing = (404, "OTSObjectNotExist", "Requested table does not exist.")
    assert refused(local.client.delete_secondary_index, "jobs", "by_state") == missing
    assert refused(local.client.describe_table, "by_state") == missing
    put(local, "a", "QUEUED", 1)
    local.client.create_secondary_index("jobs", BY_STATE, True)
    assert len(entries(local)) == 1


@pytest.mark.parametrize(
    ("index", "options", "message"),
    [
        (
            SecondaryIndexMeta("i", ["state"], []),
            {"max_version": 2},
            "Table with index must have max versions of 1.",
        ),
        (
            SecondaryIndexMeta("i", ["state"], []),
            {"time_to_live": 86400},
            "Don't support allow update operation on table with index and ttl",
        ),
        (SecondaryIndexMeta("i", ["nothing"], []), {}, "Column does not exist: 'nothing'."),
        (SecondaryIndexMeta("i", ["state", "state"], []), {}, "Duplicated primary key name: 'state'."),
        (
            SecondaryIndexMeta("i", [], []),
            {},
            "The number of primary key columns must be in range: [1, 4] in index.",
        ),
        (
            SecondaryIndexMeta("i", ["state", "due", "note", "person", "revision"], []),
            {},
            "The number of primary key columns must be in range: [1, 4] in index.",
        ),
        (
            SecondaryIndexMeta("i", ["state"], [f"c{number}" for number in range(33)]),
            {},
            "The number of attribute columns must be in range: [0, 32] in index.",
        ),
        (
            SecondaryIndexMeta("i", ["state"], [], SecondaryIndexType.LOCAL_INDEX),
            {},
            "The first primary key of a local index must be that of its table.",
        ),
    ],
)
def test_an_index_that_cannot_be_is_refused(local, refused, index, options, message):
    assert refused(create, local, index, **options) == (400, "OTSParameterInvalid", message)


def test_a_table_has_five_indexes_and_no_more(local, refused):
    indexes = [SecondaryIndexMeta(f"i{number}", ["state"], []) for number in range(6)]
    quota = (400, "OTSParameterInvalid", "Number of index per table exceeds the quota:5.")
    assert refused(create, local, *indexes) == quota
    create(local, *indexes[:5])
    assert refused(local.client.create_secondary_index, "jobs", indexes[5], False) == quota
    assert len(local.client.describe_table("jobs").secondary_indexes) == 5


def test_a_limited_life_excludes_updates_of_an_indexed_table(local, refused):
    create(local, time_to_live=86400, allow_update=False)
    put(local, "a", "QUEUED", 1)
    answer = refused(local.update, "jobs", [("person", "a"), ("revision", 1)], {"PUT": [("state", "FAILED")]})
    assert answer[:2] == (400, "OTSParameterInvalid")
    local.clock.advance(86400)
    assert entries(local) == []


def test_an_indexed_table_numbers_its_own_versions(local, refused):
    create(local)
    stamp = int(local.clock.now() * 1000)
    answer = refused(local.put, "jobs", [("person", "a"), ("revision", 1)], ("note", "n", stamp))
    assert answer[:2] == (400, "OTSParameterInvalid")


def test_a_lagging_index_shows_the_past_in_the_order_of_the_writes(start):
    local = start(index_lag=2.0)
    create(local)
    put(local, "a", "QUEUED", 1)
    local.clock.advance(1)
    put(local, "a", "TRAINING", 1)
    assert entries(local) == []
    local.clock.advance(1)
    assert [key[0] for key, _ in entries(local)] == ["QUEUED"]
    local.clock.advance(0.999)
    assert [key[0] for key, _ in entries(local)] == ["QUEUED"]
    local.clock.advance(0.001)
    assert [key[0] for key, _ in entries(local)] == ["TRAINING"]


def test_a_lagging_index_keeps_the_order_when_the_clock_steps_back(start):
    local = start(index_lag=2.0)
    create(local)
    put(local, "a", "QUEUED", 1)
    local.clock.advance(-60)
    put(local, "a", "TRAINING", 1)
    local.clock.advance(30)
    assert entries(local) == []
    local.clock.advance(32)
    assert [key[0] for key, _ in entries(local)] == ["TRAINING"]


def test_a_lagging_index_loses_nothing(start):
    local = start(index_lag=1.0)
    create(local)
    for number in range(600):
        row = [("state", "QUEUED"), ("due", number)]
        key = [("person", f"p{number % 40}"), ("revision", 1)]
        local.store.put_row("studio", "jobs", Stored(key, [Cell(name, value) for name, value in row]))
    local.clock.advance(1)
    assert sorted(key[1] for key, _ in entries(local)) == list(range(560, 600))


def test_a_local_index_never_lags(start):
    local = start(index_lag=60.0)
    create(local, SecondaryIndexMeta("mine", ["person", "state"], [], SecondaryIndexType.LOCAL_INDEX))
    put(local, "a", "QUEUED", 1)
    assert [key for key, _ in entries(local, "mine", ["person", "state", "revision"])] == [("a", "QUEUED", 1)]


def test_an_index_over_earlier_rows_cannot_be_read_while_it_is_built(start, refused):
    local = start(index_lag=5.0)
    create(local, SecondaryIndexMeta("by_note", ["note"], []))
    put(local, "a", "QUEUED", 1)
    local.client.create_secondary_index("jobs", BY_STATE, True)
    answer = refused(entries, local)
    assert answer == (404, "OTSTableNotReady", "Disallow read index table in building base state")
    local.clock.advance(5)
    assert len(entries(local)) == 1
