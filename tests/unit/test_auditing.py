"""Each request that is settled comes to the audit, once its outcome is known, whatever the log store does."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

import pytest

from shared.domain.audit import OF_JOBS, OVERTAKEN, AuditRecord, record_from, record_of, without_name
from shared.domain.control_rows import Doorbell
from shared.domain.person_hash import hash_of
from shared.domain.requests import (
    CANCEL,
    DONE,
    LINK_MADE,
    LINK_REVOKED,
    PAUSE,
    PROBE,
    REDELIVER,
    TRAIN,
    TRY_RECEIVERS,
    Request,
    request_id,
)
from shared.errors import Conflict, RetryLater
from shared.logs import _logger
from shared.workflow.auditing import GIVEN_UP_AFTER_MS, RECORDS_A_RUN, TIME_FOR_THE_AUDIT_MS
from shared.workflow.requests import answer_requests
from tests.unit.memory import Memory
from tests.unit.support import NOW, collecting

KEY = "a key of erasures"
DOWN = RetryLater("no_answer", "Simple Log Service: ReadTimeout", delay_seconds=1)


class AuditLog:
    """An audit in memory; ``trouble`` is met by puts, and with ``is_lost`` they have arrived all the same."""

    def __init__(self) -> None:
        self.puts: list[list[AuditRecord]] = []
        self.trouble: Exception | None = None
        self.is_lost = False
        self.on_put: Callable[[], None] = lambda: None

    def hash_of(self, person_id: str) -> str:
        return hash_of(KEY, person_id)

    def put(self, records: Sequence[AuditRecord]) -> None:
        if self.trouble is None or self.is_lost:
            self.puts.append(list(records))
        self.on_put()
        if self.trouble is not None:
            raise self.trouble

    @property
    def records(self) -> list[AuditRecord]:
        return [record for put in self.puts for record in put]


def request(number: int = 0, kind: str = PROBE, subject: str = "", **changed: object) -> Request:
    name = request_id(NOW + number, "token")
    asked = Request(request_id=name, kind=kind, asked_at=NOW + number, asked_by="admin", subject=subject)
    return replace(asked, **changed)  # type: ignore[arg-type]  # of any type


def rung(*requests: Request, jobs: Sequence[object] = ()) -> Memory:
    memory = Memory(*jobs)  # type: ignore[arg-type]  # jobs
    memory.asked = {one.request_id: one for one in requests}
    memory.bell = Doorbell(is_rung=True, version=1)
    return memory


def tick(memory: Memory, audit: AuditLog | None) -> None:
    answer_requests(memory.world(audit=(lambda: audit) if audit is not None else None), memory.bell)


@pytest.fixture
def audit() -> AuditLog:
    return AuditLog()


def test_requests_that_a_run_settles_come_to_the_audit_together_with_their_outcomes(audit: AuditLog) -> None:
    memory = rung(request(0, PROBE), request(1, PAUSE, reason="the model of Li is wrong"))
    tick(memory, audit)
    assert [[(one.action, one.outcome, one.by) for one in put] for put in audit.puts] == [
        [("probe", "done", "admin"), ("pause", "paused", "admin")]
    ]
    assert all(one.audited_at for one in memory.asked.values())
    assert not memory.bell.is_rung


def test_a_request_comes_to_the_audit_once(audit: AuditLog) -> None:
    memory = rung(request())
    tick(memory, audit)
    memory.bell = replace(memory.bell, is_rung=True)
    tick(memory, audit)
    assert len(audit.records) == 1


def test_what_is_asked_for_waits_for_no_log_store_and_is_recorded_when_it_answers(audit: AuditLog) -> None:
    memory = rung(request(0, PAUSE, reason="why"))
    audit.trouble = DOWN
    tick(memory, audit)
    assert memory.held.paused is not None
    assert (audit.records, memory.bell.is_rung) == ([], True)
    audit.trouble = None
    tick(memory, audit)
    assert [one.action for one in audit.records] == ["pause"]
    assert not memory.bell.is_rung


def test_a_lost_answer_puts_the_record_again_under_its_id(audit: AuditLog) -> None:
    memory = rung(request())
    audit.trouble, audit.is_lost = DOWN, True
    tick(memory, audit)
    audit.trouble = None
    tick(memory, audit)
    first, second = audit.records
    assert first == second
    assert not memory.bell.is_rung


def test_a_run_that_dies_before_it_notes_the_record_leaves_the_bell_rung(audit: AuditLog) -> None:
    memory = rung(request())

    class Died(BaseException):
        pass

    def die() -> None:
        raise Died

    audit.on_put = die
    with pytest.raises(Died):
        tick(memory, audit)
    assert memory.bell.is_rung
    audit.on_put = lambda: None
    tick(memory, audit)
    assert len({one.record_id for one in audit.records}) == 1
    assert (len(audit.records), memory.bell.is_rung) == (2, False)


def test_a_row_that_another_run_has_noted_keeps_the_bell_rung_for_one_more_look(audit: AuditLog) -> None:
    memory = rung(request())
    memory.troubles["note_audited"] = Conflict("another run")
    tick(memory, audit)
    assert memory.bell.is_rung
    del memory.troubles["note_audited"]
    tick(memory, audit)
    assert not memory.bell.is_rung


def test_a_request_that_is_not_settled_is_on_no_record(audit: AuditLog) -> None:
    memory = rung(request(0, "dance"))
    tick(memory, audit)
    assert (audit.puts, memory.bell.is_rung) == ([], True)


def test_without_an_audit_nothing_awaits_it() -> None:
    memory = rung(request(), request(1, settled_at=NOW, outcome="done"))
    tick(memory, None)
    assert not memory.bell.is_rung
    assert not any(one.audited_at for one in memory.asked.values())


def test_what_an_earlier_version_has_settled_comes_to_the_audit_too(audit: AuditLog) -> None:
    memory = rung(request(0, settled_at=NOW + 5, outcome="done"))
    tick(memory, audit)
    assert [(one.at, one.done_at) for one in audit.records] == [(NOW, NOW + 5)]


def test_one_run_puts_so_many_records_and_the_next_the_others(audit: AuditLog) -> None:
    settled = [request(one, settled_at=NOW, outcome="done") for one in range(RECORDS_A_RUN + 1)]
    memory = rung(*settled)
    tick(memory, audit)
    assert ([len(put) for put in audit.puts], memory.bell.is_rung) == ([RECORDS_A_RUN], True)
    tick(memory, audit)
    assert ([len(put) for put in audit.puts], memory.bell.is_rung) == ([RECORDS_A_RUN, 1], False)


def test_a_run_without_time_leaves_it_to_the_next(audit: AuditLog) -> None:
    memory = rung(request(0, settled_at=NOW, outcome="done"))
    world = memory.world(audit=lambda: audit, dead_at=memory.time + TIME_FOR_THE_AUDIT_MS - 1)
    answer_requests(world, memory.bell)
    assert (audit.puts, memory.bell.is_rung) == ([], True)


def test_what_cannot_be_put_for_most_of_a_day_goes_to_the_functions_log(
    audit: AuditLog, caplog: pytest.LogCaptureFixture
) -> None:
    old = request(0, TRAIN, "Li", settled_at=NOW, outcome="closing")
    young = request(1, settled_at=NOW + GIVEN_UP_AFTER_MS, outcome="done")
    memory = rung(old, young)
    memory.time = NOW + GIVEN_UP_AFTER_MS + 1
    audit.trouble = DOWN
    with caplog.at_level("INFO", logger=_logger.name):
        tick(memory, audit)
    lines = [json.loads(line.message) for line in caplog.records]
    [told] = [line["record"] for line in lines if line["event"] == "audit_not_put"]
    assert (told["record_id"], told["action"]) == (old.request_id, "train")
    assert told["person"] == hash_of(KEY, "Li")
    assert (memory.asked[old.request_id].audited_at, memory.asked[young.request_id].audited_at) == (
        memory.time,
        0,
    )
    assert memory.bell.is_rung


def test_whom_a_job_belongs_to_is_read_and_no_name_is_put(audit: AuditLog) -> None:
    job = collecting(person_id="Li")
    gone = request(2, CANCEL, "0123456789abcdef0123-7", settled_at=NOW, outcome="job_unknown")
    memory = rung(
        request(0, CANCEL, job.job_id, settled_at=NOW, outcome="canceled"),
        request(1, TRAIN, "Li", settled_at=NOW, outcome=f"retried: {job.job_id}", photo="Li.jpg"),
        gone,
        jobs=[job],
    )
    tick(memory, audit)
    li = hash_of(KEY, "Li")
    assert [(one.person, one.revision, one.outcome) for one in audit.records] == [
        (li, 1, "canceled"),
        (li, 0, "retried"),
        ("", 7, "job_unknown"),
    ]
    told = " ".join(text for one in audit.records for text in one.as_texts().values())
    assert "Li" not in told
    assert job.person_key not in told


def test_a_put_that_names_jobs_that_cannot_be_read_waits(
    audit: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = collecting(person_id="Li")
    memory = rung(request(0, CANCEL, job.job_id, settled_at=NOW, outcome="canceled"), jobs=[job])

    def busy(_: object) -> dict[str, object]:
        raise RetryLater("OTSServerBusy", "…", delay_seconds=1)

    monkeypatch.setattr(memory, "find_each", busy)
    tick(memory, audit)
    assert (audit.puts, memory.bell.is_rung) == ([], True)


def test_a_message_that_is_sent_once_more_is_of_its_job_and_a_trial_is_of_nobody(audit: AuditLog) -> None:
    job = replace(collecting(person_id="Li"), revision=3)
    memory = rung(
        request(0, REDELIVER, f"msg_{job.job_id}_1_1", settled_at=NOW, outcome="message_taken"),
        request(1, REDELIVER, "msg_queue_1_1", settled_at=NOW, outcome="message_taken"),
        request(2, TRY_RECEIVERS, settled_at=NOW, outcome="message_taken"),
        jobs=[job],
    )
    tick(memory, audit)
    li = hash_of(KEY, "Li")
    assert [(one.person, one.revision) for one in audit.records] == [(li, 3), ("", 0), ("", 0)]


@pytest.mark.parametrize("kind", [TRAIN, CANCEL, LINK_REVOKED, REDELIVER])
def test_what_awaits_the_audit_says_the_same_once_its_person_is_erased(kind: str) -> None:
    job, hashed = "0123456789abcdef0123-7", hash_of(KEY, "Li")
    subject = {CANCEL: job, REDELIVER: f"msg_{job}_1_1"}.get(kind, "Li")
    link = json.dumps({"link_id": "0123456789abcdef", "expires_at": 1})
    reason = link if kind == LINK_REVOKED else "Li's guardian has called"
    named = request(0, kind, subject, photo="Li.jpg", reason=reason, settled_at=NOW, outcome="done")
    nameless = without_name(named, hashed, NOW + 5)
    assert record_of(nameless, nameless.person) == record_of(named, hashed)
    assert (nameless.person, nameless.settled_at) == (hashed, NOW)
    kept = " ".join(str(value) for value in asdict(nameless).values())
    assert "Li" not in kept
    assert job.partition("-")[0] not in kept
    assert without_name(nameless, hashed, NOW + 9) == nameless


def test_what_was_open_when_its_person_was_erased_is_settled_and_on_record(audit: AuditLog) -> None:
    nameless = without_name(request(0, CANCEL, "0123456789abcdef0123-7"), hash_of(KEY, "Li"), NOW + 5)
    assert (nameless.outcome, nameless.settled_at) == (OVERTAKEN, NOW + 5)
    tick(rung(nameless), audit)
    assert [(one.person, one.revision, one.outcome) for one in audit.records] == [
        (hash_of(KEY, "Li"), 7, OVERTAKEN)
    ]


@pytest.mark.parametrize("kind", [LINK_MADE, LINK_REVOKED])
def test_which_link_was_made_or_revoked_is_on_record(kind: str) -> None:
    told = json.dumps({"link_id": "0123456789abcdef", "expires_at": 1})
    assert record_of(request(0, kind, "Li", reason=told), "h").link == "0123456789abcdef"
    assert record_of(request(0, kind, "Li", reason="no JSON"), "h").link == ""
    assert record_of(request(0, kind, "Li", reason="[]"), "h").link == ""
    assert record_of(request(0, PAUSE, reason=told), "").link == ""


def test_a_person_whose_name_looks_like_a_job_has_no_revision() -> None:
    name = "0123456789abcdef0123-1"
    assert record_of(request(0, TRAIN, name), "h").revision == 0
    assert record_of(request(0, CANCEL, name), "h").revision == 1
    assert TRAIN not in OF_JOBS


def test_a_record_says_which_function_has_acted() -> None:
    assert record_of(request(0, DONE), "h").function == "status"
    assert record_of(request(0, CANCEL), "h").function == "reconcile"


def test_fields_of_newer_code_are_overlooked_and_missing_ones_are_empty() -> None:
    whole = record_of(request(0, PAUSE, settled_at=NOW, outcome="paused"), "")
    assert record_from({**whole.as_texts(), "address": "somewhere", "__time__": "1"}) == whole
    assert record_from({"action": "pause"}) is None
    assert record_from({"record_id": "1", "action": "pause", "at": "-1"}) is None
