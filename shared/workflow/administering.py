"""Does what an administrator has asked for, and returns what became of it, a code before anything else.

A run may die at each step, and another may be faster: a request is carried out until its outcome is written
down, so all may be done twice. :mod:`shared.domain.administration` decides, ``requests`` calls this.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shared.domain import requests as kinds
from shared.domain.administration import (
    NotPossible,
    asked_to_train,
    canceled,
    check_model_is_kept,
    moved_before,
    once_more,
    with_model_released,
    with_photo_used,
    without_photo,
)
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.object_keys import SUBMISSIONS_PREFIX, job_id, upload_called, upload_key
from shared.domain.requests import Request
from shared.domain.share_links import row_of, with_link, with_revoked
from shared.domain.slot import MAX_BECAUSE_CHARACTERS, Pause
from shared.domain.states import JobState
from shared.domain.taken_out import zips_around
from shared.domain.trouble_kinds import Api
from shared.errors import NotFound, Permanent
from shared.logs import log
from shared.workflow import portrait_requests
from shared.workflow.account import count_one_less
from shared.workflow.approving import approve
from shared.workflow.ports import World
from shared.workflow.recognizing import Found, unrecorded
from shared.workflow.saving import save
from shared.workflow.subjects import by as _by
from shared.workflow.subjects import job_of as _job
from shared.workflow.subjects import newest_of as _newest
from shared.workflow.subjects import person_id_of as _person_id

HEADS = 10
"""So many of the queue are looked at for its head: the index lags, and some may have left."""

_Note = Callable[[Mapping[str, Any], str, int], dict[str, Any]]


def is_known(request: Request) -> bool:
    """Whether this version knows what is asked for."""
    return request.kind in _DOING


def carry_out(world: World, request: Request) -> str:
    """Do what ``request`` asks for; returns the outcome: a code, and perhaps more words behind a colon.

    Raises:
        Conflict: what it was decided on has moved on; decide anew.
        Trouble: a service did not answer; try again.
    """
    do = _DOING.get(request.kind)
    if do is None:
        return "unknown: this version does not know what is asked for"
    try:
        return do(world, request)
    except NotPossible as why:
        return why.code


# -- the queue -------------------------------------------------------------------------------------------


def _probe(world: World, _: Request) -> str:
    slot = world.control.slot()
    if slot.halted_until or slot.portraits.halted_until:
        world.control.save_slot(slot, slot.tried_at_once())
    world.health.note(_with_probes_due)
    return "done: the queue and every API that is refused are tried again now"


def _with_probes_due(health: Health) -> Health:
    breakers = {
        api: breaker if breaker.is_well else replace(breaker, next_probe_at=0)
        for api, breaker in health.breakers.items()
    }
    return replace(health, breakers=breakers)


def _pause(world: World, request: Request) -> str:
    slot = world.control.slot()
    if request.request_id in slot.switched_by:
        return "paused"
    because = request.reason[:MAX_BECAUSE_CHARACTERS]
    since = slot.paused.since if slot.paused else request.asked_at
    pause = Pause(because, request.asked_by, min(since, world.clock.now()))
    world.control.save_slot(slot, slot.switched(pause, request.request_id))
    return "paused"


def _resume(world: World, request: Request) -> str:
    slot = world.control.slot()
    if request.request_id in slot.switched_by:
        # An earlier run has, and perhaps somebody has paused the queue since.
        return "resumed"
    # Noted also where there is nothing to resume: a slower run would end a pause that came later.
    world.control.save_slot(slot, slot.switched(None, request.request_id))
    return "resumed" if slot.paused else "not_paused"


# -- a job -----------------------------------------------------------------------------------------------


def _cancel(world: World, request: Request) -> str:
    job = _job(world, request)
    if job.cancel_asked_at < request.asked_at and request.request_id not in job.answered:
        job = world.jobs.save(job, _by(request, canceled(job, world.clock.now())))
        log("cancel_asked", job=job.job_id, state=job.state.value, by=request.asked_by)
    # Else an earlier run has noted it, and died before it could say so.
    if job.state is not JobState.CANCELED:
        return "cancel_asked"
    return "canceled_later" if job.fine_tune_id or job.earlier_fine_tunes else "canceled"


def _first(world: World, request: Request) -> str:
    job = _job(world, request)
    if request.request_id in job.answered:
        return "moved_first"
    _, queue = world.jobs.in_hand(HEADS)
    rows = world.jobs.find_each(queue)
    waiting = (row for name in queue if isinstance(row := rows[name], Job) and row.state is JobState.QUEUED)
    moved = moved_before(job, next(waiting, job))
    # Noted also where nothing moves: a slower run would put the job before whoever was put first since.
    world.jobs.save(job, _by(request, moved))
    return "first_already" if moved is job else "moved_first"


def _retry(world: World, request: Request) -> str:
    job = _job(world, request)
    name = job_id(job.person_id, job.revision + 1)
    following = world.jobs.find([name])[name]
    if following is not None:
        # Either an earlier run has opened it for this request, or photos have come since.
        return f"retried: {name}" if request.request_id in following.answered else "not_newest"
    opened = save(world, job, _by(request, once_more(job, world.rules, world.clock.now())))
    log("set_opened_again", person=opened.person_id, job=opened.job_id, earlier=job.job_id)
    return f"retried: {opened.job_id}"


def _release(world: World, request: Request) -> str:
    job = _job(world, request)
    if request.request_id in job.answered:
        return "released"
    check_model_is_kept(job)
    try:
        world.dashscope.delete_fine_tune(job.fine_tune_id)
    except NotFound:
        log("fine_tune_gone", fine_tune=job.fine_tune_id)
    except Permanent as refusal:
        # DashScope's documents contradict one another on whether a succeeded fine-tune can be deleted.
        return f"release_refused: {refusal.code}"
    world.jobs.save(job, _by(request, with_model_released(job, world.clock.now())))
    count_one_less(world)
    log("fine_tune_deleted", fine_tune=job.fine_tune_id, by=request.asked_by)
    return "released"


# -- a person --------------------------------------------------------------------------------------------


def _train(world: World, request: Request) -> str:
    job = _newest(world, request)
    if request.request_id in job.answered or job.photo_set.train_asked_at >= request.asked_at:
        return "closing"
    if job.state is not JobState.COLLECTING and job.closed_at >= request.asked_at:
        return "closing"
    save(world, job, _by(request, asked_to_train(job, world.rules, world.clock.now())))
    return "closing"


def _photo_delete(world: World, request: Request) -> str:
    person_id = _person_id(request)
    job = _newest(world, request)
    key = upload_key(person_id, request.photo)
    if upload_called(person_id, request.photo, world.rules.ready_marker) is None:
        raise NotPossible("photo_unknown")
    if request.request_id in job.answered:
        return _what_goes(world, job, request.photo)
    photo, stored = job.photo_set.photo(request.photo), world.bucket.stored(key)
    if photo is None and stored is None:
        return "photo_unknown"
    if stored is not None and stored.modified_at > request.asked_at:
        # Whoever asked has not seen it. Perhaps another run has deleted the one that was meant.
        return "photo_replaced"
    _check_that_its_zip_is_unpacked(world, job, request.photo)
    # The object first: a set that is looked through meanwhile finds that it is gone.
    world.bucket.delete(key)
    world.health.passed(Api.WRITING)
    after = without_photo(job, request.photo, world.rules, world.clock.now())
    if after != job:
        save(world, job, _by(request, after))
        if photo is not None and photo.snapshot:
            _delete_snapshot(world, job, photo.snapshot)
    log("photo_deleted", person=person_id, job=job.job_id, by=request.asked_by)
    return _what_goes(world, after, request.photo)


def _delete_snapshot(world: World, job: Job, snapshot: str) -> None:
    """Delete a photo's snapshot; one of an earlier set that has not ended is needed, and goes with that."""
    owner = snapshot.removeprefix(SUBMISSIONS_PREFIX).partition("/")[0]
    earlier = world.jobs.find([owner])[owner] if owner != job.job_id else None
    if earlier is None or earlier.state.is_terminal:
        world.bucket.delete(snapshot)


def _check_that_its_zip_is_unpacked(world: World, job: Job, photo: str) -> None:
    """Refuse to delete a file of a zip that is yet to be unpacked: the next run would take it out again."""
    zips = [upload_called(job.person_id, name) for name in zips_around(photo)]
    there = [(one, world.bucket.stored(one.key)) for one in zips if one is not None]
    if unrecorded(world, [Found(one, stored) for one, stored in there if stored is not None], job):
        raise NotPossible("still_unpacking")


def _what_goes(world: World, job: Job, photo: str) -> str:
    """Say whether a set that was submitted keeps the photo: the newest, or the one before it that waits."""
    before = job_id(job.person_id, job.revision - 1)
    earlier = world.jobs.find([before])[before] if job.revision > 1 else None
    is_kept = not job.takes_photos and job.photo_set.photo(photo) is not None
    if earlier is not None and not earlier.state.is_terminal:
        is_kept |= earlier.photo_set.photo(photo) is not None
    return "photo_deleted_later" if is_kept else "photo_deleted"


def _photo_use(world: World, request: Request) -> str:
    job = _newest(world, request)
    photo = job.photo_set.photo(request.photo)
    is_used = photo is not None and photo.overruled and photo.recorded_at >= request.asked_at
    if is_used or request.request_id in job.answered:
        return "photo_used"
    save(world, job, _by(request, with_photo_used(job, request.photo, world.rules, world.clock.now())))
    return "photo_used"


def _link_made(world: World, request: Request) -> str:
    return _noted(world, request, lambda value, link, ends: with_link(value, link, request.asked_at, ends))


def _link_revoked(world: World, request: Request) -> str:
    _noted(world, request, lambda value, link, ends: with_revoked(value, link, ends, request.asked_at))
    return "link_revoked"


def _noted(world: World, request: Request, note: _Note) -> str:
    person_id = _person_id(request)
    told = json.loads(request.reason)
    row = row_of(person_id)
    stored = world.control.read_json(row)
    after = note(stored.value, str(told["link_id"]), int(told["expires_at"]))
    if after != stored.value:
        # The row goes with the person, and comes again with the next of the name.
        world.control.save_json(row, stored, after, first=request.asked_at)
    return "link_made"


_DOING: dict[str, Callable[[World, Request], str]] = {
    kinds.PROBE: _probe,
    kinds.PAUSE: _pause,
    kinds.RESUME: _resume,
    kinds.CANCEL: _cancel,
    kinds.FIRST: _first,
    kinds.APPROVE: approve,
    kinds.RETRY: _retry,
    kinds.RELEASE: _release,
    kinds.TRAIN: _train,
    kinds.PHOTO_DELETE: _photo_delete,
    kinds.PHOTO_USE: _photo_use,
    kinds.PORTRAITS: portrait_requests.order,
    kinds.PORTRAITS_CANCEL: portrait_requests.cancel,
    kinds.LINK_MADE: _link_made,
    kinds.LINK_REVOKED: _link_revoked,
}
