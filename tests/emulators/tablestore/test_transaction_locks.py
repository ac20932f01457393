"""Local transactions: their start, the lock of a partition key, and their end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tablestore import (
    INF_MIN,
    PK_AUTO_INCR,
    BatchWriteRowRequest,
    Condition,
    PutRowItem,
    Row,
    SecondaryIndexMeta,
    TableInBatchWriteRowItem,
    UpdateRowItem,
)

from aliyun_local.tablestore.errors import TableStoreError
from tests.contracts.tablestore_client.contract.calls import INSTANCE, MISSING_TABLE, Key, refused
from tests.emulators.tablestore.mails import CONFLICT, ENDED, KEY, begin, key, put, read_range
from tests.emulators.tablestore.support import PLAIN_KEY, PLAIN_OPTIONS, Emulator, StartEmulator

DISABLED = (
    400,
    "OTSParameterInvalid",
    "Try to call method using explicit transaction on explicit-transaction-disabled table.",
)


def test_a_partition_key_with_an_open_transaction_is_locked_for_others(mails: Emulator) -> None:
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


def test_of_many_transactions_that_start_at_once_one_gets_the_key(mails: Emulator) -> None:
    def attempt(_: int) -> str:
        try:
            return mails.store.start_local_transaction(INSTANCE, "mails", [("user", "zhang")])
        except TableStoreError as refusal:
            return refusal.code

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(attempt, range(64)))
    assert outcomes.count("OTSRowOperationConflict") == 63


def test_keys_of_different_tables_are_held_apart(mails: Emulator) -> None:
    begin(mails)
    mails.create("others", key=KEY)
    mails.client.start_local_transaction("others", [("user", "zhang")])


def test_a_transaction_keeps_to_its_partition_key_and_table(mails: Emulator) -> None:
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


def test_a_transaction_ends_by_itself_after_a_minute(mails: Emulator) -> None:
    transaction_id = begin(mails)
    put(mails, "zhang", 1, 7, transaction_id)
    mails.clock.advance(59.999)
    assert refused(put, mails, "zhang", 1, 8) == CONFLICT
    mails.clock.advance(0.001)
    assert refused(put, mails, "zhang", 1, 8, transaction_id) == ENDED
    put(mails, "zhang", 1, 8)
    assert refused(mails.client.commit_transaction, transaction_id) == ENDED
    assert mails.get("mails", key("zhang", 1)) == {"read": 8}


def test_an_expired_transaction_releases_its_key(mails: Emulator) -> None:
    old = begin(mails)
    mails.clock.advance(60)
    new = begin(mails)
    assert refused(mails.client.abort_transaction, old) == ENDED
    put(mails, "zhang", 1, 7, new)
    mails.client.commit_transaction(new)
    assert mails.get("mails", key("zhang", 1)) == {"read": 7}


def test_a_transaction_ends_once(mails: Emulator) -> None:
    for end in (mails.client.commit_transaction, mails.client.abort_transaction):
        transaction_id = begin(mails)
        end(transaction_id)
        assert refused(mails.client.commit_transaction, transaction_id) == ENDED
        assert refused(mails.client.abort_transaction, transaction_id) == ENDED
        assert refused(put, mails, "zhang", 1, 1, transaction_id) == ENDED
        assert refused(read_range, mails, "zhang", transaction_id) == ENDED


@pytest.mark.parametrize("malformed_id", ["", "fake_transaction_id", "张" * 32, "0" * 31, "A" * 32])
def test_a_malformed_id_is_refused_differently_from_an_ended_one(mails: Emulator, malformed_id: str) -> None:
    invalid = (400, "OTSParameterInvalid", "TransactionID is invalid.")
    assert refused(mails.client.commit_transaction, malformed_id) == invalid
    assert refused(mails.client.abort_transaction, malformed_id) == invalid
    if malformed_id:
        assert refused(put, mails, "zhang", 1, 1, malformed_id) == invalid
        assert refused(read_range, mails, "zhang", malformed_id) == invalid


def test_a_transaction_belongs_to_its_instance(mails: Emulator) -> None:
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
def test_a_transaction_begins_with_a_partition_key(
    mails: Emulator, partition: Key, code: str, message: str
) -> None:
    assert refused(mails.client.start_local_transaction, "mails", partition) == (400, code, message)


def test_a_transaction_begins_on_a_table(mails: Emulator) -> None:
    start = mails.client.start_local_transaction
    assert refused(start, "none", [("user", "a")]) == MISSING_TABLE
    assert refused(start, "", [("user", "a")]) == (400, "OTSParameterInvalid", "Invalid table name: ''.")


def test_tables_without_transactions_say_so(mails: Emulator) -> None:
    for name, said in (("never", False), ("always", True)):
        mails.store.create_table(INSTANCE, name, PLAIN_KEY, PLAIN_OPTIONS, local_transactions=said)
    assert refused(mails.client.start_local_transaction, "never", [("id", "a")]) == DISABLED
    assert mails.client.start_local_transaction("always", [("id", "a")])
    mails.create("numbered", key=[("user", "STRING"), ("mail", "INTEGER", PK_AUTO_INCR)])
    assert refused(mails.client.start_local_transaction, "numbered", [("user", "a")]) == DISABLED
    index = SecondaryIndexMeta("by_read", ["read"], [])
    mails.create("indexed", key=KEY, columns=[("read", "INTEGER")], indexes=[index])
    assert refused(mails.client.start_local_transaction, "by_read", [("read", 1)]) == DISABLED


@pytest.mark.parametrize("enabled", [True, False])
def test_the_default_for_local_transactions_can_be_set(start: StartEmulator, enabled: bool) -> None:
    emulator = start(local_transactions=enabled)
    emulator.create()
    if enabled:
        assert emulator.client.start_local_transaction("jobs", [("id", "a")])
    else:
        assert refused(emulator.client.start_local_transaction, "jobs", [("id", "a")]) == DISABLED
