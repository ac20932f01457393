"""Looks through a person's folder and closes the set when it is complete.

A set never closes without such a look: an upload whose event was lost or is still on its way belongs into the
set, not into a second, paid one, and a photo that was deleted is out.
"""

from __future__ import annotations

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
from shared.domain.photos import Verdict
from shared.domain.set_completion import completed_by, settled
from shared.errors import NotFound
from shared.logs import log, warn
from shared.workflow.intake import TIME_FOR_A_PHOTO, SetCrowded, TakenIn, face_check, take_in_photo
from shared.workflow.ports import Listed, World

PAGE = 1000
MAX_PAGES = 10
MARKER_SECOND = 1000


def look_through(world: World, person_id: str) -> Job | None:
    """Make the set what the person's folder holds, apply the marker, and settle the set.

    Returns:
        The person's newest job after the look, or None when nothing of the person is there.

    Raises:
        Conflict: the set changed meanwhile; look again.
        RetryLater: something could not be looked at now.
    """
    # The set before the folder: what stands in the set by now and is not in the folder has been deleted.
    job = world.jobs.latest(person_id)
    listed, marker_at, complete = _listing(world, person_id)
    if job is not None and job.state.is_open and complete:
        job = _without_deleted(world, job, listed)
    if take_in_listed(world, person_id, listed, job, Kind.ARCHIVE):
        # What has been taken out belongs into the set before it can close.
        listed, marker_at, complete = _listing(world, person_id)
    take_in_listed(world, person_id, listed, job, Kind.PHOTO)
    job = world.jobs.latest(person_id)
    if job is None or not job.state.is_open:
        return job
    after = _checked(world, job)
    now = world.clock.now()
    if marker_at > after.ready and after.photos:
        marked = after.with_marker(marker_at, now)
        after = marked if marked.is_marked else after
    if completed_by(after, world.rules, now) is not None:
        after = _with_own_snapshots(world, after)
    after = settled(after, world.rules, now)
    if after == job:
        return job
    saved = world.jobs.save(job, after)
    log(
        "set_settled",
        person=person_id,
        job=saved.job_id,
        state=saved.state.value,
        closed_by=saved.closed_by,
        usable=len(saved.usable),
        photos=len(saved.photos),
    )
    return saved


def _without_deleted(world: World, job: Job, listed: list[Listed]) -> Job:
    folder = person_folder(job.person_id)
    present = {entry.key.removeprefix(folder) for entry in listed}
    left = job.without_deleted(present, world.rules, world.clock.now())
    if left is job:
        return job
    log("photos_deleted", person=job.person_id, job=job.job_id, photos=len(job.photos) - len(left.photos))
    return world.jobs.save(job, left)


def _with_own_snapshots(world: World, job: Job) -> Job:
    """Copy the snapshots that another revision owns: a path stands for one job and no other."""
    copied: dict[str, str] = {}
    lost: set[str] = set()
    for photo in job.chosen():
        if not photo.snapshot.startswith(snapshot_folder(job.job_id)):
            target = snapshot_key(job.job_id, world.token())
            try:
                world.bucket.copy(photo.snapshot, target)
            except NotFound:
                warn("snapshot_gone", job=job.job_id, photo=photo.name, snapshot=photo.snapshot)
                lost.add(photo.name)
            else:
                copied[photo.name] = target
    if lost:
        job = job.without_deleted({photo.name for photo in job.photos} - lost, world.rules, world.clock.now())
    return job.with_snapshots(copied, world.clock.now()) if copied else job


def take_in(world: World, upload: Upload) -> TakenIn:
    """Take in a photo, or a zip of photos; raises RetryLater when that cannot be done now."""
    if upload.kind is Kind.PHOTO:
        return take_in_photo(world, upload)
    # What reads zips is loaded with the first zip, not at every cold start.
    from shared.workflow.unpacking import take_in_archive

    return take_in_archive(world, upload)


def take_in_listed(
    world: World, person_id: str, listed: list[Listed], latest: Job | None, kind: Kind
) -> bool:
    """Take in what of this kind is among ``listed`` and ``latest`` does not know; returns whether any was."""
    found = False
    for entry in listed:
        upload = parse_upload(entry.key, world.rules.ready_marker)
        if isinstance(upload, Ignored) or (upload.person_id, upload.kind) != (person_id, kind):
            continue
        if latest is None or not latest.knows(upload.name, entry.stored.etag):
            found = True
            try:
                take_in(world, upload)
            except SetCrowded as crowded:
                # The face checks that make room again come after this; the rest waits for the next look.
                warn("set_crowded", person=person_id, message=crowded.message)
                break
    return found


def _listing(world: World, person_id: str) -> tuple[list[Listed], int, bool]:
    """List the person's folder; returns it, the marker's time (0 without one), and whether that is all.

    The bucket's times are whole seconds, so a photo may be uploaded after this listing and yet within the
    marker's second, which the marker would then speak for: such a second is waited out.
    """
    marker = f"{person_folder(person_id)}{world.rules.ready_marker}"
    for _ in range(2):
        listed, following = _all_pages(world, person_folder(person_id))
        marker_at = next((entry.stored.modified_at for entry in listed if entry.key == marker), 0)
        left = marker_at + MARKER_SECOND - world.clock.now()
        if not marker_at or not 0 < left <= MARKER_SECOND:
            break
        world.clock.sleep(left)
    return listed, marker_at, not following


def _all_pages(world: World, folder: str) -> tuple[list[Listed], str]:
    listed: list[Listed] = []
    following = ""
    for _ in range(MAX_PAGES):
        page, following = world.bucket.list_page(folder, following, PAGE)
        listed += page
        if not following:
            break
    return listed, following


def _checked(world: World, job: Job) -> Job:
    """Make the face checks that were postponed."""
    if not job.unchecked:
        return job
    verdicts: dict[str, tuple[Verdict, str]] = {}
    for photo in job.unchecked:
        if world.has_time_for(TIME_FOR_A_PHOTO):
            verdicts[photo.name] = face_check(world, photo.snapshot)
    news = {name: verdict for name, verdict in verdicts.items() if verdict[0] is not Verdict.UNCHECKED}
    return job.with_verdicts(news, world.rules, world.clock.now()) if news else job
