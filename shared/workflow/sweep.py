"""Finds uploads whose event never came: reads the bucket on from where the last run stopped.

Called at the end of a tick. Bounded to a few pages a run, with a rest between runs; the theory is in
:mod:`shared.domain.sweeping`, and the progress in the control table.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from shared.domain.job import Job
from shared.domain.object_keys import (
    NOT_OF_PEOPLE,
    PEOPLE_PREFIX,
    Kind,
    Upload,
    folder_in,
    parse_upload,
    person_folder,
    person_key,
)
from shared.domain.photos import Verdict
from shared.domain.sweeping import SweepProgress
from shared.domain.trouble_kinds import Api
from shared.errors import Conflict, Trouble, unforeseen
from shared.logs import log, warn
from shared.workflow.closing import look_through
from shared.workflow.forgotten import BeingErased, without_erased
from shared.workflow.ports import Listed, World
from shared.workflow.recognizing import Found, unrecorded

PAGE = 1000
PAGES_A_RUN = 5
TIME_FOR_A_PERSON_MS = 20_000
EVENTS_TAKE_MS = 60_000
"""Younger uploads are left to their event, which is most likely on its way."""


def sweep(world: World, before: SweepProgress) -> int:
    """Read on from ``before``; returns how many folders had something unrecorded.

    A person's folders lie apart when their names are spelled in several ways, so each has its own turn. One
    whose uploads cannot be recorded now is left to a later round; a page that is refused again and again is
    passed over with its folder.

    Raises:
        Conflict: another run has read the same pages.
    """
    found, after = 0, before
    if not before.cursor:
        _note_folders_like_ours(world)
    for _ in range(PAGES_A_RUN):
        try:
            listed, following = world.bucket.list_page(PEOPLE_PREFIX, after.cursor, PAGE)
        except Exception as problem:
            trouble = problem if isinstance(problem, Trouble) else unforeseen(problem)
            _save(world, before, _refused(world, after, trouble))
            raise
        world.health.passed(Api.LISTING)
        for folder, uploaded in _least_deadly_first(world, _folders(world, listed, after)):
            if folder in after.people_passed:
                continue
            if not world.has_time_for(TIME_FOR_A_PERSON_MS):
                # The next run reads the page again and finds the recorded uploads recorded.
                _save(world, before, after)
                return found
            has_news, is_clean = _look_up(world, uploaded, after.cursor)
            found += has_news
            if has_news:
                # Whoever takes long, or kills the run, is not the first again next time.
                after = after.passing(folder, clean=is_clean)
                before = after = _save(world, before, after)
        after = after.without_recorded(following).past(following, now=world.clock.now())
        if not following:
            break
    _save(world, before, after.resting(world.clock.now() + world.rules.sweep_rest_ms))
    return found


def _note_folders_like_ours(world: World) -> None:
    """Note folders that are called like ours but for letter case: no event comes from there, and no page."""
    try:
        folders, _ = world.bucket.list_folders("", "", PAGE)
    except Trouble as trouble:
        world.health.failed(trouble.cause)
        return
    alike = [name for name in folders if name.lower() == PEOPLE_PREFIX and name != PEOPLE_PREFIX]
    if alike:
        world.ignored.note(dict.fromkeys(alike, NOT_OF_PEOPLE), world.clock.now())


def _refused(world: World, progress: SweepProgress, trouble: Trouble) -> SweepProgress:
    """Note that a page is refused; one that is refused again and again is passed over with its person."""
    cause = world.health.failed(trouble.cause)
    refused = progress.refused()
    if not refused.is_page_hopeless or cause.kind.is_of_all or not progress.cursor:
        return refused.resting(world.clock.now() + world.rules.sweep_rest_ms)
    behind = f"{person_folder(folder_in(progress.cursor))}\U0010ffff"
    warn("page_passed_over", behind=progress.cursor, code=cause.code)
    return refused.past(behind, now=world.clock.now())


def _folders(
    world: World, listed: list[Listed], progress: SweepProgress
) -> Iterator[tuple[str, list[Found]]]:
    """Yield the folders on a page with uploads that may be unrecorded; notes what belongs to nobody."""
    before = world.clock.now() - EVENTS_TAKE_MS
    settled_before = 0 if progress.not_settled else progress.recorded_before
    ignored: dict[str, str] = {}
    uploads: list[Found] = []
    # First the times: most of a large bucket is settled, and needs no look at its names.
    for entry in [one for one in listed if settled_before <= one.stored.modified_at < before]:
        at = entry.stored.modified_at
        if not progress.may_miss(at, entry.key):
            continue
        upload = parse_upload(entry.key, world.rules.ready_marker)
        if isinstance(upload, Upload):
            uploads.append(Found(upload, entry.stored))
        elif upload.is_news and at >= progress.recorded_before:
            ignored[upload.key] = upload.code
    if ignored:
        world.ignored.note(ignored, world.clock.now())
    for folder, group in groupby(uploads, key=lambda found: found.upload.folder):
        yield folder, list(group)


def _least_deadly_first(
    world: World, folders: Iterator[tuple[str, list[Found]]]
) -> list[tuple[str, list[Found]]]:
    """Whoever has killed runs comes last: everybody else has been looked up by then."""

    def killed_for(uploaded: list[Found]) -> int:
        return world.health.killed_for(person_key(uploaded[0].upload.person_id))

    return sorted(folders, key=lambda folder: killed_for(folder[1]))


def _look_up(world: World, uploaded: list[Found], page: str) -> tuple[bool, bool]:
    """Record what is missing of a folder, which holds ``uploaded`` on the page behind the key ``page``.

    Returns:
        Whether something was missing, and whether nothing is missing any more.
    """
    upload = uploaded[0].upload
    person_id = upload.person_id
    piece = f"{person_key(person_id)} Sweep"
    if world.health.left_alone_until(piece):
        warn("job_left_alone", job=piece, code="function_died")
        return True, False
    try:
        latest = world.jobs.latest(person_id)
        if latest is not None and latest.erasing_since:
            # Once the erasure is done, later uploads are looked for here.
            return True, False
        if latest is None:
            uploaded = without_erased(world, uploaded)
            _note_consent_without_photos(world, uploaded)
        if not _misses(world, uploaded, latest):
            return False, True
        log("sweep_found", person=person_id)
        world.health.be_careful()
        world.health.take_in_hand(piece)
        if latest is not None and _has_news_of_consent(world, uploaded, latest):
            from shared.workflow.consenting import note_consent

            latest = note_consent(world, latest, upload.folder)
        after = look_through(world, person_id, latest, page, folder=upload.folder)
        # A set may have had no room for all of it, and a zip may have to wait for its turn.
        return True, not _misses(world, uploaded, after)
    except BeingErased:
        return True, False
    except Conflict:
        log("set_changed_meanwhile", person=person_id)
        return True, False
    except Trouble as trouble:
        problem = trouble
    except Exception as surprise:
        warn("unforeseen", person=person_id, error=repr(surprise)[:1000])
        problem = unforeseen(surprise)
    world.health.failed(problem.cause)
    warn("sweep_failed", person=person_id, code=problem.code, message=problem.message)
    return True, False


def _misses(world: World, uploaded: list[Found], latest: Job | None) -> bool:
    """Whether a photo, a zip, a consent, or the marker of an open set is not in the row yet."""
    photos = [
        found
        for found in uploaded
        if found.upload.kind in (Kind.PHOTO, Kind.ARCHIVE) and not _is_being_unpacked(found, latest)
    ]
    if photos and unrecorded(world, photos, latest):
        return True
    if _has_news_of_consent(world, uploaded, latest):
        return True
    if latest is None or not latest.state.is_open:
        return False
    markers = (found.stored.modified_at for found in uploaded if found.upload.kind is Kind.MARKER)
    return any(latest.photo_set.is_new_marker(at) for at in markers)


def _note_consent_without_photos(world: World, uploaded: list[Found]) -> None:
    """Read a document in a folder of which there is no row: a withdrawal counts without photos too."""
    if not world.rules.consent_required:
        return
    for found in uploaded:
        if found.upload.kind is Kind.CONSENT:
            from shared.workflow.consenting import note_without_job

            note_without_job(world, found.upload.person_id, found.upload.folder)


def _has_news_of_consent(world: World, uploaded: list[Found], latest: Job | None) -> bool:
    """Whether the person's row does not know a document of consent that lies there."""
    found = [one.stored for one in uploaded if one.upload.kind is Kind.CONSENT]
    if latest is None or not found or not world.rules.consent_required:
        return False
    # Imported here: most deployments ask for no consent.
    from shared.workflow.consenting import is_news

    return is_news(found, latest)


def _is_being_unpacked(found: Found, latest: Job | None) -> bool:
    """Whether the looks at the open set go on with this very zip; one turn for it in a run is enough."""
    recorded = latest.photo_set.photo(found.upload.name) if latest is not None else None
    return (
        recorded is not None and recorded.verdict is Verdict.UNPACKING and recorded.etag == found.stored.etag
    )


def _save(world: World, before: SweepProgress, after: SweepProgress) -> SweepProgress:
    return world.control.save_sweep(before, after) if after != before else before
