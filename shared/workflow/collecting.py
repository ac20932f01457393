"""The work of one upload event: record the photo, close the set that it completes, submit the next job.

:func:`collect` is called by ``functions/collect.py``. The three steps are :mod:`shared.workflow.recording`,
:mod:`shared.workflow.closing` and :mod:`shared.workflow.submit_next`. The person's newest job is read once
and handed from step to step.
"""

from __future__ import annotations

from collections.abc import Iterable

from shared.domain.job import Job
from shared.domain.object_keys import Ignored, Kind, Upload, parse_upload
from shared.domain.states import JobState
from shared.errors import Conflict, Permanent, RetryLater, Trouble, unforeseen
from shared.events import ObjectEvent
from shared.logs import log, warn
from shared.workflow.forgotten import BEING_ERASED, BeingErased, check_not_going
from shared.workflow.ports import World
from shared.workflow.recording import GONE, Recorded, record_upload

NOT_THERE_YET_MS = 60_000
"""An event for a key that nothing lies under is tried again within this time."""


def collect(world: World, entries: Iterable[ObjectEvent]) -> dict[str, str]:
    """Handle ``entries``, each for itself; returns the outcome of each, by key.

    Raises:
        RetryLater: an entry could not be handled now (the others were).
    """
    outcomes: dict[str, str] = {}
    postponed: RetryLater | None = None
    for entry in entries:
        try:
            outcomes[entry.key] = _handle(world, entry)
        except BeingErased:
            # The sweep comes back to it, once the erasure is done.
            log("upload_left_alone", key=entry.key, code=BEING_ERASED)
            outcomes[entry.key] = BEING_ERASED
        except RetryLater as trouble:
            log("upload_postponed", key=entry.key, code=trouble.code, message=trouble.message)
            postponed = trouble
        except Permanent as refusal:
            # Another try would end alike; the sweep comes back to the upload.
            warn("upload_not_recorded", key=entry.key, code=refusal.code, message=refusal.message)
            outcomes[entry.key] = refusal.code
        except Exception as surprise:
            warn("unforeseen", key=entry.key, error=repr(surprise)[:1000])
            postponed = unforeseen(surprise)
    if postponed is not None:
        raise postponed
    return outcomes


def _handle(world: World, entry: ObjectEvent) -> str:
    reason = entry.problem_for(world.bucket.name)
    upload = parse_upload(entry.key, world.rules.ready_marker)
    if isinstance(upload, Ignored) and not reason:
        if upload.is_news:
            world.ignored.note({entry.key: upload.code}, world.clock.now())
        reason = upload.reason
    if reason or isinstance(upload, Ignored):
        log("upload_ignored", key=entry.key, reason=reason)
        return f"ignored: {reason}"
    newest = world.jobs.latest(upload.person_id)
    check_not_going(newest)
    recorded = _recorded(world, upload, newest, entry)
    if recorded.outcome == GONE and _is_young(world, entry):
        message = "the object is not there yet, or not any more"
        raise RetryLater("not_there_yet", message, delay_seconds=NOT_THERE_YET_MS // 2000)
    job = _close(world, upload, recorded.job)
    if job is not None and job.state is JobState.QUEUED:
        # Imported here: most uploads close no set, and a cold start pays for every import.
        from shared.workflow.submit_next import submit_next

        submit_next(world, job)
    return recorded.outcome


def _recorded(world: World, upload: Upload, newest: Job | None, entry: ObjectEvent) -> Recorded:
    if upload.kind is Kind.MARKER:
        return Recorded(newest, "marker")
    if upload.kind is not Kind.CONSENT:
        return record_upload(world, upload, newest, entry.stored)
    if not world.rules.consent_required:
        # It lies there and says nothing.
        return Recorded(newest, "consent")
    # Imported here: most deployments ask for no consent.
    from shared.workflow.consenting import note_as_it_comes, note_without_job

    if newest is None:
        note_without_job(world, upload.person_id, upload.folder)
        return Recorded(None, "consent")
    return Recorded(note_as_it_comes(world, newest, upload.folder), "consent")


def _is_young(world: World, entry: ObjectEvent) -> bool:
    """Whether the upload happened so lately that its object may still appear."""
    return entry.stored is not None and world.clock.now() < entry.stored.modified_at + NOT_THERE_YET_MS


def _close(world: World, upload: Upload, job: Job | None) -> Job | None:
    """Close the set if the marker has come or the upload completes it; returns the person's newest job."""
    is_complete = job is not None and job.completed_by(world.rules, world.clock.now()) is not None
    is_awaited = job is not None and job.state.is_open and upload.kind is Kind.CONSENT
    if upload.kind is not Kind.MARKER and not is_complete and not is_awaited:
        return job
    # Imported here, like the submit.
    from shared.workflow.closing import look_through
    from shared.workflow.saving import hold_up

    try:
        return look_through(world, upload.person_id, job, folder=upload.folder)
    except BeingErased:
        raise
    except Conflict:
        log("set_changed_meanwhile", person=upload.person_id)
    except Trouble as trouble:
        if job is None or not job.state.is_open:
            raise
        return hold_up(world, job, trouble)
    try:
        # Photos that come together change the set beside one another: once more, on the set as it is now.
        newest = world.jobs.latest(upload.person_id)
        return look_through(world, upload.person_id, newest, folder=upload.folder)
    except Conflict as conflict:
        raise RetryLater(
            "set_changed", "the set changed while it was being closed", delay_seconds=1
        ) from conflict
