"""Nothing of a person leaves for DashScope without consent; what waits for it goes on once it is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.consent import MISSING, WAITS, WITHDRAWN, waits_for_consent
from shared.domain.consent_ledger import ROW, ConsentLedger
from shared.domain.consenting import WITHDRAWN_REASON, set_aside
from shared.domain.job import Job
from shared.domain.object_keys import CONSENT_NAME, Kind
from shared.domain.photo_access import Way
from shared.domain.photo_set import NEVER, ClosedBy
from shared.domain.photos import Photo, Verdict
from shared.domain.requests import ERASE
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api
from shared.domain.trouble_kinds import Kind as Kinds
from shared.errors import Conflict, NotFound, RetryLater
from shared.events import ObjectEvent
from shared.workflow import consenting
from shared.workflow.closing import look_through
from shared.workflow.collecting import collect
from shared.workflow.consenting import LOOK_IS_OLD_MS, TRIES, why_not
from shared.workflow.forgotten import BEING_ERASED
from shared.workflow.reconciling import reconcile
from shared.workflow.retiming import retime
from shared.workflow.submitting import submit
from shared.workflow.sweep import sweep
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, fine_tune, job_in, photo

S = JobState
REQUIRED = replace(RULES, consent_required=True, quiet_ms=1000, settle_ms=1000)
PUT = "ObjectCreated:PutObject"
BUSY = RetryLater("InternalError", "…", delay_seconds=1, api=Api.READING)


def give(memory: Memory, etag: str = "", *, at: int = NOW, folder: str = "li", **changes: Any) -> str:
    """Put a document of consent into the folder; returns its key."""
    value = {
        "format": 1,
        "person_id": "li",
        "purposes": ["face_check", "training"],
        "text_version": "1",
        "given_at": "2025-12-31T08:00:00Z",
        "means": "paper",
        "under_14": False,
        **changes,
    }
    content = json.dumps(value).encode()
    key = f"people/{folder}/{CONSENT_NAME}"
    memory.upload(CONSENT_NAME, at=at, kind=Kind.CONSENT, size=len(content), etag=etag or f"E{hash(content)}")
    memory.objects[key] = memory.objects.get(key) or memory.objects.pop(f"people/li/{CONSENT_NAME}")
    memory.contents[key] = content
    return key


def withdraw(memory: Memory, *, at: int = NOW) -> str:
    return give(memory, "withdrawal", at=at, withdrawn_at="2026-01-01T00:00:00Z")


def event(memory: Memory, key: str, rules: Rules = REQUIRED) -> str:
    """Let ``collect`` handle the upload of ``key``; returns the outcome."""
    stored = memory.objects[key]
    return collect(memory.world(rules), [ObjectEvent(key=key, bucket="photos", name=PUT, stored=stored)])[key]


def come(memory: Memory, name: str = "a.jpg") -> str:
    return event(memory, memory.upload(name, at=memory.time).key)


def only(memory: Memory) -> Job:
    (job,) = memory.rows.values()
    return job


def nothing_has_left(memory: Memory) -> bool:
    return not (memory.checked or memory.uploaded or memory.created)


# -- photos wait -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [Way.URL, Way.FILE])
def test_photos_that_come_first_are_prepared_and_shown_to_nobody(way: Way) -> None:
    memory = Memory()
    memory.reads_any = b"a picture"
    memory.upload("a.jpg")
    world = memory.world(REQUIRED, way=way)
    collect(world, [ObjectEvent(key="people/li/a.jpg", bucket="photos", name=PUT, stored=None)])
    (waits,) = only(memory).photo_set.photos
    assert (waits.verdict, waits.retry and waits.retry.cause.code) == (Verdict.UNCHECKED, WAITS)
    assert only(memory).due_at == NEVER
    assert nothing_has_left(memory)


def test_the_consent_that_comes_has_them_checked_and_trained_without_anybodys_doing() -> None:
    memory = Memory()
    come(memory)
    come(memory, "b.jpg")
    memory.time += MINUTE_MS
    assert event(memory, give(memory, at=memory.time)) == "consent"
    assert [one.verdict for one in only(memory).photo_set.photos] == [Verdict.USABLE] * 2
    memory.time += MINUTE_MS
    memory.known["ft-new"] = fine_tune("RUNNING", "ft-new")
    reconcile(memory.world(REQUIRED))
    job = only(memory)
    assert job.state is S.TRAINING
    assert job.consent is not None
    assert (job.consent.text_version, job.consent.means) == ("1", "paper")


def test_a_consent_that_comes_before_the_photos_is_noted_with_the_first_of_them() -> None:
    memory = Memory()
    assert event(memory, give(memory)) == "consent"
    assert memory.rows == {}
    assert come(memory) == "usable"
    consent = only(memory).consent
    assert consent is not None
    assert consent.why_not(REQUIRED, NOW) == ""


def test_a_lost_event_of_a_consent_is_found_by_the_sweep() -> None:
    memory = Memory()
    come(memory)
    give(memory, at=memory.time)
    memory.time += 10 * MINUTE_MS
    reconcile(memory.world(REQUIRED))
    assert only(memory).state in (S.QUEUED, S.TRAINING)
    assert only(memory).consent is not None
    world = memory.world(REQUIRED)
    memory.time += 10 * MINUTE_MS
    assert sweep(world, replace(memory.progress, rests_until=0)) == 0, "what is noted is no news"


def test_a_photo_is_checked_by_the_document_as_it_is_now_and_not_by_the_row() -> None:
    memory = Memory()
    key = give(memory)
    come(memory)
    withdraw(memory)
    memory.checked.clear()
    come(memory, "b.jpg")
    assert memory.checked == []
    del memory.objects[key]
    come(memory, "c.jpg")
    assert memory.checked == []
    waiting = [one for one in only(memory).photo_set.photos if waits_for_consent(one.retry)]
    assert {one.retry.cause.message for one in waiting if one.retry} == {WITHDRAWN, MISSING}


def test_where_the_document_cannot_be_read_nothing_leaves_and_it_is_tried_again() -> None:
    memory = Memory()
    key = give(memory)
    memory.troubles[f"stored {key}"] = BUSY
    come(memory)
    (held,) = only(memory).photo_set.photos
    assert (held.verdict, held.retry and held.retry.cause.code) == (Verdict.UNCHECKED, BUSY.code)
    assert nothing_has_left(memory)
    memory.troubles.clear()
    memory.time += MINUTE_MS
    reconcile(memory.world(REQUIRED))
    assert only(memory).photo_set.photos[0].verdict is Verdict.USABLE


def test_a_document_that_is_replaced_while_it_is_read_is_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = Memory()
    key = give(memory)
    tries: list[str] = []
    read_range = memory.read_range

    def replaced_once(asked: str, *args: Any, **kwargs: Any) -> bytes:
        if asked == key and not tries:
            tries.append(asked)
            raise NotFound("PreconditionFailed", "…")
        return read_range(asked, *args, **kwargs)

    monkeypatch.setattr(memory, "read_range", replaced_once)
    assert come(memory) == "usable"


def test_what_was_seen_before_the_instance_stood_still_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = Memory()
    key = give(memory)
    stored = memory.stored

    def stands_still_once(asked: str) -> Any:
        found = stored(asked)
        if asked == key and found is not None:
            del memory.objects[key]
            memory.time += MINUTE_MS
        return found

    monkeypatch.setattr(memory, "stored", stands_still_once)
    assert why_not(memory.world(REQUIRED), collecting(photo())) == MISSING


def test_one_that_is_replaced_for_ever_lets_nothing_leave() -> None:
    memory = Memory()
    key = give(memory)
    memory.troubles[f"read_range {key}"] = NotFound("PreconditionFailed", "…")
    come(memory)
    assert nothing_has_left(memory)
    assert TRIES < 10


@pytest.mark.parametrize(
    "changes", [{"person_id": "wu"}, {"under_14": True}, {"until": "2025-12-31T09:00:00Z"}, {"purposes": []}]
)
def test_a_consent_that_does_not_count_holds_the_photos(changes: dict[str, Any]) -> None:
    memory = Memory()
    give(memory, **changes)
    come(memory)
    assert nothing_has_left(memory)


def test_where_no_consent_is_asked_for_the_document_says_nothing_and_costs_nothing() -> None:
    memory = Memory()
    key = withdraw(memory)
    memory.troubles[f"stored {key}"] = AssertionError("it was looked at")
    memory.upload("a.jpg")
    assert event(memory, "people/li/a.jpg", RULES) == "usable"
    assert event(memory, key, RULES) == "consent"
    assert only(memory).consent is None
    assert memory.nobodys == {}


def test_a_photo_on_its_side_is_not_shown_again_once_consent_is_withdrawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = Memory()
    give(memory)
    memory.faces = (False, "no face detected")
    turn: Callable[..., None] = memory.turn

    def turned(*args: Any) -> None:
        withdraw(memory)
        turn(*args)

    monkeypatch.setattr(memory, "turn", turned)
    come(memory)
    assert len(memory.checked) == 1
    assert only(memory).photo_set.photos[0].verdict is Verdict.UNCHECKED


# -- the submit ------------------------------------------------------------------------------------------


def queued(memory: Memory, **changes: Any) -> Job:
    job = replace(job_in(S.QUEUED), **changes)
    memory.rows[job.job_id] = replace(job, version=1)
    return memory.rows[job.job_id]


@pytest.mark.parametrize("way", [Way.URL, Way.FILE])
def test_a_queued_set_without_consent_stands_aside_and_holds_nobody_back(way: Way) -> None:
    memory = Memory()
    job = queued(memory)
    held = submit(memory.world(REQUIRED, way=way), job, memory.slot())
    assert (held.state, held.due_at) == (S.QUEUED, NEVER)
    assert waits_for_consent(held.retry)
    assert nothing_has_left(memory)
    assert memory.held.holders == ()


def test_it_goes_back_to_its_place_with_the_consent_and_is_trained() -> None:
    memory = Memory()
    job = queued(memory)
    submit(memory.world(REQUIRED), job, memory.slot())
    event(memory, give(memory))
    assert memory[job].state is S.TRAINING


def test_a_consent_that_ends_between_check_and_submit_holds_the_submit() -> None:
    memory = Memory()
    give(memory, until="2026-01-01T00:05:00Z")
    come(memory)
    memory.time += 6 * MINUTE_MS
    reconcile(memory.world(REQUIRED))
    assert only(memory).state is S.QUEUED
    assert memory.created == []


def test_a_consent_that_is_withdrawn_while_files_are_stored_holds_the_rest_of_them_and_the_submit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = Memory()
    give(memory)
    memory.reads_any = b"a picture"
    closed = collecting(photo("a.jpg"), photo("b.jpg")).closed(ClosedBy.QUIET, NOW)
    memory.rows[closed.job_id] = job = replace(closed, version=1)
    upload = memory.upload_file

    def stored(*args: Any) -> str:
        withdraw(memory)
        return upload(*args)

    monkeypatch.setattr(memory, "upload_file", stored)
    with pytest.raises(Conflict):
        submit(memory.world(REQUIRED, way=Way.FILE), job, memory.slot())
    assert (len(memory.uploaded), memory.created) == (1, [])
    after = submit(memory.world(REQUIRED, way=Way.FILE), job, memory.slot())
    assert (len(memory.uploaded), memory.created) == (1, [])
    assert (after.state, after.reason) == (S.CANCELED, WITHDRAWN_REASON)


def test_an_earlier_set_that_waits_goes_on_with_the_consent_as_well() -> None:
    memory = Memory()
    first = queued(memory, attempt=1)
    submit(memory.world(REQUIRED), first, memory.slot())
    second = first.next_revision(REQUIRED, NOW)
    memory.rows[second.job_id] = replace(second, version=1)
    event(memory, give(memory))
    assert not waits_for_consent(memory[first].retry)
    assert memory[second].consent is not None


def test_a_setting_that_asks_for_no_consent_any_more_lets_go_what_waits() -> None:
    memory = Memory()
    come(memory)
    closed = queued(memory, person_id="wu")
    memory.rows[closed.job_id] = set_aside(closed, MISSING, NOW)
    for rules in (REQUIRED, RULES):
        world = memory.world(rules)
        world.health.begin(memory.well_being)
        retime(world, memory.well_being)
        world.health.end()
    waits = [job for job in memory.rows.values() if job.trouble is not None]
    assert waits == []


# -- the withdrawal --------------------------------------------------------------------------------------


def test_a_withdrawal_cancels_a_queued_set_with_the_reason() -> None:
    memory = Memory()
    job = queued(memory)
    event(memory, withdraw(memory))
    assert (memory[job].state, memory[job].reason) == (S.CANCELED, WITHDRAWN_REASON)
    assert nothing_has_left(memory)


@pytest.mark.parametrize("state", [S.SUBMITTING, S.TRAINING])
def test_a_withdrawal_has_a_running_training_cancelled(state: JobState) -> None:
    job = job_in(state)
    memory = Memory(job)
    event(memory, withdraw(memory))
    assert memory[job].cancel_asked_at == NOW
    if state is S.TRAINING:
        memory.known[job.fine_tune_id] = fine_tune("RUNNING", job.fine_tune_id)
        reconcile(memory.world(REQUIRED))
        assert memory.canceled == [job.fine_tune_id]
        memory.known[job.fine_tune_id] = fine_tune("CANCELED", job.fine_tune_id)
        memory.time += MINUTE_MS
        reconcile(memory.world(REQUIRED))
        assert memory[job].reason == WITHDRAWN_REASON


def test_a_withdrawal_asks_for_one_erasure_whatever_dies() -> None:
    memory = Memory(collecting(photo()))
    key = withdraw(memory)
    memory.troubles["save"] = RetryLater("OTSServerBusy", "…", delay_seconds=1)
    with pytest.raises(RetryLater):
        event(memory, key)
    memory.troubles.clear()
    event(memory, key)
    event(memory, key)
    (asked,) = memory.asked.values()
    assert (asked.kind, asked.subject, asked.asked_by) == (ERASE, "li", "consent")
    assert asked.asked_at == NOW
    assert memory.bell.is_rung


@pytest.mark.parametrize("has_event", [True, False])
def test_a_withdrawal_before_any_photo_has_come_asks_for_the_erasure_as_well(has_event: bool) -> None:
    memory = Memory()
    key = withdraw(memory, at=NOW - 10 * MINUTE_MS)
    if has_event:
        assert event(memory, key) == "consent"
    else:
        reconcile(memory.world(REQUIRED))
    assert [(one.kind, one.subject) for one in memory.asked.values()] == [(ERASE, "li")]
    assert memory.rows == {}


def test_photos_that_find_a_withdrawal_are_erased_with_it() -> None:
    memory = Memory()
    withdraw(memory)
    come(memory)
    assert nothing_has_left(memory)
    assert [(one.kind, one.subject) for one in memory.asked.values()] == [(ERASE, "li")]


def test_a_given_consent_asks_for_no_erasure() -> None:
    memory = Memory()
    event(memory, give(memory))
    come(memory)
    assert memory.asked == {}


def test_the_id_of_the_erasure_tells_nobody_whose_it_is() -> None:
    memory = Memory(collecting(photo()))
    event(memory, withdraw(memory))
    (name,) = memory.asked
    assert "li" not in name
    assert only(memory).person_key not in name


# -- beside an erasure -----------------------------------------------------------------------------------


def test_while_a_person_is_erased_no_document_is_noted() -> None:
    job = replace(collecting(photo()), erasing_since=NOW)
    memory = Memory(job)
    assert event(memory, give(memory)) == BEING_ERASED
    assert memory[job].consent is None


def test_an_erasure_that_begins_while_a_document_is_noted_is_left_alone() -> None:
    memory = Memory(collecting(photo()))
    key = give(memory)

    def overtake(_: Job) -> None:
        memory.before_save = lambda _: None
        job = only(memory)
        memory.rows[job.job_id] = replace(job, erasing_since=NOW, version=job.version + 1)

    memory.before_save = overtake
    assert event(memory, key) == BEING_ERASED
    assert only(memory).consent is None


def test_a_document_of_somebody_who_was_erased_counts_for_nobody() -> None:
    memory = Memory(replace(collecting(), starts_after=NOW - MINUTE_MS))
    give(memory, at=NOW - 2 * MINUTE_MS)
    come(memory)
    assert nothing_has_left(memory)
    memory.time += 10 * MINUTE_MS
    world = memory.world(REQUIRED)
    assert sweep(world, replace(memory.progress, rests_until=0)) == 0, "it is no news either"
    give(memory, at=memory.time)
    come(memory, "b.jpg")
    assert len(memory.checked) == 1


def test_the_newest_document_of_all_spellings_counts() -> None:
    memory = Memory()
    memory.upload("a.jpg", person_id="Zoë")
    for folder, changes in (("Zoë", {}), ("Zoe\u0308", {"withdrawn_at": "2026-01-01T00:00:00Z"})):
        at = NOW if "withdrawn_at" in changes else NOW - 1000
        give(memory, f"E{folder}", at=at, folder=folder, **{"person_id": "Zoë", **changes})
    event(memory, "people/Zoë/a.jpg")
    assert nothing_has_left(memory)
    assert only(memory).consent is not None
    memory.time += 10 * MINUTE_MS
    assert sweep(memory.world(REQUIRED), memory.progress) == 0, "the older of two documents is no news"


# -- writing beside others -------------------------------------------------------------------------------


def test_a_row_that_others_write_meanwhile_is_read_again() -> None:
    memory = Memory()
    come(memory)
    key = give(memory)
    races = [1]

    def overtake(job: Job) -> None:
        if races and job.consent is not None:
            races.pop()
            raise Conflict("another run was faster")

    memory.before_save = overtake
    event(memory, key)
    assert only(memory).photo_set.photos[0].verdict is Verdict.USABLE


def test_consents_are_counted_once_whatever_dies() -> None:
    memory = Memory()
    come(memory)
    key = give(memory)
    memory.troubles["save"] = RetryLater("OTSServerBusy", "…", delay_seconds=1)
    with pytest.raises(RetryLater):
        event(memory, key)
    memory.troubles.clear()
    event(memory, key)
    ledger = ConsentLedger.from_value(memory.documents[ROW].value)
    assert (ledger.people, ledger.in_force(NOW)) == (1, 1)
    event(memory, withdraw(memory, at=NOW + 1000))
    ledger = ConsentLedger.from_value(memory.documents[ROW].value)
    assert (ledger.people, ledger.in_force(NOW), ledger.withdrawals) == (1, 0, 1)


def test_the_next_revision_keeps_the_consent_and_photos_go_on() -> None:
    memory = Memory()
    give(memory)
    come(memory)
    memory.time += MINUTE_MS
    reconcile(memory.world(REQUIRED))
    memory.time += MINUTE_MS
    come(memory, "b.jpg")
    newest = max(memory.rows.values(), key=lambda job: job.revision)
    assert newest.revision == 2
    assert newest.consent == memory.rows[f"{newest.person_key}-1"].consent


def waiting_photos(job: Job) -> list[Photo]:
    return [one for one in job.photo_set.photos if waits_for_consent(one.retry)]


def test_a_person_whose_photos_wait_keeps_nobody_else_waiting() -> None:
    memory = Memory()
    come(memory)
    other = replace(job_in(S.QUEUED, person_id="wu"), version=1)
    memory.rows[other.job_id] = other
    memory.upload(CONSENT_NAME, kind=Kind.CONSENT, person_id="wu", etag="Ewu")
    content = json.dumps(
        {
            "format": 1,
            "person_id": "wu",
            "purposes": ["face_check", "training"],
            "text_version": "1",
            "given_at": "2025-12-31T08:00:00Z",
            "means": "app",
            "under_14": False,
        }
    ).encode()
    key = f"people/wu/{CONSENT_NAME}"
    memory.contents[key] = content
    memory.objects[key] = replace(memory.objects[key], size=len(content))
    reconcile(memory.world(REQUIRED))
    assert memory[other].state is S.TRAINING
    (waits,) = (job for job in memory.rows.values() if job.person_id == "li")
    assert len(waiting_photos(waits)) == 1


def test_a_withdrawal_while_pictures_are_stored_for_the_check_holds_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = Memory(collecting(*(photo(f"{name}.jpg", Verdict.UNCHECKED) for name in "abc")))
    memory.reads_any = b"a picture"
    give(memory)
    for name in "abc":
        memory.upload(f"{name}.jpg", at=NOW - 1000)
    upload = memory.upload_file

    def stored(*args: Any) -> str:
        withdraw(memory)
        return upload(*args)

    monkeypatch.setattr(memory, "upload_file", stored)
    look_through(memory.world(REQUIRED, way=Way.FILE), "li", memory.latest("li"))
    assert (len(memory.uploaded), memory.checked) == (1, [])
    assert memory.stored_files == [], "what was stored is deleted"
    assert len(waiting_photos(only(memory))) == 3


@pytest.mark.parametrize("kind", Kinds)
def test_no_photo_is_given_up_because_the_consent_cannot_be_read(kind: Kinds) -> None:
    memory = Memory()
    key = give(memory)
    memory.troubles[f"stored {key}"] = RetryLater("Odd", "…", delay_seconds=1, kind=kind, api=Api.READING)
    come(memory)
    for _ in range(20):
        memory.time += 60 * MINUTE_MS
        reconcile(memory.world(REQUIRED))
    assert only(memory).photo_set.photos[0].verdict is Verdict.UNCHECKED
    assert nothing_has_left(memory)
    memory.troubles.clear()
    memory.time += 61 * MINUTE_MS
    reconcile(memory.world(REQUIRED))
    assert only(memory).photo_set.photos[0].verdict is Verdict.USABLE


def test_what_was_seen_before_an_instance_stood_still_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = Memory()
    key = give(memory)
    come(memory)
    nobody_has_left = len(memory.checked)
    look, stands_still = consenting._document, iter([True])

    def document(*arguments: Any) -> Any:
        seen = look(*arguments)
        if next(stands_still, False):
            memory.time += LOOK_IS_OLD_MS + 1
            memory.contents.pop(key)
            withdraw(memory, at=memory.time)
        return seen

    monkeypatch.setattr(consenting, "_document", document)
    come(memory, "b.jpg")
    assert len(memory.checked) == nobody_has_left
    assert only(memory).photo_set.photos[-1].verdict is Verdict.UNCHECKED
