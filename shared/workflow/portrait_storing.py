"""Stores the portraits that DashScope has made in the bucket, and writes them into the result.

The theory. DashScope serves what it has made for a day. The URLs are signed: they are asked for anew with
each try, and kept nowhere. Pictures are written under keys of their own, so that a run which dies is simply
repeated; the row names those that are there. When all of them are, the result is written anew: a result
never names what is not there.

Called by :mod:`shared.workflow.portrait_run`.
"""

from __future__ import annotations

from dataclasses import replace

from shared.domain.job import Job, Reason
from shared.domain.money import DAY_MS
from shared.domain.portrait_tasks import PORTRAIT_GONE, UNKNOWN, PortraitTask
from shared.domain.portrait_work import with_result_due, with_result_written
from shared.domain.portraits import OrderState, Picture, PortraitOrder
from shared.domain.result_keys import portrait_key, result_key
from shared.domain.retention import scheduled
from shared.domain.retry_state import TRIES_OF_AN_OBJECT
from shared.domain.trouble_kinds import Api
from shared.errors import Permanent, RetryLater, Trouble
from shared.logs import log, warn
from shared.views import job_as_json
from shared.workflow.portrait_following import FORGOTTEN_MS
from shared.workflow.portrait_labelling import with_labels
from shared.workflow.portrait_saving import hold_up, save
from shared.workflow.ports import World

TIME_FOR_A_PICTURE_MS = 40_000
NO_TIME = "no_time"
GONE_AFTER_MS = DAY_MS
"""DashScope, "Asynchronous tasks": results are kept for a day."""


def store(world: World, job: Job, order: PortraitOrder) -> None:
    """Store the pictures of an order that DashScope has made.

    What is stored is noted with the order, also where others are in trouble: they alone are tried again, for
    as long as DashScope may have them.

    Raises:
        RetryLater: too little of this invocation is left, or DashScope does not show them.
        Trouble: none more of them can be read or written now.
    """
    task = _task(world, order)
    age_ms = world.clock.now() - order.submitted_at
    if not any(task.urls) and not task.why and age_ms < GONE_AFTER_MS:
        # DashScope may not know the task for a moment.
        message = "DashScope does not show the portraits that it has made"
        raise RetryLater("portraits_not_shown", message, delay_seconds=10, api=Api.PORTRAITS)
    kept, missing, trouble = _fetched(world, job, order, task)
    if trouble is None or age_ms > FORGOTTEN_MS:
        _end(world, job, kept, missing)
    elif kept == order:
        raise trouble
    elif trouble.code == NO_TIME:
        save(world, job, kept)
    else:
        hold_up(world, job, kept, trouble)


def _fetched(
    world: World, job: Job, order: PortraitOrder, task: PortraitTask
) -> tuple[PortraitOrder, list[str], Trouble | None]:
    """Fetch what is not stored yet; returns the order with it, why others never will be, and the trouble."""
    missing, trouble = [*task.why], None
    for place, url in enumerate(task.urls, 1):
        if url is None or _is_stored(job, order, place):
            continue
        if not world.has_time_for(TIME_FOR_A_PICTURE_MS):
            late = RetryLater(NO_TIME, "too little of the invocation is left for a picture", delay_seconds=1)
            return order, missing, trouble or late
        try:
            picture = _stored(world, job, order, place, url)
            order = replace(order, pictures=(*order.pictures, picture))
        except Trouble as problem:
            if _is_final(order, problem, world.clock.now()):
                missing.append(problem.code)
            else:
                trouble = trouble or problem
            warn("portrait_not_stored", job=job.job_id, order=order.number, code=problem.code)
            if problem.api not in (Api.PORTRAITS, None):
                # The bucket's trouble is that of the other pictures too.
                break
    return order, missing, trouble


def _is_stored(job: Job, order: PortraitOrder, place: int) -> bool:
    beginning = portrait_key(job.person_id, job.revision, order.number, place, "")
    return any(picture.key.startswith(beginning) for picture in order.pictures)


def _is_final(order: PortraitOrder, problem: Trouble, now: int) -> bool:
    """Whether a picture will never be stored, for its own sake."""
    is_of_picture = isinstance(problem, Permanent) and problem.api in (Api.PORTRAITS, None)
    return is_of_picture and not _may_come_back(order, problem, now)


def _task(world: World, order: PortraitOrder) -> PortraitTask:
    """Return the order's task; of one that DashScope keeps no longer any error says as much as that."""
    try:
        return world.dashscope.portraits.task(order.task_id)
    except Exception:
        if world.clock.now() - order.submitted_at <= FORGOTTEN_MS:
            raise
        return PortraitTask(task_id=order.task_id, status=UNKNOWN)


def _may_come_back(order: PortraitOrder, gone: Trouble, now: int) -> bool:
    """Whether a picture that is said to be gone is asked for again: it is paid for, and kept for a day."""
    retry = order.retry
    is_said_again = retry is not None and retry.cause.code == gone.code
    tries = retry.tries if retry is not None and is_said_again else 0
    is_early = now - order.submitted_at < GONE_AFTER_MS
    return gone.code == PORTRAIT_GONE and is_early and tries < TRIES_OF_AN_OBJECT - 1


def _stored(world: World, job: Job, order: PortraitOrder, place: int, url: str) -> Picture:
    content, suffix = with_labels(world, job, order, place, world.dashscope.portraits.download(url))
    key = portrait_key(job.person_id, job.revision, order.number, place, suffix)
    world.bucket.write(key, content)
    world.health.passed(Api.WRITING)
    return Picture(key, len(content))


def _end(world: World, job: Job, order: PortraitOrder, missing: list[str]) -> None:
    now = world.clock.now()
    left_out = max(0, order.wanted.pictures - len(order.pictures))
    if not order.pictures:
        why = Reason(
            missing[0] if missing else PORTRAIT_GONE,
            "None of the portraits could be stored, though they were made; ask for them again.",
        )
        after = order.ended(OrderState.FAILED, now, reason=why)
    else:
        in_order = sorted(order.pictures, key=lambda picture: picture.key)
        after = order.stored(tuple(in_order), left_out, now)
    saved = save(world, job, after)
    log(
        "portraits_stored",
        job=saved.job_id,
        order=order.number,
        count=len(order.pictures),
        missing=left_out,
        state=after.state.value,
    )


def record(world: World, job: Job) -> None:
    """Write the job's result anew, with the portraits that it has now.

    Raises:
        Trouble: the bucket does not take it.
    """
    world.bucket.write_json(result_key(job.person_id, job.revision), job_as_json(job))
    world.health.passed(Api.WRITING)
    now = world.clock.now()
    world.jobs.save(job, scheduled(with_result_written(job, now), world.rules))


def put_off_record(world: World, job: Job, trouble: Trouble, pause_ms: int) -> None:
    """Write the result later, since the bucket does not take it now."""
    world.health.failed(trouble.cause)
    world.jobs.save(job, with_result_due(job, world.clock.now() + pause_ms))
