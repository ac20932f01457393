"""What one upload event leads to: the photo is taken in, and a set that it completes is submitted."""

from __future__ import annotations

from collections.abc import Iterable

from shared.domain.job import Job
from shared.domain.object_keys import Ignored, Kind, Upload, parse_upload
from shared.domain.set_completion import completed_by
from shared.domain.states import JobState
from shared.errors import Conflict, RetryLater
from shared.events import ObjectEvent
from shared.logs import log
from shared.workflow.photo_set import look_through, take_in
from shared.workflow.ports import World
from shared.workflow.tick import submit_next


def collect(world: World, entries: Iterable[ObjectEvent]) -> dict[str, str]:
    """Handle ``entries``, each for itself; returns what became of each, by key.

    Raises:
        RetryLater: an entry could not be handled now (the others were).
    """
    outcomes: dict[str, str] = {}
    postponed: RetryLater | None = None
    for entry in entries:
        try:
            outcomes[entry.key] = _handle(world, entry)
        except RetryLater as trouble:
            log("upload_postponed", key=entry.key, code=trouble.code, message=trouble.message)
            postponed = trouble
    if postponed is not None:
        raise postponed
    return outcomes


def _handle(world: World, entry: ObjectEvent) -> str:
    reason = entry.problem_for(world.bucket.name)
    upload = parse_upload(entry.key, world.rules.ready_marker)
    if not reason and isinstance(upload, Ignored):
        reason = upload.reason
    if reason or isinstance(upload, Ignored):
        log("upload_ignored", key=entry.key, reason=reason)
        return f"ignored: {reason}"
    job, outcome = _take_in(world, upload)
    if job is not None and job.state is JobState.QUEUED:
        submit_next(world, job)
    return outcome


def _take_in(world: World, upload: Upload) -> tuple[Job | None, str]:
    if upload.kind is not Kind.MARKER:
        taken = take_in(world, upload)
        if taken.job is None or completed_by(taken.job, world.rules, world.clock.now()) is None:
            return taken.job, taken.outcome
        outcome = taken.outcome
    else:
        outcome = "marker"
    try:
        return look_through(world, upload.person_id), outcome
    except Conflict as conflict:
        raise RetryLater("set_changed", "the set changed while it was being closed", delay=1) from conflict
