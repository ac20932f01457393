"""What a run learns about the health of the deployment, and what it writes down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.health import HEARTBEAT_MS, MAX_CODE_CHARACTERS, MAX_CODES, OTHER_CODES, SILENCE_MS, Health
from shared.domain.retry_state import Cause, failed_again
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import RetryLater
from shared.workflow.health_record import HealthRecord
from tests.unit.memory import LIFE_MS, Memory
from tests.unit.support import NOW, cause, trouble

BUSY = RetryLater("OTSServerBusy", "…", delay_seconds=1)
WELL = Health(version=1, beat_at=NOW)
REFUSED = cause(Kind.ACCOUNT, Api.FACE_CHECK)


def begun(memory: Memory, health: Health = WELL) -> HealthRecord:
    """The record of a tick that has read ``health``."""
    memory.well_being = health
    record = memory.world().health
    record.begin(health)
    return record


def writes(memory: Memory) -> int:
    return memory.calls.count("save health")


# -- evidence about APIs --------------------------------------------------------------------------


def test_a_run_that_has_not_read_the_health_does_so_for_trouble_of_all_and_for_nothing_else() -> None:
    memory = Memory()
    record = memory.world().health
    record.passed(Api.FACE_CHECK)
    assert record.failed(cause(Kind.PASSING, Api.FACE_CHECK)) == cause(Kind.PASSING, Api.FACE_CHECK)
    assert (memory.calls, record.known, record.is_open(Api.FACE_CHECK)) == ([], None, False)
    record.failed(REFUSED)
    assert memory.calls == ["health", "save health"]
    assert memory.well_being.is_open(Api.FACE_CHECK)


def test_the_same_trouble_again_costs_no_write() -> None:
    record = begun(memory := Memory())
    for _ in range(5):
        record.failed(REFUSED)
    assert writes(memory) == 1


def test_the_log_tells_once_of_an_api_that_is_refused_to_all_and_not_of_a_passing_trouble(
    caplog: pytest.LogCaptureFixture,
) -> None:
    record = begun(Memory())
    record.failed(cause(Kind.PASSING, Api.READING))
    assert caplog.records == []
    for _ in range(2):
        record.failed(REFUSED)
    (line,) = caplog.records
    assert "api_is_refused" in line.getMessage()


def test_an_api_that_serves_is_news_only_when_something_speaks_against_it() -> None:
    record = begun(memory := Memory())
    record.passed(Api.READING)
    assert writes(memory) == 0
    record.failed(cause(Kind.PASSING, Api.READING))
    record.passed(Api.READING)
    assert writes(memory) == 2
    assert memory.well_being.breaker(Api.READING).is_well
    assert record.passed_at(Api.READING) == NOW


@pytest.mark.parametrize("kind", [Kind.PASSING, Kind.UNKNOWN])
def test_trouble_that_may_be_anybodys_is_the_apis_while_that_serves_nobody(kind: Kind) -> None:
    record = begun(Memory())
    assert record.failed(cause(kind, Api.FACE_CHECK)).kind is kind
    record.probe_failed(Api.FACE_CHECK, cause(kind, Api.FACE_CHECK))
    assert record.failed(cause(kind, Api.FACE_CHECK)).kind is Kind.API
    assert record.failed(cause(kind, Api.READING)).kind is kind


@pytest.mark.parametrize("kind", [Kind.OBJECT, Kind.PERSON, Kind.PICTURE, Kind.GONE])
def test_trouble_that_is_known_to_be_of_one_stays_so_whatever_else_is_refused(kind: Kind) -> None:
    record = begun(Memory())
    record.probe_failed(Api.READING, cause(Kind.UNKNOWN, Api.READING))
    assert record.failed(cause(kind, Api.READING)).kind is kind


def test_what_is_said_of_all_to_one_piece_alone_is_doubted_and_the_api_asked_at_once() -> None:
    record = begun(memory := Memory())
    before = failed_again(None, record.failed(REFUSED), NOW)
    memory.time = NOW + 1
    record.passed(Api.FACE_CHECK)
    memory.time = NOW + 2
    assert record.failed(REFUSED, before).kind is Kind.UNKNOWN
    breaker = memory.well_being.breaker(Api.FACE_CHECK)
    assert not breaker.is_open, "nobody else waits"
    assert breaker.wants_probe(memory.time)


def test_what_is_said_of_all_is_believed_of_a_piece_that_has_not_heard_it_before() -> None:
    record = begun(memory := Memory())
    record.failed(REFUSED)
    record.passed(Api.FACE_CHECK)
    memory.time = NOW + 2
    assert record.failed(REFUSED) == REFUSED
    assert memory.well_being.is_open(Api.FACE_CHECK)


def test_while_the_api_serves_nobody_what_is_said_of_all_is_believed_whatever_was_before() -> None:
    record = begun(memory := Memory())
    before = failed_again(None, record.failed(REFUSED), NOW)
    memory.time = NOW + 1
    record.passed(Api.FACE_CHECK)
    record.failed(cause(Kind.ACCOUNT, Api.FACE_CHECK, code="Arrearage"))
    assert record.failed(REFUSED, before) == REFUSED


def test_a_service_in_the_future_is_none() -> None:
    record = begun(memory := Memory())
    record.failed(cause(Kind.PASSING, Api.READING))
    record.passed(Api.READING)
    memory.time = NOW - 1
    assert record.passed_at(Api.READING) == 0


def test_a_piece_without_a_failed_try_is_never_hopeless() -> None:
    assert not begun(Memory()).is_hopeless(None, Api.READING)


def test_trouble_of_our_own_is_of_no_api() -> None:
    record = begun(memory := Memory())
    assert record.failed(cause(Kind.UNKNOWN, None)) == cause(Kind.UNKNOWN, None)
    assert writes(memory) == 0


def test_what_waits_for_an_api_is_tried_once_that_works_however_long_its_pause() -> None:
    memory = Memory()
    world = memory.world()
    waits = trouble(Kind.ACCOUNT, Api.READING, next_try_at=NOW + 1)
    assert not world.may_try(waits, NOW), "a run that has not read the health waits for the pause's end"
    assert world.may_try(waits, NOW + 1)
    world.health.begin(WELL.failed(waits.cause, NOW))
    assert not world.may_try(waits, NOW + 1)
    world.health.passed(Api.READING)
    assert world.may_try(waits, NOW)


def test_what_waits_for_no_api_is_tried_when_its_pause_is_over() -> None:
    world = Memory().world()
    world.health.begin(WELL)
    assert world.may_try(None, NOW)
    assert not world.may_try(trouble(next_try_at=NOW + 1), NOW)
    assert world.may_try(trouble(next_try_at=NOW), NOW)


# -- a row that others write ----------------------------------------------------------------------


def test_what_another_run_has_written_meanwhile_is_kept() -> None:
    record = begun(memory := Memory())
    memory.well_being = replace(WELL, version=9, deaths={"somebody Look": 1})
    record.failed(REFUSED)
    assert memory.well_being.is_open(Api.FACE_CHECK)
    assert memory.well_being.deaths == {"somebody Look": 1}


def test_what_cannot_be_written_now_goes_with_the_next_change() -> None:
    record = begun(memory := Memory())
    memory.troubles["save_health"] = BUSY
    record.failed(REFUSED)
    assert record.is_open(Api.FACE_CHECK), "the run itself knows"
    assert memory.well_being == WELL
    del memory.troubles["save_health"]
    record.failed(cause(Kind.PASSING, Api.READING))
    assert memory.well_being.is_open(Api.FACE_CHECK)
    assert not memory.well_being.breaker(Api.READING).is_well


def test_a_row_that_cannot_be_read_keeps_the_run_from_nothing() -> None:
    memory = Memory()
    memory.troubles["health"] = BUSY
    record = memory.world().health
    record.failed(REFUSED)
    record.note(lambda health: replace(health, settings_id="s"))
    record.end()
    assert (record.known, writes(memory)) == (None, 0)


# -- what kills runs ------------------------------------------------------------------------------


def test_while_all_is_well_a_run_writes_nothing_but_a_heartbeat_now_and_then() -> None:
    record = begun(memory := Memory())
    record.take_in_hand("li Look")
    record.put_down()
    record.end()
    assert writes(memory) == 0
    memory.time = NOW + HEARTBEAT_MS
    record.end()
    assert (writes(memory), memory.well_being.beat_at) == (1, memory.time)


@pytest.mark.parametrize(
    ("health", "is_careful"),
    [
        (WELL, False),
        (replace(WELL, beat_at=NOW - SILENCE_MS + 1), False),
        (replace(WELL, beat_at=NOW - SILENCE_MS), True),
        (replace(WELL, run_began_at=NOW - 2 * LIFE_MS, run_dead_at=NOW - 1), True),
        # The run that said it began may be alive: what it has in hand is not written over.
        (replace(WELL, run_began_at=NOW - 1, run_dead_at=NOW), False),
        (replace(WELL, beat_at=NOW - SILENCE_MS, run_began_at=NOW - 1, run_dead_at=NOW), False),
        # Nobody has ever come to an end: it is the first tick.
        (Health(version=1), False),
    ],
)
def test_a_run_is_careful_after_one_that_has_not_come_to_its_end(health: Health, is_careful: bool) -> None:
    record = begun(memory := Memory(), health)
    record.take_in_hand("li Look")
    assert (memory.well_being.in_hand == "li Look") is is_careful


def test_what_a_careful_run_had_in_hand_when_it_died_has_killed_it() -> None:
    dead = replace(WELL, run_began_at=NOW - LIFE_MS, run_dead_at=NOW - 1, in_hand="li photo E")
    record = begun(memory := Memory(), dead)
    assert (record.has_killed("li photo E"), record.killed_for("li")) == (1, 1)
    assert memory.well_being.deaths == {"li photo E": 1}
    assert (memory.well_being.run_dead_at, memory.well_being.in_hand) == (NOW + LIFE_MS, "")


def test_a_piece_that_was_put_down_again_has_killed_nobody() -> None:
    dead = replace(WELL, run_began_at=NOW - LIFE_MS, run_dead_at=NOW - 1)
    record = begun(memory := Memory(), dead)
    record.take_in_hand("li Look")
    record.put_down()
    memory.time += LIFE_MS + 1
    assert begun(memory, memory.well_being).killed_for("li") == 0


def test_a_careful_run_that_comes_to_its_end_takes_its_word_back() -> None:
    record = begun(memory := Memory(), replace(WELL, beat_at=NOW - SILENCE_MS))
    record.take_in_hand("li Look")
    record.end()
    assert (memory.well_being.run_began_at, memory.well_being.in_hand) == (0, "")
    assert memory.well_being.beat_at == NOW


def test_care_that_begins_late_is_noted_once() -> None:
    record = begun(memory := Memory())
    record.be_careful()
    record.be_careful()
    assert (writes(memory), memory.well_being.run_began_at) == (1, NOW)


def test_a_later_reading_of_the_row_within_a_run_asks_for_no_care() -> None:
    record = begun(memory := Memory())
    memory.time += SILENCE_MS
    record.begin(memory.well_being)
    record.take_in_hand("li Look")
    assert writes(memory) == 0


# -- DashScope's errors by code -----------------------------------------------------------------------


def test_errors_of_dashscope_are_counted_with_what_is_written_anyhow() -> None:
    record = begun(memory := Memory())
    for _ in range(3):
        record.failed(cause(Kind.OBJECT, Api.TRAINING, "Throttled"))
    record.failed(cause(Kind.OBJECT, Api.READING, "NoSuchKey"))
    assert (writes(memory), memory.well_being.errors) == (0, {})
    record.failed(REFUSED)
    assert (writes(memory), memory.well_being.errors) == (1, {"Throttled": 3, REFUSED.code: 1})


def test_errors_are_counted_once_although_the_write_is_made_again() -> None:
    record = begun(memory := Memory())
    memory.troubles["save_health"] = BUSY
    record.failed(REFUSED)
    memory.troubles.clear()
    record.failed(replace_code("other"))
    assert memory.well_being.errors == {REFUSED.code: 1, "other": 1}


def replace_code(code: str) -> Cause:
    return REFUSED._replace(code=code)


def test_codes_without_room_are_counted_as_one() -> None:
    health = Health()
    for number in range(60):
        health = health.with_errors({f"code-{number}": 1})
    assert len(health.errors) == MAX_CODES + 1
    assert health.errors[OTHER_CODES] == 60 - MAX_CODES
    assert sum(health.errors.values()) == 60
    assert list(Health().with_errors({"c" * 500: 1}).errors) == ["c" * MAX_CODE_CHARACTERS]
