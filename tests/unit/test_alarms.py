"""Each alarm of the template fires on the lines that the functions write when it should, and not otherwise.

Queries are played by SQLite on lines of real runs of ``reconcile`` and ``collect``. What stands before the
bar is a search for words, as Simple Log Service splits texts; what stands behind it is standard SQL.
"""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from functions import collect
from shared.domain.job import Reason
from shared.domain.money import LIST_PRICE_FEN
from shared.domain.slot import Pause, Slot
from shared.domain.states import JobState
from shared.logs import log
from shared.workflow.reconciling import reconcile
from tests.stack import PARAMETERS, TEMPLATE
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, fine_tune, job_in
from tests.unit.test_reconciling import quiet

Line = dict[str, str]
BUDGET_CNY = 10
GIVEN: dict[str, object] = {
    "AlarmActionPolicy": "sls.builtin",
    "AlarmWaitSeconds": 3600,
    "AlarmSpendPerDay": BUDGET_CNY,
}
PROPERTIES = TEMPLATE.resolve({**PARAMETERS, **GIVEN}).properties
ALARMS = {
    properties["Detail"]["Name"]: properties["Detail"]
    for name, properties in PROPERTIES.items()
    if TEMPLATE.document["Resources"][name]["Type"] == "ALIYUN::SLS::Alert"
}
DELIMITERS = PROPERTIES["LogIndex"]["FullTextIndex"]["Delimiter"]


def fires(alarm: str, lines: list[Line]) -> bool:
    """Whether the alarm's condition holds for the log that consists of these ``lines``."""
    (query,) = ALARMS[alarm]["Configuration"]["QueryList"]
    words, _, sql = query["Query"].partition("|")
    wanted = set(words.split()) - {"or"}
    split = re.compile(f"[{re.escape(DELIMITERS)}]+")
    found = [
        line for line in lines if wanted & {word for text in line.values() for word in split.split(text)}
    ]
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("PRAGMA case_sensitive_like = on")
        database.create_function("regexp_extract", 3, _extract)
        database.execute("create table log (message text, errorType text)")
        database.executemany(
            "insert into log values (?, ?)", [(line.get("message"), line.get("errorType")) for line in found]
        )
        cursor = database.execute(sql)
        names, (row,) = [column[0] for column in cursor.description], cursor.fetchall()
    (severity,) = ALARMS[alarm]["Configuration"]["SeverityConfigurations"]
    name, sign, limit = severity["EvalCondition"]["Condition"].split()
    value = dict(zip(names, row, strict=True))[name]
    return bool(value < float(limit) if sign == "<" else value > float(limit))


def _extract(text: str | None, pattern: str, group: int) -> str | None:
    match = re.search(pattern, text or "")
    return match[group] if match else None


@pytest.fixture
def written(caplog: pytest.LogCaptureFixture) -> Callable[[Callable[[], Any]], list[Line]]:
    """Return what a run writes, with time, request and level in front, as the runtime's logger puts them."""

    def lines_of(run: Callable[[], Any]) -> list[Line]:
        caplog.set_level(logging.INFO)
        caplog.clear()
        run()
        front = "2026-01-01T00:00:00Z 1-2-3 [INFO] "
        return [{"message": front + record.getMessage()} for record in caplog.records]

    return lines_of


def tick(slot: Slot | None = None, *jobs: Any) -> Callable[[], Any]:
    memory = quiet(Memory(*jobs))
    if slot is not None:
        memory.held = replace(slot, version=1)
    return lambda: reconcile(memory.world())


ARREARS = Slot(
    trouble=Reason("Arrearage", "the account is in arrears"),
    refusals=1,
    halted_since=NOW - 1000,
    halted_until=NOW + 60_000,
)


def test_an_idle_deployment_raises_no_alarm(written: Any) -> None:
    lines = written(tick())
    assert {name for name in ALARMS if fires(name, lines)} == set()


def test_without_a_good_tick_that_alarm_alone_is_raised(written: Any) -> None:
    assert {name for name in ALARMS if fires(name, [])} == {"no-good-tick"}
    refused = written(lambda: log("upload_ignored", key='people/li/{"event": "tick", "blocked_by": ""}'))
    assert fires("no-good-tick", refused), "a name that somebody uploads is no good tick"


def test_a_blocked_account_is_told_once_every_tick_is_blocked(written: Any) -> None:
    blocked, well = written(tick(ARREARS)), written(tick())
    assert fires("the-account-is-blocked", blocked * 3)
    assert not fires("the-account-is-blocked", [*blocked, *well])
    paused = replace(ARREARS, paused=Pause("holidays", "admin", NOW))
    assert not fires("the-account-is-blocked", written(tick(paused)))


@pytest.mark.parametrize(("minutes", "is_told"), [(61, True), (59, False)])
def test_the_longest_wait_is_told_beyond_the_number_that_is_set(
    written: Any, minutes: int, is_told: bool
) -> None:
    trains = job_in(JobState.TRAINING, "wei")
    waits = job_in(JobState.QUEUED, closed_at=NOW - minutes * MINUTE_MS)
    lines = written(tick(Slot(holders=(trains.job_id,), taken_at=NOW), waits, trains))
    assert fires("the-oldest-wait-is-long", lines) is is_told


def test_an_event_that_is_given_up_is_told_and_one_that_is_tried_again_is_not(
    written: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the table is gone")

    monkeypatch.setattr(collect, "build_world", fail)
    monkeypatch.setattr(collect, "parse_oss_event", lambda _: [SimpleNamespace(key="people/li/1.jpg")])

    def run(retries: int) -> list[Line]:
        def handle() -> None:
            with pytest.raises(RuntimeError):
                collect.handler(b"{}", SimpleNamespace(request_id="1", retry_count=retries))

        lines: list[Line] = written(handle)
        return lines

    assert fires("events-have-failed", run(collect.RETRIES))
    assert not fires("events-have-failed", run(0))


@pytest.mark.parametrize("error", ["FunctionOOMError", "FunctionTimeoutError"])
def test_a_run_that_the_platform_has_killed_is_told(error: str) -> None:
    # SLS, "Log fields of Function Compute 3.0".
    assert fires("events-have-failed", [{"functionName": "collect", "errorType": error}])
    assert not fires(
        "events-have-failed", [{"functionName": "collect", "errorType": "FunctionUnhandledError"}]
    )


@pytest.mark.parametrize(("trainings", "is_told"), [(4, False), (5, True)])
def test_the_money_of_a_day_is_told_beyond_the_sum_that_is_set(
    written: Any, trainings: int, is_told: bool
) -> None:
    assert BUDGET_CNY == 4 * LIST_PRICE_FEN / 100
    lines = written(tick(None, job_in(JobState.QUEUED)))
    assert events(lines).count("submitted") == 1, "a submit leaves one line"
    assert fires("money-of-a-day", lines * trainings) is is_told


@pytest.mark.parametrize(("trainings", "is_told"), [(4, False), (5, True)])
def test_a_training_whose_submit_had_no_answer_counts_once(
    written: Any, trainings: int, is_told: bool
) -> None:
    lost = job_in(JobState.SUBMITTING)
    memory = quiet(Memory(lost, slot=Slot(holders=(lost.job_id,))))
    memory.listed = [fine_tune("RUNNING", "ft-1", files=(f"https://photos.oss.example/{lost.files[0]}",))]
    lines = written(lambda: reconcile(memory.world()))
    assert "fine_tune_adopted" in events(lines)
    assert fires("money-of-a-day", lines * trainings) is is_told


def events(lines: list[Line]) -> list[str]:
    return [json.loads(line["message"].partition("] ")[2])["event"] for line in lines]


def test_without_somebody_to_be_told_there_are_no_alarms() -> None:
    kinds = TEMPLATE.document["Resources"]
    made = TEMPLATE.resolve(PARAMETERS).properties
    assert [name for name in made if kinds[name]["Type"] == "ALIYUN::SLS::Alert"] == []
    assert len(ALARMS) == 5


def test_each_line_is_a_record_of_its_own() -> None:
    # Function Compute, "LogConfig": else a record may hold many lines, and a count of records counts too few.
    for name in ("CollectFunction", "ReconcileFunction", "StatusFunction"):
        assert PROPERTIES[name]["LogConfig"]["LogBeginRule"] == "DefaultRegex"
