"""Removes what has been kept for as long as the settings say, of jobs that have ended.

The theory. Called by a tick that begins a round of the sweep, so that an idle tick between two rounds reads
nothing for it. What is due :mod:`shared.domain.retention` tells from the row. First the objects go and then
the row says so, conditional on what was read: a run that dies in between has removed a part, the job is still
listed, and the next run removes the rest. So the row never says that something has gone which is there, and
whoever has changed the row meanwhile is looked at anew.

An upload is the set's if its row knows it, and what lies there now was not stored later; or if it lay there
when the set closed and is remembered as recorded, as those are that had no room in the row. What nobody has
recorded yet stays, and is found by the sweep; so does the consent, which goes with the records.

What a service refuses is tried again, ever less often, and told at the job (``not_removed``). DashScope's
documents contradict one another on whether a fine-tune that has succeeded can be deleted. The refusal of a
delete says nothing of the others, and opens no breaker: results are written all the same.

The records are not removed here: when the time of a person has come, the person is erased as if somebody had
asked for that (:mod:`shared.workflow.erasing`); rows alone would be made anew by the sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import cache

from shared.domain.job import Job
from shared.domain.money import DAY_MS
from shared.domain.object_keys import (
    PEOPLE_PREFIX,
    SUBMISSIONS_PREFIX,
    folder_of,
    person_folder,
    snapshot_folder,
)
from shared.domain.photo_set import NEVER
from shared.domain.portrait_work import are_at_dashscope, is_going, listed
from shared.domain.requests import ERASE, Request, request_id
from shared.domain.retention import (
    Part,
    due_parts,
    goes_on,
    moments,
    person_due_at,
    without_photos,
)
from shared.domain.retry_state import Cause, failed_again
from shared.domain.rules import Rules
from shared.domain.trouble_kinds import Kind as TroubleKind
from shared.domain.unread import Unread
from shared.errors import Conflict, NotFound, Permanent, Trouble, unforeseen
from shared.logs import log, warn
from shared.workflow.account import count_one_less
from shared.workflow.due_uploads import photos_of
from shared.workflow.ports import World
from shared.workflow.removal import Removal
from shared.workflow.removing import IsTheirs, keeps_versions, remove_below

LATER_REVISIONS = 20
"""Whatever came so many revisions ago has ended since."""
TIME_FOR_A_RUN_MS = 40_000
"""However much is due: a training that is about to end, and the sweep, wait no longer for it."""
TIME_FOR_A_JOB_MS = 15_000
WAITS_MS = 3_600_000
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 3_600_000, DAY_MS
REFUSED_AGAIN_MS = 7 * DAY_MS
"""A model that DashScope does not delete is asked for again as seldom."""
ASKED_AGAIN_MS = DAY_MS
ASKED_BY = "KEEP_RECORDS_DAYS"
NOT_REMOVED = {
    Part.SNAPSHOTS: "snapshots_not_removed",
    Part.PHOTOS: "photos_not_removed",
    Part.MODELS: "model_not_removed",
}
"""Why something is left; :mod:`shared.domain.remedies_of_retention` has the words."""


@dataclass
class _Work:
    """A job in the hands of a run: what was read, what it has become, and what stands in the way."""

    world: World
    keeps_versions: Callable[[], bool]
    job: Job
    later: list[Job]
    now: int
    after: Job
    done: set[Part] = field(default_factory=set)
    causes: list[Cause] = field(default_factory=list)
    is_cut_short: bool = False
    removed: int = 0


def retain(world: World, names: Collection[str]) -> None:
    """Remove what is due of the jobs of these ids, as far as this run has time.

    Raises:
        Trouble: the tables cannot be read.
    """
    world = world.for_at_most(TIME_FOR_A_RUN_MS)
    # Asked once a run, and only if an object is to go.
    is_versioned = cache(lambda: bool(keeps_versions(world)))
    for job in world.jobs.find_each(names).values():
        if isinstance(job, Unread):
            warn("job_left_alone", job=job.job_id, code=job.code, message=job.message)
        if not isinstance(job, Job) or not _is_due(job, world.rules, world.clock.now()):
            continue
        if not world.has_time_for(TIME_FOR_A_JOB_MS):
            break
        piece = f"{job.job_id} Retain"
        if world.health.left_alone_until(piece):
            warn("job_left_alone", job=job.job_id, code="function_died")
            continue
        world.health.take_in_hand(piece)
        _retain_or_postpone(world, job, is_versioned)
    world.health.put_down()


def _is_due(job: Job, rules: Rules, now: int) -> bool:
    """Whether its moment has come; the index may lag behind the row.

    A job whose portraits wait stands in the lane of these: there the row itself tells.
    """
    if not (job.state.is_terminal and job.delivered) or job.erasing_since:
        return False
    if not job.portraits or not is_going(job):
        return job.due_at <= now
    rests = job.retry is not None and not job.retry.is_due(now)
    return not rests and not are_at_dashscope(job) and bool(due_parts(job, rules, now))


def _retain_or_postpone(world: World, job: Job, is_versioned: Callable[[], bool]) -> None:
    """Remove what is due of a job; one that meets trouble makes room for the others."""
    try:
        after = listed(_retained(world, job, is_versioned))
        if after != job:
            world.jobs.save(job, after)
        return
    except Conflict as conflict:
        log("overtaken", action="Retain", job=job.job_id, message=conflict.message)
        return
    except Trouble as problem:
        trouble = problem
    except Exception as surprise:
        warn("unforeseen", action="Retain", job=job.job_id, error=repr(surprise)[:1000])
        trouble = unforeseen(surprise)
    cause = world.health.failed(trouble.cause)
    warn("not_removed", job=job.job_id, code=cause.code, message=cause.message)
    try:
        world.jobs.save(job, listed(_postponed(job, cause, world.clock.now())))
    except Trouble as other:
        warn("not_postponed", job=job.job_id, code=other.code, message=other.message)


def _retained(world: World, job: Job, is_versioned: Callable[[], bool]) -> Job:
    """Remove what is due, and return the job as it is then."""
    found = world.jobs.revisions_of(job.person_key, limit=LATER_REVISIONS)
    later = [one for one in found if one.revision > job.revision]
    now = world.clock.now()
    if goes_on(later) or any(one.erasing_since for one in later):
        return replace(job, due_at=now + WAITS_MS)
    due, person_due = due_parts(job, world.rules, now), person_due_at(job, later, world.rules)
    if person_due <= now and world.erase_key:
        _ask_to_erase(world, job, now)
        return replace(job, due_at=now + ASKED_AGAIN_MS)
    work = _Work(world, is_versioned, job, later, now, after=job)
    if Part.SNAPSHOTS in due:
        _remove_snapshots(work)
    if Part.PHOTOS in due:
        _remove_photos(work)
    if Part.MODELS in due:
        _remove_model(work)
    parts = sorted(part.value for part in work.done)
    log("kept_long_enough", job=job.job_id, parts=parts, count=work.removed)
    return _listed_again(work, person_due)


def _listed_again(work: _Work, person_due: int) -> Job:
    """Return the job, listed for its next part, or for another try of what was refused."""
    after, now = work.after, work.now
    if work.is_cut_short:
        return replace(after, due_at=now)
    left = {part: moment for part, moment in moments(after, work.world.rules).items() if moment > now}
    if Part.RECORDS not in left and person_due < NEVER:
        # By the last change of a set that was rejected, or once there is a key.
        left[Part.RECORDS] = person_due if person_due > now else now + ASKED_AGAIN_MS
    following = min(left.values(), default=NEVER)
    if not work.causes:
        return replace(after, retry=None, due_at=following)
    postponed = _postponed(after, work.causes[0], now)
    return replace(postponed, due_at=min(postponed.due_at, following))


def _postponed(job: Job, cause: Cause, now: int) -> Job:
    """Return the job with its trouble; what passes is tried again sooner than what is refused for good."""
    retry = failed_again(job.retry, cause, now)
    pause_ms = min(FIRST_PAUSE_MS << min(retry.tries - 1, 10), LONGEST_PAUSE_MS)
    if cause.code == NOT_REMOVED[Part.MODELS] and cause.kind is TroubleKind.OBJECT:
        pause_ms = REFUSED_AGAIN_MS
    return replace(job, retry=replace(retry, next_try_at=now + pause_ms), due_at=now + pause_ms)


def _ask_to_erase(world: World, job: Job, now: int) -> None:
    """Ask as somebody would by ``DELETE /people/{person_id}``; a second request does no harm."""
    asked = Request(
        request_id=request_id(now, world.token()),
        kind=ERASE,
        asked_at=now,
        asked_by=ASKED_BY,
        subject=job.person_id,
    )
    world.requests.ring(asked)
    log("erasure_asked", request=asked.request_id, by=ASKED_BY)


# -- the bucket ------------------------------------------------------------------------------------------


def _everything(*_: object) -> bool:
    return True


def _remove_snapshots(work: _Work) -> None:
    if _remove(work, Part.SNAPSHOTS, SUBMISSIONS_PREFIX, [snapshot_folder(work.job.job_id)], _everything):
        work.after = replace(work.after, snapshots_removed_at=work.now)


def _remove_photos(work: _Work) -> None:
    """Remove the uploads of the set that no later set needs."""
    job = work.job
    folders = dict.fromkeys(
        (job.person_id, *job.folders, *(folder_of(job.person_id, one.name) for one in job.photo_set.photos))
    )
    is_theirs = photos_of(work.world, job, work.later, work.now)
    if _remove(work, Part.PHOTOS, PEOPLE_PREFIX, list(map(person_folder, folders)), is_theirs):
        work.after = without_photos(work.after, work.now, work.world.rules)


def _remove(work: _Work, part: Part, where: str, prefixes: list[str], is_theirs: IsTheirs) -> bool:
    """Remove what lies below the prefixes and is theirs; returns whether nothing of it is left."""
    world, removal = work.world, Removal(work.now)
    for prefix in prefixes:
        if work.is_cut_short or not remove_below(
            world, where, prefix, is_theirs, removal, is_versioned=work.keeps_versions()
        ):
            work.is_cut_short = True
            break
    work.removed += removal.removed.total()
    if removal.causes:
        work.causes.append(_left(part, removal.causes[0]))
    if work.is_cut_short or removal.causes:
        return False
    work.done.add(part)
    return True


# -- DashScope -------------------------------------------------------------------------------------------


def _remove_model(work: _Work) -> None:
    """Delete the fine-tune, if DashScope allows that."""
    world, job = work.world, work.job
    try:
        world.dashscope.delete_fine_tune(job.fine_tune_id)
    except NotFound:
        log("fine_tune_gone", fine_tune=job.fine_tune_id)
    except Permanent as refusal:
        work.causes.append(_left(Part.MODELS, refusal.cause))
        warn("delete_refused", fine_tune=job.fine_tune_id, code=refusal.code, message=refusal.message)
        return
    except Trouble as trouble:
        work.causes.append(_left(Part.MODELS, world.health.failed(trouble.cause)))
        return
    else:
        log("fine_tune_deleted", fine_tune=job.fine_tune_id, by="KEEP_MODELS_DAYS")
        count_one_less(world)
    work.done.add(Part.MODELS)
    work.after = replace(work.after, model_released_at=work.now)


def _left(part: Part, cause: Cause) -> Cause:
    """Return why something of a part is left, in our words; the service's own stand behind them."""
    is_for_good = cause.kind in (TroubleKind.OBJECT, TroubleKind.PICTURE, TroubleKind.ACCOUNT)
    kind = TroubleKind.OBJECT if is_for_good else TroubleKind.PASSING
    return Cause(NOT_REMOVED[part], f"{cause.code}: {cause.message}", kind)
