"""Synchronises a set with the person's folder and closes it when it is complete.

Called by ``collect`` when an upload may complete the set, by a tick when the set
is due, and by the sweep. A set never closes without this look: an upload whose event was lost or is still on
its way belongs to the set and not to a second, paid one, and a deleted photo is out.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.job import Job
from shared.domain.object_keys import (
    Ignored,
    Kind,
    Upload,
    parse_upload,
    person_folder,
    snapshot_folder,
    snapshot_key,
)
from shared.errors import Conflict, NotFound
from shared.logs import log, warn
from shared.workflow.checking import check_faces
from shared.workflow.ports import Listed, World
from shared.workflow.recording import SetCrowded, record_upload

PAGE = 1000
MAX_PAGES = 10
MARKER_SECOND_MS = 1000


class Folder(NamedTuple):
    """A listing of a person's folder; ``marker_at`` is 0 without a marker."""

    listed: list[Listed]
    marker_at: int
    is_complete: bool


def look_through(world: World, person_id: str, newest: Job | None) -> Job | None:
    """Synchronise the set with the folder, apply the marker, and close or reject a complete set.

    Args:
        world: the services.
        person_id: the person.
        newest: the person's newest job, read before now.

    Returns:
        The person's newest job after the look, or None when the person has no job and no photo.

    Raises:
        Conflict: the set changed meanwhile; look again.
        RetryLater: something could not be looked at now.
    """
    job, folder = newest, _list_folder(world, person_id)
    archives = _unrecorded(world, person_id, folder.listed, job, Kind.ARCHIVE)
    if archives:
        job, _ = _record_all(world, archives, job)
        # The unpacked photos belong to the set before it can close.
        folder = _list_folder(world, person_id)
    # The job was read before the folder: a photo that is in the set and not in the folder has been deleted.
    if job is not None and job.state.is_open and folder.is_complete:
        job = _forget_deleted(world, job, folder)
    photos = _unrecorded(world, person_id, folder.listed, job, Kind.PHOTO)
    job, is_overtaken = _record_all(world, photos, job)
    if is_overtaken:
        raise Conflict("another run changed the set after its folder was listed")
    if job is None or not job.state.is_open:
        return job
    after = _close_if_complete(world, _marked(world, _checked(world, job), folder.marker_at))
    if after == job:
        return job
    saved = world.jobs.save(job, after)
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


def record_listed(world: World, person_id: str, listed: list[Listed], newest: Job | None) -> Job | None:
    """Record the listed photos that ``newest`` does not know; returns the person's newest job."""
    job, _ = _record_all(world, _unrecorded(world, person_id, listed, newest, Kind.PHOTO), newest)
    return job


def _unrecorded(
    world: World, person_id: str, listed: list[Listed], job: Job | None, kind: Kind
) -> list[Upload]:
    uploads = ((entry, parse_upload(entry.key, world.rules.ready_marker)) for entry in listed)
    return [
        upload
        for entry, upload in uploads
        if not isinstance(upload, Ignored)
        and (upload.person_id, upload.kind) == (person_id, kind)
        and (job is None or not job.knows(upload.name, entry.stored.etag))
    ]


def _record_all(world: World, uploads: list[Upload], job: Job | None) -> tuple[Job | None, bool]:
    """Record ``uploads``; returns the person's newest job, and whether another run has written in between."""
    is_overtaken = False
    for upload in uploads:
        try:
            recorded = record_upload(world, upload, job)
            job, is_overtaken = recorded.job, is_overtaken or recorded.is_overtaken
        except SetCrowded as crowded:
            # The face checks that make room follow this step; the rest waits for the next look.
            warn("set_crowded", person=upload.person_id, message=crowded.message)
            break
    return job, is_overtaken


def _forget_deleted(world: World, job: Job, folder: Folder) -> Job:
    """Save the set without its deleted photos."""
    prefix = person_folder(job.person_id)
    present = {entry.key.removeprefix(prefix) for entry in folder.listed}
    left = job.photo_set.without_deleted(present)
    if left is job.photo_set:
        return job
    deleted = len(job.photo_set.photos) - len(left.photos)
    log("photos_deleted", person=job.person_id, job=job.job_id, photos=deleted)
    return world.jobs.save(job, job.with_photo_set(left, world.rules, world.clock.now()))


def _checked(world: World, job: Job) -> Job:
    """Make the face checks that were postponed."""
    unchecked = job.photo_set.unchecked
    verdicts = check_faces(world, unchecked) if unchecked else {}
    if not verdicts:
        return job
    return job.with_photo_set(job.photo_set.with_verdicts(verdicts), world.rules, world.clock.now())


def _marked(world: World, job: Job, marker_at: int) -> Job:
    """Apply the marker, if it is new and speaks for all photos of the set."""
    if marker_at <= job.photo_set.ready_at or not job.photo_set.photos:
        return job
    marked = job.photo_set.with_marker(marker_at)
    return job.with_photo_set(marked, world.rules, world.clock.now()) if marked.is_marked else job


def _close_if_complete(world: World, job: Job) -> Job:
    """Return ``job`` closed, or rejected when none of its new photos can be used, or as it is."""
    now = world.clock.now()
    why = job.completed_by(world.rules, now)
    if why is not None:
        own = _with_own_snapshots(world, job)
        if len(own.photo_set.photos) < len(job.photo_set.photos):
            # A carried photo is lost, so the set may not be complete without it.
            why = own.completed_by(world.rules, now)
        job = own
    if why is None:
        return job
    return job.closed(why, now) if job.photo_set.new_usable else job.rejected(now)


def _with_own_snapshots(world: World, job: Job) -> Job:
    """Copy the snapshots that another revision owns: a path stands for one job and no other."""
    copied: dict[str, str] = {}
    lost: set[str] = set()
    for photo in job.photo_set.chosen():
        if photo.snapshot.startswith(snapshot_folder(job.job_id)):
            continue
        target = snapshot_key(job.job_id, world.token())
        try:
            world.bucket.copy(photo.snapshot, target)
        except NotFound:
            warn("snapshot_gone", job=job.job_id, photo=photo.name, snapshot=photo.snapshot)
            lost.add(photo.name)
        else:
            copied[photo.name] = target
    if not copied and not lost:
        return job
    photo_set = job.photo_set.with_snapshots(copied)
    if lost:
        photo_set = photo_set.without_deleted({photo.name for photo in photo_set.photos} - lost)
    return job.with_photo_set(photo_set, world.rules, world.clock.now())


def _list_folder(world: World, person_id: str) -> Folder:
    """List the person's folder.

    The bucket's times are whole seconds. A photo may be uploaded after this listing and yet within the
    marker's second, and the marker would then speak for it: the listing waits until that second has passed.
    """
    prefix = person_folder(person_id)
    marker = f"{prefix}{world.rules.ready_marker}"
    for _ in range(2):
        listed, following = _all_pages(world, prefix)
        marker_at = next((entry.stored.modified_at for entry in listed if entry.key == marker), 0)
        left_ms = marker_at + MARKER_SECOND_MS - world.clock.now()
        if not marker_at or not 0 < left_ms <= MARKER_SECOND_MS:
            break
        world.clock.sleep(left_ms)
    return Folder(listed, marker_at, not following)


def _all_pages(world: World, prefix: str) -> tuple[list[Listed], str]:
    listed: list[Listed] = []
    following = ""
    for _ in range(MAX_PAGES):
        page, following = world.bucket.list_page(prefix, following, PAGE)
        listed += page
        if not following:
            break
    return listed, following
