"""Records uploads in their person's set: a photo with a verdict, a zip by unpacking it.

Called by ``collect`` for an event, and by :mod:`shared.workflow.closing` for a zip whose event never came;
what a listing shows beside it goes through :mod:`shared.workflow.recording_found`. An event is a hint that an
object may be there. The object counts as the bucket has it now, so repeated, reordered and late events lead
to the same record. The verdict comes from :mod:`shared.workflow.checking`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shared.domain.clocks import has_come
from shared.domain.copies import as_duplicate
from shared.domain.job import Job
from shared.domain.object_keys import Kind, Upload
from shared.domain.photo_set import ClosedBy
from shared.domain.photos import NEEDS_NOTHING, Photo, Stored, Verdict, mark_on_record
from shared.domain.retry_state import STILL_WRITTEN, RetryState
from shared.domain.rules import MAX_PHOTOS
from shared.errors import REPLACED, Conflict, RetryLater
from shared.logs import log
from shared.workflow.checking import judge_each
from shared.workflow.describing import described
from shared.workflow.forgotten import ERASED, check_not_going, is_erased
from shared.workflow.opening import open_set
from shared.workflow.ports import World
from shared.workflow.recognizing import Found, Recognized, recognize, take_resent
from shared.workflow.saving import save

MAX_TRIES = 8
LONGEST_FIRST_PAUSE_MS = 500
"""Doubled with each try that another upload of the same person has won, up to four times."""
APPENDABLE_RESTS_MS = 30_000
"""Whoever appends to an object pauses for less."""
GONE = "gone"
LEFT_TO_ANOTHER_RUN = "left_to_another_run"


class RunIsUp(RetryLater):
    """The rest of a zip is left to the next run: time is short, or this run has done its share."""


@dataclass(frozen=True)
class Recorded:
    """The outcome of an upload: the person's newest job, and the verdict or the reason for having none."""

    job: Job | None
    outcome: str


def record_upload(world: World, upload: Upload, newest: Job | None, hint: Stored | None = None) -> Recorded:
    """Record the photo or the zip under ``upload.key``; as :func:`record_photo` for each."""
    if upload.kind is Kind.PHOTO:
        return record_photo(world, upload, newest, hint)
    # Imported here: the code that reads zips is loaded with the first zip, and it imports this module.
    from shared.workflow.unpacking import unpack_upload

    return unpack_upload(world, upload, newest, hint)


def record_photo(world: World, upload: Upload, newest: Job | None, hint: Stored | None = None) -> Recorded:
    """Record the photo under ``upload.key`` in the person's open set, or in the next set.

    Args:
        world: the services.
        upload: the photo.
        newest: the person's newest job as read before, None without one.
        hint: what the event says of the object, for one that the bucket tells nothing about.

    Raises:
        RetryLater: the tables do not answer, or other uploads of the same person won the row too many times.
    """
    judged: Photo | None = None
    judged_for = ""
    is_overtaken = is_replaced = False
    check_not_going(newest)
    if newest is not None and newest.is_leased(world.clock.now()):
        return Recorded(newest, LEFT_TO_ANOTHER_RUN)
    for latest, stored in observations(world, upload, newest, hint):
        if stored is None:
            return Recorded(latest, GONE)
        if latest is not None and (why := _why_not(world, latest, stored)):
            return Recorded(latest, why)
        found = Found(upload, stored)
        (what,) = recognize(world, latest, [found])
        try:
            if known := on_record(world, latest, found, what):
                return known
            after = without_opening(world, latest, found, what)
            if after is None:
                before = open_set(world, latest, upload)
                if is_erased(before, stored.modified_at):
                    return Recorded(latest, ERASED)
                if judged is None or (judged_for, judged.etag) != (before.job_id, stored.etag):
                    (judged,), judged_for = judge_found(world, before, [found]), before.job_id
                    if judged.retry is not None and judged.retry.cause.code == REPLACED and not is_replaced:
                        # The object that lies there now is looked at, and not the one that is gone.
                        is_replaced = True
                        continue
                now = world.clock.now()
                after = along_with(world, latest, [judged]) or before.with_photo(judged, world.rules, now)
                if is_overtaken and not after.photo_set.unpacking:
                    # Imported here: most photos come alone, and it imports this module.
                    from shared.workflow.leasing import record_with_lease

                    return record_with_lease(world, latest, after, upload)
            return log_recorded(save(world, latest, after), upload)
        except Conflict:
            is_overtaken = True
    raise AssertionError("unreachable: the observations end with an error")


def _why_not(world: World, latest: Job, stored: Stored) -> str:
    """Return why an upload is not recorded by this run, or "": the outcome."""
    if latest.is_leased(world.clock.now()):
        return LEFT_TO_ANOTHER_RUN
    return ERASED if is_erased(latest, stored.modified_at) else ""


def observations(
    world: World, upload: Upload, newest: Job | None, hint: Stored | None = None
) -> Iterator[tuple[Job | None, Stored | None]]:
    """Yield the person's newest job and the object as they are, again after each save that another run won.

    The set is read before the object: a change of an open set after this read makes the save fail, so an
    object that is older than the set's knowledge of it can never open another, paid set.

    Raises:
        RetryLater: other runs were faster each time, or neither bucket nor ``hint`` tell about the object.
    """
    for attempt in range(MAX_TRIES):
        if attempt:
            # Photos that come together would lose together again if all runs waited alike.
            world.clock.sleep(int(world.random() * LONGEST_FIRST_PAUSE_MS * 2 ** min(attempt - 1, 2)))
            newest = world.jobs.latest(upload.person_id)
        yield newest, described(world, upload, hint, newest)
    raise RetryLater("busy_person", "other uploads of this person were faster each time", delay_seconds=5)


def on_record(world: World, latest: Job | None, found: Found, what: Recognized) -> Recorded | None:
    """Return the outcome of an upload whose content is on record under its name, None for any other.

    Raises:
        Conflict: it has been sent again in another way, and another run has written the person's row.
    """
    if what.is_resent and latest is not None:
        after = take_resent(world, latest, found)
        return Recorded(latest if after is latest else save(world, latest, after), "known")
    return Recorded(latest, "known") if what.is_known else None


def new_photo(job: Job, upload: Upload, stored: Stored, now: int, verdict: Verdict) -> Photo:
    """Return the record of an upload to ``job``."""
    return Photo(
        name=upload.name,
        etag=stored.etag,
        size=stored.size,
        verdict=verdict,
        uploaded_at=job.photo_set.arrived_at(upload.name, stored.modified_at),
        recorded_at=now,
        crc64=stored.crc64,
        taken_from=mark_on_record(upload.name, stored),
    )


def log_recorded(job: Job, upload: Upload) -> Recorded:
    """Log and return the record of ``upload``."""
    photo = job.photo_set.photo(upload.name)
    verdict, detail = (photo.verdict.value, photo.detail) if photo else ("not_shown", "")
    log(
        "photo_recorded",
        person=upload.person_id,
        job=job.job_id,
        photo=upload.name,
        verdict=verdict,
        detail=detail,
        state=job.state.value,
    )
    return Recorded(job, verdict)


def without_opening(world: World, latest: Job | None, found: Found, what: Recognized) -> Job | None:
    """Return the job with an upload that opens no other set and needs no check; None for any other upload."""
    if latest is None:
        return None
    upload, stored = found
    now = world.clock.now()
    if what.original:
        copy = as_duplicate(new_photo(latest, upload, stored, now, Verdict.DUPLICATE), what.original)
        if latest.takes_photos:
            return latest.with_photo(copy, world.rules, now)
        return latest.with_photo_set(latest.photo_set.with_late_photo(copy), world.rules, now)
    if _is_one_too_many(latest, stored):
        late = new_photo(latest, upload, stored, now, Verdict.OVER_LIMIT)
        return latest.with_photo_set(latest.photo_set.with_late_photo(late), world.rules, now)
    return None


def along_with(world: World, latest: Job | None, judged: Sequence[Photo]) -> Job | None:
    """Return the closed latest job with ``judged``, if none of them asks anything of anybody; else None.

    What only comes along with photos opens no set behind theirs.
    """
    if latest is None or latest.takes_photos or any(one.verdict not in NEEDS_NOTHING for one in judged):
        return None
    photo_set = latest.photo_set
    for photo in judged:
        photo_set = photo_set.with_late_photo(photo)
    return latest.with_photo_set(photo_set, world.rules, world.clock.now())


def judge_found(world: World, job: Job, found: Sequence[Found]) -> list[Photo]:
    """Return the records of uploads that are news to ``job``, with their verdicts."""
    now = world.clock.now()
    photos = [new_photo(job, *one, now, Verdict.UNPREPARED) for one in found]
    left_alone = [_left_alone(photo, one.stored, now) for photo, one in zip(photos, found, strict=True)]
    records = list(zip(found, photos, left_alone, strict=True))
    to_judge = [(one.upload.key, photo) for one, photo, left in records if left is None]
    judged = iter(judge_each(world, to_judge, job))
    return [left or next(judged) for left in left_alone]


def _left_alone(photo: Photo, stored: Stored, now: int) -> Photo | None:
    """Return the record of an upload whose content is not looked at, or not yet; None for any other."""
    if stored.is_link:
        # Whoever may write a link need not be allowed to read what it leads to; the function is.
        return replace(photo, verdict=Verdict.LINK)
    rested_at = stored.modified_at + APPENDABLE_RESTS_MS
    if not stored.is_appendable or has_come(rested_at, now, longest_ms=APPENDABLE_RESTS_MS):
        return None
    retry = RetryState(tries=1, since=now, next_try_at=rested_at, cause=STILL_WRITTEN, tried_at=now)
    return replace(photo, retry=retry)


def _is_one_too_many(latest: Job, stored: Stored) -> bool:
    """Whether the photo was uploaded before a set closed by its number, so that it opens no other set."""
    return (
        not latest.takes_photos
        and latest.closed_by == ClosedBy.COUNT.value
        and len(latest.files) >= MAX_PHOTOS
        and stored.modified_at <= latest.closed_at
    )
