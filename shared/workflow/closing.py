"""Synchronises a set with the person's folder and closes it when it is complete.

Called by ``collect`` when an upload may complete the set, by a tick when the set
is due, and by the sweep. A set never closes without this look: an upload whose event was lost or is still on
its way belongs to the set and not to a second, paid one, and a deleted photo is out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from shared.domain.approval import withheld
from shared.domain.job import Job
from shared.domain.object_keys import (
    Ignored,
    Kind,
    folder_of,
    name_of,
    parse_upload,
    snapshot_folder,
    snapshot_key,
    upload_key,
)
from shared.domain.photos import Photo
from shared.domain.retry_state import TRIES_BESIDE_OTHERS, RetryState
from shared.domain.rules import MAX_PHOTOS
from shared.domain.trouble_kinds import Kind as TroubleKind
from shared.errors import Conflict, Trouble, unforeseen
from shared.logs import log, warn
from shared.workflow.checking import judge_each
from shared.workflow.folders import Folders, list_folders
from shared.workflow.forgotten import check_not_going
from shared.workflow.marking import marked
from shared.workflow.ports import Listed, World
from shared.workflow.recognizing import Found, unrecorded
from shared.workflow.recording import RunIsUp, record_upload
from shared.workflow.recording_found import check_time, record_found
from shared.workflow.saving import save

TIME_FOR_A_LOOK_MS = 40_000
"""However much a person has uploaded: the next person's turn comes after it."""


class Synchronised(NamedTuple):
    """A person's newest job and their folders; ``is_whole``: the job has all that the listing shows."""

    job: Job | None
    folders: Folders
    is_whole: bool


def look_through(
    world: World, person_id: str, newest: Job | None, behind: str = "", *, folder: str = ""
) -> Job | None:
    """Synchronise the set with the person's folders, apply the marker, and close or reject a complete set.

    Args:
        world: the services.
        person_id: the person.
        newest: the person's newest job, read before now.
        behind: of a folder too large to be read whole, the page behind this key is read as well.
        folder: the person's folder that made the caller look, as it is spelled: it is listed as well.

    Returns:
        The person's newest job after the look, or None when the person has no job and no photo.

    Raises:
        Conflict: the set changed meanwhile; look again.
        BeingErased: an erasure of the person goes on.
        RetryLater: the folder or the tables could not be read.
    """
    world = world.for_at_most(TIME_FOR_A_LOOK_MS)
    check_not_going(newest)

    def list_anew(job: Job | None) -> Folders:
        met = (*(job.folders if job is not None else ()), folder or person_id)
        return list_folders(world, person_id, met, behind, starts_after=job.starts_after if job else 0)

    job, folders, is_whole = _synchronised(world, person_id, newest, list_anew)
    if job is None or not job.state.is_open:
        return job
    after = _cleared(world, job)
    after = marked(world, after, folders.marker, job.retry)
    after = _judged(world, after)
    if is_whole:
        after = _close_if_complete(world, after, job.retry)
    if after == job:
        return job
    saved = save(world, job, after)
    log(
        "set_settled",
        person=person_id,
        job=saved.job_id,
        state=saved.state.value,
        closed_by=saved.closed_by,
        usable=len(saved.photo_set.usable),
        photos=len(saved.photo_set.photos),
    )
    return saved


def _cleared(world: World, job: Job) -> Job:
    """Return ``job`` without its trouble, and without the lease of a run that is dead."""
    now = world.clock.now()
    after = job.cleared(world.rules, now)
    has_ended = after.leased_until and not after.is_leased(now)
    return after.with_lease(0, world.rules, now) if has_ended else after


def _synchronised(
    world: World, person_id: str, newest: Job | None, list_anew: Callable[[Job | None], Folders]
) -> Synchronised:
    """Bring the set together with the folders, as far as it has room."""
    job, folders = newest, list_anew(newest)
    news = _unrecorded(world, folders.listed, job)
    archives = [one for one in news if one.upload.kind is Kind.ARCHIVE]
    if archives:
        _unpack_each(world, archives, job)
        job = world.jobs.latest(person_id)
        # The unpacked photos belong to the set before it can close.
        folders = list_anew(job)
        news = _unrecorded(world, folders.listed, job)
    # The job was read before the folder: a photo that is in the set and not in the folder has been deleted.
    if job is not None and job.state.is_open:
        present = _forget_deleted(world, job, folders)
        if present is not job:
            # With a deleted photo its copies are forgotten, and one of these may be used now.
            job, news = present, _unrecorded(world, folders.listed, present)
    photos = _photos(news, job)
    job, left = record_found(world, photos, job) if photos else (job, [])
    begun = [zipped.name for zipped in job.photo_set.unpacking] if job is not None else []
    left += [one for one in news if one.upload.kind is Kind.ARCHIVE and one.upload.name not in begun]
    return Synchronised(job, folders, not left)


def unrecorded_photos(world: World, job: Job) -> list[Found]:
    """Return the photos that the person's folder shows now and ``job``, the newest, does not have."""
    folders = list_folders(world, job.person_id, job.folders, "", starts_after=job.starts_after)
    return _photos(_unrecorded(world, folders.listed, job), job)


def _photos(news: list[Found], job: Job | None) -> list[Found]:
    """Return the photos among ``news``, without what comes out of a zip that is not done.

    That is left to its own events, until the zip is done and the set may close.
    """
    coming = tuple(f"{zipped.name}/" for zipped in job.photo_set.unpacking) if job is not None else ()
    return [one for one in news if one.upload.kind is Kind.PHOTO and not one.upload.name.startswith(coming)]


def _unpack_each(world: World, archives: list[Found], job: Job | None) -> None:
    """Unpack the zips that are not done; the trouble of one is not the others', and none is the set's."""
    for found in archives:
        check_time(world)
        try:
            job = record_upload(world, found.upload, job, found.stored).job
        except Conflict:
            raise
        except RunIsUp:
            # This run has done its share of unpacking; the next one goes on.
            return
        except Trouble as trouble:
            world.health.failed(trouble.cause)
            warn("zip_held_up", key=found.upload.key, code=trouble.code, message=trouble.message)
            job = world.jobs.latest(found.upload.person_id)


def _unrecorded(world: World, listed: list[Listed], job: Job | None) -> list[Found]:
    """Return the listed photos and zips that neither the newest job nor the memory beside it has."""
    uploads = ((entry, parse_upload(entry.key, world.rules.ready_marker)) for entry in listed)
    found = [
        Found(upload, entry.stored)
        for entry, upload in uploads
        if not isinstance(upload, Ignored) and upload.kind in (Kind.PHOTO, Kind.ARCHIVE)
    ]
    return unrecorded(world, found, job)


def _forget_deleted(world: World, job: Job, folders: Folders) -> Job:
    """Save the set without its deleted photos, and without those whose zip was replaced or deleted.

    In a folder that was not listed whole, none counts as such.
    """
    present = {name_of(entry.key): entry.stored.etag for entry in folders.listed}
    names = {photo.archive or photo.name for photo in job.photo_set.photos}
    unread = {name for name in names if folder_of(job.person_id, name) not in folders.read_whole}
    left = job.photo_set.without_deleted({*present, *unread})
    if any(photo.taken_from for photo in left.photos):
        from shared.workflow.leaving_out import leave_out  # for zips alone

        left = leave_out(world, replace(job, photo_set=left), present, unread)
    if left == job.photo_set:
        return job
    if deleted := len(job.photo_set.photos) - len(left.photos):
        log("photos_deleted", person=job.person_id, job=job.job_id, photos=deleted)
    return save(world, job, job.with_photo_set(left, world.rules, world.clock.now()))


def _judged(world: World, job: Job) -> Job:
    """Try again to prepare and check the photos whose next try is due."""
    now = world.clock.now()
    due = [photo for photo in job.photo_set.unfinished if world.may_try(photo.retry, now)]
    if not due:
        return job
    judged = judge_each(world, [(upload_key(job.person_id, photo.name), photo) for photo in due], job)
    if judged == due:
        return job
    return job.with_photo_set(job.photo_set.with_judged(judged), world.rules, world.clock.now())


def _close_if_complete(world: World, job: Job, before: RetryState | None) -> Job:
    """Return ``job`` closed, or rejected when none of its new photos can be used, or as it is.

    ``before``: how the looks before this one have failed in a row, None when they have not.
    """
    now = world.clock.now()
    why = job.completed_by(world.rules, now)
    if why is not None and not job.is_proved_new:
        from shared.workflow.restoring import restore

        if (
            restore(
                *(world, job.person_id),
                met=job.folders,
                above=job.revision,
                before=before,
                starts_after=job.starts_after,
            )
            is not None
        ):
            # The set gives way at the next look, once its photos are recorded behind the restored row.
            raise Conflict("the person's row was made anew from an earlier result")
        job = replace(job, is_proved_new=True)
    if why is not None and len(job.photo_set.usable) > MAX_PHOTOS:
        # Imported here: few sets have more photos than a training takes.
        from shared.workflow.hashing import unhashed, with_hashes

        job = with_hashes(world, job, before)
        if unhashed(job):
            # The next look goes on.
            return job
    if why is not None:
        job = _with_own_snapshots(world, job, before)
        # A carried snapshot may have been lost: the set is not complete before it has been prepared again.
        why = job.completed_by(world.rules, now)
    if why is None:
        return job
    if not job.photo_set.new_usable:
        return job.rejected(now)
    return withheld(job.closed(why, now), world.rules, now)


def _with_own_snapshots(world: World, job: Job, before: RetryState | None) -> Job:
    """Copy the snapshots that another revision owns: a path stands for one job and no other.

    One that is gone, or that may not be read any more, is prepared again from its upload.
    """
    copied: dict[str, str] = {}
    lost: list[Photo] = []
    for photo in job.photo_set.chosen():
        if photo.snapshot.startswith(snapshot_folder(job.job_id)):
            continue
        target = snapshot_key(job.job_id, world.token())
        if _copies(world, job, photo, target, before):
            copied[photo.name] = target
        else:
            lost.append(photo)
    if not copied and not lost:
        return job
    photo_set = job.photo_set.with_snapshots(copied).without_snapshots(lost)
    return job.with_photo_set(photo_set, world.rules, world.clock.now())


def _copies(world: World, job: Job, photo: Photo, target: str, before: RetryState | None) -> bool:
    """Copy a snapshot; returns whether it could be: what passes is tried again for a while."""
    if not world.health.may_go_on(f"{job.person_key} copy {photo.etag}"):
        return False
    try:
        world.bucket.copy(photo.snapshot, target)
    except Exception as problem:
        trouble = problem if isinstance(problem, Trouble) else unforeseen(problem)
        tries = before.tries if before is not None else 0
        is_young = trouble.kind is TroubleKind.PASSING and tries < TRIES_BESIDE_OTHERS
        if is_young or (trouble.kind.is_of_all and not world.health.is_hopeless(before, trouble.api)):
            raise
        warn("snapshot_lost", job=job.job_id, photo=photo.name, code=trouble.code)
        return False
    return True
