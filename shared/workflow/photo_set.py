"""Looks through a person's folder and closes the set when it is complete.

A set never closes without such a look (but for the tenth usable photo, which closes it at once): an upload
whose event was lost or is still on its way belongs into the set, not into a second, paid one.
"""

from __future__ import annotations

from shared.domain.job import Job
from shared.domain.object_keys import READY_MARKER, Ignored, Kind, parse_upload, person_folder
from shared.domain.photos import Verdict
from shared.domain.set_completion import settled
from shared.logs import log, warn
from shared.workflow.intake import TIME_FOR_A_PHOTO, SetCrowded, face_check, take_in_photo
from shared.workflow.ports import Listed, World

PAGE = 1000
MARKER_SECOND = 1000


def look_through(world: World, person_id: str) -> Job | None:
    """Take in what is unrecorded in the person's folder, apply the marker, and settle the set.

    Returns:
        The person's newest job after the look, or None when nothing of the person is there.
    """
    listed, marker_at = _listing(world, person_id)
    take_in_listed(world, person_id, listed, world.jobs.latest(person_id))
    job = world.jobs.latest(person_id)
    if job is None or not job.state.is_open:
        return job
    after = _checked(world, job)
    now = world.clock.now()
    if marker_at > after.ready and after.photos:
        marked = after.with_marker(marker_at, now)
        after = marked if marked.is_marked else after
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


def take_in_listed(world: World, person_id: str, listed: list[Listed], latest: Job | None) -> None:
    """Take in the photos among ``listed`` that ``latest`` does not know."""
    for entry in listed:
        upload = parse_upload(entry.key)
        if isinstance(upload, Ignored) or upload.person_id != person_id or upload.kind is Kind.MARKER:
            continue
        if latest is None or not latest.knows(upload.name, entry.stored.etag):
            try:
                take_in_photo(world, upload)
            except SetCrowded as crowded:
                # The face checks that make room again come after this; the rest waits for the next look.
                warn("set_crowded", person=person_id, message=crowded.message)
                return


def _listing(world: World, person_id: str) -> tuple[list[Listed], int]:
    """List the person's folder; returns it with the time of the marker in it, 0 without one.

    The bucket's times are whole seconds, so a photo may be uploaded after this listing and yet within the
    marker's second, which the marker would then speak for: such a second is waited out.
    """
    for _ in range(2):
        listed, _ = world.bucket.list_page(person_folder(person_id), "", PAGE)
        marker = f"{person_folder(person_id)}{READY_MARKER}"
        marker_at = next((entry.stored.modified_at for entry in listed if entry.key == marker), 0)
        left = marker_at + MARKER_SECOND - world.clock.now()
        if not marker_at or not 0 < left <= MARKER_SECOND:
            break
        world.clock.sleep(left)
    return listed, marker_at


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
