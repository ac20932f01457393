"""Records what a listing of a person's folder shows and the row does not: several photos with one write.

Called by :mod:`shared.workflow.closing`. The verdicts of a batch come from one face check, and a run that
dies has made it for nothing; it is free.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.job import Job
from shared.domain.photos import lies_in_zip_folder
from shared.errors import RetryLater, Trouble
from shared.logs import warn
from shared.workflow.checking import CHECKED_TOGETHER, TIME_FOR_A_PHOTO_MS
from shared.workflow.describing import may_be_paid_again, with_checksum
from shared.workflow.forgotten import is_erased
from shared.workflow.opening import SetCrowded, open_set
from shared.workflow.ports import World
from shared.workflow.recognizing import Found, recognize, take_resent
from shared.workflow.recording import along_with, judge_found, log_recorded, without_opening
from shared.workflow.saving import save

TIME_FOR_A_BATCH_MS = 5_000
"""Less than a photo needs for its verdict: what is found then is recorded without one."""
SAVED_TOGETHER = CHECKED_TOGETHER


def record_found(world: World, found: Sequence[Found], latest: Job | None) -> tuple[Job | None, list[Found]]:
    """Record photos that a listing shows.

    The listing is younger than ``latest``. An object is asked about by itself for its CRC-64 alone: what is
    prepared must have the listed content.

    Returns:
        The person's newest job, and what is left to another look: its set has no room for it, or the bucket
        does not tell whether it is a copy.

    Raises:
        Conflict: another run has written the person's row.
        RetryLater: the tables do not answer.
    """
    asked_again: list[Found] = []
    for start in range(0, len(found), SAVED_TOGETHER):
        check_time(world)
        batch, unclear = _described(world, found[start : start + SAVED_TOGETHER], latest)
        asked_again += unclear
        latest, left = _record_batch(world, batch, latest)
        if left:
            # The checks that make room follow this step; the rest waits for the next look.
            return latest, [*asked_again, *left, *found[start + SAVED_TOGETHER :]]
    return latest, asked_again


def check_time(world: World) -> None:
    """Raise RetryLater at the end of the look's time: the next records the rest, before the set closes."""
    if not world.has_time_for(TIME_FOR_A_BATCH_MS):
        raise RetryLater("no_time", "the rest of the folder is left to the next look", delay_seconds=1)


def _record_batch(world: World, batch: list[Found], latest: Job | None) -> tuple[Job | None, list[Found]]:
    """Record photos with one write, or two where some belong to a closed set and others to the next."""
    after, news = _without_news(world, batch, latest)
    if news and after is not None and after is not latest and not after.takes_photos:
        # The closed row keeps its late photos: the next row begins without them.
        after = latest = save(world, latest, after)
    left: list[Found] = []
    if news:
        after, left = _with_news(world, news, after)
    if after is None or after is latest:
        return latest, left
    saved = save(world, latest, after)
    for one in batch:
        if one not in left:
            log_recorded(saved, one.upload)
    return saved, left


def _without_news(world: World, batch: list[Found], latest: Job | None) -> tuple[Job | None, list[Found]]:
    """Return the job with the uploads that open no set and need no check, and those that are left."""
    after, news = latest, []
    for one, what in zip(batch, recognize(world, latest, batch), strict=True):
        if after is not None and what.is_resent:
            after = take_resent(world, after, one)
        elif not what.is_known:
            taken = without_opening(world, after, one, what)
            if taken is None:
                news.append(one)
            else:
                after = taken
    return after, news


def _with_news(world: World, news: list[Found], latest: Job | None) -> tuple[Job | None, list[Found]]:
    """Return the job with the uploads that are news to it, and those that its set has no room for."""
    person_id = news[0].upload.person_id
    try:
        after = _open_set(world, latest, news)
    except SetCrowded as crowded:
        warn("set_crowded", person=person_id, message=crowded.message)
        return latest, news
    news = [one for one in news if not is_erased(after, one.stored.modified_at)]
    if not news:
        return latest, []
    judged = judge_found(world, after, news)
    if beside := along_with(world, latest, judged):
        return beside, []
    for number, photo in enumerate(judged):
        if number and after.photo_set.is_crowded:
            warn("set_crowded", person=person_id, left=len(news) - number)
            return after, news[number:]
        after = after.with_photo(photo, world.rules, world.clock.now())
    return after, []


def _open_set(world: World, latest: Job | None, news: list[Found]) -> Job:
    """Return the set that the uploads belong to, which has met the folders of all of them."""
    first, *others = {one.upload.folder: one.upload for one in news}.values()
    after = open_set(world, latest, first)
    for upload in others:
        after = open_set(world, after, upload)
    return after


def _described(world: World, batch: Sequence[Found], latest: Job | None) -> tuple[list[Found], list[Found]]:
    """Return ``batch`` with the CRC-64 of each, and what is to be asked about again.

    Where there is no time to ask, the ETag has to do in an open set, which costs the same with a copy in it.
    What may have been taken out of a zip is asked for that in any case.
    """
    told: list[Found] = []
    left: list[Found] = []
    for one in batch:
        if world.has_time_for(TIME_FOR_A_PHOTO_MS) or lies_in_zip_folder(one.upload.name):
            try:
                told.append(with_checksum(world, one, latest))
            except Trouble:
                left.append(one)
        else:
            (left if may_be_paid_again(world, one, latest) else told).append(one)
    return told, left
