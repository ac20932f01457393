"""Takes over what the bucket says of a person of whom the tables know nothing: results outlive tables.

Whoever makes the tables anew keeps the bucket, with its photos and with the result of every training that
was paid for. Without this, the sweep would find all photos unrecorded, and everybody would be trained and
paid for again. So before a person's first set is opened, the person's results are looked for. The newest one
becomes the row that has been lost: its photos are known, its model is shown, and new photos open the next
revision.

Version 0.1.0 knew a person by the folder's name as it was spelled, in rows and in results. What it has
trained of a spelling is taken over when that is met first, and while a training of its goes on, no other is
paid for.

Called by :mod:`shared.workflow.opening` for a person without a row, and for a spelling that the row has not
met.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.domain import formats
from shared.domain.job import Job, Reason, open_job
from shared.domain.met_folders import MAX_FOLDERS, having_met
from shared.domain.object_keys import folder_of, spellings, upload_name
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import Photo, Verdict
from shared.domain.result_keys import person_results, result_key, revision_of_result
from shared.domain.retry_state import RetryState
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Kind
from shared.errors import Conflict, NotFound, RetryLater, Trouble
from shared.logs import log, warn
from shared.workflow.ports import World
from shared.workflow.saving import save

if TYPE_CHECKING:
    from shared.domain.portraits import PortraitOrder

PAGE = 1000
MAX_PAGES = 20
MAX_RESULT_BYTES = 1_000_000
MAX_RESULTS = 50
"""The newest results of a person whose photos count as known."""


class Result(NamedTuple):
    """A result in the bucket, by its revision and the folder under ``results/`` that it lies in."""

    revision: int
    folder: str


def restore(
    world: World,
    person_id: str,
    *,
    met: Iterable[str] = (),
    above: int = 0,
    before: RetryState | None = None,
    starts_after: int = 0,
) -> Job | None:
    """Write the row of the person's newest result, if the bucket has one; returns it.

    Its revision is that of the result, but higher than ``above``. ``met``: other spellings of the person's
    name. ``before``: how earlier tries have failed. After some of them a result that is archived, too long or
    refused alone counts as unreadable. ``starts_after``: results up to then are an erased person's.

    Raises:
        Trouble: the bucket does not answer, and without an answer nothing may be paid for.
        Conflict: another run has opened a set of the person.
    """
    folders = spellings(person_id, met)
    for folder in folders[1:]:
        _wait_for_training(world, folder)
    # Of two results of one revision the one under the person's own name counts.
    results = sorted(
        (result for folder in reversed(folders) for result in _results(world, folder, starts_after)),
        key=lambda result: result.revision,
    )[-MAX_RESULTS:]
    if not results:
        return None
    *earlier, newest = results
    text = _read(world, newest, before)
    job = _job(person_id, max(newest.revision, above + 1), text, world.clock.now(), newest.folder)
    known = [photo for result in earlier for photo in _photos(world, person_id, result, before)]
    job = having_met(job, *(folder_of(person_id, photo.name) for photo in (*job.photo_set.photos, *known)))
    if above and not _is_still_open(world, person_id, above):
        raise Conflict("the result is that of the set itself, which another run has closed")
    # Imported here: few newcomers have been here before.
    from shared.domain.retention import scheduled

    # Without the photos of earlier trainings, which it does not show, these would be paid for again.
    photo_set = replace(job.photo_set, dropped=tuple(known), has_history=True)
    restored = replace(job, photo_set=photo_set, starts_after=starts_after)
    saved = save(world, None, scheduled(restored, world.rules))
    log("person_restored", person=person_id, job=saved.job_id, state=saved.state.value)
    return saved


def take_over(world: World, latest: Job, folder: str) -> None:
    """Remember what an earlier version has trained of ``folder``, a spelling that ``latest`` has not met.

    Raises:
        RetryLater: it is being trained now.
        Trouble: the bucket or the tables do not answer.
        Conflict: something has been remembered, and the row written: look again.
    """
    if len(latest.folders) >= MAX_FOLDERS:
        return
    _wait_for_training(world, folder)
    results = _results(world, folder, latest.starts_after)[-MAX_RESULTS:]
    if not results:
        return
    known = [photo for result in results for photo in _photos(world, latest.person_id, result, latest.retry)]
    dropped = (*latest.photo_set.dropped, *known)
    photo_set = replace(latest.photo_set, dropped=dropped, has_history=True)
    save(world, latest, having_met(replace(latest, photo_set=photo_set), folder))
    log("spelling_taken_over", person=latest.person_id, folder=folder, results=len(results))
    raise Conflict("what was trained under another spelling of the name has been remembered")


def _wait_for_training(world: World, folder: str) -> None:
    """Raise RetryLater while a set is in hand that an earlier version has closed under this spelling.

    One that is still open pays for nothing more: the next look at it leaves its photos to the person.
    """
    job = world.jobs.latest(folder)
    if job is not None and not job.state.is_open and not job.delivered:
        message = f"{job.job_id} trains photos of this person under another spelling of the name"
        raise RetryLater("other_spelling_trains", message, delay_seconds=60)


def _results(world: World, folder: str, starts_after: int) -> list[Result]:
    """Return the results under this spelling, in the order of their revisions."""
    found: list[Result] = []
    after = ""
    for _ in range(MAX_PAGES):
        # Portraits lie beside the results.
        page, after = world.bucket.list_page(person_results(folder), after, PAGE)
        listed = (entry for entry in page if entry.stored.modified_at > starts_after)
        found.extend(Result(revision_of_result(folder, entry.key), folder) for entry in listed)
        if not after:
            break
    return sorted(result for result in found if result.revision)


def _is_still_open(world: World, person_id: str, revision: int) -> bool:
    """Whether the set is still open, so that no result can be its own."""
    latest = world.jobs.latest(person_id)
    return latest is not None and latest.revision == revision and latest.state.is_open


def _read(world: World, result: Result, before: RetryState | None) -> bytes:
    key = result_key(result.folder, result.revision)
    try:
        return world.bucket.read(key, max_bytes=MAX_RESULT_BYTES)
    except NotFound as gone:
        # It was listed a moment ago: the next look shows whether it has been erased.
        raise RetryLater("result_gone", gone.message, delay_seconds=5, api=gone.api) from gone
    except Trouble as trouble:
        if trouble.kind is Kind.PASSING or not world.health.is_hopeless(before, trouble.api):
            raise
        warn("result_not_read", person=result.folder, revision=result.revision, code=trouble.code)
        return b""


def _photos(world: World, person_id: str, result: Result, before: RetryState | None) -> tuple[Photo, ...]:
    """Return the photos of an earlier result."""
    text = _read(world, result, before)
    return _job(person_id, result.revision, text, world.clock.now(), result.folder).photo_set.photos


def _job(person_id: str, revision: int, text: bytes, now: int, folder: str) -> Job:
    """Return the job that a result tells of; of an unreadable one only that there was a training.

    ``folder``: the folder that the result lies in.

    Raises:
        RetryLater: newer code has written it.
    """
    try:
        result = json.loads(text)
        _check_format(result, person_id)
        return _from_result(open_job(person_id, revision, now), result, folder)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as problem:
        warn("result_unreadable", person=person_id, revision=revision, problem=type(problem).__name__)
        reason = Reason(
            "result_unreadable", "The result in the bucket cannot be read; train again if needed."
        )
        return _ended(open_job(person_id, revision, now), JobState.FAILED, reason, now)


def _check_format(result: dict[str, Any], person_id: str) -> None:
    """Leave the person alone whose result only newer code can read: nothing is paid for on a guess."""
    if result.get("format", 1) > formats.RESULTS.number:
        message = f"a result of {person_id} was written by newer code; deploy that, or delete the result"
        raise RetryLater("result_of_newer_code", message, delay_seconds=60)


def _from_result(job: Job, result: dict[str, Any], folder: str) -> Job:
    # Imported here and below: every new person is asked about, and few have a result.
    from shared.views import milliseconds

    photos = tuple(_photo(one, folder) for one in result["photos"])
    why = result.get("reason")
    ended_at = milliseconds(result.get("ended_at")) or job.changed_at
    return _ended(
        job,
        JobState(result["state"]),
        Reason(why["code"], why["message"]) if why else None,
        ended_at,
        photo_set=PhotoSet(photos=photos, last_photo_at=job.changed_at),
        opened_at=milliseconds(result.get("opened_at")) or job.opened_at,
        closed_at=milliseconds(result.get("closed_at")),
        submitted_at=milliseconds(result.get("submitted_at")),
        fine_tune_id=result.get("fine_tune_id") or "",
        fine_tune_status=result.get("fine_tune_status") or "",
        finetuned_output=result.get("finetuned_output") or "",
        usage=int(result.get("trainings_billed") or 0),
        **_portraits(result.get("portraits") or ()),
    )


def _portraits(shown: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The portraits that a result shows; what had not ended then is not asked for again."""
    if not shown:
        return {}
    orders = tuple(map(_order, (one for one in shown if one.get("state") == "SUCCEEDED")))
    return {"portraits": orders, "portrait_fen": sum(order.cost_fen for order in orders)}


def _order(shown: dict[str, Any]) -> PortraitOrder:
    """An order with its pictures as a result shows it (:func:`shared.views.portrait_view`)."""
    from shared.domain.portrait_styles import Wanted
    from shared.domain.portraits import OrderState, Picture, PortraitOrder
    from shared.views import milliseconds

    return PortraitOrder(
        number=int(shown["number"]),
        wanted=Wanted(str(shown["style"]), int(shown["count"]), str(shown.get("template") or "")),
        asked_at=milliseconds(shown.get("asked_at")),
        state=OrderState.SUCCEEDED,
        billed=int(shown.get("billed") or 0),
        price_fen=round(100 * float(shown.get("price_cny") or 0)),
        pictures=tuple(Picture(str(one["key"]), int(one["size"])) for one in shown["pictures"]),
        missing=int(shown.get("missing") or 0),
        ended_at=milliseconds(shown.get("ended_at")),
    )


def _ended(job: Job, state: JobState, reason: Reason | None, ended_at: int, **changes: Any) -> Job:
    if not state.is_terminal:
        raise ValueError(f"a result of a job in {state.value}")
    # A result does not tell the moves of its job, and the one by which this row was opened is none of them.
    taken_over = {"state": state, "reason": reason, "ended_at": ended_at, "delivered": True, "moves": ()}
    fields = {**vars(job), **taken_over}
    return Job(**{**fields, **changes})


def _photo(shown: dict[str, Any], folder: str) -> Photo:
    """A photo as a result shows it. Its snapshot is not in there, so it is not carried over.

    Names are those below the result's ``folder``: another spelling is of a version that knew no other.
    """
    from shared.views import milliseconds

    return Photo(
        name=_name(shown["name"], folder),
        etag=shown["etag"],
        size=shown["size"],
        verdict=Verdict(shown["verdict"]),
        detail=shown["detail"],
        archive=_name(shown["archive"], folder) if shown["archive"] else "",
        uploaded_at=milliseconds(shown["uploaded_at"]),
        recorded_at=milliseconds(shown["recorded_at"]),
        from_revision=shown["from_revision"] or 0,
        # Results of earlier versions tell no CRC-64.
        crc64=shown.get("crc64") or "",
    )


def _name(shown: str, folder: str) -> str:
    return shown if shown.startswith("/") else upload_name(folder, shown)
