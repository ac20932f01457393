"""Versioned rows over a Tablestore client that loses answers, is overtaken, or is busy."""

from __future__ import annotations

import pytest
import tablestore
import urllib3.exceptions

from shared.clients.retries import TRIES
from shared.clients.row_batches import BATCH_READS
from shared.clients.rows import VERSION, WRITE_TOKEN
from shared.clients.table_calls import Key
from shared.errors import AccountTrouble, Conflict, Permanent, RequestTrouble, RetryLater
from tests.unit.table import KEY, Bench, service_error

FIRST_TOKEN, SECOND_TOKEN = "0000" + "0" * 12, "0001" + "0" * 12
LOST = urllib3.exceptions.ReadTimeoutError(urllib3.HTTPConnectionPool("ots"), "/PutRow", "timed out")
NO_ANSWERS = {
    "read time-out": LOST,
    "closed": urllib3.exceptions.ProtocolError("Connection aborted."),
    "reset": ConnectionResetError(104, "reset"),
    "client error": tablestore.OTSClientError("the answer cannot be read"),
    "OTSTimeout": service_error("OTSTimeout"),
    "OTSInternalServerError": service_error("OTSInternalServerError"),
    "OTSServerUnavailable": service_error("OTSServerUnavailable"),
    "OTSRequestTimeout": service_error("OTSRequestTimeout"),
}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_new_row_gets_version_one_and_each_write_the_next(bench: Bench) -> None:
    assert bench.rows.put(KEY, {"a": 1}, expected=None) == 1
    assert bench.rows.put(KEY, {"a": 2}, expected=1) == 2
    assert bench.stored == {"a": 2, VERSION: 2, WRITE_TOKEN: SECOND_TOKEN}
    assert bench.rows.get(KEY) == {"name": "slot", "a": 2, VERSION: 2, WRITE_TOKEN: SECOND_TOKEN}
    assert bench.sleeps == []


def test_a_write_replaces_the_whole_row(bench: Bench) -> None:
    bench.rows.put(KEY, {"a": 1, "lane": 3}, expected=None)
    bench.rows.put(KEY, {"a": 1}, expected=1)
    assert bench.stored is not None
    assert "lane" not in bench.stored


def test_a_row_that_is_not_there_is_none(bench: Bench) -> None:
    assert bench.rows.get(KEY) is None


@pytest.mark.parametrize("expected", [None, 1, 3])
def test_a_write_on_top_of_anything_but_what_was_read_is_a_conflict(
    bench: Bench, expected: int | None
) -> None:
    bench.rows.put(KEY, {"a": 1}, expected=None)
    bench.rows.put(KEY, {"a": 2}, expected=1)
    with pytest.raises(Conflict):
        bench.rows.put(KEY, {"a": 3}, expected=expected)
    assert bench.stored is not None
    assert bench.stored["a"] == 2
    assert len(bench.client.puts) == 3


def test_a_write_on_top_of_a_row_that_is_gone_is_a_conflict(bench: Bench) -> None:
    with pytest.raises(Conflict):
        bench.rows.put(KEY, {"a": 1}, expected=4)


@pytest.mark.parametrize("error", NO_ANSWERS.values(), ids=NO_ANSWERS)
@pytest.mark.parametrize("expected", [None, 1])
def test_a_write_whose_answer_was_lost_is_recognised_as_our_own(
    bench: Bench, error: Exception, expected: int | None
) -> None:
    if expected:
        bench.client.rows[tuple(KEY)] = {"a": 0, VERSION: expected, WRITE_TOKEN: "before"}
    bench.client.script = [("lose", error)]
    assert bench.rows.put(KEY, {"a": 1}, expected=expected) == (expected or 0) + 1
    assert bench.written_tokens() == [FIRST_TOKEN, FIRST_TOKEN]
    assert bench.stored == {"a": 1, VERSION: (expected or 0) + 1, WRITE_TOKEN: FIRST_TOKEN}


@pytest.mark.parametrize("error", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_a_write_that_never_arrived_is_made_again(bench: Bench, error: Exception) -> None:
    bench.client.script = [("drop", error), ("drop", error)]
    assert bench.rows.put(KEY, {"a": 1}, expected=None) == 1
    assert bench.written_tokens() == [FIRST_TOKEN] * 3
    assert len(bench.sleeps) == 2


def test_a_foreign_write_that_came_between_is_a_conflict_and_stays(bench: Bench) -> None:
    foreign = {"a": 9, VERSION: 1, WRITE_TOKEN: "foreign"}

    def another_run_is_first() -> None:
        if len(bench.client.puts) == 1:
            bench.client.rows[tuple(KEY)] = dict(foreign)

    bench.client.before_put = another_run_is_first
    bench.client.script = [("drop", LOST)]
    with pytest.raises(Conflict):
        bench.rows.put(KEY, {"a": 1}, expected=None)
    assert bench.stored == foreign


def test_a_write_that_was_overtaken_after_its_answer_was_lost_is_a_conflict(bench: Bench) -> None:
    def another_run_goes_on() -> None:
        if len(bench.client.puts) == 1:
            bench.client.rows[tuple(KEY)] = {"a": 9, VERSION: 2, WRITE_TOKEN: "foreign"}

    bench.client.before_put = another_run_goes_on
    bench.client.script = [("lose", LOST)]
    with pytest.raises(Conflict):
        bench.rows.put(KEY, {"a": 1}, expected=None)


@pytest.mark.parametrize("error", NO_ANSWERS.values(), ids=NO_ANSWERS)
@pytest.mark.parametrize("effect", ["drop", "lose"])
def test_silence_ends_after_a_bounded_number_of_writes(bench: Bench, effect: str, error: Exception) -> None:
    bench.client.script = [(effect, error), *[("drop", error)] * 20]
    with pytest.raises(RetryLater) as raised:
        bench.rows.put(KEY, {"a": 1}, expected=None)
    assert not isinstance(raised.value, Conflict)
    assert len(bench.client.puts) == TRIES
    assert sum(bench.sleeps) < 1.1


@pytest.mark.parametrize(
    ("code", "expected", "tries"),
    [
        ("OTSServerBusy", RetryLater, TRIES),
        ("OTSPartitionUnavailable", RetryLater, TRIES),
        ("OTSRowOperationConflict", RetryLater, TRIES),
        ("OTSTableNotReady", RetryLater, TRIES),
        ("OTSNotEnoughCapacityUnit", RetryLater, TRIES),
        ("OTSAuthFailed", AccountTrouble, 1),
        ("OTSObjectNotExist", AccountTrouble, 1),
        ("OTSParameterInvalid", RequestTrouble, 1),
        ("OTSOutOfRowSizeLimit", Permanent, 1),
        ("SomethingNew", RequestTrouble, 1),
    ],
)
def test_a_busy_table_is_tried_again_and_a_refusal_is_not_argued_with(
    bench: Bench, code: str, expected: type[Exception], tries: int
) -> None:
    bench.client.script = [("drop", service_error(code))] * 20
    with pytest.raises(expected) as raised:
        bench.rows.put(KEY, {"a": 1}, expected=None)
    assert type(raised.value) is expected
    assert len(bench.client.puts) == tries


def test_a_read_without_an_answer_is_made_again_a_few_times(bench: Bench) -> None:
    bench.client.rows[tuple(KEY)] = {"a": 1}
    bench.client.get_errors = [LOST]
    assert bench.rows.get(KEY) == {"name": "slot", "a": 1}
    bench.client.get_errors = [LOST] * 20
    with pytest.raises(RetryLater):
        bench.rows.get(KEY)
    assert bench.client.gets == 2 + TRIES


@pytest.mark.parametrize(
    ("code", "expected", "tries"),
    [
        ("OTSServerBusy", RetryLater, TRIES),
        ("OTSTimeout", RetryLater, TRIES),
        ("OTSAuthFailed", AccountTrouble, 1),
    ],
)
def test_a_read_that_is_refused_for_good_is_not_repeated(
    bench: Bench, code: str, expected: type[Exception], tries: int
) -> None:
    bench.client.get_errors = [service_error(code)] * 20
    with pytest.raises(expected):
        bench.rows.get(KEY)
    assert bench.client.gets == tries


def test_a_conflict_whose_look_fails_is_not_taken_for_either(bench: Bench) -> None:
    bench.client.rows[tuple(KEY)] = {"a": 1, VERSION: 5, WRITE_TOKEN: "foreign"}
    bench.client.script = [("drop", LOST)]
    bench.client.get_errors = [LOST] * 20
    with pytest.raises(RetryLater) as raised:
        bench.rows.put(KEY, {"a": 1}, expected=4)
    assert not isinstance(raised.value, Conflict)


def test_a_first_write_that_is_refused_is_known_to_be_overtaken_without_a_look(bench: Bench) -> None:
    bench.client.rows[tuple(KEY)] = {"a": 1, VERSION: 5, WRITE_TOKEN: "foreign"}
    with pytest.raises(Conflict):
        bench.rows.put(KEY, {"a": 1}, expected=4)
    assert bench.client.gets == 0


def test_a_range_goes_on_over_pages_even_empty_ones(bench: Bench) -> None:
    bench.client.pages = [([1, 2], 3), ([], 3), ([3], None)]
    found = bench.rows.range([("name", "a")], [("name", "z")])
    assert [row["number"] for row in found] == [1, 2, 3]
    assert [call["start"] for call in bench.client.ranges] == [
        [("name", "a")],
        [("name", "3")],
        [("name", "3")],
    ]
    assert {call["table"] for call in bench.client.ranges} == {"control"}


def test_a_range_asks_for_no_more_than_is_left_of_its_limit(bench: Bench) -> None:
    bench.client.pages = [([1, 2], 3), ([3], 4), ([5], None)]
    found = bench.rows.range(
        [("name", "z")], [("name", "a")], limit=3, backward=True, index="by_state", columns=["x"]
    )
    assert [row["number"] for row in found] == [1, 2, 3]
    assert [call["limit"] for call in bench.client.ranges] == [3, 1]
    first = bench.client.ranges[0]
    assert (first["table"], first["direction"]) == ("by_state", tablestore.Direction.BACKWARD)
    assert first["columns_to_get"] == ["x"]


def test_many_rows_are_found_in_batches_each_in_the_place_of_its_key(bench: Bench) -> None:
    keys: list[Key] = [[("name", f"n{number}")] for number in range(2 * BATCH_READS + 1)]
    bench.client.rows = {tuple(key): {"a": number} for number, key in enumerate(keys) if number % 2}
    found = bench.rows.find_each(keys)
    assert found == [
        {"name": f"n{number}", "a": number} if number % 2 else None for number in range(2 * BATCH_READS + 1)
    ]
    assert bench.client.batches == [BATCH_READS, BATCH_READS, 1]
    assert bench.rows.find_each([]) == []


KEYS: list[Key] = [[("name", name)] for name in "abc"]


def throttled(bench: Bench, *codes: str) -> Bench:
    """The bench with three rows, of which the second is refused with ``codes``."""
    bench.client.rows = {tuple(key): {"a": number} for number, key in enumerate(KEYS)}
    bench.client.refusals = {tuple(KEYS[1]): list(codes)}
    return bench


def test_a_row_that_fails_in_a_batch_is_asked_for_once_more_and_alone(bench: Bench) -> None:
    found = throttled(bench, "OTSPartitionUnavailable").rows.find_each(KEYS)
    assert [row["a"] for row in found if isinstance(row, dict)] == [0, 1, 2]
    assert bench.client.batches == [3, 1]
    assert len(bench.sleeps) == 1


def test_a_row_that_stays_unavailable_does_not_keep_back_the_others(bench: Bench) -> None:
    first, failed, last = throttled(bench, *["OTSPartitionUnavailable"] * 9).rows.find_each(KEYS)
    assert (first, last) == ({"name": "a", "a": 0}, {"name": "c", "a": 2})
    assert isinstance(failed, RetryLater)
    assert failed.code == "OTSPartitionUnavailable"
    assert bench.client.batches == [3, 1]


def test_rows_that_were_read_are_kept_when_the_second_call_fails(bench: Bench) -> None:
    throttled(bench, "OTSServerBusy")

    def no_answer_any_more(seconds: float) -> None:
        bench.client.get_errors = [LOST] * 9

    bench.rows._retries = bench.rows._retries._replace(sleep=no_answer_any_more)
    first, failed, last = bench.rows.find_each(KEYS)
    assert isinstance(failed, RetryLater)
    assert (first, last) == ({"name": "a", "a": 0}, {"name": "c", "a": 2})


def test_a_batch_without_an_answer_is_made_again_a_few_times(bench: Bench) -> None:
    throttled(bench).client.get_errors = [LOST]
    assert None not in bench.rows.find_each(KEYS)
    bench.client.get_errors = [LOST] * 9
    with pytest.raises(RetryLater):
        bench.rows.find_each(KEYS)
    assert bench.client.batches == [3] * (2 + TRIES)
