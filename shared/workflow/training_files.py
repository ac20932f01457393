"""The files that DashScope trains on: snapshots as signed URLs, or stored with DashScope's file service.

Used by :mod:`shared.workflow.submitting` before the intent, and by :mod:`shared.workflow.training` when a job
is delivered. ``TRAINING_FILES`` chooses the way.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.job import Job
from shared.errors import Permanent, Trouble, unforeseen
from shared.logs import log, warn
from shared.workflow.ports import World

TRIES_BEFORE_A_URL = 2


class TrainingFiles(NamedTuple):
    """The ids of the stored files (none: the way is by URL), and the files as DashScope is given them."""

    file_ids: tuple[str, ...]
    sendable: tuple[str, ...]


def prepare_files(world: World, job: Job) -> TrainingFiles:
    """Store the job's snapshots with DashScope's file service, if that is the way, or sign their URLs.

    A snapshot that the service does not store has no id (``""``) and is sent as a URL beside the others. So
    is a snapshot that is gone: DashScope refuses its URL, which ends this job and not the whole queue.

    Raises:
        AccountTrouble, RetryLater: the service cannot be used now.
    """
    stored = _stored_file_ids(world, job)
    ids = stored or ("",) * len(job.files)
    sendable = (file_id or world.bucket.signed_url(key) for file_id, key in zip(ids, job.files, strict=True))
    return TrainingFiles(stored, tuple(sendable))


def _stored_file_ids(world: World, job: Job) -> tuple[str, ...]:
    """A name stands for one snapshot of one job, so a file of an earlier try is found by its name."""
    if world.training_files != "file_id" or job.file_ids:
        return job.file_ids
    stored = world.dashscope.files()
    return tuple(
        stored.get(name) or _store(world, job, name, key)
        for name, key in zip(_names(job), job.files, strict=True)
    )


def forget_files(world: World, job: Job) -> None:
    """Delete the job's files from DashScope's file service, which holds 100 files in all."""
    if not job.file_ids:
        return
    names = set(_names(job))
    mine = {file_id for name, file_id in world.dashscope.files().items() if name in names}
    for file_id in sorted(mine | set(job.file_ids) - {""}):
        try:
            world.dashscope.delete_file(file_id)
        except Permanent as refusal:
            log("file_not_deleted", file=file_id, code=refusal.code)


def _names(job: Job) -> list[str]:
    """The names under which a job's snapshots are stored with DashScope."""
    return [f"{job.job_id}-{key.rpartition('/')[2]}" for key in job.files]


def _store(world: World, job: Job, name: str, key: str) -> str:
    """Store a file; one that will not be stored, or was not in some tries of its job, is sent as a URL."""
    try:
        return world.dashscope.upload_file(name, world.bucket.read(key))
    except Trouble as problem:
        trouble = problem
    except Exception as surprise:
        warn("unforeseen", file=name, error=repr(surprise)[:1000])
        trouble = unforeseen(surprise)
    tries = job.retry.tries if job.retry is not None and not job.retry.cause.kind.is_of_all else 0
    is_given_up = isinstance(trouble, Permanent) or tries >= TRIES_BEFORE_A_URL
    if trouble.kind.is_of_all or not is_given_up:
        raise trouble
    warn("file_not_stored", file=name, code=trouble.code, message=trouble.message)
    return ""
