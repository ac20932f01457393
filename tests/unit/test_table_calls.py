"""Answers of all kinds to the real SDK: whatever it raises becomes a trouble, and no bug of ours hides."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import tablestore.protobuf.table_store_pb2 as messages
from hypothesis import given
from hypothesis import strategies as st

from shared.clients.credentials import Credentials
from shared.clients.retries import Retries
from shared.clients.row_batches import BATCH_WRITES
from shared.clients.rows import Rows, connect
from shared.clients.table_calls import Key
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, Permanent, RequestTrouble, RetryLater, Trouble
from tests.unit.support import few_examples
from tests.unit.table import Bench, service_error

OF_A_PERSON: Key = [("person_key", "a"), ("revision", 1)]
OF_CONTROL: Key = [("name", "slot")]
OF_AN_INDEX: Key = [("lane", 1), ("due_at", 2)]

KEYS = Credentials(access_key_id="i", access_key_secret="s", security_token="")
CALLS: dict[str, Callable[[Rows], object]] = {
    "GetRow": lambda rows: rows.get(OF_A_PERSON),
    "GetRange": lambda rows: rows.range(OF_A_PERSON, [("person_key", "b"), ("revision", 1)]),
    "BatchGetRow": lambda rows: rows.find_each([OF_A_PERSON]),
    "PutRow": lambda rows: rows.put(OF_A_PERSON, {"a": 1}, expected=None),
    "BatchWriteRow": lambda rows: rows.put_each([(OF_A_PERSON, {"a": 1})]),
}


def rows_answered_with(*bodies: bytes) -> Rows:
    """Rows over the real SDK, to which the service answers with a success and these bodies, then the last."""
    client = connect("https://facechain.cn-beijing.ots.aliyuncs.com", "facechain", KEYS)
    answers = iter(bodies)
    client.connection.send_receive = lambda *_: (200, "OK", {}, next(answers, bodies[-1]))
    # The headers and their signature are tested with the emulator.
    client.protocol.handle_error = lambda *_: None
    return Rows(client, "jobs", lambda: "token", Retries(sleep=lambda _: None, now=lambda: 0))


def with_rows(content: bytes) -> dict[str, bytes]:
    """The answer of each call that returns rows, with ``content`` in place of the rows."""
    consumed = messages.ConsumedCapacity(capacity_unit=messages.CapacityUnit(read=1, write=0))
    one = messages.RowInBatchGetRowResponse(is_ok=True, row=content, consumed=consumed)
    table = messages.TableInBatchGetRowResponse(table_name="jobs", rows=[one])
    return {
        "GetRow": messages.GetRowResponse(consumed=consumed, row=content).SerializeToString(),
        "GetRange": messages.GetRangeResponse(consumed=consumed, rows=content).SerializeToString(),
        "BatchGetRow": messages.BatchGetRowResponse(tables=[table]).SerializeToString(),
    }


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"<html>busy</html>", b"\x0a"], ids=repr)
def test_an_answer_that_is_none_is_tried_again_later(call: str, body: bytes) -> None:
    with pytest.raises(RetryLater) as raised:
        CALLS[call](rows_answered_with(body))
    assert (raised.value.code, raised.value.kind, raised.value.api) == (
        *["tablestore_unreadable", Kind.PASSING, Api.TABLES],
    )


@few_examples
@given(st.binary(max_size=40))
def test_whatever_the_body_is_the_sdk_raises_nothing_but_troubles(body: bytes) -> None:
    for do in CALLS.values():
        with contextlib.suppress(RetryLater):
            do(rows_answered_with(body))


@few_examples
@given(st.binary(min_size=1, max_size=40) | st.binary(max_size=40).map(b"\x75\x00\x00\x00".__add__))
def test_whatever_the_rows_are_the_sdk_raises_nothing_but_troubles(content: bytes) -> None:
    for call, body in with_rows(content).items():
        with contextlib.suppress(RetryLater):
            CALLS[call](rows_answered_with(body))


@pytest.mark.parametrize("call", ["BatchGetRow", "BatchWriteRow"])
def test_a_batch_whose_answer_lacks_rows_is_tried_again_later(call: str) -> None:
    with pytest.raises(RetryLater, match="tablestore_unreadable"):
        CALLS[call](rows_answered_with(b""))


def test_an_answer_that_can_be_read_the_second_time_is_taken() -> None:
    assert rows_answered_with(b"\xff", with_rows(b"")["BatchGetRow"]).find_each([OF_A_PERSON]) == [None]


@pytest.mark.parametrize("mistake", [TypeError, ValueError, KeyError, AttributeError])
def test_a_mistake_of_our_own_is_not_taken_for_the_services(mistake: type[Exception]) -> None:
    rows = rows_answered_with(b"")

    def broken(*_: Any, **__: Any) -> None:
        raise mistake("ours")

    rows._client = SimpleNamespace(get_row=broken)
    with pytest.raises(mistake, match="ours"):
        rows.get(OF_A_PERSON)


def test_text_that_is_no_utf_8_is_written_without_what_is_not() -> None:
    bench = Bench()
    bench.rows.put(OF_CONTROL, {"reason": "half \ud83d of 张"}, expected=None)
    assert bench.stored is not None
    assert bench.stored["reason"] == "half ? of 张"


@pytest.mark.parametrize(
    ("key", "kind"), [(OF_A_PERSON, Kind.PERSON), (OF_CONTROL, Kind.PASSING), (OF_AN_INDEX, Kind.PASSING)]
)
def test_a_partition_is_a_person_only_where_its_key_is_one(key: Key, kind: Kind) -> None:
    bench = Bench()
    bench.client.get_errors = [service_error("OTSPartitionUnavailable")] * 9
    with pytest.raises(RetryLater) as raised:
        bench.rows.get(key)
    assert raised.value.kind is kind
    bench.client.refusals = {tuple(key): ["OTSPartitionUnavailable"] * 2}
    bench.client.get_errors = []
    (found,) = bench.rows.find_each([key])
    assert isinstance(found, RetryLater)
    assert found.kind is kind


def test_trouble_of_all_that_strikes_every_row_of_a_batch_is_no_rows_own() -> None:
    bench = Bench()
    bench.client.refusals = {tuple(key): ["OTSObjectNotExist"] for key in (OF_CONTROL, OF_A_PERSON)}
    with pytest.raises(AccountTrouble):
        bench.rows.find_each([OF_CONTROL, OF_A_PERSON])


# -- many rows at once ---------------------------------------------------------------------------------


def numbered(count: int) -> list[tuple[Key, dict[str, Any]]]:
    return [([("person_key", "a"), ("name", f"{number:03}")], {"n": number}) for number in range(count)]


def test_many_rows_are_written_in_batches() -> None:
    bench, rows = Bench(), numbered(2 * BATCH_WRITES + 1)
    bench.rows.put_each(rows)
    bench.rows.put_each([])
    assert bench.client.rows == {tuple(key): columns for key, columns in rows}
    assert bench.client.batches == [BATCH_WRITES, BATCH_WRITES, 1]


def test_only_the_rows_that_failed_are_written_again() -> None:
    bench, rows = Bench(), numbered(4)
    bench.client.refusals = {
        tuple(rows[1][0]): ["OTSPartitionUnavailable"],
        tuple(rows[2][0]): ["OTSTimeout"] * 2,
    }
    bench.rows.put_each(rows)
    assert bench.client.rows == {tuple(key): columns for key, columns in rows}
    assert bench.client.batches == [4, 2, 1]


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("OTSPartitionUnavailable", RetryLater),
        ("OTSOutOfRowSizeLimit", Permanent),
        ("OTSSomethingNew", RequestTrouble),
    ],
)
def test_a_row_that_is_not_written_is_told_and_keeps_back_no_other(code: str, raised: type[Trouble]) -> None:
    bench, rows = Bench(), numbered(3)
    bench.client.refusals = {tuple(rows[0][0]): [code] * 9, tuple(rows[1][0]): ["OTSServerBusy"]}
    if code == "OTSSomethingNew":
        # Not tried again now, and so the other one is not either.
        del bench.client.refusals[tuple(rows[1][0])]
    with pytest.raises(raised, match=code):
        bench.rows.put_each(rows)
    assert len(bench.client.rows) == 2
