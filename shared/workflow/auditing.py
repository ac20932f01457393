"""Puts the records of settled requests into the audit's log store. Called by :mod:`shared.workflow.requests`.

The theory. The row of a request is the record before anything is done: it says who asks for what, it is
written before the bell is rung, and it stays for a day. A run that has settled requests puts their records in
one call and notes on each row that it did. A run that dies in between, an answer that is lost, a service that
does not answer: the row still awaits the audit, the bell is left ringing, and the next tick puts the record
again, under the same id. Nothing that was asked for waits for that. What could not be put in twenty hours is
written to the functions' own log, whatever else happens, before its row goes.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.audit import OF_JOBS, AuditRecord, job_named_in, record_of
from shared.domain.job import Job
from shared.domain.requests import REDELIVER, Request
from shared.errors import Conflict, Trouble
from shared.logs import log, warn
from shared.workflow.audit_port import AuditLog
from shared.workflow.ports import World

RECORDS_A_RUN = 100
TIME_FOR_THE_AUDIT_MS = 15_000
GIVEN_UP_AFTER_MS = 20 * 3_600_000
"""Rows of requests go a day after they were written last."""


def audit(world: World, settled: Sequence[Request]) -> bool:
    """Put the records of ``settled``, oldest first; returns whether none is left."""
    if world.audit is None or not settled:
        return True
    if not world.has_time_for(TIME_FOR_THE_AUDIT_MS):
        return False
    audit_log = world.audit()
    now, due = world.clock.now(), settled[:RECORDS_A_RUN]
    try:
        records = _records(world, audit_log, due)
        audit_log.put(records)
    except Trouble as trouble:
        warn("audit_held_up", records=len(settled), code=trouble.code, message=trouble.message)
        lost = [one for one in due if now - one.settled_at > GIVEN_UP_AFTER_MS]
        for record in _records_of_the_lost(world, audit_log, lost):
            # As one field: it holds the keyed hash already, which is to be found as it is in the audit.
            warn("audit_not_put", record=record.as_texts())
        return _noted(world, lost, now) and len(lost) == len(settled)
    log("audited", records=len(records))
    return _noted(world, due, now) and len(due) == len(settled)


def _records(world: World, audit_log: AuditLog, settled: Sequence[Request]) -> list[AuditRecord]:
    """Return the records, with one read of all the jobs that are named."""
    about = {one.request_id: name for one in settled if (name := job_named_in(one))}
    jobs = world.jobs.find_each(list(dict.fromkeys(about.values()))) if about else {}
    records = []
    for request in settled:
        job = jobs.get(about.get(request.request_id, ""))
        person_id = job.person_id if isinstance(job, Job) else ""
        if request.kind not in OF_JOBS and request.kind != REDELIVER:
            person_id = request.subject
        person = request.person or (audit_log.hash_of(person_id) if person_id else "")
        records.append(record_of(request, person))
    return records


def _records_of_the_lost(world: World, audit_log: AuditLog, lost: Sequence[Request]) -> list[AuditRecord]:
    try:
        return _records(world, audit_log, lost)
    except Trouble:
        # The jobs cannot be read either: whom it was about is lost, the rest is not.
        return [record_of(request, "") for request in lost]


def _noted(world: World, put: Sequence[Request], now: int) -> bool:
    """Note on the rows that their records were put; returns whether all are noted."""
    is_noted = True
    for request in put:
        try:
            world.requests.note_audited(request, now)
        except Conflict:
            # Another run has put it too, under the same id, or has changed the row: the next tick looks.
            is_noted = False
    return is_noted
