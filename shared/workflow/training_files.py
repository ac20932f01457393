"""The files that DashScope trains on: snapshots as signed URLs, or stored with DashScope's file service.

Used by :mod:`shared.workflow.submitting` before the intent, and by :mod:`shared.workflow.training` when a job
is delivered. Which way is taken stands in :mod:`shared.workflow.photo_access`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from shared.domain.job import Job, Reason
from shared.domain.photo_access import Way
from shared.domain.photos import Verdict
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api
from shared.errors import Conflict, Permanent, RetryLater, Trouble, unforeseen
from shared.logs import warn
from shared.workflow.photo_access import known_way, learn, settled_way
from shared.workflow.ports import World
from shared.workflow.refusing import tries_of_submit

TIME_FOR_A_FILE_MS = 30_000
TRIES_OF_A_FILE = 2
"""With the next refusal the set would end; so the file is left out, and the others are trained."""


class TrainingFiles(NamedTuple):
    """The ids of the stored files (none: the way is by URL), and the files as DashScope is given them."""

    file_ids: tuple[str, ...]
    sendable: tuple[str, ...]


def prepare_files(world: World, job: Job, slot: Slot) -> tuple[Job, TrainingFiles]:
    """Store the job's snapshots with DashScope's file service, if that is the way, or sign their URLs.

    A snapshot that the service does not store in some tries, while it stores others', is left out, with a
    verdict that says so.

    Returns:
        The job as it is saved, FAILED when none of its photos is left, and its files.

    Raises:
        AccountTrouble, RetryLater: the service cannot be used now.
        Conflict: consent has ended while files were stored.
    """
    # To find out takes a face check, of our own picture: where checks are off, none is made.
    way = (settled_way(world) or learn(world)) if world.rules.face_check else known_way(world)
    # Where no face check has shown whether URLs work, the file service is what works on every account.
    if way is Way.URL:
        return job, TrainingFiles((), tuple(map(world.bucket.signed_url, job.files)))
    return _by_file(world, job, slot)


def _by_file(world: World, job: Job, slot: Slot) -> tuple[Job, TrainingFiles]:
    """A name stands for one snapshot of one job, so a file of an earlier try is found by its name.

    The list is read although the job's row names files: while it waited they may have been deleted, or the
    API key may have become another account's. What is gone is stored again.
    """
    from shared.workflow.stored_files import training_names

    listed = world.dashscope.files()
    stored = {file.name: file.file_id for file in listed}
    # Where a run stored the same file twice, the one that was sent before is sent again.
    stored |= {file.name: file.file_id for file in listed if file.file_id in job.file_ids}
    ids: list[str] = []
    refused: dict[str, Trouble] = {}
    for name, key in zip(training_names(world, job.files), job.files, strict=True):
        if name not in stored and not world.has_time_for(TIME_FOR_A_FILE_MS):
            # What is stored is found by the next run, which goes on behind it.
            raise RetryLater("no_time", "too little of the invocation is left for the files", delay_seconds=1)
        try:
            ids.append(stored.get(name) or _store(world, job, name, key))
        except Conflict:
            raise
        except Trouble as trouble:
            if not _is_given_up(world, job, slot, trouble):
                raise
            warn("file_not_stored", file=name, code=trouble.code, message=trouble.message)
            refused[key] = trouble
    if refused:
        job = _without(world, job, refused)
    return job, TrainingFiles(tuple(ids), tuple(ids))


def forget_files(world: World, job: Job) -> None:
    """Delete the files of all the job's attempts from DashScope's file service, which holds 100 in all."""
    known = set(job.all_file_ids)
    if not known:
        return
    from shared.workflow.stored_files import training_names

    names = {*training_names(world, (*job.files, *job.earlier_files))}
    mine = {file.file_id for file in world.dashscope.files() if file.name in names}
    for file_id in sorted(mine | known):
        try:
            world.dashscope.delete_file(file_id)
        except Permanent as refusal:
            warn("file_not_deleted", file=file_id, code=refusal.code)


def _store(world: World, job: Job, name: str, key: str) -> str:
    from shared.workflow.stored_files import store

    try:
        content = world.bucket.read(key)
        if world.rules.consent_required:
            # Imported here: most deployments ask for no consent. The files before it have taken a while.
            from shared.workflow.consenting import why_not

            if why := why_not(world, job):
                raise Conflict(f"the job is looked at once more: {why}")
        return store(world, name, content, Api.TRAINING)
    except Trouble:
        raise
    except Exception as surprise:
        warn("unforeseen", file=name, error=repr(surprise)[:1000])
        trouble = unforeseen(surprise)
        trouble.api = Api.TRAINING
        raise trouble from surprise


def _is_given_up(world: World, job: Job, slot: Slot, trouble: Trouble) -> bool:
    """Whether a file is given up: it is refused again and again, while the services serve others."""
    if trouble.kind.is_of_all or job.retry is None or job.retry.cause.api is not trouble.api:
        return False
    if trouble.api is not Api.TRAINING:
        return world.health.is_hopeless(job.retry, trouble.api)
    tries = tries_of_submit(job)
    if tries is None:
        return False
    others_pass = tries.since < slot.accepted_at <= world.clock.now()
    return others_pass and tries.tries >= TRIES_OF_A_FILE


def _without(world: World, job: Job, refused: Mapping[str, Trouble]) -> Job:
    """Save the job without the photos that cannot be stored; one that has none left has failed."""
    now = world.clock.now()
    photos = tuple(
        replace(
            photo,
            snapshot="",
            verdict=Verdict.UNREADABLE,
            detail=f"file_not_stored: {refused[photo.snapshot].code}",
        )
        if photo.snapshot in refused
        else photo
        for photo in job.photo_set.photos
    )
    after = job.with_files(replace(job.photo_set, photos=photos), now)
    if not after.files:
        message = "DashScope's file service stores none of the photos; upload others to train again."
        after = after.ended(JobState.FAILED, Reason("files_not_stored", message), now)
    return world.jobs.save(job, after)
