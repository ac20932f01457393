"""Local transactions: one partition key, held for a minute, written all at once or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tablestore import (
    INF_MAX,
    INF_MIN,
    PK_AUTO_INCR,
    BatchWriteRowRequest,
    Condition,
    PutRowItem,
    Row,
    SecondaryIndexMeta,
    SecondaryIndexType,
    SingleColumnCondition,
    TableInBatchWriteRowItem,
    UpdateRowItem,
)

from aliyun_local.tablestore.errors import TableStoreError
from aliyun_local.tablestore.store.schema import Column, TableOptions

KEY = [("user", "STRING"), ("mail", "INTEGER")]
CONFLICT = (409, "OTSRowOperationConflict", "Data is being modified by the other request.")
ENDED = (404, "OTSSessionNotExist", "Session not exist or may be timeout.")
DISABLED = (
    400,
    "OTSParameterInvalid",
    "Try to call method using explicit transaction on explicit-transaction-disabled table.",
)


def key(user, mail):
    return [("user", user), ("mail", mail)]


def ranged(local, user, transaction_id=None, backward=False, **options):
    ends = [key(user, INF_MIN), key(user, INF_MAX)]
    if backward:
        ends.reverse()
    direction = "BACKWARD" if backward else "FORWARD"
    _, following, rows, _ = local.client.get_range(
        "mails", direction, *ends, transaction_id=transaction_id, **options
    )
    assert following is None
    return [
        (row.primary_key[1][1], {name: value for name, value, _ in row.attribute_columns}) for row in rows
    ]


def begin(local, user="zhang"):
    return local.client.start_local_transaction("mails", [("user", user)])


def put(local, user, mail, value, transaction_id=None):
    return local.client.put_row(
        "mails", Row(key(user, mail), [("read", value)]), Condition("IGNORE"), None, transaction_id
    )


@pytest.fixture
def mails(local):
    local.create("mails", key=KEY)
    for mail in (1, 3, 5):
        put(local, "zhang", mail, 0)
    put(local, "li", 1, 0)
    return local


def test_what_is_written_shows_inside_at_once_and_outside_after_the_commit(mails):
    transaction_id = begin(mails)
    put(mails, "zhang", 1, 7, transaction_id)
    assert mails.get("mails", key("zhang", 1), transaction_id=transaction_id) == {"read": 7}
    assert mails.get("mails", key("zhang", 1)) == {"read": 0}
    mails.client.commit_transaction(transaction_id)
    assert mails.get("mails", key("zhang", 1)) == {"read": 7}


def test_what_is_aborted_was_never_there(mails):
    transaction_id = begin(mails)
    put(mails, "zhang", 1, 7, transaction_id)
    mails.client.delete_row("mails", Row(key("zhang", 3)), Condition("IGNORE"), None, transaction_id)
    mails.client.abort_transaction(transaction_id)
    assert ranged(mails, "zhang") == [(1, {"read": 0}), (3, {"read": 0}), (5, {"read": 0})]
    put(mails, "zhang", 1, 8)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("limit", [None, 100])
def test_a_range_read_inside_sees_rows_that_are_new_changed_and_gone(mails, backward, limit):
    transaction_id = begin(mails)
    for mail in (0, 3, 4, 9):
        put(mails, "zhang", mail, 7, transaction_id)
    for mail in (1, 4, 8):
        mails.client.delete_row("mails", Row(key("zhang", mail)), Condition("IGNORE"), None, transaction_id)
    expected = [(0, {"read": 7}), (3, {"read": 7}), (5, {"read": 0}), (9, {"read": 7})]
    inside = ranged(mails, "zhang", transaction_id, backward, limit=limit)
    assert inside == (expected[::-1] if backward else expected)
    assert [mail for mail, _ in ranged(mails, "zhang")] == [1, 3, 5]
    mails.client.commit_transaction(transaction_id)
    assert ranged(mails, "zhang") == expected


@pytest.mark.parametrize(
    ("direction", "ends", "mails_read"),
    [("FORWARD", (1, 5), [1, 2, 4]), ("BACKWARD", (5, 1), [5, 4, 2]), ("FORWARD", (2, 3), [2])],
)
def test_the_ends_of_a_range_read_inside_are_those_of_any_other(mails, direction, ends, mails_read):
    transaction_id = begin(mails)
    for mail in (1, 2, 4, 5):
        put(mails, "zhang", mail, 7, transaction_id)
    mails.client.delete_row("mails", Row(key("zhang", 3)), Condition("IGNORE"), None, transaction_id)
    _, _, rows, _ = mails.client.get_range(
        "mails",
        direction,
        key("zhang", ends[0]),
        key("zhang", ends[1]),
        transaction_id=transaction_id,
    )
    assert [row.primary_key[1][1] for row in rows] == mails_read


def test_pages_read_inside_join_without_loss_or_repetition(mails):
    transaction_id = begin(mails)
    for mail in (0, 2, 4, 6):
        put(mails, "zhang", mail, 7, transaction_id)
    start, found = key("zhang", INF_MIN), []
    while start is not None:
        _, start, rows, _ = mails.client.get_range(
            "mails", "FORWARD", start, key("zhang", INF_MAX), limit=2, transaction_id=transaction_id
        )
        found += [row.primary_key[1][1] for row in rows]
    assert found == [0, 1, 2, 3, 4, 5, 6]


def test_conditions_and_increments_build_on_what_the_transaction_wrote(mails, refused):
    transaction_id = begin(mails)
    row = Row(key("zhang", 1), {"INCREMENT": [("read", 2)]})
    for expected in (0, 2):
        guard = Condition("EXPECT_EXIST", SingleColumnCondition("read", expected, 0, False))
        mails.client.update_row("mails", row, guard, None, transaction_id)
    guard = Condition("IGNORE", SingleColumnCondition("read", 0, 0, False))
    answer = refused(mails.client.update_row, "mails", row, guard, None, transaction_id)
    assert answer == (403, "OTSConditionCheckFail", "Condition check failed.")
    mails.client.commit_transaction(transaction_id)
    assert mails.get("mails", key("zhang", 1)) == {"read": 4}


def test_nobody_else_writes_where_a_transaction_is_open(mails, refused):
    transaction_id = begin(mails)
    assert refused(put, mails, "zhang", 99, 1) == CONFLICT
    change = Row(key("zhang", 1), {"PUT": [("read", 1)]})
    assert refused(mails.client.update_row, "mails", change, Condition("IGNORE")) == CONFLICT
    assert refused(mails.client.delete_row, "mails", Row(key("zhang", 1)), Condition("IGNORE")) == CONFLICT
    assert refused(begin, mails) == CONFLICT
    put(mails, "li", 1, 1)
    request = BatchWriteRowRequest()
    items = [PutRowItem(Row(key(user, 2), [("read", 1)]), Condition("IGNORE")) for user in ("zhang", "li")]
    request.add(TableInBatchWriteRowItem("mails", items))
    locked, free = mails.client.batch_write_row(request).get_put_by_table("mails")
    assert (locked.is_ok, locked.error_code, locked.error_message) == (False, *CONFLICT[1:])
    assert free.is_ok
    mails.client.abort_transaction(transaction_id)
    put(mails, "zhang", 99, 1)


def test_of_many_that_begin_at_once_one_gets_the_key(mails):
    def attempt(_: int) -> str:
        try:
            return mails.store.start_local_transaction("studio", "mails", [("user", "zhang")])
        except TableStoreError as refusal:
            return refusal.code

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(attempt, range(64)))
    assert outcomes.count("OTSRowOperationConflict") == 63


def test_keys_of_different_tables_are_held_apart(mails):
    begin(mails)
    mails.create("others", key=KEY)
    mails.client.start_local_transaction("others", [("user", "zhang")])


def test_a_transaction_keeps_to_its_partition_key_and_table(mails, refused):
    mails.create("others", key=KEY)
    transaction_id = begin(mails)
    message = "Data out of scope of transaction. Transaction PartKey:zhang. Data PartKey:li"
    outside = (400, "OTSDataOutOfRange", message)
    assert refused(put, mails, "li", 1, 1, transaction_id) == outside
    assert refused(mails.get, "mails", key("li", 1), transaction_id=transaction_id) == outside
    ends = (key("zhang", 1), key("li", 1))
    for direction, (start, end) in (("BACKWARD", ends), ("FORWARD", ends[::-1])):
        answer = refused(
            mails.client.get_range, "mails", direction, start, end, transaction_id=transaction_id
        )
        assert answer == outside
    answer = refused(mails.get, "others", key("zhang", 1), transaction_id=transaction_id)
    assert answer[:2] == (400, "OTSDataOutOfRange")
    request = BatchWriteRowRequest()
    for table in ("mails", "others"):
        item = UpdateRowItem(Row(key("zhang", 1), {"PUT": [("read", 9)]}), Condition("IGNORE"))
        request.add(TableInBatchWriteRowItem(table, [item]))
    request.set_transaction_id(transaction_id)
    result = mails.client.batch_write_row(request)
    assert [item.is_ok for item in result.get_update_by_table("mails")] == [True]
    assert [item.error_code for item in result.get_update_by_table("others")] == ["OTSDataOutOfRange"]
    mails.client.commit_transaction(transaction_id)
    assert mails.get("mails", key("zhang", 1)) == {"read": 9}


def test_a_transaction_ends_by_itself_after_a_minute(mails, refused):
    transaction_id = begin(mails)
    put(mails, "zhang", 1, 7, transaction_id)
    mails.clock.advance(59.999)
    assert refused(put, mails, "zhang", 1, 8) == CONFLICT
    mails.clock.advance(0.001)
    assert refused(put, mails, "zhang", 1, 8, transaction_id) == ENDED
    put(mails, "zhang", 1, 8)
    assert refused(mails.client.commit_transaction, transaction_id) == ENDED
    assert mails.get("mails", key("zhang", 1)) == {"read": 8}


def test_an_overdue_transaction_makes_way_for_the_next(mails, refused):
    old = begin(mails)
    mails.clock.advance(60)
    new = begin(mails)
    assert refused(mails.client.abort_transaction, old) == ENDED
    put(mails, "zhang", 1, 7, new)
    mails.client.commit_transaction(new)
    assert mails.get("mails", key("zhang", 1)) == {"read": 7}


def test_a_transaction_ends_once(mails, refused):
    for end in (mails.client.commit_transaction, mails.client.abort_transaction):
        transaction_id = begin(mails)
        end(transaction_id)
        assert refused(mails.client.commit_transaction, transaction_id) == ENDED
        assert refused(mails.client.abort_transaction, transaction_id) == ENDED
        assert refused(put, mails, "zhang", 1, 1, transaction_id) == ENDED
        assert refused(ranged, mails, "zhang", transaction_id) == ENDED


@pytest.mark.parametrize("made_up", ["", "fake_transaction_id", "张" * 32, "0" * 31, "A" * 32])
def test_an_id_that_is_none_is_told_from_one_that_has_ended(mails, refused, made_up):
    invalid = (400, "OTSParameterInvalid", "TransactionID is invalid.")
    assert refused(mails.client.commit_transaction, made_up) == invalid
    assert refused(mails.client.abort_transaction, made_up) == invalid
    if made_up:
        assert refused(put, mails, "zhang", 1, 1, made_up) == invalid
        assert refused(ranged, mails, "zhang", made_up) == invalid


def test_a_transaction_is_its_instances_alone(mails, refused):
    mails.store.create_instance("other")
    transaction_id = begin(mails)
    stranger = mails.connect(instance="other")
    assert refused(stranger.commit_transaction, transaction_id) == ENDED
    mails.client.commit_transaction(transaction_id)


@pytest.mark.parametrize(
    ("partition", "code", "message"),
    [
        (key("zhang", 1), "OTSParameterInvalid", "StartLocalTransaction support only one primary key."),
        ([("mail", 1)], "OTSInvalidPK", "Validate PK name fail. Input: mail, Meta: user."),
        ([("user", 1)], "OTSInvalidPK", "Validate PK type fail. Input: VT_INTEGER, Meta: VT_STRING."),
        ([("user", INF_MIN)], "OTSParameterInvalid", "VT_INF_MIN is an invalid type for the primary key."),
    ],
)
def test_a_transaction_begins_with_a_partition_key(mails, refused, partition, code, message):
    assert refused(mails.client.start_local_transaction, "mails", partition) == (400, code, message)


def test_a_transaction_begins_on_a_table(mails, refused):
    start = mails.client.start_local_transaction
    missing = (404, "OTSObjectNotExist", "Requested table does not exist.")
    assert refused(start, "none", [("user", "a")]) == missing
    assert refused(start, "", [("user", "a")]) == (400, "OTSParameterInvalid", "Invalid table name: ''.")


def test_tables_without_transactions_say_so(mails, refused):
    for name, said in (("never", False), ("always", True)):
        mails.store.create_table(
            "studio",
            name,
            [Column(name="user", type="STRING")],
            TableOptions(time_to_live=-1, max_versions=1),
            transactions=said,
        )
    assert refused(mails.client.start_local_transaction, "never", [("user", "a")]) == DISABLED
    assert mails.client.start_local_transaction("always", [("user", "a")])
    mails.create("numbered", key=[("user", "STRING"), ("mail", "INTEGER", PK_AUTO_INCR)])
    assert refused(mails.client.start_local_transaction, "numbered", [("user", "a")]) == DISABLED
    index = SecondaryIndexMeta("by_read", ["read"], [])
    mails.create("indexed", key=KEY, columns=[("read", "INTEGER")], indexes=[index])
    assert refused(mails.client.start_local_transaction, "by_read", [("read", 1)]) == DISABLED


@pytest.mark.parametrize("enabled", [True, False])
def test_what_tables_do_of_which_nothing_is_said_can_be_set(start, refused, enabled):
    local = start(local_transactions=enabled)
    local.create()
    if enabled:
        assert local.client.start_local_transaction("jobs", [("id", "a")])
    else:
        assert refused(local.client.start_local_transaction, "jobs", [("id", "a")]) == DISABLED


@pytest.mark.parametrize("kind", [SecondaryIndexType.GLOBAL_INDEX, SecondaryIndexType.LOCAL_INDEX])
def test_indexes_follow_at_the_commit(local, refused, kind):
    names = ["user", "read"] if kind == SecondaryIndexType.LOCAL_INDEX else ["read"]
    index = SecondaryIndexMeta("by_read", names, [], kind)
    local.create("mails", key=KEY, columns=[("read", "STRING")], indexes=[index])
    put(local, "zhang", 1, "a")
    put(local, "zhang", 2, "b")
    transaction_id = begin(local)
    put(local, "zhang", 1, "z", transaction_id)
    local.client.delete_row("mails", Row(key("zhang", 2)), Condition("IGNORE"), None, transaction_id)
    put(local, "zhang", 3, "c", transaction_id)
    assert refused(put, local, "zhang", 4, "v" * 1025, transaction_id)[1] == "OTSParameterInvalid"
    order = [*names, *(name for name in ("user", "mail") if name not in names)]
    values = [dict(row.primary_key)["read"] for row in local.scan("by_read", order)]
    assert values == ["a", "b"]
    local.client.commit_transaction(transaction_id)
    values = [dict(row.primary_key)["read"] for row in local.scan("by_read", order)]
    assert values == ["c", "z"]


def test_versions_are_numbered_when_they_are_written(mails):
    transaction_id = begin(mails)
    written = int(mails.clock.now() * 1000)
    put(mails, "zhang", 1, 7, transaction_id)
    mails.clock.advance(30)
    mails.client.commit_transaction(transaction_id)
    _, row, _ = mails.client.get_row("mails", key("zhang", 1))
    assert row.attribute_columns == [("read", 7, written)]


def test_a_transaction_takes_4_mb(mails, refused):
    transaction_id = begin(mails)
    for mail in (10, 11):
        put(mails, "zhang", mail, "v" * (2 * 1024 * 1024 - 100), transaction_id)
    status, code, _ = refused(put, mails, "zhang", 12, "v" * 1000, transaction_id)
    assert (status, code) == (400, "OTSOutOfTransactionDataSizeLimit")
    put(mails, "zhang", 13, 1, transaction_id)
    mails.client.commit_transaction(transaction_id)
    assert [mail for mail, _ in ranged(mails, "zhang")] == [1, 3, 5, 10, 11, 13]


def test_a_deleted_table_takes_its_transactions_with_it(mails, refused):
    transaction_id = begin(mails)
    put(mails, "zhang", 1, 7, transaction_id)
    mails.client.delete_table("mails")
    mails.create("mails", key=KEY)
    assert refused(mails.client.commit_transaction, transaction_id) == ENDED
    assert ranged(mails, "zhang") == []


def test_open_transactions_end_with_the_process_and_committed_ones_stay(start, refused, tmp_path):
    first = start(tmp_path)
    first.create("mails", key=KEY)
    committed, open_one = begin(first, "zhang"), begin(first, "li")
    put(first, "zhang", 1, 7, committed)
    put(first, "li", 1, 7, open_one)
    first.client.commit_transaction(committed)
    second = start(tmp_path)
    assert ranged(second, "zhang") == [(1, {"read": 7})]
    assert ranged(second, "li") == []
    assert refused(second.client.commit_transaction, open_one) == ENDED
    put(second, "li", 1, 8)
