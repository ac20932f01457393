"""Local transactions: isolation, commit and abort."""

from __future__ import annotations

from pathlib import Path

import pytest
from tablestore import (
    INF_MAX,
    INF_MIN,
    Condition,
    Row,
    SecondaryIndexMeta,
    SecondaryIndexType,
    SingleColumnCondition,
)

from tests.contracts.tablestore_client.contract.calls import CONDITION_FAILED, refused
from tests.emulators.tablestore.mails import ENDED, KEY, begin, key, put, read_range
from tests.emulators.tablestore.support import Emulator, StartEmulator


def test_a_write_is_visible_inside_at_once_and_outside_after_the_commit(mails: Emulator) -> None:
    transaction_id = begin(mails)
    put(mails, "zhang", 1, 7, transaction_id)
    assert mails.get("mails", key("zhang", 1), transaction_id=transaction_id) == {"read": 7}
    assert mails.get("mails", key("zhang", 1)) == {"read": 0}
    mails.client.commit_transaction(transaction_id)
    assert mails.get("mails", key("zhang", 1)) == {"read": 7}


def test_an_abort_drops_all_writes(mails: Emulator) -> None:
    transaction_id = begin(mails)
    put(mails, "zhang", 1, 7, transaction_id)
    mails.client.delete_row("mails", Row(key("zhang", 3)), Condition("IGNORE"), None, transaction_id)
    mails.client.abort_transaction(transaction_id)
    assert read_range(mails, "zhang") == [(1, {"read": 0}), (3, {"read": 0}), (5, {"read": 0})]
    put(mails, "zhang", 1, 8)


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("limit", [None, 100])
def test_a_range_read_inside_sees_rows_that_are_new_changed_and_gone(
    mails: Emulator, backward: bool, limit: int | None
) -> None:
    transaction_id = begin(mails)
    for mail in (0, 3, 4, 9):
        put(mails, "zhang", mail, 7, transaction_id)
    for mail in (1, 4, 8):
        mails.client.delete_row("mails", Row(key("zhang", mail)), Condition("IGNORE"), None, transaction_id)
    expected = [(0, {"read": 7}), (3, {"read": 7}), (5, {"read": 0}), (9, {"read": 7})]
    inside = read_range(mails, "zhang", transaction_id, backward, limit=limit)
    assert inside == (expected[::-1] if backward else expected)
    assert [mail for mail, _ in read_range(mails, "zhang")] == [1, 3, 5]
    mails.client.commit_transaction(transaction_id)
    assert read_range(mails, "zhang") == expected


@pytest.mark.parametrize(
    ("direction", "ends", "mails_read"),
    [("FORWARD", (1, 5), [1, 2, 4]), ("BACKWARD", (5, 1), [5, 4, 2]), ("FORWARD", (2, 3), [2])],
)
def test_a_range_read_inside_keeps_to_its_ends(
    mails: Emulator, direction: str, ends: tuple[int, int], mails_read: list[int]
) -> None:
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


def test_pages_read_inside_join_without_loss_or_repetition(mails: Emulator) -> None:
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


def test_conditions_and_increments_see_the_writes_of_the_transaction(mails: Emulator) -> None:
    transaction_id = begin(mails)
    row = Row(key("zhang", 1), {"INCREMENT": [("read", 2)]})
    for expected in (0, 2):
        guard = Condition("EXPECT_EXIST", SingleColumnCondition("read", expected, 0, False))
        mails.client.update_row("mails", row, guard, None, transaction_id)
    guard = Condition("IGNORE", SingleColumnCondition("read", 0, 0, False))
    answer = refused(mails.client.update_row, "mails", row, guard, None, transaction_id)
    assert answer == CONDITION_FAILED
    mails.client.commit_transaction(transaction_id)
    assert mails.get("mails", key("zhang", 1)) == {"read": 4}


@pytest.mark.parametrize("kind", [SecondaryIndexType.GLOBAL_INDEX, SecondaryIndexType.LOCAL_INDEX])
def test_indexes_follow_at_the_commit(emulator: Emulator, kind: int) -> None:
    names = ["user", "read"] if kind == SecondaryIndexType.LOCAL_INDEX else ["read"]
    index = SecondaryIndexMeta("by_read", names, [], kind)
    emulator.create("mails", key=KEY, columns=[("read", "STRING")], indexes=[index])
    put(emulator, "zhang", 1, "a")
    put(emulator, "zhang", 2, "b")
    transaction_id = begin(emulator)
    put(emulator, "zhang", 1, "z", transaction_id)
    emulator.client.delete_row("mails", Row(key("zhang", 2)), Condition("IGNORE"), None, transaction_id)
    put(emulator, "zhang", 3, "c", transaction_id)
    assert refused(put, emulator, "zhang", 4, "v" * 1025, transaction_id)[1] == "OTSParameterInvalid"
    order = [*names, *(name for name in ("user", "mail") if name not in names)]
    values = [dict(row.primary_key)["read"] for row in emulator.scan("by_read", order)]
    assert values == ["a", "b"]
    emulator.client.commit_transaction(transaction_id)
    values = [dict(row.primary_key)["read"] for row in emulator.scan("by_read", order)]
    assert values == ["c", "z"]


def test_versions_are_numbered_when_they_are_written(mails: Emulator) -> None:
    transaction_id = begin(mails)
    written_at_ms = mails.now_ms
    put(mails, "zhang", 1, 7, transaction_id)
    mails.clock.advance(30)
    mails.client.commit_transaction(transaction_id)
    _, row, _ = mails.client.get_row("mails", key("zhang", 1))
    assert row.attribute_columns == [("read", 7, written_at_ms)]


def test_a_transaction_takes_4_mb(mails: Emulator) -> None:
    transaction_id = begin(mails)
    for mail in (10, 11):
        put(mails, "zhang", mail, "v" * (2 * 1024 * 1024 - 100), transaction_id)
    status, code, _ = refused(put, mails, "zhang", 12, "v" * 1000, transaction_id)
    assert (status, code) == (400, "OTSOutOfTransactionDataSizeLimit")
    put(mails, "zhang", 13, 1, transaction_id)
    mails.client.commit_transaction(transaction_id)
    assert [mail for mail, _ in read_range(mails, "zhang")] == [1, 3, 5, 10, 11, 13]


def test_deleting_a_table_ends_its_transactions(mails: Emulator) -> None:
    transaction_id = begin(mails)
    put(mails, "zhang", 1, 7, transaction_id)
    mails.client.delete_table("mails")
    mails.create("mails", key=KEY)
    assert refused(mails.client.commit_transaction, transaction_id) == ENDED
    assert read_range(mails, "zhang") == []


def test_open_transactions_end_with_the_process_and_committed_ones_stay(
    start: StartEmulator, tmp_path: Path
) -> None:
    first = start(tmp_path)
    first.create("mails", key=KEY)
    committed, uncommitted = begin(first, "zhang"), begin(first, "li")
    put(first, "zhang", 1, 7, committed)
    put(first, "li", 1, 7, uncommitted)
    first.client.commit_transaction(committed)
    second = start(tmp_path)
    assert read_range(second, "zhang") == [(1, {"read": 7})]
    assert read_range(second, "li") == []
    assert refused(second.client.commit_transaction, uncommitted) == ENDED
    put(second, "li", 1, 8)
