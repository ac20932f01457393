"""Versioned rows over a Tablestore client that loses answers, is overtaken, or is busy."""

from __future__ import annotations

import json
from typing import Any

import pytest
import tablestore
import urllib3.exceptions

from shared.clients.control_table import ControlTable
from shared.clients.retries import TRIES, Retries
from shared.clients.rows import BATCH_ROWS, VERSION, WRITE_TOKEN, Key, Rows
from shared.domain.job import Reason
from shared.domain.lingering import Lingering
from shared.domain.slot import Slot
from shared.domain.sweeping import SweepProgress
from shared.errors import Conflict, Permanent, RetryLater

KEY: Key = [("name", "slot")]
FIRST_TOKEN, SECOND_TOKEN = "0000" + "0" * 12, "0001" + "0" * 12


def service_error(code: str) -> tablestore.OTSServiceError:
    return tablestore.OTSServiceError(400, code, f"the message of {code}", "request-id")


LOST = urllib3.exceptions.ReadTimeoutError(None, "/PutRow", "timed out")  # type: ignore[arg-type]
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


class FakeClient:
    """One table in a dictionary, behind the calls of ``OTSClient`` that are used.

    ``script`` says for each put what happens beside it: ``"lose"`` applies the put and raises the error that
    stands with it, ``"drop"`` raises without applying it, ``"ok"`` is nothing special.
    """

    def __init__(self) -> None:
        self.rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        self.script: list[tuple[str, Exception | None]] = []
        self.puts: list[tuple[Any, Any]] = []
        self.gets = 0
        self.get_errors: list[Exception] = []
        self.ranges: list[dict[str, Any]] = []
        self.pages: list[tuple[list[Any], int | None]] = []
        self.batches: list[int] = []
        self.before_put = lambda: None

    def get_row(self, table: str, key: Key, max_version: int) -> tuple[Any, Any, Any]:
        self.gets += 1
        if self.get_errors:
            raise self.get_errors.pop(0)
        columns = self.rows.get(tuple(key))
        return None, None if columns is None else self._row(tuple(key), columns), None

    def put_row(self, table: str, row: Any, condition: Any) -> None:
        self.before_put()
        effect, error = self.script.pop(0) if self.script else ("ok", None)
        self.puts.append((row, condition))
        if effect == "drop":
            assert error is not None
            raise error
        key, stored = tuple(row.primary_key), self.rows.get(tuple(row.primary_key))
        expectation = condition.get_row_existence_expectation()
        if expectation == tablestore.RowExistenceExpectation.EXPECT_NOT_EXIST:
            holds = stored is None
        else:
            wanted = condition.get_column_condition()
            assert wanted.pass_if_missing is False
            assert wanted.comparator == tablestore.ComparatorType.EQUAL
            holds = stored is not None and stored.get(wanted.column_name) == wanted.column_value
        if not holds:
            raise service_error("OTSConditionCheckFail")
        self.rows[key] = dict(row.attribute_columns)
        if error is not None:
            raise error

    def get_range(self, table: str, direction: str, start: Any, end: Any, **options: Any) -> tuple[Any, ...]:
        self.ranges.append({"table": table, "direction": direction, "start": start, "end": end, **options})
        numbers, following = self.pages.pop(0)
        rows = [
            self._row(number, self.rows[number])
            if number in self.rows
            else self._row((("name", str(number)),), {"number": number})
            for number in numbers
        ]
        return None, None if following is None else [("name", str(following))], rows, None

    def batch_get_row(self, request: Any) -> Any:
        ((_, item),) = request.items.items()
        self.batches.append(len(item.primary_keys))
        outer = self

        class Item:
            def __init__(self, key: Any) -> None:
                columns = outer.rows.get(tuple(key))
                self.is_ok, self.row = True, None if columns is None else outer._row(tuple(key), columns)

        class Response:
            def get_result_by_table(self, table: str) -> list[Item]:
                return [Item(key) for key in item.primary_keys]

        return Response()

    @staticmethod
    def _row(key: tuple[Any, ...], columns: dict[str, Any]) -> Any:
        return tablestore.Row(list(key), [(name, value, 0) for name, value in columns.items()])


class Bench:
    """Rows over a fake client, with the sleeps and tokens that were asked for."""

    def __init__(self) -> None:
        self.client = FakeClient()
        self.sleeps: list[float] = []
        self.tokens = iter(f"{number:04x}{'0' * 12}" for number in range(100))
        retries = Retries(sleep=self.sleeps.append, random=lambda: 0.5, now=lambda: sum(self.sleeps))
        self.rows = Rows(self.client, "control", lambda: next(self.tokens), retries)

    @property
    def stored(self) -> dict[str, Any] | None:
        return self.client.rows.get(tuple(KEY))

    def written_tokens(self) -> list[str]:
        return [dict(row.attribute_columns)[WRITE_TOKEN] for row, _ in self.client.puts]


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
    bench.client.script = [(effect, error)] + [("drop", error)] * 20
    with pytest.raises(RetryLater) as raised:
        bench.rows.put(KEY, {"a": 1}, expected=None)
    assert not isinstance(raised.value, Conflict)
    assert len(bench.client.puts) == TRIES
    assert sum(bench.sleeps) < 1.1


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("OTSServerBusy", RetryLater),
        ("OTSPartitionUnavailable", RetryLater),
        ("OTSRowOperationConflict", RetryLater),
        ("OTSTableNotReady", RetryLater),
        ("OTSNotEnoughCapacityUnit", RetryLater),
        ("OTSQuotaExhausted", RetryLater),
        ("OTSAuthFailed", Permanent),
        ("OTSObjectNotExist", Permanent),
        ("OTSParameterInvalid", Permanent),
        ("SomethingNew", Permanent),
    ],
)
def test_a_busy_table_is_tried_again_and_a_refusal_is_not_argued_with(
    bench: Bench, code: str, expected: type[Exception]
) -> None:
    bench.client.script = [("drop", service_error(code))] * 20
    with pytest.raises(expected) as raised:
        bench.rows.put(KEY, {"a": 1}, expected=None)
    assert type(raised.value) is expected
    assert len(bench.client.puts) == (TRIES if expected is RetryLater else 1)


def test_a_read_without_an_answer_is_made_again_a_few_times(bench: Bench) -> None:
    bench.client.rows[tuple(KEY)] = {"a": 1}
    bench.client.get_errors = [LOST]
    assert bench.rows.get(KEY) == {"name": "slot", "a": 1}
    bench.client.get_errors = [LOST] * 20
    with pytest.raises(RetryLater):
        bench.rows.get(KEY)
    assert bench.client.gets == 2 + TRIES


@pytest.mark.parametrize(
    ("code", "expected"),
    [("OTSServerBusy", RetryLater), ("OTSTimeout", RetryLater), ("OTSAuthFailed", Permanent)],
)
def test_a_read_that_is_refused_for_good_is_not_repeated(
    bench: Bench, code: str, expected: type[Exception]
) -> None:
    bench.client.get_errors = [service_error(code)] * 20
    with pytest.raises(expected):
        bench.rows.get(KEY)
    assert bench.client.gets == (TRIES if expected is RetryLater else 1)


def test_a_conflict_whose_look_fails_is_not_taken_for_either(bench: Bench) -> None:
    bench.client.rows[tuple(KEY)] = {"a": 1, VERSION: 5, WRITE_TOKEN: "foreign"}
    bench.client.get_errors = [LOST] * 20
    with pytest.raises(RetryLater) as raised:
        bench.rows.put(KEY, {"a": 1}, expected=4)
    assert not isinstance(raised.value, Conflict)


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


def test_many_rows_are_found_in_batches_and_missing_ones_left_out(bench: Bench) -> None:
    keys: list[Key] = [[("name", f"n{number}")] for number in range(2 * BATCH_ROWS + 1)]
    bench.client.rows = {tuple(key): {"a": number} for number, key in enumerate(keys) if number % 2}
    found = bench.rows.find(keys)
    assert [row["a"] for row in found] == list(range(1, 2 * BATCH_ROWS + 1, 2))
    assert bench.client.batches == [BATCH_ROWS, BATCH_ROWS, 1]
    assert bench.rows.find([]) == []


# -- the slot and the sweep's cursor --------------------------------------------------------------

FULL = Slot(
    holders=("a-1", "b-2"),
    taken_at=5,
    closed_until=9,
    trouble=Reason("Throttling", "慢一点"),
    refusals=3,
    durations=(1, 2, 3),
    kept=7,
)


@pytest.mark.parametrize("slot", [Slot(), FULL], ids=["empty", "full"])
def test_a_slot_comes_back_from_its_row_as_it_was(bench: Bench, slot: Slot) -> None:
    control = ControlTable(bench.rows)
    assert control.slot() == Slot()
    saved = control.save_slot(Slot(), slot)
    assert saved.version == 1
    assert control.slot() == saved
    again = control.save_slot(saved, saved.taken("c-3", 10))
    assert control.slot() == again
    assert again.version == 2


def test_of_two_who_change_the_slot_one_is_told(bench: Bench) -> None:
    control = ControlTable(bench.rows)
    start = control.save_slot(Slot(), Slot())
    control.save_slot(start, start.taken("a-1", 1))
    with pytest.raises(Conflict):
        control.save_slot(start, start.taken("b-1", 1))
    with pytest.raises(Conflict):
        control.save_slot(Slot(), Slot().taken("b-1", 1))
    assert control.slot().holders == ("a-1",)


def test_how_far_the_sweep_has_come_is_kept_beside_the_slot(bench: Bench) -> None:
    control = ControlTable(bench.rows)
    bench.client.pages = [([], None)]
    assert control.read_all() == (Slot(), SweepProgress(), Lingering())
    saved = control.save_sweep(SweepProgress(), SweepProgress(cursor="people/li/a.jpg", rests_until=7))
    slot = control.save_slot(Slot(), FULL)
    bench.client.pages = [(list(bench.client.rows), None)]
    assert control.read_all() == (slot, saved, Lingering())


def test_of_two_who_sweep_the_same_page_one_is_told(bench: Bench) -> None:
    control = ControlTable(bench.rows)
    start = control.save_sweep(SweepProgress(), SweepProgress(cursor="people/a"))
    control.save_sweep(start, start.past("people/b", clean=True, now=1))
    with pytest.raises(Conflict):
        control.save_sweep(start, start.past("people/b", clean=True, now=1))


def test_fields_of_a_later_version_inside_the_slots_trouble_are_ignored(bench: Bench) -> None:
    value = {"trouble": {"code": "c", "message": "m", "link": "https://…"}, "colour": "green"}
    bench.client.rows[tuple(KEY)] = {"value": json.dumps(value), VERSION: 3, WRITE_TOKEN: "t"}
    assert ControlTable(bench.rows).slot() == Slot(version=3, trouble=Reason("c", "m"))
