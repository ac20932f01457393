"""``blocked_by``: what keeps a job, a photo or the deployment from going on, since when, and what to do.

The theory. A try that fails once or twice is made again within moments: that is waiting, and ``waiting`` says
so. A trouble blocks when it is of a person, of an API or of the account, or has come three times in a row. So
does a halted queue, an open breaker of an API that the next step needs, a piece of work that has killed runs,
and a timer that does not run. Of several the one with the widest scope is shown, and of these the oldest.

Times are milliseconds since the epoch; a next try that is due is not shown, for the reason that ``forecast``
gives. Called by ``documents`` and ``readiness``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.domain.approval import NOT_APPROVED, is_set_aside, waits_for_approval
from shared.domain.blocks import TRIES_THAT_BLOCK, Block, block_of_api, block_of_queue
from shared.domain.caps import Held, what_holds
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.lanes import QUEUE_LANE, WAITING_LANE_OF
from shared.domain.photo_set import NEVER
from shared.domain.photos import Photo, Verdict
from shared.domain.reasons import Language
from shared.domain.retry_state import DEATHS_ALLOWED, FUNCTION_DIED, Cause, RetryState
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.http_api.forecast import Outlook
from shared.views import timestamp

if TYPE_CHECKING:
    from shared.domain.remedies import Explanation
    from shared.http_api.blocked_types import BlockedDocument

GOOD_TICK_WITHIN_MS = 300_000

STEPS = {
    JobState.COLLECTING: "Look",
    JobState.QUEUED: "Submit",
    JobState.SUBMITTING: "Resolve",
    JobState.TRAINING: "Poll",
    JobState.SUCCEEDED: "Deliver",
    JobState.FAILED: "Deliver",
    JobState.CANCELED: "Deliver",
}
"""The next step of a job in each state, as the record of what kills runs calls it."""

NO_GOOD_TICK = Cause("no_good_tick", "", Kind.ACCOUNT)


_WIDEST_FIRST = (Kind.ACCOUNT, Kind.API, Kind.PERSON)


def what_blocks(job: Job, outlook: Outlook) -> Block | None:
    """Return what keeps ``job`` from going on; None when nothing does, or nothing is left to be done."""
    if not is_unfinished(job) or _waits_for_an_upload(job, outlook.rules):
        return None
    health, now = outlook.health, outlook.now
    troubles = own_troubles(job)
    needed = (*_needed_apis(job), *(one.waits_for for one in troubles))
    found = [
        block_of_ticks(health, now),
        block_of_deaths(job, health, now),
        block_of_row(job, health, now),
        block_of_queue(outlook.slot, now) if job.state is JobState.QUEUED else None,
        block_of_money(what_holds(job, outlook.slot, outlook.rules, now)),
        _block_of_approval(job, outlook.rules),
        *(block_of_api(api, health) for api in needed),
        *map(block_of, troubles),
    ]
    return widest(block for block in found if block)


def what_blocks_photo(photo: Photo, health: Health) -> Block | None:
    """Return what keeps ``photo`` from its verdict; None when it has one, or waits for its first tries."""
    if not photo.is_pending:
        return None
    trouble = block_of(photo.retry) if photo.retry else None
    found = (trouble, *(block_of_api(api, health) for api in _apis_of(photo)))
    return widest(block for block in found if block)


def what_is_left(job: Job) -> Block | None:
    """Return what keeps something of ``job`` from being removed in its time; None: nothing does."""
    if is_unfinished(job) or not job.state.is_terminal or job.retry is None:
        return None
    return Block(job.retry.cause, _scope(job.retry.cause.kind), job.retry.since, job.retry.next_try_at)


def blocked_by(block: Block | None, now: int, language: Language) -> BlockedDocument | None:
    """Describe ``block`` in words."""
    if block is None:
        return None
    told = in_words(block)
    return {
        "code": block.cause.code,
        "message": told.message.in_language(language),
        "remedy": told.remedy.in_language(language),
        "detail": block.cause.message,
        "scope": block.scope.value,
        "since": timestamp(block.since),
        "next_try_at": timestamp(block.next_try_at if block.next_try_at >= now else 0),
    }


def in_words(block: Block) -> Explanation:
    """Return what blocks and what to do about it in words; what strikes everybody is told as such."""
    # Loaded when something is blocked, not at every cold start.
    from shared.domain.remedies import explanation

    return explanation(block.cause._replace(kind=block.scope) if block.scope.is_of_all else block.cause)


def is_unfinished(job: Job) -> bool:
    """Whether something is left to be done for ``job``; a rejected set waits for a photo and nothing else."""
    return not job.delivered if job.state.is_terminal else job.state is not JobState.REJECTED


def awaits_portraits(job: Job) -> bool:
    """Whether an order of portraits of its model has not ended."""
    return any(not order.state.is_terminal for order in job.portraits)


def own_troubles(job: Job) -> list[RetryState]:
    """Return the troubles of the present step of ``job``, and of its photos while it collects.

    A queued job that has kept its place is not held up by what happened to it before.
    """
    is_over = job.state is JobState.QUEUED and job.lane == QUEUE_LANE
    own = [job.retry] if job.retry and not is_over else []
    return [*own, *(photo.retry for photo in pending_photos(job) if photo.retry)]


def pending_photos(job: Job) -> list[Photo]:
    """Return the photos and zips of an open set whose last word is still to come."""
    photos = job.photo_set.photos if job.state is JobState.COLLECTING else ()
    return [photo for photo in photos if photo.is_pending]


# -- the kinds of block ----------------------------------------------------------------------------------


def block_of(trouble: RetryState) -> Block | None:
    """Return a trouble as a block; None while it is young, and when a breaker tells about it.

    That breaker is open and blocks by itself, or it is closed and the next run tries again.
    """
    cause = trouble.cause
    if trouble.waits_for in WAITING_LANE_OF:
        return None
    if cause.kind in _WIDEST_FIRST or trouble.tries >= TRIES_THAT_BLOCK:
        # Who waits for somebody's word is tried again at no time.
        next_try_at = trouble.next_try_at if trouble.next_try_at < NEVER else 0
        return Block(cause, _scope(cause.kind), trouble.since, next_try_at)
    return None


def block_of_ticks(health: Health, now: int) -> Block | None:
    """Return the absence of a good tick; a heartbeat of the future is of a clock that runs ahead."""
    if abs(now - health.beat_at) <= GOOD_TICK_WITHIN_MS:
        return None
    return Block(NO_GOOD_TICK, Kind.ACCOUNT, health.beat_at if health.beat_at <= now else 0)


def block_of_deaths(job: Job, health: Health, now: int) -> Block | None:
    """Return that the next step of ``job`` has killed so many runs that it is left alone, and until when."""
    piece = f"{job.job_id} {STEPS.get(job.state, '')}"
    if health.has_killed(piece) < DEATHS_ALLOWED:
        return None
    return Block(FUNCTION_DIED, Kind.OBJECT, 0, health.left_alone_until(piece, now))


def block_of_row(job: Job, health: Health, now: int) -> Block | None:
    """Return that the row of ``job`` cannot be written: whatever has happened since, it does not tell."""
    noted = health.unwritten_of(job.job_id, now)
    if noted is None:
        return None
    return Block(Cause(noted.code, noted.message, Kind.PERSON, Api.TABLES), Kind.PERSON, noted.since)


# -- which of them concern a job ---------------------------------------------------------------------------


def _needed_apis(job: Job) -> tuple[Api, ...]:
    """The APIs that the next step of ``job`` needs."""
    if job.state is JobState.COLLECTING:
        return (Api.LISTING, *(api for photo in pending_photos(job) for api in _apis_of(photo)))
    if job.state is JobState.QUEUED:
        return (Api.READING, Api.TRAINING)
    if job.state in (JobState.SUBMITTING, JobState.TRAINING):
        return (Api.TRAINING,)
    return (Api.TRAINING,) if job.result_at else (Api.WRITING,)


def _apis_of(photo: Photo) -> tuple[Api, ...]:
    """The APIs that the last word on a pending photo or zip needs."""
    if photo.verdict is Verdict.UNPACKING:
        return (Api.READING, Api.WRITING)
    if photo.verdict is Verdict.UNPREPARED:
        return (Api.PROCESSING, Api.READING, Api.FACE_CHECK)
    return (Api.FACE_CHECK,)


def block_of_money(held: Held | None) -> Block | None:
    """Return as a block that by the settings nothing is to be paid for now."""
    return Block(held.cause, Kind.ACCOUNT, held.since, held.until) if held is not None else None


def _block_of_approval(job: Job, rules: Rules) -> Block | None:
    """Return that the set waits for approval though it does not stand aside yet."""
    if not waits_for_approval(job, rules) or is_set_aside(job):
        return None
    return Block(NOT_APPROVED, Kind.PERSON, job.closed_at)


def _waits_for_an_upload(job: Job, rules: Rules) -> bool:
    """Whether nothing happens before somebody uploads something; no tick and no API is needed for that."""
    # What waits for consent is tried at no time either.
    is_open = job.state is JobState.COLLECTING and job.trouble is None
    return is_open and job.next_look_at(rules, job.photo_set) >= NEVER


def _scope(kind: Kind) -> Kind:
    """Whom a trouble concerns: one of a picture, or of something that is gone, concerns one object."""
    return Kind.OBJECT if kind in (Kind.PICTURE, Kind.GONE) else kind


def widest(blocks: Iterable[Block]) -> Block | None:
    """Return the block of the widest scope, and of these the oldest."""

    def order(block: Block) -> tuple[bool, int, int]:
        rank = _WIDEST_FIRST.index(block.scope) if block.scope in _WIDEST_FIRST else len(_WIDEST_FIRST)
        # While no run comes, whatever else is known of is old.
        return block.cause is not NO_GOOD_TICK, rank, block.since

    return min(blocks, key=order, default=None)
